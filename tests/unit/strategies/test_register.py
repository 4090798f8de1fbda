"""Every strategy that a policy may name is there, and decides without doing anything."""

from typing import get_args

from auto_retrain.domain.policy.policy import Policy
from auto_retrain.strategies import STRATEGIES, Promote


def test_a_policy_may_name_just_the_strategies_that_exist() -> None:
    assert set(get_args(Policy.model_fields["strategy"].annotation)) == set(STRATEGIES)


def test_all_at_once_promotes_at_once() -> None:
    assert STRATEGIES["all_at_once"].next_action() == Promote()
