"""What all records and messages of the domain share: frozen, complete, finite, in UTC."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict


def _to_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


UtcTime = Annotated[AwareDatetime, AfterValidator(_to_utc)]


class Record(BaseModel):
    """An immutable value; unknown fields and numbers that are not finite are refused."""

    # Validators are built when a class is first used: a function starts faster by all those that it never uses.
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)


class StrictRecord(Record):
    """A record that people write by hand: "0.9" is not a number and 1 is not true."""

    model_config = ConfigDict(strict=True)
