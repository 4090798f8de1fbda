"""What all records and messages of the domain share: they are frozen, complete, finite and in UTC."""

import json
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, JsonValue


def check_calendar(moment: datetime) -> datetime:
    """The moment itself; raises ValueError far from today, where the calendar may end before a window does."""
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(f"must be in the years {FIRST_YEAR} to {LAST_YEAR}")
    return moment


def _to_utc(moment: datetime) -> datetime:
    if moment.tzinfo is UTC:  # as almost all are
        return moment
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("is outside the calendar") from error


def _check_parameters(parameters: dict[str, JsonValue]) -> dict[str, JsonValue]:
    try:
        size = len(json.dumps(parameters, allow_nan=False))
    except ValueError as error:
        is_float = "float" in str(error)
        raise ValueError("must not contain NaN or infinity" if is_float else "a number has too many digits") from error
    if size > MAX_PARAMETERS_LENGTH:
        raise ValueError(f"{size} characters of JSON; at most {MAX_PARAMETERS_LENGTH} are allowed")
    return parameters


def check_whole_numbers(value: Any) -> None:
    """Raise ValueError if a whole number is beyond those that every reader of JSON takes for the same number."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in inner:
        check_whole_numbers(each)
    if isinstance(value, int) and abs(value) > MAX_WHOLE_NUMBER:
        raise ValueError(f"whole numbers must not be beyond {MAX_WHOLE_NUMBER}; give larger ones as text")


FIRST_YEAR, LAST_YEAR = 1900, 2999
MAX_WHOLE_NUMBER = 2**53
# In characters of JSON: they travel through the state machine and in an environment variable of the container.
MAX_PARAMETERS_LENGTH = 16_000
Parameters = Annotated[dict[str, JsonValue], AfterValidator(_check_parameters)]
UtcTime = Annotated[AwareDatetime, AfterValidator(_to_utc)]
# For messages from outside, whose times are calculated with before anything else judges them.
NearTime = Annotated[UtcTime, AfterValidator(check_calendar)]


class Record(BaseModel):
    """An immutable value; rejects unknown fields and numbers that are not finite."""

    # Validators are built on first use, so a function does not spend its start-up on classes it never uses.
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)

    @classmethod
    @cache
    def as_default(cls) -> Any:
        """The record of all defaults, for fields of other records; needs no validation, so no validator is built.

        Made once, because pydantic looks up the signature of each default's factory again for each record.
        """
        return cls.model_construct()

    @classmethod
    def unchecked(cls, **fields: Any) -> Self:
        """A record of values that were checked before, and of defaults; only for records that have all defaults.

        A fraction of the time of `model_construct`, which looks up what `as_default` keeps. Raises TypeError if a field
        does not exist.
        """
        if not fields.keys() <= cls.model_fields.keys():
            raise TypeError(f"{cls.__name__} has no fields {sorted(fields.keys() - cls.model_fields.keys())}")
        return cls.as_default().model_copy(update=fields)  # type: ignore[no-any-return]

    def changed(self, **changes: Any) -> Self:
        """A copy with some fields changed, validated like any record; the only way to update one.

        Raises:
            ValidationError: a field does not exist or cannot have this value.
        """
        return self.model_validate({**vars(self), **changes})


class StrictRecord(Record):
    """A record that people write by hand: "0.9" is not a number and 1 is not true."""

    model_config = ConfigDict(strict=True)
