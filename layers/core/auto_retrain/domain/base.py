"""What all records and messages of the domain share: frozen, complete, finite, in UTC."""

import json
from datetime import UTC, datetime
from typing import Annotated, Any, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, JsonValue


def _to_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def _check_parameters(parameters: dict[str, JsonValue]) -> dict[str, JsonValue]:
    try:
        size = len(json.dumps(parameters, allow_nan=False))
    except ValueError as error:
        raise ValueError("may not hold NaN or infinity") from error
    if size > LARGEST_PARAMETERS:
        raise ValueError(f"is {size} characters of JSON, at most {LARGEST_PARAMETERS} are allowed")
    return parameters


# They travel through the state machine and in an environment variable of the container.
LARGEST_PARAMETERS = 16_000
Parameters = Annotated[dict[str, JsonValue], AfterValidator(_check_parameters)]
UtcTime = Annotated[AwareDatetime, AfterValidator(_to_utc)]


class Record(BaseModel):
    """An immutable value; unknown fields and numbers that are not finite are refused."""

    # Validators are built when a class is first used: a function starts faster by all those that it never uses.
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)

    def changed(self, **changes: Any) -> Self:
        """A copy with some fields set anew, checked like any other: the only way in which a record is updated.

        Raises:
            ValidationError: there is no such field, or it cannot have this value.
        """
        return self.model_validate({**dict(self), **changes})


class StrictRecord(Record):
    """A record that people write by hand: "0.9" is not a number and 1 is not true."""

    model_config = ConfigDict(strict=True)
