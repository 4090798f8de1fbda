"""One retraining from trigger to end, and the steps it may take."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from pydantic import Field, JsonValue

from .base import Record, UtcTime
from .batch import ParkedOrder
from .data_check import DataCheck
from .errors import IllegalTransition
from .files import VersionFiles
from .names import JobKind
from .trigger_type import TriggerType
from .validation import ValidationResult
from .verdict import Verdict
from .windows import Windows


class RetrainingStatus(StrEnum):
    """Where a job stands; a rejected or inconclusive challenger, or none at all, ends COMPLETED without deployment."""

    PENDING = "pending"
    RUNNING = "running"
    VALIDATION = "validation"
    DEPLOYING = "deploying"
    COMPLETED = "completed"
    FAILED = "failed"
    ROLLED_BACK = "rolled_back"

    @property
    def is_terminal(self) -> bool:
        return self not in _NEXT


REVIEW_TIME = timedelta(hours=48)

_S = RetrainingStatus
_NEXT: dict[RetrainingStatus, set[RetrainingStatus]] = {
    _S.PENDING: {_S.RUNNING, _S.COMPLETED, _S.FAILED},
    _S.RUNNING: {_S.VALIDATION, _S.FAILED},
    _S.VALIDATION: {_S.DEPLOYING, _S.COMPLETED, _S.FAILED},
    _S.DEPLOYING: {_S.COMPLETED, _S.ROLLED_BACK, _S.FAILED},
}


class PendingStep(Record):
    """A Kubernetes Job that an execution waits for, and the token that wakes the execution.

    An order that is `parked` is carried out by the batch that holds it, whichever that is.
    """

    kind: JobKind
    kubernetes_job: str | None
    parked: ParkedOrder | None = None
    task_token: str = Field(repr=False)
    since: UtcTime


class PendingReview(Record):
    """An execution that waits for a person's word on its challenger, and the token that wakes it."""

    task_token: str = Field(repr=False)
    since: UtcTime

    @property
    def until(self) -> datetime:
        """When it is too late; the state that waits lasts an hour longer."""
        return self.since + REVIEW_TIME


class Review(Record):
    """What a person said about a challenger that passed every gate, and about which validation they said it."""

    approved: bool
    actor: str
    reason: str | None = None
    validation_hash: str
    at: UtcTime


class Variant(Record):
    """One of several trainings of a job: its parameters, and the version that it made or why there is none."""

    parameters: dict[str, JsonValue]
    version: str | None = None
    files: VersionFiles = VersionFiles()
    run_id: str | None = None
    metrics: dict[str, float] = Field(default_factory=dict)
    error: str | None = None


class RetrainingJob(Record):
    """The job record: everything about one retraining that anyone may want to know later."""

    job_id: str
    model_name: str
    trigger_type: TriggerType
    trigger_reason: str
    trigger_verdicts: tuple[Verdict, ...] = ()
    actor: str | None = None
    event_time: UtcTime
    execution_arn: str
    policy_version: int
    training_parameters: dict[str, JsonValue] = Field(default_factory=dict)
    variants: tuple[Variant, ...] = Field(default=(), description="none for a single training")

    status: RetrainingStatus = RetrainingStatus.PENDING
    created_at: UtcTime
    started_at: UtcTime | None = None
    completed_at: UtcTime | None = None
    deployed_at: UtcTime | None = None

    windows: Windows
    manifest_uri: str | None = None
    manifest_sha256: str | None = None
    data_check: DataCheck | None = None
    pending: PendingStep | None = None
    champion_version: str | None = None
    champion_files: VersionFiles = VersionFiles()
    challenger_version: str | None = None
    challenger_files: VersionFiles = VersionFiles()
    run_id: str | None = None
    metrics: dict[str, float] = Field(default_factory=dict)
    validation: ValidationResult | None = None
    report_uri: str | None = None
    needs_review: bool = False
    pending_review: PendingReview | None = None
    review: Review | None = None
    deployed: bool = False
    error: str | None = None
    revision: int = Field(default=0, description="counts the writes of this record")

    @property
    def skipped(self) -> str | None:
        """Why nothing was trained, although the data are sound."""
        return self.data_check.skipped if self.data_check else None

    @property
    def challengers(self) -> dict[str, VersionFiles]:
        """The trained versions with their files: of all variants, or the one of a single training."""
        if self.variants:
            return {variant.version: variant.files for variant in self.variants if variant.version}
        return {self.challenger_version: self.challenger_files} if self.challenger_version else {}

    def moved_to(self, status: RetrainingStatus, **changes: object) -> "RetrainingJob":
        """The job in another status with other fields set; the present status is always allowed, so steps can repeat.

        Raises:
            IllegalTransition: the job cannot go there from here.
        """
        if status is not self.status and status not in _NEXT.get(self.status, set()):
            raise IllegalTransition(f"job '{self.job_id}' is {self.status.value} and cannot become {status.value}")
        return self.changed(status=status, **changes)

    def changed(self, **changes: object) -> "RetrainingJob":
        return self.model_copy(update=changes)


class Deployment(Record):
    """One line of the ledger: which version began to serve when, instead of which, and why."""

    model_name: str
    sequence: int
    version: str
    previous_version: str | None
    job_id: str
    reason: str
    deployed_at: UtcTime
    windows: Windows
    files: VersionFiles = VersionFiles()


EndingWord = Literal["succeed", "fail"]
