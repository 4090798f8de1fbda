"""The inputs and outputs of the functions that the state machine runs: ids and short words, never data."""

from collections.abc import Iterable
from typing import Any, Literal, Self

from pydantic import ConfigDict, Field, JsonValue, model_validator

from .base import Parameters, Record, UtcTime
from .decision_record import HeldBy
from .ending import ExecutionEnding
from .experiments import check_variants, expand_grid
from .names import JobKind, ModelName
from .status import RetrainingStatus
from .trigger_type import TriggerType
from .validation import Decision
from .verdict import Verdict


class ExecutionStarted(Record):
    """The input of the first state: the event that started the execution, and the execution's ARN."""

    event: Any
    execution_arn: str


class TriggerRequest(Record):
    """A request to check the triggers of one model.

    A manual request needs an actor and a reason. The event time defaults to now. `variants` and `grid` are two ways to
    request several trainings, each with its own parameters on top of `parameters`. With `review`, a person must approve
    a challenger that passes.
    """

    model_name: ModelName
    trigger_type: TriggerType = TriggerType.MANUAL
    event_time: UtcTime | None = None
    actor: str | None = Field(default=None, min_length=1, max_length=128)
    reason: str | None = Field(default=None, min_length=1, max_length=500)
    parameters: Parameters = Field(default_factory=dict)
    variants: tuple[Parameters, ...] = ()
    grid: dict[str, list[JsonValue]] = Field(default_factory=dict)
    review: bool = False
    force: bool = False

    @model_validator(mode="after")
    def _experiments_are_asked_for_by_people(self) -> Self:
        if self.variants and self.grid:
            raise ValueError("variants and grid: give only one of them")
        if self.variants or self.grid:
            check_variants(self.experiments)
        if (self.experiments or self.review) and self.trigger_type is not TriggerType.MANUAL:
            raise ValueError(f"variants, grid and review: not allowed with trigger_type '{self.trigger_type.value}'")
        return self

    @property
    def experiments(self) -> list[dict[str, JsonValue]]:
        """The variants, as listed or expanded from the grid; empty for a single training."""
        return list(self.variants) or expand_grid(self.grid)


class ScheduledEvent(Record):
    """The part of EventBridge's "Scheduled Event" that we read; without a time (invoked by hand) it means now."""

    model_config = ConfigDict(extra="ignore")

    time: UtcTime | None = None


class TriggerDecision(Record):
    """Whether to retrain; `job_id` is set once the job is open, `held_by` if something holds the retraining back."""

    next: Literal["start", "detect_drift", "skip"]
    reason: str
    model_name: str
    trigger_type: TriggerType
    event_time: UtcTime
    execution_arn: str
    actor: str | None = None
    request_reason: str | None = None
    parameters: dict[str, JsonValue] = Field(default_factory=dict)
    variants: tuple[dict[str, JsonValue], ...] = ()
    review: bool = False
    force: bool = False
    job_id: str | None = None
    held_by: HeldBy | None = None
    verdicts: tuple[Verdict, ...] = ()

    def judged(self, verdicts: Iterable[Verdict]) -> Self:
        """With more verdicts."""
        return self.changed(verdicts=(*self.verdicts, *verdicts))

    def to_start(self, trigger: TriggerType, reason: str) -> Self:
        """Retrain for this trigger, unless something holds it back."""
        return self.changed(next="start", trigger_type=trigger, reason=reason, held_by=None)

    def to_read_data(self, reason: str, held_by: HeldBy | None = None) -> Self:
        """Undecided until the data are read."""
        return self.changed(next="detect_drift", reason=reason, held_by=held_by)

    def held(self, by: HeldBy, reason: str) -> Self:
        """Do not retrain although a trigger calls for it or might."""
        return self.changed(next="skip", held_by=by, reason=reason)

    def not_due(self, reason: str) -> Self:
        """Do not retrain: no trigger calls for it."""
        return self.changed(next="skip", held_by=None, reason=reason)

    def opened(self, job_id: str) -> Self:
        """Retrain, with the job that was opened for it."""
        return self.changed(next="start", job_id=job_id, held_by=None)


class DataCheckOutcome(Record):
    """Whether a job's data are worth training on."""

    next: Literal["train", "close"]
    reason: str


class StepOrder(Record):
    """Start a Kubernetes Job for one step of a job, and resume the execution with this token when it ends."""

    job_id: str
    kind: JobKind
    task_token: str = Field(repr=False)


class StepStarted(Record):
    """A Kubernetes Job was started, or the watcher will start one for a batch of models."""

    job_id: str
    kubernetes_job: str | None


class JobReference(Record):
    """The job that a state works on."""

    job_id: str


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
    """The version now in production."""

    version: str
    previous_version: str | None


class ProfileOutcome(Record):
    """Where the profile of a version's training data is stored, and how much data it covers."""

    uri: str
    rows: int
    features: int


class ClosingRequest(Record):
    """An execution that is ending, with the results of its states, or that was ended from outside."""

    execution_arn: str
    state: dict[str, Any] = Field(default_factory=dict)


class WatchOutcome(Record):
    """What one pass over the cluster did, as numbers of jobs; the next pass retries what is listed in `problems`.

    `waiting` says why Kubernetes Jobs are not running, for some of them, by name. `unreconciled` counts Kubernetes Jobs
    without a record and records without a Kubernetes Job that the pass could not settle.
    """

    succeeded: int = 0
    failed: int = 0
    alive: int = 0
    closed: int = 0
    deleted: int = 0
    resumed: int = 0
    batches: int = 0
    unreconciled: int = 0
    waiting: dict[str, str] = Field(default_factory=dict)
    problems: tuple[str, ...] = ()

    @property
    def metrics(self) -> dict[str, int]:
        """Counts to set alarms on, by metric name."""
        return {"unreconciled_jobs": self.unreconciled}


class SweepOutcome(Record):
    """What one sweep over the fleet did, as numbers of models.

    `started` executions began now, `known` ones before; `suppressed` models are held back, `queued` ones wait for the
    fleet's limits until the next sweep.
    """

    models: int
    started: int = 0
    known: int = 0
    suppressed: int = 0
    queued: int = 0


class AlarmOutcome(Record):
    """What an alarm led to: executions that began now or before (`known`), or why it was ignored."""

    alarm: str
    started: tuple[str, ...] = ()
    known: int = 0
    ignored: str | None = None


class ExecutionStatusChange(Record):
    """The part of EventBridge's "Step Functions Execution Status Change" that we read."""

    model_config = ConfigDict(extra="ignore")

    class Detail(Record):
        model_config = ConfigDict(extra="ignore", populate_by_name=True)

        execution_arn: str = Field(alias="executionArn")
        status: Literal["FAILED", "ABORTED", "TIMED_OUT"]

    detail: Detail


class ClosingOutcome(Record):
    """How the execution must end; `error` and `reason` become the error and cause of a failed one."""

    next: ExecutionEnding
    status: RetrainingStatus | None
    error: str
    reason: str
