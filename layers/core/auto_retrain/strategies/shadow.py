"""Copies of requests, whose answers nobody gets."""

from ..domain.policy.deployment import ShadowDeployment
from ..domain.rollout import Rollout
from .baking import Baking
from .base import Action, Mirror


class Shadow(Baking):
    """It never answers anybody before it has been proven on the very requests that the champion answered."""

    def first_action(self, rollout: Rollout) -> Action:
        deployment = rollout.deployment
        assert isinstance(deployment, ShadowDeployment)
        return Mirror(deployment.mirror_share, "it passed every gate")
