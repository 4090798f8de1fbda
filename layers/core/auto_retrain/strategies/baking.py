"""What strategies have in common that go on step by step, each of which bakes for a while."""

from datetime import datetime, timedelta

from ..domain.analysis import RolloutEvidence
from ..domain.rollout import Rollout
from .base import Action, Hold, Promote, RollBack, SetWeight, Strategy
from .looks import Seen, hold, seen


class Baking(Strategy):
    """A step that was healthy while it baked is followed by the next; after the last one, proof is needed."""

    def first_action(self, rollout: Rollout) -> Action:
        return _step(rollout, 0, "it passed every gate")

    def next_action(self, rollout: Rollout, evidence: RolloutEvidence | None, at: datetime) -> Action:
        look, deployment = seen(rollout, evidence, at), rollout.deployment
        if look.analysis.unhealthy:
            return RollBack(look.analysis.unhealthy)
        if look.analysis.missing:
            return hold(rollout, look.analysis.missing, look.missing_since, at)
        end = rollout.since + timedelta(minutes=deployment.step_minutes)
        if at < end:
            return Hold(f"{_place(rollout, rollout.step)} bakes until {end:%Y-%m-%d %H:%M} UTC")
        healthy = f"{_place(rollout, rollout.step)} was healthy for {deployment.step_minutes} minutes"
        if rollout.step + 1 < len(deployment.plan):
            return _step(rollout, rollout.step + 1, healthy)
        open_question = self.open_question(rollout, look)
        return hold(rollout, open_question, None, at) if open_question else Promote(healthy)

    def open_question(self, rollout: Rollout, look: Seen) -> str | None:
        """What must still be shown before a promotion; None if nothing."""
        return look.analysis.unproven


def _step(rollout: Rollout, step: int, reason: str) -> SetWeight:
    return SetWeight(rollout.deployment.plan[step], step, f"{_place(rollout, step)}: {reason}")


def _place(rollout: Rollout, step: int) -> str:
    return f"step {step + 1} of {len(rollout.deployment.plan)}"
