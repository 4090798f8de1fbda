"""The record of one retraining, from trigger to ending, and the steps that change it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Self

from pydantic import Field, JsonValue

from .base import Record, UtcTime
from .batch import ParkedOrder
from .cost import Forecast, PricedCost, costing
from .data_check import DataCheck
from .decision_record import DecisionRecord
from .ending import Ending
from .errors import DataChanged, DataInvalid, DataMissing, IllegalTransition
from .model_state import LastJob
from .model_version import ModelVersion
from .names import JobKind, decision_key
from .notebook import as_table
from .policy.training import TrainingPolicy
from .proxy import ProxyCheck
from .status import RetrainingStatus
from .tracing import TracePoint
from .trigger_type import TriggerType
from .usage import ContainerUse, FunctionUse, Usage
from .validation import ValidationResult
from .verdict import Verdict
from .windows import Windows

REVIEW_TIME = timedelta(hours=48)
_DATA_ERRORS = {error.__name__ for error in (DataMissing, DataInvalid, DataChanged)}


class PendingStep(Record):
    """A Kubernetes Job that an execution is waiting for, and the token that resumes the execution.

    A `parked` order runs in whichever batch contains it.
    """

    kind: JobKind
    kubernetes_job: str | None
    parked: ParkedOrder | None = None
    task_token: str = Field(repr=False)
    since: UtcTime
    trace: TracePoint | None = None


class PendingReview(Record):
    """An execution that is waiting for a review of its challenger, and the token that resumes it."""

    task_token: str = Field(repr=False)
    since: UtcTime

    @property
    def until(self) -> datetime:
        """The deadline of the review; the waiting state lasts an hour longer."""
        return self.since + REVIEW_TIME


class Review(Record):
    """A person's decision on a challenger that passed every gate, and the hash of the validation it is based on."""

    approved: bool
    actor: str
    reason: str | None = None
    validation_hash: str
    at: UtcTime


class Variant(Record):
    """One of several trainings of a job: its parameters, and the version it produced or why it failed."""

    parameters: dict[str, JsonValue]
    trained: ModelVersion | None = None
    error: str | None = None

    @property
    def version(self) -> str | None:
        """The number of the version it produced."""
        return self.trained.number if self.trained else None


