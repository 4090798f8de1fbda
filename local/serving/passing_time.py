"""Lets time pass for a rollout, which goes by the clock on the wall."""

from datetime import timedelta

from auto_retrain.domain.errors import ServingConflict
from auto_retrain.ports import DeploymentLedger

_MOMENTS = ("since", "started_at", "weighted_at")


def let_pass(ledger: DeploymentLedger, model_name: str, time: timedelta) -> None:
    """Let everything about a model's rollout have happened this much earlier."""
    while True:
        record = ledger.serving(model_name)
        rollout = record.rollout
        if rollout is None:
            return
        earlier = {name: at - time for name in _MOMENTS if (at := getattr(rollout, name))}
        try:
            ledger.note(record.changed(rollout=rollout.changed(**earlier)))
            return
        except ServingConflict:
            continue
