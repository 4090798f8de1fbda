"""A model's policy: what people decide about its retraining; every rule has its bounds here and only here."""

from enum import StrEnum
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, ValidationError, field_validator, model_validator

from .base import Parameters, Record, StrictRecord, UtcTime
from .errors import PolicyInvalid
from .explain import explain
from .names import ModelName
from .schedule import check_cron

LOWEST_ACCURACY_FLOOR = 0.85


class TriggerType(StrEnum):
    """Why a retraining starts."""

    PERFORMANCE_DEGRADATION = "performance_degradation"
    DATA_DRIFT = "data_drift"
    SCHEDULED = "scheduled"
    MANUAL = "manual"


def _check_time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError("is not an IANA time zone, such as 'UTC' or 'Europe/Berlin'") from error
    return name


AutomaticTrigger = Literal["performance_degradation", "data_drift", "scheduled"]
Share = Annotated[float, Field(gt=0, lt=1)]
Column = Annotated[str, Field(min_length=1, max_length=128)]
EntryPoint = Annotated[str, Field(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")]
Quantity = Annotated[str, Field(pattern=r"^[1-9][0-9]*(m|Mi|Gi)?$")]


class TriggerConfig(StrictRecord):
    """When a model is retrained, and over which windows that is judged."""

    enabled: tuple[AutomaticTrigger, ...] = ("performance_degradation", "data_drift", "scheduled")
    performance_metric_threshold: Share = 0.92
    drift_threshold: float = Field(default=0.25, gt=0, le=10)
    schedule_expression: Annotated[str, AfterValidator(check_cron)] = "0 0 * * 0"
    time_zone: Annotated[str, AfterValidator(_check_time_zone)] = "UTC"
    evaluation_window_days: int = Field(default=30, ge=1, le=365)
    training_window_days: int = Field(default=180, ge=7, le=730)
    cool_down_hours: int = Field(default=24, ge=0, le=8760)
    confidence: float = Field(
        default=0.95,
        ge=0,
        lt=1,
        description="one-sided confidence that performance is really below its threshold; 0 = the bare rule",
    )
    min_rows: int = Field(default=500, ge=0, description="fewer rows than this show neither drift nor degradation")


class CloudWatchMetric(StrictRecord):
    """Where the model's accuracy in production is published."""

    source: Literal["cloudwatch"] = "cloudwatch"
    namespace: str = Field(default="AutoRetrain/Models", min_length=1, max_length=255)
    name: str = Field(default="accuracy", min_length=1, max_length=255)
    counts_rows: bool = Field(
        default=False,
        description="true when each sample is one labelled row (1 = right, 0 = wrong), alone or in a statistic set",
    )


class DataPolicy(StrictRecord):
    """Which labelled data the model learns from and is judged on."""

    prefix: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9/_.=-]{0,254}$")
    format: Literal["csv", "parquet"] = "parquet"
    row_id: Column
    label: Column
    positive_label: str | None = None
    numeric: tuple[Column, ...] = ()
    categorical: tuple[Column, ...] = ()
    label_delay_days: int = Field(default=0, ge=0, le=365)

    @field_validator("prefix")
    @classmethod
    def _stays_inside_its_prefix(cls, prefix: str) -> str:
        if ".." in prefix or "//" in prefix:
            raise ValueError("may not contain '..' or '//'")
        return prefix.rstrip("/")

    @model_validator(mode="after")
    def _columns_are_distinct(self) -> Self:
        columns = [self.row_id, self.label, *self.numeric, *self.categorical]
        twice = sorted({column for column in columns if columns.count(column) > 1})
        if twice:
            raise ValueError(f"each column may have one role; named more than once: {', '.join(twice)}")
        if not self.numeric and not self.categorical:
            raise ValueError("needs at least one feature in 'numeric' or 'categorical'")
        return self


class TrainingPolicy(StrictRecord):
    """How the Kubernetes Job trains."""

    trainer: EntryPoint | None = Field(default=None, description="module:function; none = the default trainer")
    parameters: Parameters = Field(default_factory=dict)
    seed: int = Field(default=0, ge=0, lt=2**32)
    deadline_minutes: int = Field(default=120, ge=1, le=1440)
    cpu: Quantity = "1"
    memory: Quantity = "2Gi"


class ValidationPolicy(StrictRecord):
    """What a challenger has to show before it may replace the champion."""

    accuracy_floor: float = Field(default=LOWEST_ACCURACY_FLOOR, ge=LOWEST_ACCURACY_FLOOR, lt=1)
    min_improvement: float = Field(default=0.05, ge=0, le=1, description="relative to the champion's accuracy")
    confidence: float = Field(
        default=0.95, ge=0, lt=1, description="one-sided confidence that the challenger is better; 0 = the bare rule"
    )
    min_holdout_rows: int = Field(default=500, ge=1)
    min_class_rows: int = Field(default=50, ge=1, description="holdout rows of the rarest class")


class Policy(StrictRecord):
    """Everything that is decided about one model."""

    model: ModelName
    owner: str = Field(min_length=1, max_length=254, description="who is asked when a machine cannot decide")
    triggers: TriggerConfig = TriggerConfig()
    metric: CloudWatchMetric = CloudWatchMetric()
    data: DataPolicy
    training: TrainingPolicy = TrainingPolicy()
    validation: ValidationPolicy = ValidationPolicy()
    strategy: Literal["all_at_once"] = "all_at_once"

    @classmethod
    def parse(cls, document: str) -> "Policy":
        """Read a policy from JSON; raises PolicyInvalid naming each field, its value and what is allowed."""
        try:
            return cls.model_validate_json(document)
        except ValidationError as error:
            raise PolicyInvalid(explain(error, cls)) from error


class AppliedPolicy(Record):
    """A policy as it was put in force: the version counts up from 1."""

    policy: Policy
    version: int
    applied_at: UtcTime
    applied_by: str
