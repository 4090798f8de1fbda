"""Small models share a Kubernetes Job: which parked orders go into one together."""

import hashlib
from collections.abc import Iterable

from .base import Record
from .cluster import JobOrder
from .policy.training import TrainingPolicy

# All orders of a batch travel in one environment variable, of which Linux takes 128 KiB.
LARGEST_BATCH = 50
LARGEST_ORDERS = 96_000


class ParkedOrder(Record):
    """What a step of a small model needs of the cluster, until it is given a pod in a batch."""

    order: JobOrder
    training: TrainingPolicy

    @property
    def needs(self) -> str:
        """What a batch has in common: everything that is not in the order itself."""
        own = {"parameters", "seed", "trainer"}
        return f"{self.order.kind} {self.order.image} {self.training.model_dump_json(exclude=own)}"


class Batch(Record):
    """Orders for one Kubernetes Job."""

    parked: tuple[ParkedOrder, ...]

    @property
    def name(self) -> str:
        """The same orders give the same name, so a batch that is started twice is there once."""
        digest = hashlib.sha256("\0".join(found.order.job_id for found in self.parked).encode()).hexdigest()[:12]
        return f"batch-{digest}-{self.parked[0].order.kind}-1"


def batches(parked: Iterable[ParkedOrder]) -> list[Batch]:
    """Batches of equal needs, each no larger than one Kubernetes Job may be."""
    found: dict[str, list[list[ParkedOrder]]] = {}
    for order in sorted(parked, key=lambda found: found.order.job_id):
        groups = found.setdefault(order.needs, [[]])
        if not _has_room(groups[-1], order):
            groups.append([])
        groups[-1].append(order)
    return [Batch(parked=tuple(group)) for groups in found.values() for group in groups]


def _has_room(group: list[ParkedOrder], order: ParkedOrder) -> bool:
    size = sum(len(found.order.model_dump_json()) + 1 for found in [*group, order])
    return not group or (len(group) < LARGEST_BATCH and size <= LARGEST_ORDERS)
