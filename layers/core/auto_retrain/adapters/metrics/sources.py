"""All metric sources of a deployment behind one port."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache

from ...domain.metric_reading import MetricQuery, MetricReading
from ...ports import MetricSource

NOT_CONFIGURED = "the policy reads its metric from Prometheus, but the deployment has no PROMETHEUS_URL"


class MetricSources:
    """MetricSource that sends each query to its own source; `build` has a builder for each, called when first needed.

    Without a Prometheus, models that need one cannot be judged, but all others can.
    """

    def __init__(self, build: Mapping[str, Callable[[], MetricSource | None]]) -> None:
        self._sources = {name: cache(builder) for name, builder in build.items()}

    def read(self, queries: Sequence[MetricQuery]) -> list[MetricReading]:
        readings: dict[int, MetricReading] = {}
        for source in self._sources:
            numbers = [number for number, query in enumerate(queries) if query.source == source]
            if numbers:
                of_source = [queries[number] for number in numbers]
                readings.update(zip(numbers, self._read(source, of_source), strict=True))
        return [readings[number] for number in range(len(queries))]

    def _read(self, name: str, queries: list[MetricQuery]) -> list[MetricReading]:
        source = self._sources[name]()
        return source.read(queries) if source else [MetricReading(value=None, problem=NOT_CONFIGURED) for _ in queries]
