"""Messages of the functions that validate a challenger and put it into production."""

from typing import Literal

from pydantic import Field

from ..base import Record, UtcTime
from ..validation import Decision


class ValidationOutcome(Record):
    """Whether the challenger may be deployed."""

    next: Literal["deploy", "review", "close"]
    decision: Decision
    reason: str
    validation_hash: str


class ReviewOrder(Record):
    """Request a review of a job's challenger, and resume the execution with this token when it is given."""

    job_id: str
    task_token: str = Field(repr=False)


class ReviewStarted(Record):
    """People were notified; the review is due by `until`."""

    job_id: str
    until: UtcTime


class ReviewOutcome(Record):
    """How the execution continues after a review."""

    next: Literal["deploy", "close"]


class DeploymentOutcome(Record):
    """What a pass of the deployment led to: the rollout of `version` goes on, or how it has ended.

    `previous_version` is the champion that it was compared with.
    """

    next: Literal["bake", "promoted", "rolled_back"]
    version: str
    previous_version: str | None
