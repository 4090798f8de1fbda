"""Every strategy that a policy may name is there, with a page."""

import pytest

from auto_retrain.strategies import STRATEGIES, Promote
from tests.unit.policies import DEPLOYMENTS
from tests.unit.strategies.rollouts import BEGAN, a_rollout, next_action


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_policy_may_name_every_strategy(strategy: str) -> None:
    assert a_rollout(strategy).deployment.strategy == strategy


def test_no_policy_names_another() -> None:
    assert set(DEPLOYMENTS) == set(STRATEGIES)


def test_all_at_once_promotes_at_once() -> None:
    rollout = a_rollout("all_at_once")
    promotion = Promote("it passed every gate")
    assert STRATEGIES["all_at_once"].first_action(rollout) == promotion
    assert next_action(rollout, None, BEGAN) == promotion
