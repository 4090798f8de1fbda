"""The AWS account as whoever calls it sees it."""

from collections.abc import Iterable
from typing import NamedTuple

from .base import Record


class Caller(Record):
    """Who calls AWS and where, and by how many seconds this machine's clock is ahead of AWS's.

    `emulator` is the address of what answers instead of AWS, such as the local stack.
    """

    arn: str
    region: str
    seconds_ahead: float
    emulator: str | None = None


class Simulated(NamedTuple):
    """What IAM's simulation denies and what it cannot tell, each as an action and its resource; the rest is allowed."""

    denied: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    @classmethod
    def together(cls, parts: "Iterable[Simulated]") -> "Simulated":
        parts = tuple(parts)
        denied, unknown = ([text for part in parts for text in part[place]] for place in (0, 1))
        return cls(tuple(denied), tuple(unknown))


class FunctionLimits(NamedTuple):
    """How many functions of the account may run at once in a region, how many of these no function reserves, and how
    many bytes of code still fit."""

    at_once: int
    unreserved: int
    free_bytes: int
