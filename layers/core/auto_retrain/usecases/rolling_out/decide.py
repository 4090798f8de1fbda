"""Decides what a rollout does now: a person first, then the strategy."""

from datetime import datetime

from ...domain.analysis import RolloutEvidence
from ...domain.serving import ServingRecord
from ...strategies import STRATEGIES, Action, Hold, Promote, RollBack


def decide(record: ServingRecord, evidence: RolloutEvidence | None, at: datetime) -> Action:
    """What to do; a person's decision comes first, and what somebody else moved stays as they moved it.

    A pause holds everything but a challenger that is harmful; a promotion that a person asked for needs no statistics.
    """
    rollout = record.rollout
    if rollout is None:
        return Hold("it has ended")
    wish = rollout.intervention
    if wish and wish.kind == "abort":
        return RollBack(wish.reason)
    if wish and wish.kind == "promote":
        return Promote(wish.reason)
    if record.conflict:
        return Hold(record.conflict)
    action = STRATEGIES[rollout.deployment.strategy].next_action(rollout, evidence, at)
    if wish is None or (isinstance(action, RollBack) and evidence and evidence.analysis.unhealthy):
        return action
    return Hold(f"{wish.actor} paused it: {wish.reason}")
