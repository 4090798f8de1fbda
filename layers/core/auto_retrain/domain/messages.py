"""What the states of the machine hand to functions, and what the functions answer; ids and words, never data."""

from collections.abc import Iterable
from typing import Any, Literal, Self

from pydantic import ConfigDict, Field, JsonValue, model_validator

from .base import Parameters, Record, UtcTime
from .decision_record import HeldBy
from .ending import EndingWord
from .experiments import check_variants, expand_grid
from .names import JobKind, ModelName
from .status import RetrainingStatus
from .trigger_type import TriggerType
from .validation import Decision
from .verdict import Verdict


class ExecutionStarted(Record):
    """The first state's input: whatever started the execution, and which execution it is."""

    event: Any
    execution_arn: str


class TriggerRequest(Record):
    """An event in our own words: one model, and why it is looked at.

    A manual request needs an actor and a reason. Without an event time, now is meant. `variants` and `grid` are two
    ways to ask for several trainings, each with parameters on top of the others'; with `review`, a person has to
    approve what is found to be better.
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
            raise ValueError("variants and grid: only one of them may be given")
        if self.variants or self.grid:
            check_variants(self.experiments)
        if (self.experiments or self.review) and self.trigger_type is not TriggerType.MANUAL:
            raise ValueError(f"variants, grid and review: not allowed with trigger_type '{self.trigger_type.value}'")
        return self

    @property
    def experiments(self) -> list[dict[str, JsonValue]]:
        """The variants, as listed or as the grid makes them; none for a single training."""
        return list(self.variants) or expand_grid(self.grid)


class ScheduledEvent(Record):
    """The part that we read of EventBridge's "Scheduled Event"; without a time, as invoked by hand, now is meant."""

    model_config = ConfigDict(extra="ignore")

    time: UtcTime | None = None


class TriggerDecision(Record):
    """Whether to retrain; `job_id` is there once the job is open, `held_by` when something spoke against it."""

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
        """With more verdicts as its evidence."""
        return self.changed(verdicts=(*self.verdicts, *verdicts))

    def to_start(self, trigger: TriggerType, reason: str) -> Self:
        """Retrain for this trigger, unless something is found to hold it back."""
        return self.changed(next="start", trigger_type=trigger, reason=reason, held_by=None)

    def to_read_data(self, reason: str, held_by: HeldBy | None = None) -> Self:
        """Not decided yet: only the data can tell."""
        return self.changed(next="detect_drift", reason=reason, held_by=held_by)

    def held(self, by: HeldBy, reason: str) -> Self:
        """Do not retrain although a trigger calls for it, or may."""
        return self.changed(next="skip", held_by=by, reason=reason)

    def not_due(self, reason: str) -> Self:
        """Do not retrain: no trigger calls for it."""
        return self.changed(next="skip", held_by=None, reason=reason)

    def opened(self, job_id: str) -> Self:
        """With the job that retrains."""
        return self.changed(next="start", job_id=job_id, held_by=None)


class DataCheckOutcome(Record):
    """Whether a job's data are worth training on."""

    next: Literal["train", "close"]
    reason: str


class StepOrder(Record):
    """Start one Kubernetes Job of a job and wake the execution by this token when it ended."""

    job_id: str
    kind: JobKind
    task_token: str = Field(repr=False)


class StepStarted(Record):
    """A Kubernetes Job runs, or one of several models will, as soon as the watcher has gathered them."""

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
    """Let a person look at a job's challenger, and wake the execution by this token when they have spoken."""

    job_id: str
    task_token: str = Field(repr=False)


class ReviewRequested(Record):
    """People were told; until then one of them has to speak."""

    job_id: str
    until: UtcTime


class ReviewOutcome(Record):
    """What the execution is told when a person has spoken."""

    next: Literal["deploy", "close"]


class DeploymentOutcome(Record):
    """What serves now."""

    version: str
    previous_version: str | None


class ProfileReport(Record):
    """Where the profile of a version's training data is, and over how much it was made."""

    uri: str
    rows: int
    features: int


class ClosingRequest(Record):
    """An execution that came to its end, with all that its states found, or that was ended from outside."""

    execution_arn: str
    state: dict[str, Any] = Field(default_factory=dict)


class WatchReport(Record):
    """What one pass over the cluster did, by number of jobs; `problems` are tried again in the next pass.

    `waiting` says what keeps Kubernetes Jobs from running, some of them by name. `unreconciled` counts Kubernetes Jobs
    without a record and records without a Kubernetes Job that the pass met and could not settle.
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
        """What people set alarms on, as counts by the names of their metrics."""
        return {"unreconciled_jobs": self.unreconciled}


class SweepReport(Record):
    """What one sweep over the fleet saw, by number of models.

    `started` executions began, `known` ones had begun before; `suppressed` models are held back, `queued` ones wait for
    the fleet's limits and are met again by the next sweep.
    """

    models: int
    started: int = 0
    known: int = 0
    suppressed: int = 0
    queued: int = 0


class AlarmReport(Record):
    """What an alarm led to: executions that began or had begun before, or why it was ignored."""

    alarm: str
    started: tuple[str, ...] = ()
    known: int = 0
    ignored: str | None = None


class ExecutionStatusChange(Record):
    """The part that we read of EventBridge's "Step Functions Execution Status Change"."""

    model_config = ConfigDict(extra="ignore")

    class Detail(Record):
        model_config = ConfigDict(extra="ignore", populate_by_name=True)

        execution_arn: str = Field(alias="executionArn")
        status: Literal["FAILED", "ABORTED", "TIMED_OUT"]

    detail: Detail


class ClosingOutcome(Record):
    """How the execution has to end; `error` and `reason` become the error and cause of a failed one."""

    next: EndingWord
    status: RetrainingStatus | None
    error: str
    reason: str
