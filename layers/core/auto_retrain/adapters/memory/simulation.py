"""A world in memory whose past is that of a deployment: its data and metrics are read, and nothing is written to it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import IO, Any

from ...domain.deployment_ledger import LedgerLine, serving_after
from ...domain.errors import ArtifactMissing
from ...domain.facts.fact import Fact
from ...domain.fleet import FleetUsage, SweepMark
from ...domain.layouts import Folder, Layout
from ...domain.manifest import DataObject
from ...domain.metric_reading import MetricQuery, MetricReading
from ...domain.model_state import ModelState
from ...domain.policy.policy import Policy
from ...domain.windows import Window
from ...ports import MAX_DOCUMENT_BYTES, DataStore, MetricSource, Ports
from . import MemoryPorts
from .audit import MemoryAuditLog
from .data import MemoryDataStore
from .outside import MemoryClock

_Asked = tuple[str, str | None, datetime, datetime]


class RememberedMetrics:
    """A MetricSource of one policy that asks another one for each window of a version once."""

    def __init__(self, source: MetricSource) -> None:
        self._source = source
        self._readings: dict[_Asked, MetricReading] = {}

    def read(self, queries: Sequence[MetricQuery]) -> list[MetricReading]:
        keys: list[_Asked] = [(query.asks, query.version, query.start, query.end) for query in queries]
        asked = {key: query for key, query in zip(keys, queries, strict=True) if key not in self._readings}
        self._readings |= dict(zip(asked, self._source.read(list(asked.values())), strict=True)) if asked else {}
        return [self._readings[key] for key in keys]


class ReadOnlyData(MemoryDataStore):
    """A DataStore that reads another one; what is written stays in memory."""

    def __init__(self, stored: DataStore) -> None:
        super().__init__()
        self._stored = stored

    def list_partitions(
        self, prefix: str, window: Window, layout: Layout = Layout.DATE, date_column: str | None = None
    ) -> list[DataObject]:
        return self._stored.list_partitions(prefix, window, layout, date_column)

    def look_below(self, prefix: str) -> Folder:
        return self._stored.look_below(prefix)

    def read(self, uri: str, max_bytes: int = MAX_DOCUMENT_BYTES) -> bytes:
        try:
            return super().read(uri, max_bytes)
        except ArtifactMissing:
            return self._stored.read(uri, max_bytes)

    def open(self, data_object: DataObject) -> IO[bytes]:
        return self._stored.open(data_object)

    def uri(self, key: str) -> str:
        return self._stored.uri(key)


class ForgetfulAuditLog(MemoryAuditLog):
    """An AuditLog that keeps nothing: nobody asks for the proof of what never happened."""

    def extend(self, facts: Iterable[Fact]) -> bool:
        return True


class Simulation:
    """Ports whose clock is moved, and in which what served and what was retrained is told as it comes."""

    def __init__(self, real: Ports, at: datetime) -> None:
        self.metrics, self._clock = RememberedMetrics(real.metrics), MemoryClock(at)
        world: Any = MemoryPorts(stage="simulation", is_simulated=True, clock=self._clock, audit=ForgetfulAuditLog())
        world.metrics, world.data = self.metrics, ReadOnlyData(real.data)
        world.tables, world.prices = real.tables, real.prices
        self.ports: MemoryPorts = world

    def play(self, execution: Callable[[str, Mapping[str, Any]], None]) -> None:
        """Say what an execution does as soon as it is started."""
        self.ports.executions.play = execution

    def begin(self, policy: Policy, state: ModelState, champions: Sequence[LedgerLine]) -> None:
        """Begin with a policy, the state of its model, and what has served it until now."""
        self.ports.policies.apply(policy, "simulation", self._clock.now())
        for line in champions:
            self.ports.ledger.add(line)
        self.ports.states.set(state.changed(deployed=serving_after(champions[-1])) if champions else state)
        # Otherwise the first sweep would make up for the day before.
        self.ports.sweeps.save(
            SweepMark(at=self._clock.now(), models=1, usage=FleetUsage(active_jobs=0, retrained_in_30_days=0))
        )

    def move_to(self, at: datetime) -> None:
        self._clock.advance(at - self._clock.now())

    def serve(self, line: LedgerLine) -> None:
        """Let a version serve from now on, as a line of the ledger says."""
        self.ports.ledger.serve(line)
        if line.change == "promoted":
            self.ports.states.set(self.ports.states.get(line.model_name).changed(rejections={}))
