"""Decides what a rollout does now: a person first, then the strategy."""

from datetime import datetime

from ..domain.analysis import RolloutEvidence
from ..domain.serving import ServingRecord
from ..ports import Ports
from ..strategies import STRATEGIES, Action, Hold, Promote, RollBack


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


def outlook_of(record: ServingRecord, ports: Ports) -> str:
    """What the watcher decides next about the rollout of a model, by its newest evidence."""
    return foresee(record, ports.ledger.evidence(record.model_name), ports.clock.now())


def foresee(record: ServingRecord, evidence: RolloutEvidence | None, at: datetime) -> str:
    """In words for people, what the watcher decides next and why: the same decision, so nobody has to guess."""
    action = decide(record, evidence, at)
    match action:
        case Hold(reason, None):
            return reason
        case Hold(reason, gives_up_at):
            return f"it waits: {reason}; if that lasts, it is taken back at {gives_up_at:%Y-%m-%d %H:%M} UTC"
        case Promote(reason):
            return f"it is about to be promoted: {reason}"
        case RollBack(reason):
            return f"it is about to be taken back: {reason}"
        case _:
            return f"it is about to go on: {action.reason}"
