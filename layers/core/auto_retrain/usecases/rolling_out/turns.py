"""Whose turn it is to be looked at: each rollout's every minute, unless there are too many for one pass."""

from collections.abc import Iterable
from datetime import datetime

from ...domain.analysis import RolloutEvidence
from ...domain.names import spread_offset
from ...domain.rollout import Rollout
from ...domain.serving import ServingRecord

Opened = tuple[ServingRecord, RolloutEvidence | None]

# A look reads up to 36 statistics of CloudWatch, 500 of which fit into a call, and a pass has some 30 calls.
LOOKS_PER_PASS = 150
# A state that waits dies after thirty minutes without a sign of life, which only a look gives.
MAX_MINUTES_BETWEEN_LOOKS = 10


def whose_turn(rolling: Iterable[Opened], at: datetime) -> list[Opened]:
    """Each has a minute of its own; what a person asked for waits for none.

    Counts are cumulative and every check is valid at any look: one that is left out costs minutes, never evidence.
    """
    waiting = list(rolling)
    minutes = min(-(-len(waiting) // LOOKS_PER_PASS), MAX_MINUTES_BETWEEN_LOOKS)
    now = int(at.timestamp() // 60)
    return [
        (record, evidence)
        for record, evidence in waiting
        if _is_asked_for(record.rollout) or (now - spread_offset(record.model_name, "look", minutes)) % minutes == 0
    ]


def _is_asked_for(rollout: Rollout | None) -> bool:
    wish = rollout.intervention if rollout else None
    return wish is not None and wish.kind != "pause"
