"""How a job ended: the record, the sentence for people, the event and the command line all read this one word."""

from enum import StrEnum
from typing import Literal

from .status import RetrainingStatus

# How an execution ends that closed its job.
EndingWord = Literal["succeed", "fail"]


class Ending(StrEnum):
    """What became of a retraining."""

    PROMOTED = "promoted"
    REJECTED = "rejected"
    INCONCLUSIVE = "inconclusive"
    DECLINED = "declined"
    SKIPPED = "skipped"
    FAILED = "failed"
    ROLLED_BACK = "rolled_back"

    @property
    def status(self) -> RetrainingStatus:
        """The terminal status of a job that ends so; a "no" is a completed job."""
        ends_otherwise = {Ending.FAILED: RetrainingStatus.FAILED, Ending.ROLLED_BACK: RetrainingStatus.ROLLED_BACK}
        return ends_otherwise.get(self, RetrainingStatus.COMPLETED)

    @property
    def is_retraining(self) -> bool:
        """Whether a challenger was trained and decided on, so that the schedule and the back-off count it."""
        return self in (Ending.PROMOTED, Ending.REJECTED, Ending.INCONCLUSIVE, Ending.DECLINED)
