"""All metric sources of a deployment behind one port."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache

from ...domain.metric_reading import MetricQuery, MetricReading
from ...ports import MetricSource
from ..groups import read_in_groups

NOT_CONFIGURED = "the policy reads its metric from Prometheus, but the deployment has no PROMETHEUS_URL"


class MetricSources:
    """MetricSource that sends each query to its own source; `build` has a builder for each, called when first needed.

    Without a Prometheus, models that need one cannot be judged, but all others can.
    """

    def __init__(self, build: Mapping[str, Callable[[], MetricSource | None]]) -> None:
        self._sources = {name: cache(builder) for name, builder in build.items()}

    def read(self, queries: Sequence[MetricQuery]) -> list[MetricReading]:
        return read_in_groups(queries, lambda query: query.source, self._read)

    def _read(self, name: str, queries: list[MetricQuery]) -> list[MetricReading]:
        source = self._sources[name]()
        return source.read(queries) if source else [MetricReading(value=None, problem=NOT_CONFIGURED) for _ in queries]
