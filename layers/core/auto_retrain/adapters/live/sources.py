"""All sources of live counts of a deployment behind one port."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache

from ...domain.errors import AutoRetrainError
from ...domain.live import LiveCounts, LiveQuery
from ...ports import LiveSource
from ..groups import read_in_groups


class LiveSources:
    """LiveSource that sends each query to its own source; `build` has a builder for each, called when first needed.

    A source that fails as a whole, or that the deployment lacks, is a problem of its own queries only.
    """

    def __init__(self, build: Mapping[str, Callable[[], LiveSource]]) -> None:
        self._sources = {name: cache(builder) for name, builder in build.items()}

    def read(self, queries: Sequence[LiveQuery]) -> list[LiveCounts]:
        return read_in_groups(queries, lambda query: query.policy.deployment.requests.source, self._read)

    def _read(self, name: str, queries: list[LiveQuery]) -> Iterable[LiveCounts]:
        try:
            return self._sources[name]().read(queries)
        except AutoRetrainError as error:
            return [LiveCounts.unknown(str(error)) for _ in queries]
