"""Rollouts, what is known about them, and what becomes of them minute by minute."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from auto_retrain.domain.analysis import Analysis, RolloutEvidence
from auto_retrain.domain.live import ArmCounts, LiveCounts
from auto_retrain.domain.model_version import ModelVersion
from auto_retrain.domain.rollout import Rollout
from auto_retrain.strategies import STRATEGIES, Action, Hold, Mirror, SetWeight
from tests.unit.builders import a_policy

BEGAN = datetime(2026, 3, 1, 12, tzinfo=UTC)
Tell = Callable[[Rollout, datetime], RolloutEvidence | None]


def minutes(number: float) -> datetime:
    """A moment so many minutes after the rollout began."""
    return BEGAN + timedelta(minutes=number)


def a_rollout(strategy: str, **deployment: Any) -> Rollout:
    """A rollout before its first action."""
    section = {"strategy": strategy, "traffic": {"adapter": "router"}, **deployment}
    return Rollout(
        job_id="churn-0123456789",
        challenger=ModelVersion(number="2"),
        deployment=a_policy(deployment=section).deployment,
        policy_version=1,
        started_at=BEGAN,
        since=BEGAN,
    )


def begun(strategy: str, **deployment: Any) -> Rollout:
    """A rollout after its first action."""
    rollout = a_rollout(strategy, **deployment)
    return moved(rollout, STRATEGIES[strategy].first_action(rollout), BEGAN)


def moved(rollout: Rollout, action: Action, at: datetime) -> Rollout:
    """A rollout after an action that does not end it, as the serving record would have it."""
    match action:
        case SetWeight(weight, step, _):
            since = rollout.since if step == rollout.step else at
            return rollout.changed(weight=weight, step=step, since=since, weighted_at=at)
        case Mirror(share, _):
            return rollout.changed(mirror_share=share)
    return rollout


def evidence_of(
    rollout: Rollout, at: datetime, requests: int = 10_000, held_since: datetime | None = None, **analysis: Any
) -> RolloutEvidence:
    """A look at the present step, healthy and proven unless told otherwise."""
    return RolloutEvidence(
        model_name="churn",
        rollout_id=rollout.job_id,
        step=rollout.step,
        looked_at=at,
        counts=LiveCounts(challenger=ArmCounts(requests=requests)),
        analysis=Analysis(**analysis),
        held_since=held_since or (at if analysis.get("missing") else None),
    )


def next_action(rollout: Rollout, evidence: RolloutEvidence | None, at: datetime) -> Action:
    return STRATEGIES[rollout.deployment.strategy].next_action(rollout, evidence, at)


def course(rollout: Rollout, tell: Tell, every: int = 1) -> Iterator[tuple[Rollout, datetime, Action]]:
    """Looks at a begun rollout every few minutes, and carries out what is decided, until it ends."""
    held_since, at = None, BEGAN
    while True:
        at += timedelta(minutes=every)
        evidence = tell(rollout, at)
        if evidence is not None:
            is_held = evidence.analysis.missing is not None
            held_since = (held_since or at) if is_held else None
            evidence = evidence.changed(held_since=held_since)
        action = next_action(rollout, evidence, at)
        yield rollout, at, action
        if not isinstance(action, (SetWeight, Mirror, Hold)):
            return
        if isinstance(action, SetWeight) and action.step != rollout.step:
            held_since = None
        rollout = moved(rollout, action, at)
