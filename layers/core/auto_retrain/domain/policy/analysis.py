"""What is checked while a challenger answers real requests, and how far it may fall behind the champion."""

from typing import Literal, Self

from pydantic import Field, model_validator

from ..base import StrictRecord


class _Check(StrictRecord):
    enabled: bool = Field(default=True, description="whether it is judged")
    observe_only: bool = Field(default=False, description="recorded and shown, but it decides nothing")

    @property
    def counts(self) -> bool:
        """Whether it can hold a rollout or end it."""
        return self.enabled and not self.observe_only


class ErrorRateCheck(_Check):
    """The share of requests that failed."""

    margin: float = Field(
        default=0.01,
        gt=0,
        lt=1,
        description="a promotion needs certainty that the share of failed requests is not higher by this much",
    )


class LatencyCheck(_Check):
    """How long requests take."""

    quantile: float = Field(default=0.95, ge=0.5, le=0.999, description="share of the requests that must be as fast")
    max_ms: float | None = Field(
        default=None, gt=0, le=3_600_000, description="a slower challenger is rolled back; none: no absolute limit"
    )
    max_ratio: float | None = Field(
        default=1.5,
        gt=1,
        le=100,
        description="nothing is promoted that takes more than so many times the champion's time; none: no such limit",
    )
    min_requests: int = Field(default=200, ge=20, le=1_000_000_000, description="requests needed to judge it")


class LabelledQualityCheck(_Check):
    """Whether answers were right, or how far off in a regression, for the requests whose labels have arrived."""

    margin: float = Field(
        default=0.01,
        gt=0,
        lt=1,
        description="a promotion needs certainty that the share of right answers is not lower by this much; also the "
        "margin of the watch after it, for a share",
    )
    loss_margin: float = Field(
        default=0.05,
        gt=0,
        le=10,
        description="the same for a mean loss, as a share of the champion's: by how much it may not be higher; also "
        "the margin of the watch, for any other number",
    )
    required: bool = Field(default=False, description="without labels nothing is promoted, however long they take")


class AgreementCheck(_Check):
    """Whether both versions give the same answer to the same request, where requests are copied."""

    enabled: bool = Field(default=False, description="whether it is judged")
    min_share: float = Field(
        default=0.9, gt=0, lt=1, description="a challenger that agrees on a smaller share of requests is rolled back"
    )


class BusinessMetricCheck(_Check):
    """The mean of a value of your own for each request."""

    enabled: bool = Field(default=False, description="whether it is judged")
    margin: float = Field(
        default=0.01, gt=0, le=1e12, description="nothing is promoted that may be worse by this much, in its own unit"
    )
    direction: Literal["higher_is_better", "lower_is_better"] = Field(
        default="higher_is_better", description="which direction is better"
    )


class PredictionDriftCheck(_Check):
    """Whether the scores of both versions are distributed alike."""

    enabled: bool = Field(default=False, description="whether it is judged")
    max_psi: float = Field(default=0.25, gt=0, le=10, description="nothing is promoted whose scores differ by more PSI")
    min_requests: int = Field(
        default=500, ge=100, le=1_000_000_000, description="scores needed from each version to judge it"
    )


class AnalysisPolicy(StrictRecord):
    """The live checks of a rollout."""

    guard_requests: int = Field(
        default=20,
        ge=5,
        le=1_000_000,
        description="a challenger whose first so many requests all fail is rolled back at once",
    )
    error_rate: ErrorRateCheck = Field(default_factory=ErrorRateCheck.as_default)
    latency: LatencyCheck = Field(default_factory=LatencyCheck.as_default)
    labelled_quality: LabelledQualityCheck = Field(default_factory=LabelledQualityCheck.as_default)
    agreement: AgreementCheck = Field(default_factory=AgreementCheck.as_default)
    business_metric: BusinessMetricCheck = Field(default_factory=BusinessMetricCheck.as_default)
    prediction_drift: PredictionDriftCheck = Field(default_factory=PredictionDriftCheck.as_default)

    @model_validator(mode="after")
    def _can_be_proven(self) -> Self:
        if not (self.error_rate.counts or self.labelled_quality.counts):
            raise ValueError("error_rate or labelled_quality has to count; the other checks can prove nothing")
        if self.labelled_quality.required and not self.labelled_quality.counts:
            raise ValueError("labelled_quality.required: does not fit a check that is off, or only observed")
        return self
