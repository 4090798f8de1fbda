"""One retraining from trigger to end, and the steps it may take."""

from datetime import datetime, timedelta
from typing import Any, Self

from pydantic import Field, JsonValue

from .base import Record, UtcTime
from .batch import ParkedOrder
from .data_check import DataCheck
from .ending import Ending
from .errors import IllegalTransition
from .model_version import ModelVersion
from .names import JobKind
from .status import RetrainingStatus
from .trigger_type import TriggerType
from .validation import ValidationResult
from .verdict import Verdict
from .windows import Windows

REVIEW_TIME = timedelta(hours=48)


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
    trained: ModelVersion | None = None
    error: str | None = None

    @property
    def version(self) -> str | None:
        """The number of the version that it made."""
        return self.trained.number if self.trained else None


class RetrainingJob(Record):
    """The job record: everything about one retraining that anyone may want to know later.

    It is changed by named steps only, each of which gives the job as it is after it.
    """

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
    ending: Ending | None = None
    created_at: UtcTime
    started_at: UtcTime | None = None
    completed_at: UtcTime | None = None
    deployed_at: UtcTime | None = None

    windows: Windows
    manifest_uri: str | None = None
    manifest_sha256: str | None = None
    data_check: DataCheck | None = None
    pending: PendingStep | None = None
    champion: ModelVersion | None = None
    challenger: ModelVersion | None = None
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
    def champion_version(self) -> str | None:
        return self.champion.number if self.champion else None

    @property
    def challenger_version(self) -> str | None:
        return self.challenger.number if self.challenger else None

    @property
    def metrics(self) -> dict[str, float]:
        """What training logged about the challenger; it decides nothing."""
        return self.challenger.metrics if self.challenger else {}

    @property
    def challengers(self) -> dict[str, ModelVersion]:
        """The trained versions by number: of all variants, or the one of a single training."""
        trained = [variant.trained for variant in self.variants] if self.variants else [self.challenger]
        return {version.number: version for version in trained if version}

    @property
    def was_declined(self) -> bool:
        """Whether a reviewer kept the challenger out of production."""
        return self.review is not None and not self.review.approved

    def frozen(self, manifest_uri: str, manifest_sha256: str) -> Self:
        """Which objects it reads is fixed."""
        return self.changed(manifest_uri=manifest_uri, manifest_sha256=manifest_sha256)

    def checked(self, data_check: DataCheck) -> Self:
        """Its data were checked."""
        return self.changed(data_check=data_check)

    def compared_with(self, champion: ModelVersion | None) -> Self:
        """Which champion the challenger has to beat is fixed; none for a first model."""
        return self.changed(champion=champion)

    def waiting_for(self, step: PendingStep) -> Self:
        """A Kubernetes Job runs for it, or will."""
        started_at = self.started_at or step.since
        return self._moved(RetrainingStatus.RUNNING, pending=step, started_at=started_at)

    def trained(self, version: ModelVersion) -> Self:
        """Its one training made a version."""
        return self.changed(challenger=version)

    def trained_variants(self, variants: tuple[Variant, ...]) -> Self:
        """Its variants made versions, or failed; which one is the challenger is decided when all are compared."""
        return self.changed(variants=variants)

    def under_validation(self) -> Self:
        """Its versions were scored."""
        return self._moved(RetrainingStatus.VALIDATION)

    def validated(self, result: ValidationResult) -> Self:
        """With the verdict, which also says which of several variants is the challenger."""
        number = result.inputs.challenger_version
        chosen = next((variant.trained for variant in self.variants if variant.version == number), None)
        return self.changed(validation=result, challenger=chosen or self.challenger)

    def reported(self, uri: str) -> Self:
        """With a page about its validation."""
        return self.changed(report_uri=uri)

    def awaiting_review(self, pending_review: PendingReview) -> Self:
        """A person has to decide; no Kubernetes Job is waited for any more."""
        return self.changed(pending=None, pending_review=pending_review)

    def reviewed(self, review: Review) -> Self:
        """A person has decided."""
        return self.changed(review=review)

    def deploying(self) -> Self:
        """Its challenger is about to serve."""
        return self._moved(RetrainingStatus.DEPLOYING)

    def promoted(self, at: datetime) -> Self:
        """Its challenger serves."""
        return self.changed(deployed=True, deployed_at=at)

    def ended(self, ending: Ending, at: datetime, error: str | None = None) -> Self:
        """It is over; raises IllegalTransition where it cannot end so from here."""
        return self._moved(ending.status, ending=ending, completed_at=at, pending=None, error=error)

    def next_revision(self) -> Self:
        """As it is stored next."""
        return self.changed(revision=self.revision + 1)

    def summary(self) -> str:
        """How it ended, in one sentence for people."""
        what = f"{self.model_name} version {self.challenger_version}"
        if self.ending is Ending.PROMOTED:
            return f"{what} serves now; before: {self.champion_version or 'none'}"
        if self.ending is Ending.SKIPPED:
            return f"{self.model_name} was {self.skipped}"
        if self.ending is Ending.DECLINED and self.review:
            return f"{what} was not deployed: {self.review.actor} declined it: {self.review.reason}"
        if self.ending in (Ending.REJECTED, Ending.INCONCLUSIVE) and self.validation:
            return f"{what} was not deployed ({self.validation.decision.value}): {self.validation.reason}"
        return f"Retraining {self.model_name} failed: {self.error}"

    def _moved(self, status: RetrainingStatus, **changes: Any) -> Self:
        if not self.status.may_become(status):
            raise IllegalTransition(f"job '{self.job_id}' is {self.status.value} and cannot become {status.value}")
        return self.changed(status=status, **changes)