class RetrainingJob(Record):
    """The job record: everything that anyone may later want to know about one retraining.

    It changes only by named steps, each of which returns the job after that step.
    """

    job_id: str
    model_name: str
    trigger_type: TriggerType
    trigger_reason: str
    trigger_verdicts: tuple[Verdict, ...] = ()
    trigger_evidence_hash: str | None = Field(default=None, description="of what its trigger was judged on")
    actor: str | None = None
    forced: bool = Field(default=False, description="whether a person asked for it with force")
    event_time: UtcTime
    execution_arn: str
    trace_id: str | None = Field(default=None, description="its trace in X-Ray, if its execution is traced")
    policy_version: int
    training_parameters: dict[str, JsonValue] = Field(default_factory=dict)
    variants: tuple[Variant, ...] = Field(default=(), description="empty for a single training")

    status: RetrainingStatus = RetrainingStatus.PENDING
    ending: Ending | None = None
    created_at: UtcTime
    started_at: UtcTime | None = None
    completed_at: UtcTime | None = None
    deployed_at: UtcTime | None = None

    windows: Windows
    manifest_uri: str | None = None
    manifest_sha256: str | None = None
    image: str | None = Field(default=None, description="the image that trains, as it was ordered")
    outputs: dict[JobKind, str] = Field(default_factory=dict, description="key prefix of what each step writes")
    proxy: ProxyCheck | None = Field(default=None, description="what a proxy showed before the training")
    champion_output: str | None = Field(default=None, description="the same for a champion that is scored apart")
    data_check: DataCheck | None = None
    pending: PendingStep | None = None
    waits_for: str | None = Field(
        default=None, description="what keeps its current step, or the pod of that, from going on, as last seen"
    )
    champion: ModelVersion | None = None
    challenger: ModelVersion | None = None
    validation: ValidationResult | None = None
    report_uri: str | None = None
    needs_review: bool = False
    pending_review: PendingReview | None = None
    review: Review | None = None
    deployed: bool = False
    provisional_until: UtcTime | None = Field(default=None, description="when the watch over its promotion ends")
    taken_back_at: UtcTime | None = Field(default=None, description="when its promoted version was taken back")
    usage: Usage = Field(default_factory=Usage, description="what was measured of it; empty for earlier releases")
    forecast: Forecast | None = Field(default=None, description="what it was expected to cost when it was opened")
    cost: PricedCost | None = Field(default=None, description="what it cost by the prices of when it ended")
    error: str | None = None
    announced: bool = Field(default=False, description="whether everything that follows its end was done")
    revision: int = Field(default=0, description="number of times this record was saved")

    @property
    def decision(self) -> DecisionRecord:
        """The decision that opened it."""
        return DecisionRecord(
            model_name=self.model_name,
            key=decision_key(self.execution_arn),
            event_time=self.event_time,
            recorded_at=self.created_at,
            trigger_type=self.trigger_type,
            outcome="started",
            reason=self.trigger_reason,
            verdicts=self.trigger_verdicts,
            actor=self.actor,
            execution_arn=self.execution_arn,
            job_id=self.job_id,
            evidence_hash=self.trigger_evidence_hash,
        ).sealed()

    @property
    def as_last(self) -> LastJob:
        """What the state of its model says of it."""
        promoted = self.challenger_version if self.ending is Ending.PROMOTED else None
        return LastJob(job_id=self.job_id, created_at=self.created_at, ending=self.ending, promoted=promoted)

    @property
    def review_until(self) -> datetime | None:
        """By when somebody has to review its challenger; None if nobody is waited for."""
        is_open = self.status is RetrainingStatus.VALIDATION and self.review is None
        return self.pending_review.until if self.pending_review and is_open else None

    @property
    def skipped(self) -> str | None:
        """Why no challenger was trained although the data are sound; None once a training was ordered.

        An execution that loses the answer of a proxy trains whatever it was.
        """
        return None if "train" in self.outputs else self._against_training

    @property
    def _against_training(self) -> str | None:
        refused = self.proxy.refused if self.proxy else None
        return refused or (self.data_check.skipped if self.data_check else None)

    @property
    def skipped_in_a_row(self) -> int:
        """How many jobs trained no challenger, this one and those before it; 0 unless it was skipped."""
        if self.skipped is None:
            return 0
        if self.proxy and self.proxy.refused:
            return self.proxy.refused_in_a_row
        return self.data_check.skipped_in_a_row if self.data_check else 0

    @property
    def failed_on_data(self) -> bool:
        """Whether it failed because its data are missing or broken, as far as its functions read them."""
        return bool(self.error) and str(self.error).partition(":")[0] in _DATA_ERRORS

    @property
    def money(self) -> str | None:
        """What it cost beside its forecast, or the forecast until it has ended; None for jobs of earlier releases."""
        if self.cost:
            return costing(self.cost, self.forecast)
        return self.forecast.text if self.forecast else None

    def output_of(self, kind: JobKind) -> str:
        """Key prefix of what a step writes; jobs of earlier releases wrote to a place that could be guessed."""
        return self.outputs.get(kind, f"jobs/{self.job_id}/{kind}/")

    @property
    def last_step(self) -> JobKind | None:
        """The last step that it gave to the cluster; None if it gave none."""
        if "score" in self.outputs:
            return "score"
        before: tuple[JobKind, ...] = () if "train" in self.outputs else ("proxy", "check")
        return next((kind for kind in before if kind in self.outputs), "train" if self.started_at else None)

    @property
    def output_of_champion(self) -> str:
        """Key prefix of the predictions of a champion that is scored in its own image.

        The challenger's container runs after it, so it must not be able to guess where they are.
        """
        return self.champion_output or f"{self.output_of('score')}champion/"

    @property
    def holdout_parts(self) -> int:
        """In how many parts its holdout was frozen, and is scored."""
        frozen = self.data_check.holdout if self.data_check else None
        return max(len(frozen.parts), 1) if frozen else 1

    @property
    def parts(self) -> str | None:
        """In how many parts its data are read, for people; None if in one piece."""
        examining = self.usage.pods.get("check")
        if examining is None:
            return None
        checked = f"{examining.pods} parts, each checked by a pod of its own"
        if self.data_check is None:
            return checked
        if self.holdout_parts == 1:
            return f"{checked}; its holdout is one of them"
        return f"{checked}; its holdout has {self.holdout_parts} of them, each scored by a pod of its own"

    @property
    def champion_version(self) -> str | None:
        return self.champion.number if self.champion else None

    @property
    def challenger_version(self) -> str | None:
        return self.challenger.number if self.challenger else None

    @property
    def metrics(self) -> dict[str, float]:
        """The challenger's metrics as logged by training; they decide nothing."""
        return self.challenger.metrics if self.challenger else {}

    @property
    def request_reason(self) -> str:
        """The reason that a person gave, without who that was."""
        return self.trigger_reason.removeprefix(f"requested by {self.actor}: ")

    def is_before(self, other: "RetrainingJob") -> bool:
        """Whether this is an earlier job, be it of the same moment."""
        return self.job_id != other.job_id and self.created_at <= other.created_at

    @property
    def challengers(self) -> dict[str, ModelVersion]:
        """The trained versions by number: those of all variants, or that of the single training."""
        trained = [variant.trained for variant in self.variants] if self.variants else [self.challenger]
        return {version.number: version for version in trained if version}

    @property
    def has_trained(self) -> bool:
        """Whether it has trained any version."""
        return bool(self.challengers)

    def allows(self, version: str) -> bool:
        """Whether one of its versions was validated with the decision to promote it."""
        result = self.validation
        return result is not None and result.is_valid and result.inputs.challenger_version == version

    @property
    def was_declined(self) -> bool:
        """Whether a reviewer declined the challenger."""
        return self.review is not None and not self.review.approved

    def frozen(self, manifest_uri: str, manifest_sha256: str) -> Self:
        """With the manifest of the objects that it reads."""
        return self.changed(manifest_uri=manifest_uri, manifest_sha256=manifest_sha256)

    def checked(self, data_check: DataCheck) -> Self:
        """With the result of the data check."""
        return self.changed(data_check=data_check)

    def proxied(self, proxy: ProxyCheck) -> Self:
        """With what a proxy shows of its training."""
        return self.changed(proxy=proxy)

    def compared_with(self, champion: ModelVersion | None) -> Self:
        """With the champion that the challenger must beat; None for a first model."""
        return self.changed(champion=champion)

    def training_in(self, image: str) -> Self:
        """With the image that is ordered to train."""
        return self.changed(image=image)

    def writing_to(self, kind: JobKind, output: str, champion_output: str) -> Self:
        """With the key prefix that a step is ordered to write to, and another one for a champion scored apart."""
        return self.changed(outputs={**self.outputs, kind: output}, champion_output=champion_output)

    def waiting_for(self, step: PendingStep) -> Self:
        """Running, with a step that a Kubernetes Job carries out."""
        started_at = self.started_at or step.since
        return self._moved(RetrainingStatus.RUNNING, pending=step, started_at=started_at, waits_for=None)

    def held_up_by(self, reason: str | None) -> Self:
        """With what keeps its current step, or the pod of that, from going on; None if nothing does any longer."""
        return self.changed(waits_for=reason)

    def ordering_pods(self, kind: JobKind, training: TrainingPolicy, pods: int, data_parts: int) -> Self:
        """With the pods that a step is about to get, by a policy with so many parts of the data."""
        return self.changed(usage=self.usage.ordering(kind, training, pods, data_parts))

    def with_reports(self, kind: JobKind, reports: Sequence[ContainerUse | None], now: datetime) -> Self:
        """With what the containers of a step say that they used; nothing changes if another step has begun since."""
        if self.pending is None or self.pending.kind != kind:
            return self
        elapsed = (now - self.pending.since).total_seconds()
        return self.changed(usage=self.usage.step_ended(kind, reports, elapsed))

    def trained(self, version: ModelVersion) -> Self:
        """With the version that its single training produced."""
        return self.changed(challenger=version)

    def trained_variants(self, variants: tuple[Variant, ...]) -> Self:
        """With the results of its variants; the challenger is chosen when they are compared."""
        return self.changed(variants=variants)

    def apart_from_its_data(self, number: str) -> Self:
        """With one of its versions alone, as if no data had been frozen: for a verdict on other rows."""
        return self.changed(data_check=None, manifest_uri=None, challenger=self.challengers[number], variants=())

    def with_function(self, function: str, use: FunctionUse) -> Self:
        """With an invocation of a function that saves no job itself."""
        return self.changed(usage=self.usage.with_call(function, use.gb_seconds, is_new=True))

    def under_validation(self) -> Self:
        """Its versions are scored and being compared."""
        return self._moved(RetrainingStatus.VALIDATION, waits_for=None)

    def validated(self, result: ValidationResult) -> Self:
        """With the result of the validation, which also names the challenger among several variants."""
        number = result.inputs.challenger_version
        chosen = next((variant.trained for variant in self.variants if variant.version == number), None)
        return self.changed(validation=result, challenger=chosen or self.challenger)

    def reported(self, uri: str) -> Self:
        """With the report about its validation."""
        return self.changed(report_uri=uri)

    def awaiting_review(self, pending_review: PendingReview) -> Self:
        """Waiting for a review, and no longer for a Kubernetes Job."""
        return self.changed(pending=None, pending_review=pending_review)

    def reviewed(self, review: Review) -> Self:
        """With a person's decision."""
        return self.changed(review=review)

    def deploying(self) -> Self:
        """Its challenger is about to go into production."""
        return self._moved(RetrainingStatus.DEPLOYING)

    def promoted(self, at: datetime, provisional_until: datetime | None = None) -> Self:
        """Its challenger is in production."""
        return self.changed(deployed=True, deployed_at=at, provisional_until=provisional_until)

    def ended(self, ending: Ending, at: datetime, error: str | None = None) -> Self:
        """Ended; raises IllegalTransition if its status does not allow this ending."""
        usage = self.usage
        if self.pending:
            usage = usage.broken_off(self.pending.kind, (at - self.pending.since).total_seconds())
        return self._moved(
            ending.status, ending=ending, completed_at=at, pending=None, waits_for=None, error=error, usage=usage
        )

    def expecting(self, forecast: Forecast) -> Self:
        """With what it is expected to cost."""
        return self.changed(forecast=forecast)

    def charged(self, cost: PricedCost) -> Self:
        """Ended, with what it cost."""
        return self.changed(cost=cost)

    def taken_back(self, reason: str, at: datetime) -> Self:
        """Its version was promoted and is taken back, after its end; raises IllegalTransition if it never was."""
        if self.ending is not Ending.PROMOTED:
            raise IllegalTransition(f"job '{self.job_id}' has not ended with a promotion that could be taken back")
        ending = Ending.ROLLED_BACK
        return self.changed(status=ending.status, ending=ending, taken_back_at=at, error=reason)

    def after_announcement(self) -> Self:
        """Ended, and everything that follows its end was done."""
        return self.changed(announced=True)

    def next_revision(self) -> Self:
        """The revision to be saved next."""
        return self.changed(revision=self.revision + 1)

    def _repr_html_(self) -> str:
        ended = self.summary() if self.status.is_terminal else None
        about = [
            ("status", self.status.value),
            ("waits for", self.waits_for),
            ("trigger", f"{self.trigger_type.value}: {self.trigger_reason}"),
            ("data", self.parts),
            ("created", f"{self.created_at:%F %H:%M:%S}Z"),
            ("completed", f"{self.completed_at:%F %H:%M:%S}Z" if self.completed_at else None),
            ("challenger", self.challenger_version),
            ("champion", self.champion_version),
            ("deployed", "yes" if self.deployed else "no"),
            ("ending", f"{self.ending.value}: {ended}" if self.ending else None),
        ]
        return as_table(f"Job {self.job_id}", about)

    def summary(self) -> str:
        """How the job ended and why, in one sentence for people."""
        if self.ending is Ending.PROMOTED:
            return self.what_became
        return f"{self.what_became}: {self._why_it_ended}"

    @property
    def what_became(self) -> str:
        """How the job ended, in one sentence without the reason."""
        version = f"{self.model_name} version {self.challenger_version}"
        if self.ending is Ending.PROMOTED:
            until = f", provisionally until {self.provisional_until:%F %H:%M} UTC" if self.provisional_until else ""
            return f"{version} is now in production{until} (previously: {self.champion_version or 'none'})"
        if self.ending is Ending.SKIPPED:
            return f"{self.model_name} was not trained"
        if self.ending is Ending.DECLINED and self.review:
            return f"{version} was not deployed"
        if self.ending in (Ending.REJECTED, Ending.INCONCLUSIVE) and self.validation:
            return f"{version} was not deployed ({self.validation.decision.value})"
        if self.ending is Ending.ROLLED_BACK and self.taken_back_at:
            return f"{version} was taken back after its promotion"
        if self.ending is Ending.ROLLED_BACK:
            return f"{version} was not promoted, its rollout was ended"
        return f"Retraining {self.model_name} failed"

    @property
    def _why_it_ended(self) -> str | None:
        # Records of earlier releases may have ended so although a training was ordered.
        if self.ending is Ending.SKIPPED and self._against_training:
            return self._against_training.removeprefix("not trained: ")
        if self.ending is Ending.DECLINED and self.review:
            return f"{self.review.actor} declined it: {self.review.reason}"
        if self.ending in (Ending.REJECTED, Ending.INCONCLUSIVE) and self.validation:
            return self.validation.reason
        return self.error

    def _moved(self, status: RetrainingStatus, **changes: Any) -> Self:
        if not self.status.may_become(status):
            raise IllegalTransition(f"job '{self.job_id}' is {self.status.value} and cannot become {status.value}")
        return self.changed(status=status, **changes)
