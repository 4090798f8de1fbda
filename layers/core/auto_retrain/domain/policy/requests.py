"""Where the requests of a rollout are counted, by the version that answered them."""

from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from ..base import StrictRecord
from .log_place import PredictionLogPlace
from .metric import MODEL_DIMENSION, MetricText, PrometheusLabel, PrometheusName


class PredictionLogRequests(PredictionLogPlace):
    """A log with one row for each answer: labels, agreement, scores and entities need it."""

    source: Literal["prediction_log"] = Field(
        default="prediction_log", description="where the requests of a rollout are counted"
    )

    @property
    def has_business(self) -> bool:
        """Whether it may have values of the user's own."""
        return True


# The distribution of latencies is known at these only: by the name of the statistic, the share that is as fast.
CLOUDWATCH_QUANTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p99.9": 0.999, "Maximum": 1.0}


class CloudWatchRequests(StrictRecord):
    """CloudWatch metrics by model and version, published at least once a minute while there are requests."""

    source: Literal["cloudwatch"] = Field(description="where the requests of a rollout are counted")
    namespace: MetricText = Field(default="AutoRetrain/Models", description="CloudWatch namespace of the metrics")
    requests: MetricText = Field(default="Requests", description="metric whose sum is the number of requests")
    errors: MetricText = Field(default="Errors", description="metric whose sum is the number of errors, 0 included")
    latency: MetricText | None = Field(default=None, description="metric with the latency of each request, in ms")
    business: MetricText | None = Field(default=None, description="metric with a value of your own for each request")
    version_dimension: MetricText = Field(default="Version", description="dimension that names the version")
    dimensions: dict[MetricText, MetricText] = Field(
        default_factory=dict,
        max_length=28,
        description=f"dimensions in addition to the version and {MODEL_DIMENSION}, which is set to the model's name",
    )

    @model_validator(mode="after")
    def _names_model_and_version_once(self) -> Self:
        _refuse_twice({MODEL_DIMENSION, self.version_dimension}, self.dimensions, "dimensions")
        if self.version_dimension == MODEL_DIMENSION:
            raise ValueError(f"version_dimension: must not be '{MODEL_DIMENSION}', which names the model")
        return self

    @model_validator(mode="after")
    def _metrics_differ(self) -> Self:
        _refuse_same({name: getattr(self, name) for name in ("requests", "errors", "latency", "business")})
        return self

    @property
    def has_latency(self) -> bool:
        return self.latency is not None

    @property
    def has_business(self) -> bool:
        return self.business is not None


class PrometheusRequests(StrictRecord):
    """Prometheus counters by model and version."""

    source: Literal["prometheus"] = Field(description="where the requests of a rollout are counted")
    requests_total: PrometheusName = Field(description="name of the counter of requests")
    errors_total: PrometheusName = Field(description="name of the counter of errors, 0 included")
    latency_bucket: PrometheusName | None = Field(
        default=None, description="name of the buckets of a latency histogram, such as request_seconds_bucket"
    )
    latency_unit: Literal["seconds", "milliseconds"] = Field(
        default="seconds", description="unit of the histogram's bounds"
    )
    business_total: PrometheusName | None = Field(
        default=None, description="name of a counter that sums a value of your own over the requests"
    )
    model_label: PrometheusLabel = Field(default="model", description="label that names the model")
    version_label: PrometheusLabel = Field(default="version", description="label that names the version")
    labels: dict[PrometheusLabel, MetricText] = Field(
        default_factory=dict, max_length=28, description="other labels of the series"
    )

    @model_validator(mode="after")
    def _names_model_and_version_once(self) -> Self:
        _refuse_twice({self.model_label, self.version_label}, self.labels, "labels")
        if self.version_label == self.model_label:
            raise ValueError(f"version_label: must not be '{self.model_label}', which names the model")
        return self

    @model_validator(mode="after")
    def _counters_differ(self) -> Self:
        names = ("requests_total", "errors_total", "latency_bucket", "business_total")
        _refuse_same({name: getattr(self, name) for name in names})
        return self

    @property
    def has_latency(self) -> bool:
        return self.latency_bucket is not None

    @property
    def has_business(self) -> bool:
        return self.business_total is not None


def _refuse_twice(taken: set[str], given: dict[str, str], field: str) -> None:
    for name in sorted(taken & set(given)):
        raise ValueError(f"{field}.{name}: is set to the model's name or version; leave it out")


def _refuse_same(names: dict[str, str | None]) -> None:
    """A metric has one meaning: requests that are errors, too, would all be errors."""
    given = [name for name in names.values() if name]
    for field, name in names.items():
        if name and given.count(name) > 1:
            raise ValueError(f"{field} = '{name}': another field names the same metric")


def _source_of(requests: Any) -> Any:
    return requests.get("source", "prediction_log") if isinstance(requests, dict) else getattr(requests, "source", None)


RequestsPolicy = Annotated[
    Annotated[PredictionLogRequests, Tag("prediction_log")]
    | Annotated[CloudWatchRequests, Tag("cloudwatch")]
    | Annotated[PrometheusRequests, Tag("prometheus")],
    Discriminator(
        _source_of,
        custom_error_type="unknown_source",
        custom_error_message="must be 'prediction_log', 'cloudwatch' or 'prometheus'",
    ),
]
