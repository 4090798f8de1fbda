"""How a job ended: the one value behind the record, the sentence for people, the event and the command line."""

from enum import StrEnum
from typing import Literal

from .status import RetrainingStatus

# How an execution ends after closing its job.
ExecutionEnding = Literal["succeed", "fail"]


class Ending(StrEnum):
    """How a retraining ended."""

    PROMOTED = "promoted"
    REJECTED = "rejected"
    INCONCLUSIVE = "inconclusive"
    DECLINED = "declined"
    SKIPPED = "skipped"
    FAILED = "failed"
    ROLLED_BACK = "rolled_back"

    @property
    def status(self) -> RetrainingStatus:
        """The terminal status of a job with this ending; a "no" is a completed job."""
        others = {Ending.FAILED: RetrainingStatus.FAILED, Ending.ROLLED_BACK: RetrainingStatus.ROLLED_BACK}
        return others.get(self, RetrainingStatus.COMPLETED)

    @property
    def changed_something(self) -> bool:
        """Whether another version went into production, be it for a while."""
        return self in (Ending.PROMOTED, Ending.ROLLED_BACK)

    @property
    def is_retraining(self) -> bool:
        """Whether a challenger was trained and decided on, so that the schedule and the back-off count it."""
        return self not in (Ending.SKIPPED, Ending.FAILED)
