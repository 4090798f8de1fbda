"""Groups the parked orders of small models into shared Kubernetes Jobs."""

import hashlib
from collections.abc import Iterable

from .base import Record
from .cluster import JobOrder
from .order_size import MAX_ORDERS_BYTES, bytes_of
from .policy.training import TrainingPolicy

MAX_BATCH_ORDERS = 50


class ParkedOrder(Record):
    """What one step of a small model asks of the cluster, kept until a batch has a pod for it."""

    order: JobOrder
    training: TrainingPolicy

    @property
    def needs(self) -> str:
        """What the orders of a batch must have in common: everything that is not in the order itself."""
        own = {"parameters", "seed", "trainer", "proxy"}
        return f"{self.order.kind} {self.order.image} {self.training.model_dump_json(exclude=own)}"


class OrderBatch(Record):
    """Orders for one Kubernetes Job."""

    parked: tuple[ParkedOrder, ...]

    @property
    def name(self) -> str:
        """The same orders give the same name, so starting a batch twice creates one Kubernetes Job."""
        digest = hashlib.sha256("\0".join(parked.order.job_id for parked in self.parked).encode()).hexdigest()[:12]
        return f"batch-{digest}-{self.parked[0].order.kind}-1"


def batches(parked: Iterable[ParkedOrder]) -> list[OrderBatch]:
    """Group orders with equal needs into batches, each small enough for one Kubernetes Job."""
    groups_by_needs: dict[str, list[list[ParkedOrder]]] = {}
    for item in sorted(parked, key=lambda item: item.order.job_id):
        groups = groups_by_needs.setdefault(item.needs, [[]])
        if not _has_room(groups[-1], item):
            groups.append([])
        groups[-1].append(item)
    return [OrderBatch(parked=tuple(group)) for groups in groups_by_needs.values() for group in groups]


def _has_room(group: list[ParkedOrder], item: ParkedOrder) -> bool:
    size = sum(bytes_of(member.order) for member in [*group, item])
    return not group or (len(group) < MAX_BATCH_ORDERS and size <= MAX_ORDERS_BYTES)
