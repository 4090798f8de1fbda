"""A model's policy: what people decide about its retraining. The bounds of every rule are in this package only."""

from enum import StrEnum
from typing import Any, Literal, Self, get_args

from pydantic import Field, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic.json_schema import SkipJsonSchema

from ..base import Record, StrictRecord, UtcTime
from ..errors import PolicyInvalid
from ..explain import explain
from ..metric_kinds import AREAS, METRICS, OF_SQUARES, ROW_METRIC, MetricKind, Task
from ..names import ModelName
from ..trigger_type import TriggerType
from .data import DataPolicy, DriftPolicy
from .deployment import AllAtOnceDeployment, DeploymentPolicy
from .metric import CloudWatchMetric, MetricPolicy, PredictionLogMetric
from .notify import NotifyPolicy
from .requests import PredictionLogRequests
from .training import TrainingPolicy
from .triggers import EstimatedMetric, TriggerConfig
from .validation import ValidationPolicy


def _strategy_in(fields: ValidationInfo) -> str:
    """The strategy in the section for it; one that was refused is reported there."""
    return getattr(fields.data.get("deployment"), "strategy", "all_at_once")


class Policy(StrictRecord):
    """Everything that people decide about one model."""

    model: ModelName = Field(description="name of the model, also in MLflow: a-z, 0-9 and inner hyphens, at most 40")
    owner: str = Field(
        min_length=1,
        max_length=254,
        description="who is named in messages that ask for action",
    )
    triggers: TriggerConfig = Field(default_factory=TriggerConfig.as_default)
    metric: MetricPolicy = Field(default_factory=CloudWatchMetric.as_default)
    data: DataPolicy
    drift: DriftPolicy = Field(default_factory=DriftPolicy.as_default)
    training: TrainingPolicy = Field(default_factory=TrainingPolicy.as_default)
    validation: ValidationPolicy = Field(default_factory=ValidationPolicy.as_default)
    deployment: DeploymentPolicy = Field(default_factory=AllAtOnceDeployment.as_default)
    notify: NotifyPolicy = Field(default_factory=NotifyPolicy.as_default)

    # Earlier releases had one strategy, in a field of its own. It is not stored again.
    strategy: SkipJsonSchema[None] = Field(default=None, exclude=True, repr=False)

    @field_validator("strategy", mode="before")
    @classmethod
    def _was_the_only_one(cls, strategy: Any, info: ValidationInfo) -> None:
        # Of this field alone: a validator before all others would make JSON's lists strangers to strict tuples.
        if strategy is not None and (strategy != "all_at_once" or _strategy_in(info) != strategy):
            raise ValueError("belongs in deployment.strategy")

    @model_validator(mode="after")
    def _names_only_features_in_drift(self) -> Self:
        unknown = sorted({*self.drift.ignore, *self.drift.weights} - set(self.data.features))
        if unknown:
            raise ValueError(f"drift names columns that are not features: {', '.join(unknown)}")
        return self

    @model_validator(mode="after")
    def _names_only_metrics_of_its_task(self) -> Self:
        task = self.data.task
        for field, name in self.validation.named_metrics:
            needed = METRICS[name].task
            if needed not in (None, task):
                raise ValueError(f"validation.{field} = '{name}': is a {needed} metric, but data.task is '{task}'")
        return self

    @model_validator(mode="after")
    def _judges_labels_by_a_metric_of_its_task(self) -> Self:
        metric, triggers, is_regression = self.metric, self.triggers, self.data.task is Task.REGRESSION
        if not isinstance(metric, PredictionLogMetric):
            return self
        if metric.counts_rows is is_regression:
            fitting = "'mae' or 'rmse'" if is_regression else "'accuracy'"
            raise ValueError(f"metric.name = '{metric.name}': data.task is '{self.data.task}'; allowed are {fitting}")
        wanted = ("number", "lower_is_better") if is_regression else ("share", "higher_is_better")
        given = (triggers.performance_metric_scale, triggers.performance_metric_direction)
        for field, value, fitting in zip(("scale", "direction"), given, wanted, strict=True):
            if value != fitting:
                named = f"triggers.performance_metric_{field} = '{value}'"
                raise ValueError(f"{named}: metric.name is '{metric.name}', so it must be '{fitting}'")
        return self

    @model_validator(mode="after")
    def _estimates_what_a_log_can_tell(self) -> Self:
        if not self.triggers.enables(TriggerType.ESTIMATED_PERFORMANCE):
            return self
        named = "triggers.enabled: 'estimated_performance'"
        if self.logged_metric is None:
            needed = "needs deployment.requests.source or metric.source 'prediction_log', whose scores are read"
            raise ValueError(f"{named} {needed}")
        fitting = sorted(name for name in get_args(EstimatedMetric) if METRICS[name].task is self.data.task)
        if self.estimated_metric not in fitting:
            field = f"triggers.estimated_performance.metric is '{self.estimated_metric}'"
            # A policy does not say how many classes there are.
            alone = "" if self.data.task is Task.REGRESSION else " (of more than two classes accuracy alone)"
            raise ValueError(f"{named} cannot estimate that metric: {field}; allowed are {', '.join(fitting)}{alone}")
        return self

    @model_validator(mode="after")
    def _waits_only_where_quality_is_estimated(self) -> Self:
        days, enables = self.drift.wait_days_while_quality_holds, self.triggers.enables
        if days and not enables(TriggerType.ESTIMATED_PERFORMANCE):
            needed = "needs 'estimated_performance' in triggers.enabled, which may stay observe_only"
            raise ValueError(f"drift.wait_days_while_quality_holds = {days}: {needed}")
        return self

    @model_validator(mode="after")
    def _proxies_read_a_window_alone(self) -> Self:
        if self.data.parts > 1 and self.training.proxy:
            needed = "a proxy predicts the whole holdout in one pod; leave out training.proxy"
            raise ValueError(f"data.parts = {self.data.parts}: {needed}")
        return self

    @model_validator(mode="after")
    def _compares_slices_by_sums_in_parts(self) -> Self:
        if self.data.parts > 1 and self.data.slices and self.primary_metric in AREAS:
            needed = "take log_loss or brier_score, leave out data.slices, or set data.parts: 1"
            raise ValueError(
                f"validation.primary_metric = '{self.primary_metric}': cannot compare slices of a holdout in parts; "
                f"{needed}"
            )
        return self

    @property
    def estimated_metric(self) -> str:
        """The metric that is estimated from the scores in the log."""
        return self.triggers.estimated_performance.metric or self.metric.name

    @property
    def logged_metric(self) -> PredictionLogMetric | None:
        """Where the prediction log is, and the metric by which its labels check estimates; None without a log."""
        if isinstance(self.metric, PredictionLogMetric):
            return self.metric
        requests = self.deployment.requests
        if not isinstance(requests, PredictionLogRequests):
            return None
        is_squared = self.estimated_metric in OF_SQUARES
        error: Literal["rmse", "mae"] = "rmse" if is_squared else "mae"
        return PredictionLogMetric.at(requests, error if self.data.task is Task.REGRESSION else "accuracy")

    @property
    def primary_metric(self) -> str:
        """The metric by which challenger and champion are compared."""
        by_task = {Task.CLASSIFICATION: "accuracy", Task.REGRESSION: "rmse"}
        return self.validation.primary_metric or by_task[self.data.task]

    def kind_of(self, metric: str) -> MetricKind:
        """The kind of a metric; for the user's own, the policy says which direction is better."""
        kind = METRICS[metric]
        if metric == ROW_METRIC:
            return kind._replace(higher_is_better=self.validation.row_metric_direction == "higher_is_better")
        return kind

    @classmethod
    def parse(cls, document: str) -> "Policy":
        """Parse a policy from JSON; raises PolicyInvalid naming each invalid field, its value and what is allowed."""
        try:
            return cls.model_validate_json(document)
        except ValidationError as error:
            raise PolicyInvalid(explain(error, cls)) from error


class PolicyStatus(StrEnum):
    """Whether a policy is in force."""

    ACTIVE = "active"
    PAUSED = "paused"
    REMOVED = "removed"


class AppliedPolicy(Record):
    """A policy as it was applied, paused, resumed or removed; each of these increases the version, from 1."""

    policy: Policy
    version: int
    status: PolicyStatus = PolicyStatus.ACTIVE
    note: str = ""
    applied_at: UtcTime
    applied_by: str
