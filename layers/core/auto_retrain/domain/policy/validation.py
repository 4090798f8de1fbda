"""What a challenger has to show before it may replace the champion."""

from typing import Annotated, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from ..base import StrictRecord
from ..metric_kinds import METRICS, ROW_METRIC, MetricName
from .training import EntryPoint

LOWEST_ACCURACY_FLOOR = 0.85

# Gates that may be observed only; the floors of accuracy and R² always count. A test holds it against the register.
ObservableGate = Literal[
    "min_improvement",
    "paired_evidence",
    "no_information_rate",
    "guardrails",
    "slices",
    "holdout_size",
    "label_maturity",
]
ImprovementBasis = Literal["relative", "absolute", "error_reduction", "non_inferior"]


class ValidationPolicy(StrictRecord):
    """Chosen before anything is compared: by which metric, how much better, and how sure."""

    accuracy_floor: float = Field(
        default=LOWEST_ACCURACY_FLOOR,
        ge=LOWEST_ACCURACY_FLOOR,
        lt=1,
        description="accuracy that every classifier has to reach; can only be raised",
    )
    strict_floor: bool = Field(
        default=False, description="the lower bound of the accuracy has to reach the floor as well"
    )
    r2_floor: float = Field(
        default=0,
        ge=0,
        lt=1,
        description="R² that a regression has to exceed; 0: better than always answering the mean",
    )
    primary_metric: MetricName | None = Field(
        default=None, description="metric that decides; none: accuracy, or rmse for a regression"
    )
    improvement_basis: ImprovementBasis = Field(
        default="relative",
        description="relative: share of the champion's metric; error_reduction: share of its error; absolute: units; "
        "non_inferior: not worse by non_inferiority_margin",
    )
    min_improvement: float = Field(
        default=0.05, ge=0, le=1e9, description="how much better the challenger has to be, on the improvement_basis"
    )
    non_inferiority_margin: float = Field(default=0.01, gt=0, le=1e9, description="in units of the primary metric")
    guardrails: dict[MetricName, Annotated[float, Field(gt=0, le=1e9)]] = Field(
        default_factory=dict, description="metrics that may not get worse by this many of their units"
    )
    row_metric: EntryPoint | None = Field(default=None, description="module:function that gives a value for each row")
    row_metric_direction: Literal["higher_is_better", "lower_is_better"] = Field(
        default="higher_is_better", description="which way row_metric is better"
    )
    confidence: float | None = Field(
        default=None,
        ge=0,
        lt=1,
        description="one-sided, that the challenger is better; none: 0.95 on the basis relative, else 0.99; "
        "0: the point estimate alone decides",
    )
    min_holdout_rows: int = Field(default=500, ge=1, le=1_000_000_000, description="labelled rows to decide by")
    min_class_rows: int = Field(default=50, ge=1, le=1_000_000_000, description="holdout rows of the rarest class")
    min_entities: int = Field(
        default=50, ge=2, le=1_000_000_000, description="entities in the holdout, if data.entity is set"
    )
    min_power: float = Field(
        default=0.5,
        ge=0,
        lt=1,
        description="chance of finding a gain that is just large enough; below, nothing is trained",
    )
    min_slice_rows: int = Field(
        default=100, ge=1, le=1_000_000_000, description="slices with fewer rows are not judged"
    )

    observe_only: tuple[ObservableGate, ...] = Field(
        default=(), description="gates that are judged and shown, but decide nothing"
    )

    @property
    def needed_confidence(self) -> float:
        """A looser basis than the relative one lets more through, so it has to be surer."""
        if self.confidence is not None:
            return self.confidence
        return 0.95 if self.improvement_basis == "relative" else 0.99

    @property
    def named_metrics(self) -> list[tuple[str, MetricName]]:
        """Every metric that is named, with its field."""
        primary = [("primary_metric", self.primary_metric)] if self.primary_metric else []
        return [*primary, *(("guardrails", name) for name in self.guardrails)]

    @field_validator("min_improvement")
    @classmethod
    def _is_a_share(cls, least: float, info: ValidationInfo) -> float:
        if least > 1 and info.data.get("improvement_basis") != "absolute":
            raise ValueError("must be less than or equal to 1 on another basis than 'absolute'")
        return least

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.row_metric is None and any(name == ROW_METRIC for _, name in self.named_metrics):
            raise ValueError("row_metric: required, because a metric of that name is asked for")
        if self.improvement_basis == "error_reduction" and METRICS[self.primary_metric or "accuracy"].best is None:
            raise ValueError(f"improvement_basis: of '{self.primary_metric}' nobody knows what no error would be")
        return self
