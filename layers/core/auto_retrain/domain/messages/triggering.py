"""Messages of the functions that decide whether to retrain."""

from collections.abc import Iterable
from typing import Any, Literal, Self

from pydantic import Field, JsonValue, model_validator

from ..base import Parameters, Record, UtcTime, check_whole_numbers
from ..decision_evidence import DecisionEvidence
from ..decision_record import HeldBy
from ..experiments import check_variants, expand_grid
from ..names import ModelName
from ..people import Actor, Reason
from ..trigger_type import TriggerType
from ..verdict import Verdict


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
    actor: Actor | None = None
    reason: Reason | None = None
    parameters: Parameters = Field(default_factory=dict)
    variants: tuple[Parameters, ...] = ()
    grid: dict[str, list[JsonValue]] = Field(default_factory=dict)
    review: bool = False
    force: bool = False

    @model_validator(mode="after")
    def _numbers_arrive_unchanged(self) -> Self:
        for values in (self.parameters, *self.variants, self.grid):
            try:
                check_whole_numbers(values)
            except ValueError as error:
                raise ValueError(f"parameters, variants and grid: {error}") from error
        return self

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


class TriggerDecision(Record):
    """Whether to retrain; `job_id` is set once the job is open, `held_by` if something holds the retraining back.

    `evidence` is what it was judged on so far; it is left behind where the decision is recorded.
    """

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
    evidence: DecisionEvidence | None = Field(default=None, exclude_if=lambda evidence: evidence is None)

    def judged(self, verdicts: Iterable[Verdict]) -> Self:
        """With more verdicts."""
        return self.changed(verdicts=(*self.verdicts, *verdicts))

    def judged_on(self, evidence: DecisionEvidence) -> Self:
        """With all the evidence that it was judged on."""
        return self.changed(evidence=evidence)

    def without_evidence(self) -> Self:
        """For the states after it, which need none."""
        return self.changed(evidence=None)

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


class SweepOutcome(Record):
    """What one sweep over the fleet did, as numbers of models.

    `started` executions began now, `known` ones before; `suppressed` models are held back, `queued` ones wait for the
    fleet's limits until the next sweep. `failed` counts what could not be judged or started for a reason that will
    not pass; the first of these reasons are `problems`.
    """

    models: int
    started: int = 0
    known: int = 0
    suppressed: int = 0
    queued: int = 0
    failed: int = 0
    problems: tuple[str, ...] = ()

    @property
    def metrics(self) -> dict[str, int]:
        """Counts to set alarms on, by metric name."""
        return {"trigger_problems": self.failed} if self.failed else {}


class AlarmOutcome(Record):
    """What an alarm led to: executions that began now or before (`known`), or why it was ignored.

    `problems` say why the execution of a model could not be started; `unknown` are models that it names and that have
    no policy.
    """

    alarm: str
    started: tuple[str, ...] = ()
    known: int = 0
    problems: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    ignored: str | None = None

    @property
    def metrics(self) -> dict[str, int]:
        """Counts to set alarms on, by metric name."""
        return {"trigger_problems": len(self.problems)} if self.problems else {}
