"""Where a model's performance in production is published."""

from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from ..base import StrictRecord
from .log_place import PredictionLogPlace

MODEL_DIMENSION = "Model"
# CloudWatch allows 30, and one is the model.
MAX_DIMENSIONS = 29
# A Prometheus server refuses queries for more steps.
MAX_STEPS = 11_000

Aggregation = Literal["mean", "minimum", "maximum", "latest"]
MetricText = Annotated[str, Field(min_length=1, max_length=255)]
PrometheusName = Annotated[str, Field(pattern=r"^[a-zA-Z_:][a-zA-Z0-9_:]*$", max_length=255)]
PrometheusLabel = Annotated[str, Field(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$", max_length=255)]


class CloudWatchMetric(StrictRecord):
    """A CloudWatch metric with one or more data points per day."""

    source: Literal["cloudwatch"] = Field(default="cloudwatch", description="where the metric is read")
    namespace: MetricText = Field(default="AutoRetrain/Models", description="CloudWatch namespace of the metric")
    name: MetricText = Field(default="accuracy", description="name of the metric")
    dimensions: dict[MetricText, MetricText] = Field(
        default_factory=dict,
        max_length=MAX_DIMENSIONS,
        description=f"dimensions in addition to {MODEL_DIMENSION}, which is set to the model's name",
    )
    version_dimension: MetricText | None = Field(
        default=None,
        description="dimension that names the version; then only what the version that serves did is read; none: what "
        "was published for the model since this version serves",
    )
    aggregation: Aggregation = Field(default="mean", description="how days are combined; latest: the newest day")
    counts_rows: bool = Field(
        default=False,
        description="true if each sample is one labelled row (1 = correct, 0 = wrong), single or in a statistic set",
    )
    label_share: MetricText | None = Field(
        default=None, description="name of a metric with the share of labels that have arrived"
    )

    @property
    def names_version(self) -> bool:
        """Whether the metric is published for each version apart."""
        return self.version_dimension is not None

    @property
    def knows_label_share(self) -> bool:
        """Whether it says which share of the labels has arrived."""
        return self.label_share is not None

    @model_validator(mode="after")
    def _names_model_and_version_once(self) -> Self:
        if MODEL_DIMENSION in self.dimensions:
            raise ValueError(f"dimensions.{MODEL_DIMENSION}: is set to the model's name; leave it out")
        if self.version_dimension == MODEL_DIMENSION:
            raise ValueError(f"version_dimension: must not be '{MODEL_DIMENSION}', which names the model")
        if self.version_dimension in self.dimensions:
            raise ValueError(f"dimensions.{self.version_dimension}: is set to the version that serves; leave it out")
        if self.version_dimension and len(self.dimensions) == MAX_DIMENSIONS:
            raise ValueError(f"dimensions: at most {MAX_DIMENSIONS - 1} beside version_dimension")
        return self


class PrometheusMetric(StrictRecord):
    """A gauge with the metric itself, or two counters: labelled rows, and those predicted correctly."""

    source: Literal["prometheus"] = Field(description="where the metric is read")
    gauge: PrometheusName | None = Field(default=None, description="name of a gauge with the metric itself")
    correct_total: PrometheusName | None = Field(
        default=None, description="name of the counter of rows predicted correctly"
    )
    labelled_total: PrometheusName | None = Field(default=None, description="name of the counter of labelled rows")
    model_label: PrometheusLabel = Field(default="model", description="label that names the model")
    version_label: PrometheusLabel | None = Field(
        default=None,
        description="label that names the version; then only what the version that serves did is read; none: what was "
        "published for the model since this version serves",
    )
    labels: dict[PrometheusLabel, MetricText] = Field(
        default_factory=dict, max_length=29, description="other labels of the series"
    )
    aggregation: Aggregation = Field(default="mean", description="how steps are combined; counters are summed")
    step_minutes: int = Field(default=60, ge=1, le=1440, description="time between data points")
    label_share: PrometheusName | None = Field(
        default=None, description="name of a gauge with the share of labels that have arrived"
    )

    @property
    def name(self) -> str:
        """The metric's name for people; the ratio of the counters is the accuracy."""
        return self.gauge or "accuracy"

    @property
    def counts_rows(self) -> bool:
        return self.labelled_total is not None

    @property
    def names_version(self) -> bool:
        """Whether the metric is published for each version apart."""
        return self.version_label is not None

    @property
    def knows_label_share(self) -> bool:
        """Whether it says which share of the labels has arrived."""
        return self.label_share is not None

    def steps_in(self, window: timedelta) -> float:
        """How many steps a window has."""
        return window / timedelta(minutes=self.step_minutes)

    @model_validator(mode="after")
    def _is_a_gauge_or_counters(self) -> Self:
        counters = (self.correct_total, self.labelled_total)
        if (self.gauge is None) == (None in counters) or (self.gauge is not None and any(counters)):
            raise ValueError("needs either 'gauge', or 'correct_total' and 'labelled_total'")
        if self.gauge is None and self.aggregation != "mean":
            raise ValueError(f"aggregation = {self.aggregation!r}: counters are summed, so only 'mean' is allowed")
        if self.model_label in self.labels:
            raise ValueError(f"labels.{self.model_label}: is set to the model's name; leave it out")
        if self.version_label == self.model_label:
            raise ValueError(f"version_label: must not be '{self.model_label}', which names the model")
        if self.version_label in self.labels:
            raise ValueError(f"labels.{self.version_label}: is set to the version that serves; leave it out")
        return self


class PredictionLogMetric(PredictionLogPlace):
    """What the labels say of the answers in the prediction log, version by version, in whole UTC days."""

    source: Literal["prediction_log"] = Field(description="where the metric is read")
    name: Literal["accuracy", "mae", "rmse"] = Field(
        default="accuracy",
        description="accuracy for a classification; mae or rmse for a regression, with the trigger's scale 'number' "
        "and direction 'lower_is_better'",
    )

    @classmethod
    def at(cls, place: PredictionLogPlace, name: Literal["accuracy", "mae", "rmse"]) -> Self:
        """The metric of a log that is named elsewhere in the policy."""
        return cls(source="prediction_log", name=name, prefix=place.prefix, label_key=place.label_key)

    @property
    def aggregation(self) -> Aggregation:
        return "mean"

    @property
    def counts_rows(self) -> bool:
        """Whether an answer is right or wrong."""
        return self.name == "accuracy"

    @property
    def names_version(self) -> bool:
        """Each row of the log does."""
        return True

    @property
    def knows_label_share(self) -> bool:
        """The share of the logged answers that have a label."""
        return True


def _source_of(metric: Any) -> Any:
    return metric.get("source", "cloudwatch") if isinstance(metric, dict) else getattr(metric, "source", None)


MetricPolicy = Annotated[
    Annotated[CloudWatchMetric, Tag("cloudwatch")]
    | Annotated[PrometheusMetric, Tag("prometheus")]
    | Annotated[PredictionLogMetric, Tag("prediction_log")],
    Discriminator(
        _source_of,
        custom_error_type="unknown_source",
        custom_error_message="must be 'cloudwatch', 'prometheus' or 'prediction_log'",
    ),
]
