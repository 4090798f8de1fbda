"""All metric sources of a deployment behind one port."""

from collections.abc import Callable, Sequence
from functools import cached_property

from ...domain.metric_reading import MetricQuery, MetricReading
from ...ports import MetricSource

NOT_CONFIGURED = "the policy asks Prometheus, but the deployment has no PROMETHEUS_URL"


class MetricSources:
    """MetricSource that asks each query's own source; each is built when it is first needed, or never.

    Without a Prometheus, the models that need one cannot be judged; that stops no other.
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
                asked = [queries[number] for number in numbers]
                readings.update(zip(numbers, self._read(source, asked), strict=True))
        return [readings[number] for number in range(len(queries))]

    def _read(self, source: str, queries: list[MetricQuery]) -> list[MetricReading]:
        found = self._cloudwatch if source == "cloudwatch" else self._prometheus
        return found.read(queries) if found else [MetricReading(value=None, problem=NOT_CONFIGURED) for _ in queries]
