"""A world in memory in which retrainings are carried out as soon as they are started, on data that were listed."""

import sys
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from io import BytesIO
from typing import IO, Any, NamedTuple

from ...domain.cluster import JobOrder
from ...domain.errors import ArtifactMissing, TrainingFailed
from ...domain.holdout_profile import HoldoutProfile
from ...domain.layouts import Folder, Layout
from ...domain.manifest import DataObject
from ...domain.policy.training import TrainingPolicy
from ...domain.prices import PriceList
from ...domain.scored_days import MAX_PROFILE_BYTES, profile_key
from ...domain.trained_back_test import Listing
from ...domain.windows import Window
from ...ports import MAX_DOCUMENT_BYTES, MetricSource, Ports, TableReader
from .cluster import MemoryCluster
from .data import MemoryDataStore
from .outside import MemoryPrices
from .simulation import Simulation
from .tried_metrics import TriedLog

# Nothing is ever written to this place.
_NOWHERE = "s3://back-test"


class ListedData(MemoryDataStore):
    """A DataStore with the objects that were listed before; `read_object` gives the content of one."""

    def __init__(self, listings: Sequence[Listing], read_object: Callable[[DataObject], bytes]) -> None:
        super().__init__()
        self._listings = {(each.prefix, each.layout): each.objects for each in listings}
        self._read_object = read_object

    def list_partitions(
        self, prefix: str, window: Window, layout: Layout = Layout.DATE, date_column: str | None = None
    ) -> list[DataObject]:
        objects = self._listings.get((prefix, layout), ())
        if layout is Layout.COLUMN:
            return [item.changed(date=day, date_column=date_column) for day in window.days() for item in objects]
        return [item for item in objects if window.start <= item.date < window.end]

    def look_below(self, prefix: str) -> Folder:
        listed = (item for (of, _), objects in self._listings.items() if of == prefix for item in objects)
        below = [item.uri.partition(f"/{prefix}/") for item in listed]
        names = {f"{name}{slash}" for _, _, path in below for name, slash, _ in [path.partition("/")]}
        return Folder(f"{below[0][0] if below else _NOWHERE}/{prefix}/", tuple(sorted(names)))

    def read(self, uri: str, max_bytes: int = MAX_DOCUMENT_BYTES) -> bytes:
        raise ArtifactMissing(f"there is no '{uri}'")

    def open(self, data_object: DataObject) -> IO[bytes]:
        return BytesIO(self._read_object(data_object))

    def uri(self, key: str) -> str:
        return f"{_NOWHERE}/{key}"


class AtOnceCluster(MemoryCluster):
    """A Cluster that carries out the orders of a Job while it is started; `carry_out` raises TrainingFailed."""

    def __init__(self, carry_out: Callable[[JobOrder], None]) -> None:
        super().__init__()
        self._carry_out = carry_out

    def start_job(self, name: str, orders: Sequence[JobOrder], training: TrainingPolicy) -> None:
        for order in orders:
            # Reports are for people.
            if order.kind != "report":
                self._carry_out(order)

    def start_indexed_job(
        self,
        name: str,
        orders: Sequence[JobOrder],
        training: TrainingPolicy,
        pods_at_once: int,
        before: Sequence[JobOrder] = (),
    ) -> None:
        """A variant that fails does not keep the others back; raises TrainingFailed if all do, or a part does."""
        for order in before:
            self._carry_out(order)
        failures = []
        for order in orders:
            try:
                self._carry_out(order)
            except TrainingFailed as failure:
                failures.append(failure)
        if failures and (len(failures) == len(orders) or orders[-1].part is not None):
            raise failures[0]


class Outside(NamedTuple):
    """What a world with trainings reads of the outside."""

    metrics: MetricSource
    data: ListedData
    tables: TableReader
    prices: MemoryPrices


class TrainingWorld(Simulation):
    """A simulation with a cluster of its own: what it trains is registered, validated and promoted in memory alone."""

    def __init__(self, outside: Outside, at: datetime, carry_out: Callable[[JobOrder], None]) -> None:
        real: Any = outside
        super().__init__(real, at)
        self.ports.cluster = AtOnceCluster(carry_out)


def log_of(model_name: str, ports: Ports) -> TriedLog:
    """What is known in a world of the log of its versions: a day is that of the one that served at noon."""

    def profile_of(version: str) -> HoldoutProfile | None:
        try:
            content = ports.data.read(ports.data.uri(profile_key(model_name, version)), MAX_PROFILE_BYTES)
        except ArtifactMissing:
            return None
        return HoldoutProfile.model_validate_json(content)

    def served(version: str, day: date) -> bool:
        noon = datetime.combine(day, time(12), UTC)
        lines = ports.ledger.lines(model_name, sys.maxsize)
        line = next((each for each in lines if each.is_new_champion and each.since <= noon), None)
        return line is not None and line.version.number == version

    return TriedLog(profile_of, served)


def fixed_prices(prices: PriceList) -> MemoryPrices:
    """A PriceSource with one list."""
    source = MemoryPrices()
    source.list = prices
    return source
