"""A model's policy: what people decide about its retraining; every rule has its bounds here and only here."""

from enum import StrEnum
from typing import Literal, Self

from pydantic import Field, ValidationError, model_validator

from .base import Record, StrictRecord, UtcTime
from .data_policy import DataPolicy, DriftPolicy
from .errors import PolicyInvalid
from .explain import explain
from .metric_policy import CloudWatchMetric, MetricPolicy
from .names import ModelName
from .training_policy import TrainingPolicy
from .trigger_config import TriggerConfig

LOWEST_ACCURACY_FLOOR = 0.85


class ValidationPolicy(StrictRecord):
    """What a challenger has to show before it may replace the champion."""

    accuracy_floor: float = Field(default=LOWEST_ACCURACY_FLOOR, ge=LOWEST_ACCURACY_FLOOR, lt=1)
    min_improvement: float = Field(default=0.05, ge=0, le=1, description="relative to the champion's accuracy")
    confidence: float = Field(
        default=0.95, ge=0, lt=1, description="one-sided confidence that the challenger is better; 0 = the bare rule"
    )
    min_holdout_rows: int = Field(default=500, ge=1, le=1_000_000_000)
    min_class_rows: int = Field(default=50, ge=1, le=1_000_000_000, description="holdout rows of the rarest class")


class Policy(StrictRecord):
    """Everything that is decided about one model."""

    model: ModelName
    owner: str = Field(min_length=1, max_length=254, description="who is asked when a machine cannot decide")
    triggers: TriggerConfig = TriggerConfig()
    metric: MetricPolicy = CloudWatchMetric()
    data: DataPolicy
    drift: DriftPolicy = DriftPolicy()
    training: TrainingPolicy = TrainingPolicy()
    validation: ValidationPolicy = ValidationPolicy()
    strategy: Literal["all_at_once"] = "all_at_once"

    @model_validator(mode="after")
    def _watches_features_that_exist(self) -> Self:
        unknown = sorted({*self.drift.ignore, *self.drift.weights} - set(self.data.features))
        if unknown:
            raise ValueError(f"drift names columns that are no features: {', '.join(unknown)}")
        return self

    @classmethod
    def parse(cls, document: str) -> "Policy":
        """Read a policy from JSON; raises PolicyInvalid naming each field, its value and what is allowed."""
        try:
            return cls.model_validate_json(document)
        except ValidationError as error:
            raise PolicyInvalid(explain(error, cls)) from error


class PolicyStatus(StrEnum):
    """Whether a policy is followed."""

    ACTIVE = "active"
    PAUSED = "paused"
    REMOVED = "removed"


class AppliedPolicy(Record):
    """A policy as it was put in force, paused or removed: the version counts up from 1 with each of these."""

    policy: Policy
    version: int
    status: PolicyStatus = PolicyStatus.ACTIVE
    note: str = ""
    applied_at: UtcTime
    applied_by: str
