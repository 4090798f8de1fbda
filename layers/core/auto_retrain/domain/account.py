"""The AWS account as whoever calls it sees it."""

from typing import NamedTuple

from .base import Record


class Caller(Record):
    """Who calls AWS and where, and by how many seconds this machine's clock is ahead of AWS's."""

    arn: str
    region: str
    seconds_ahead: float


class Concurrency(NamedTuple):
    """How many functions of the account may run at once in a region, and how many of these no function reserves."""

    limit: int
    unreserved: int
