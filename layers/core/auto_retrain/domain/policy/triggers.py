"""When a model is retrained: the thresholds of each trigger, and what limits retrainings."""

from datetime import timedelta
from math import isfinite
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from ..base import StrictRecord
from ..schedule import check_cron
from ..time_zones import check_time_zone
from ..trigger_type import TriggerType

# Below, the test that drift is unlikely to be due to chance does not hold.
MIN_DRIFT_ROWS = 300
# Sources of metrics keep hardly more, and people want an answer in seconds.
MAX_BACK_TEST_DAYS = 731


if TYPE_CHECKING:
    AutomaticTrigger = str
else:
    AutomaticTrigger = Literal[tuple(kind.value for kind in TriggerType if kind is not TriggerType.MANUAL)]
AlarmName = Annotated[str, Field(min_length=1, max_length=255)]


EstimatedMetric = Literal["accuracy", "precision", "recall", "f1_score", "roc_auc", "mae", "rmse"]


class EstimatedPerformancePolicy(StrictRecord):
    """How the metric is estimated from the scores in the prediction log, before labels arrive."""

    observe_only: bool = Field(default=True, description="recorded and shown, but it starts nothing")
    metric: EstimatedMetric | None = Field(
        default=None,
        description="metric that is estimated and compared with performance_metric_threshold: accuracy, precision, "
        "recall, f1_score or roc_auc (of more than two classes accuracy alone), for a regression mae or rmse; none: "
        "metric.name",
    )
    window_days: int = Field(
        default=7,
        ge=1,
        le=30,
        description="whole UTC days that are estimated together; labels check earlier windows of this length",
    )


class TriggerConfig(StrictRecord):
    """When a model is retrained, which windows are used, and how often it can happen."""

    enabled: tuple[AutomaticTrigger, ...] = Field(
        default=("performance_degradation", "data_drift", "scheduled"),
        description="triggers that can start a retraining automatically",
    )
    observe_only: tuple[AutomaticTrigger, ...] = Field(
        default=(), description="triggers that are judged and recorded but start nothing"
    )
    performance_metric_scale: Literal["share", "number"] = Field(
        default="share", description="share: between 0 and 1, such as accuracy; number: anything else, such as an error"
    )
    performance_metric_direction: Literal["higher_is_better", "lower_is_better"] = Field(
        default="higher_is_better", description="which direction of the metric is better"
    )
    performance_metric_threshold: float = Field(
        default=0.92, description="performance worse than this counts as degraded"
    )
    min_data_points: int = Field(default=1, ge=1, le=10_000, description="data points needed in the window")
    max_staleness_hours: int = Field(
        default=72, ge=1, le=8760, description="maximum age of the newest data point, in addition to the label delay"
    )
    drift_threshold: float = Field(default=0.25, gt=0, le=10, description="PSI above which a feature counts as drifted")
    schedule_expression: Annotated[str, Field(max_length=255), AfterValidator(check_cron)] = Field(
        default="0 0 * * 0", description="cron: minute, hour, day of month, month, day of week"
    )
    schedule_spread_minutes: int = Field(
        default=60,
        ge=0,
        le=1440,
        description="spreads models with the same schedule over this time, each at its own offset",
    )
    time_zone: Annotated[str, AfterValidator(check_time_zone)] = Field(
        default="UTC", description="IANA time zone of the schedule, such as Europe/Berlin"
    )
    alarms: tuple[AlarmName, ...] = Field(default=(), description="names of CloudWatch alarms about this model")
    evaluation_window_days: int = Field(
        default=30, ge=1, le=365, description="days that the metric is read over and the holdout is taken from"
    )
    training_window_days: int = Field(
        default=180, ge=7, le=730, description="days before the evaluation window that a challenger is trained on"
    )
    confidence: float = Field(
        default=0.95,
        ge=0,
        lt=1,
        description="one-sided confidence that a trigger is not due to chance; 0: the point estimate alone decides",
    )
    min_rows: int = Field(
        default=500,
        ge=0,
        le=1_000_000_000,
        description="rows needed to judge drift or degradation; for drift at least "
        f"{MIN_DRIFT_ROWS}, unless confidence is 0",
    )
    breach_days: int = Field(
        default=1, ge=1, le=31, description="days within breach_window_days on which a trigger must be met"
    )
    breach_window_days: int = Field(default=1, ge=1, le=31, description="days over which breach_days are counted")
    cool_down_hours: int = Field(
        default=24, ge=0, le=8760, description="time after an attempt during which no trigger starts another"
    )
    daily_cap: int = Field(default=3, ge=1, le=24, description="maximum attempts within 24 hours")
    monthly_cap: int = Field(default=31, ge=1, le=200, description="maximum attempts within 30 days")
    budget_month_usd: float | None = Field(
        default=None,
        gt=0,
        description="US dollars that the retrainings of a calendar month (UTC) may cost; none: no budget",
    )
    back_test_days: int | None = Field(
        default=None,
        ge=1,
        le=MAX_BACK_TEST_DAYS,
        description="days of the past on which a change of what is decided has to be tried before it is applied; none: "
        "it need not be",
    )
    max_back_off_days: int = Field(
        default=30,
        ge=0,
        le=365,
        description="a trigger's cool-down doubles with each of its challengers in a row that is not promoted, up to "
        "this; 0: no back-off",
    )
    escalate_after: int = Field(
        default=3,
        ge=1,
        le=100,
        description="challengers in a row that were not promoted (of performance and drift together, and any that was "
        "taken back while it answered requests), or jobs in a row that were skipped, after which a message asks the "
        "owner to act",
    )

    estimated_performance: EstimatedPerformancePolicy = Field(
        default_factory=EstimatedPerformancePolicy,
        description="how the metric is estimated before labels arrive, for the trigger of this name",
    )

    def enables(self, trigger: TriggerType) -> bool:
        """Whether a trigger is judged at all."""
        return trigger.value in self.enabled

    @property
    def evaluation_window(self) -> timedelta:
        return timedelta(days=self.evaluation_window_days)

    @property
    def higher_is_better(self) -> bool:
        return self.performance_metric_direction == "higher_is_better"

    def is_worse(self, value: float) -> bool:
        """Whether a value of the metric is beyond its threshold."""
        limit = self.performance_metric_threshold
        return value < limit if self.higher_is_better else value > limit

    def observes(self, trigger: TriggerType) -> bool:
        """Whether a trigger is only judged and recorded; an estimate is, unless its own section says otherwise."""
        is_observed_estimate = trigger is TriggerType.ESTIMATED_PERFORMANCE and self.estimated_performance.observe_only
        return is_observed_estimate or trigger.value in self.observe_only

    @field_validator("performance_metric_threshold")
    @classmethod
    def _fits_its_scale(cls, threshold: float, info: ValidationInfo) -> float:
        if info.data.get("performance_metric_scale") == "share" and not 0 < threshold < 1:
            raise ValueError("must be between 0 and 1, exclusive, for a metric whose scale is 'share'")
        if not isfinite(threshold):
            raise ValueError("must be a finite number")
        return threshold

    @model_validator(mode="after")
    def _window_is_long_enough_for_the_breaches(self) -> Self:
        if self.breach_days > self.breach_window_days:
            raise ValueError(
                f"breach_days = {self.breach_days}: must be at most breach_window_days ({self.breach_window_days})"
            )
        return self
