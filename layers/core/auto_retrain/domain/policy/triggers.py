"""When a model is retrained: the thresholds of each trigger, and what holds a retraining back."""

from math import isfinite
from typing import TYPE_CHECKING, Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from ..base import StrictRecord
from ..schedule import check_cron
from ..trigger_type import TriggerType


def _check_time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError("is not an IANA time zone, such as 'UTC' or 'Europe/Berlin'") from error
    return name


if TYPE_CHECKING:
    AutomaticTrigger = str
else:
    AutomaticTrigger = Literal[tuple(kind.value for kind in TriggerType if kind is not TriggerType.MANUAL)]
AlarmName = Annotated[str, Field(min_length=1, max_length=255)]


class TriggerConfig(StrictRecord):
    """When a model is retrained, over which windows that is judged, and how often it may happen."""

    enabled: tuple[AutomaticTrigger, ...] = ("performance_degradation", "data_drift", "scheduled")
    observe_only: tuple[AutomaticTrigger, ...] = Field(
        default=(), description="triggers that are judged and recorded, but start nothing"
    )
    performance_metric_scale: Literal["share", "number"] = Field(
        default="share", description="share: between 0 and 1, such as accuracy; number: anything else, such as an error"
    )
    performance_metric_direction: Literal["higher_is_better", "lower_is_better"] = "higher_is_better"
    performance_metric_threshold: float = 0.92
    min_data_points: int = Field(default=1, ge=1, le=10_000, description="points of the metric that the window needs")
    max_staleness_hours: int = Field(
        default=72, ge=1, le=8760, description="how old the newest point may be, on top of the label delay"
    )
    drift_threshold: float = Field(default=0.25, gt=0, le=10)
    schedule_expression: Annotated[str, Field(max_length=255), AfterValidator(check_cron)] = "0 0 * * 0"
    schedule_spread_minutes: int = Field(
        default=60, ge=0, le=1440, description="models of one schedule start within this time, each at its own moment"
    )
    time_zone: Annotated[str, AfterValidator(_check_time_zone)] = "UTC"
    alarms: tuple[AlarmName, ...] = Field(default=(), description="CloudWatch alarms that speak about this model")
    evaluation_window_days: int = Field(default=30, ge=1, le=365)
    training_window_days: int = Field(default=180, ge=7, le=730)
    confidence: float = Field(
        default=0.95, ge=0, lt=1, description="one-sided confidence that a trigger is no chance; 0 = the bare rule"
    )
    min_rows: int = Field(
        default=500, ge=0, le=1_000_000_000, description="fewer rows than this show neither drift nor degradation"
    )
    breach_days: int = Field(
        default=1, ge=1, le=31, description="days within breach_window_days on which performance or drift must breach"
    )
    breach_window_days: int = Field(default=1, ge=1, le=31)
    cool_down_hours: int = Field(default=24, ge=0, le=8760)
    daily_cap: int = Field(default=3, ge=1, le=24, description="retrainings within 24 hours")
    monthly_cap: int = Field(default=31, ge=1, le=200, description="retrainings within 30 days")
    max_back_off_days: int = Field(
        default=30,
        ge=0,
        le=365,
        description="the cool-down doubles with each rejected challenger, up to this; 0 = never",
    )
    escalate_after: int = Field(default=3, ge=1, le=100, description="rejected challengers in a row")

    def enables(self, trigger: TriggerType) -> bool:
        """Whether a trigger is judged at all."""
        return trigger.value in self.enabled

    def observes(self, trigger: TriggerType) -> bool:
        """Whether a trigger is judged and recorded only."""
        return trigger.value in self.observe_only

    @field_validator("performance_metric_threshold")
    @classmethod
    def _fits_its_scale(cls, threshold: float, info: ValidationInfo) -> float:
        if info.data.get("performance_metric_scale") == "share" and not 0 < threshold < 1:
            raise ValueError("must be between 0 and 1, exclusive, for a metric whose scale is 'share'")
        if not isfinite(threshold):
            raise ValueError("must be a finite number")
        return threshold

    @model_validator(mode="after")
    def _has_room_for_its_breaches(self) -> Self:
        if self.breach_days > self.breach_window_days:
            raise ValueError(
                f"breach_days = {self.breach_days}: at most breach_window_days ({self.breach_window_days}) are allowed"
            )
        return self
