"""Messages of the functions that read data."""

from typing import Literal

from ..base import Record
from .references import Measured


class DataCheckOutcome(Record):
    """Whether a job's data are worth training on, or that pods have to examine them first."""

    next: Literal["examine", "train", "proxy", "close"]
    reason: str


class ProfileOutcome(Measured):
    """Where the profile of a version's training data is stored, and how much data it covers.

    `not_copied` says why the files of a version could not be copied, for each that could not.
    """

    uri: str
    rows: int
    features: int
    not_copied: tuple[str, ...] = ()
