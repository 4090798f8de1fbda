"""The better the challenger does, the more requests it answers, until it is shown to be better."""

from datetime import datetime, timedelta

from ..domain.analysis import RolloutEvidence
from ..domain.policy.deployment import BanditDeployment
from ..domain.rollout import Rollout
from .base import Action, Hold, Promote, RollBack, SetWeight, Strategy
from .beta import probability_better
from .looks import Seen, hold, seen, too_few


class Bandit(Strategy):
    """Thompson sampling within bounds; its verdict is the sequential test's alone, for the shares depend on the data.

    There is only one step, so that labels that come late still count for the requests of earlier shares.
    """

    def first_action(self, rollout: Rollout) -> Action:
        return SetWeight(_policy(rollout).min_share, 0, "it passed every gate")

    def next_action(self, rollout: Rollout, evidence: RolloutEvidence | None, at: datetime) -> Action:
        look, policy = seen(rollout, evidence, at), _policy(rollout)
        analysis = look.analysis
        if analysis.unhealthy:
            return RollBack(analysis.unhealthy)
        if analysis.superior and not analysis.missing and not too_few(rollout, look):
            return Promote(analysis.superior)
        if at - rollout.started_at - rollout.paused >= timedelta(hours=policy.max_hours):
            return RollBack(f"it was not shown to be better in max_hours = {policy.max_hours}")
        if analysis.missing:
            return hold(rollout, analysis.missing, look.missing_since, at)
        due = (rollout.weighted_at or rollout.since) + timedelta(minutes=policy.update_minutes)
        if at < due:
            return Hold(f"its share stays at {rollout.weight} % until {due:%Y-%m-%d %H:%M} UTC")
        return _weighted(rollout, policy, look)


def _weighted(rollout: Rollout, policy: BanditDeployment, look: Seen) -> Action:
    champion, challenger = look.analysis.rewards
    if not champion[1] or not challenger[1]:
        return Hold("no request of both versions has been judged yet, so its share stays")
    probability = probability_better(champion, challenger)
    share = min(max(round(100 * probability), policy.min_share), policy.max_share)
    reason = f"it is better with a probability of {probability:.3f}, so it answers {share} %"
    return Hold(reason) if share == rollout.weight else SetWeight(share, rollout.step, reason)


def _policy(rollout: Rollout) -> BanditDeployment:
    assert isinstance(rollout.deployment, BanditDeployment)
    return rollout.deployment
