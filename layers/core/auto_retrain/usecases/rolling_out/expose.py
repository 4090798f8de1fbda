"""Lets a challenger see more or fewer requests: the record first, which traffic then follows."""

from datetime import datetime

from ...domain.deployment_ledger import LedgerLine
from ...domain.facts.promoting import MirrorSet, WeightSet
from ...domain.job import RetrainingJob
from ...domain.policy.traffic import TrafficTarget
from ...domain.serving import ServingChange, ServingRecord
from ...ports import Ports
from ..audit.record import record
from .follow import follow


def expose(
    change: ServingChange,
    target: TrafficTarget,
    ports: Ports,
    job: RetrainingJob | None = None,
    lease_until: datetime | None = None,
) -> ServingRecord:
    """Write a change of the challenger's weight or copies and let traffic follow; the record as read back.

    Raises ServingConflict if somebody has written the record meanwhile, and what `follow` raises.
    """
    fact = _fact(change.line)
    written = ports.ledger.write(change, job, lease_until, [fact])
    record(fact, ports)
    return follow(written, target, ports)


def _fact(line: LedgerLine) -> WeightSet | MirrorSet:
    about = {
        "model_name": line.model_name,
        "actor": line.actor,
        "at": line.deployed_at,
        "version": line.challenger,
        "sequence": line.sequence,
        "reason": line.reason,
    }
    if line.change == "mirror":
        return MirrorSet(**about, share=line.mirror_share)
    return WeightSet(**about, weight=line.weight)
