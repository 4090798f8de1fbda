"""What a challenger must show before it can replace the champion."""

from typing import Annotated, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from ..base import StrictRecord
from ..comparison import ErrorBudget
from ..metric_kinds import METRICS, ROW_METRIC, MetricName
from .training import EntryPoint

MIN_ACCURACY_FLOOR = 0.85

# Gates that can be only observed; the floors of accuracy and R² always count. A test compares it with the register.
ObservableGate = Literal[
    "min_improvement",
    "paired_evidence",
    "champion_quality",
    "no_information_rate",
    "guardrails",
    "slices",
    "holdout_size",
    "label_maturity",
]
ImprovementBasis = Literal["relative", "absolute", "error_reduction", "non_inferior"]


class ValidationPolicy(StrictRecord):
    """Chosen before any comparison: which metric decides, how much better the challenger must be, and how certain."""

    accuracy_floor: float = Field(
        default=MIN_ACCURACY_FLOOR,
        ge=MIN_ACCURACY_FLOOR,
        lt=1,
        description="accuracy that every classifier must reach; can only be raised",
    )
    strict_floor: bool = Field(default=False, description="the lower bound of the accuracy must also reach the floor")
    r2_floor: float = Field(
        default=0,
        ge=0,
        lt=1,
        description="R² that a regression must exceed; 0: better than always predicting the mean",
    )
    primary_metric: MetricName | None = Field(
        default=None, description="metric that decides; none: accuracy, or rmse for a regression"
    )
    improvement_basis: ImprovementBasis = Field(
        default="relative",
        description="relative: share of the champion's metric; error_reduction: share of its error; "
        "absolute: units of the metric; non_inferior: worse by less than non_inferiority_margin",
    )
    min_improvement: float = Field(
        default=0.05, ge=0, le=1e9, description="how much better the challenger must be, on the improvement_basis"
    )
    non_inferiority_margin: float = Field(default=0.01, gt=0, le=1e9, description="in units of the primary metric")
    guardrails: dict[MetricName, Annotated[float, Field(gt=0, le=1e9)]] = Field(
        default_factory=dict, description="metrics that must not get worse by this much, in their own units"
    )
    row_metric: EntryPoint | None = Field(default=None, description="module:function that gives a value for each row")
    row_metric_direction: Literal["higher_is_better", "lower_is_better"] = Field(
        default="higher_is_better", description="which direction of row_metric is better"
    )
    confidence: float | None = Field(
        default=None,
        ge=0,
        lt=1,
        description="one-sided confidence that the challenger is better; none: 0.95 on the basis relative, else 0.99; "
        "0: the point estimate alone decides",
    )
    error_budget: ErrorBudget = Field(
        default="comparison",
        description="what errs with a probability of at most 1 - confidence: comparison: each comparison; year: a year "
        "of weekly comparisons with the same champion together",
    )
    min_holdout_rows: int = Field(default=500, ge=1, le=1_000_000_000, description="labelled holdout rows needed")
    min_class_rows: int = Field(
        default=50, ge=1, le=1_000_000_000, description="holdout rows needed from the rarest class"
    )
    min_entities: int = Field(
        default=50, ge=2, le=1_000_000_000, description="entities needed in the holdout, if data.entity is set"
    )
    min_power: float = Field(
        default=0.5,
        ge=0,
        lt=1,
        description="smallest chance of a promotion with which a job trains; judged by the optimistic end of the "
        "forecast; 0: train whatever the chance, and with too few rows too",
    )
    min_slice_rows: int = Field(
        default=100, ge=1, le=1_000_000_000, description="slices with fewer rows are not judged"
    )

    observe_only: tuple[ObservableGate, ...] = Field(
        default=(), description="gates that are judged and shown but decide nothing"
    )

    @property
    def needed_confidence(self) -> float:
        """The confidence in force; the other bases let more through than `relative`, so they need more of it."""
        if self.confidence is not None:
            return self.confidence
        return 0.95 if self.improvement_basis == "relative" else 0.99

    def observes(self, gate: str) -> bool:
        """Whether a gate is judged and shown but decides nothing."""
        return gate in self.observe_only

    @property
    def named_metrics(self) -> list[tuple[str, MetricName]]:
        """Every metric that the policy names, with the field."""
        primary = [("primary_metric", self.primary_metric)] if self.primary_metric else []
        return [*primary, *(("guardrails", name) for name in self.guardrails)]

    @field_validator("min_improvement")
    @classmethod
    def _is_a_share(cls, minimum: float, info: ValidationInfo) -> float:
        if minimum > 1 and info.data.get("improvement_basis") != "absolute":
            raise ValueError("must be less than or equal to 1 unless improvement_basis is 'absolute'")
        return minimum

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.row_metric is None and any(name == ROW_METRIC for _, name in self.named_metrics):
            raise ValueError("row_metric: required when primary_metric or guardrails name it")
        if self.improvement_basis == "error_reduction" and METRICS[self.primary_metric or "accuracy"].best is None:
            raise ValueError(
                "improvement_basis = 'error_reduction': needs a metric with a known best value, "
                f"and '{self.primary_metric}' has none"
            )
        return self
