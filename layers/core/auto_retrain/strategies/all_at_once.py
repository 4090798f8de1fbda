"""Promote the challenger as soon as it has passed every gate."""

from datetime import datetime

from ..domain.analysis import RolloutEvidence
from ..domain.rollout import Rollout
from .base import Action, Promote, Strategy


class AllAtOnce(Strategy):
    """One step from no request to every request."""

    def first_action(self, rollout: Rollout) -> Action:
        return Promote("it passed every gate")

    def next_action(self, rollout: Rollout, evidence: RolloutEvidence | None, at: datetime) -> Action:
        return self.first_action(rollout)
