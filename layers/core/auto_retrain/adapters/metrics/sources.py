"""All metric sources of a deployment behind one port."""

from collections.abc import Callable, Sequence
from functools import cached_property

from ...domain.metric_reading import MetricQuery, MetricReading
from ...ports import MetricSource

NOT_CONFIGURED = "the policy reads its metric from Prometheus, but the deployment has no PROMETHEUS_URL"


class MetricSources:
    """MetricSource that sends each query to its own source; a source is built when it is first needed.

    Without a Prometheus, models that need one cannot be judged, but all others can.
    """

    def __init__(self, cloudwatch: Callable[[], MetricSource], prometheus: Callable[[], MetricSource | None]) -> None:
        self._build_cloudwatch, self._build_prometheus = cloudwatch, prometheus

    @cached_property
    def _cloudwatch(self) -> MetricSource:
        return self._build_cloudwatch()

    @cached_property
    def _prometheus(self) -> MetricSource | None:
        return self._build_prometheus()

    def read(self, queries: Sequence[MetricQuery]) -> list[MetricReading]:
        readings: dict[int, MetricReading] = {}
        for source in ("cloudwatch", "prometheus"):
            numbers = [number for number, query in enumerate(queries) if query.metric.source == source]
            if numbers:
                of_source = [queries[number] for number in numbers]
                readings.update(zip(numbers, self._read(source, of_source), strict=True))
        return [readings[number] for number in range(len(queries))]

    def _read(self, name: str, queries: list[MetricQuery]) -> list[MetricReading]:
        source = self._cloudwatch if name == "cloudwatch" else self._prometheus
        return source.read(queries) if source else [MetricReading(value=None, problem=NOT_CONFIGURED) for _ in queries]
