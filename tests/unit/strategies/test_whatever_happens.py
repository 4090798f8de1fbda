"""What holds for every strategy, whatever the evidence says and however long it takes."""

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auto_retrain.domain.analysis import RolloutEvidence
from auto_retrain.domain.rollout import Rollout
from auto_retrain.strategies import Action, Promote, SetWeight
from tests.unit.policies import DEPLOYMENTS
from tests.unit.strategies.rollouts import BEGAN, begun, course, evidence_of, minutes, next_action

WITH_STEPS = sorted(set(DEPLOYMENTS) - {"all_at_once"})
MAYBE = st.none() | st.just("a reason")
JUDGED = st.integers(0, 200).flatmap(lambda judged: st.tuples(st.integers(0, judged), st.just(judged)))
TOLD = st.none() | st.fixed_dictionaries(
    {"missing": MAYBE, "unproven": MAYBE, "superior": MAYBE, "rewards": st.tuples(JUDGED, JUDGED)},
    optional={"requests": st.integers(0, 1000), "unhealthy": st.just("bad")},
)


@st.composite
def deployments(draw: st.DrawFn) -> dict[str, Any]:
    return draw(DEPLOYMENTS[draw(st.sampled_from(WITH_STEPS))])


def simulate(fields: dict[str, Any], told: list[Any]) -> list[tuple[Rollout, datetime, Action]]:
    """A rollout to its end; what is told repeats, a stretch of ten looks each."""
    looks = iter(range(10_000_000))

    def tell(rollout: Rollout, at: datetime) -> RolloutEvidence | None:
        facts = told[next(looks) // 10 % len(told)]
        return None if facts is None else evidence_of(rollout, at, **facts)

    rollout = begun(**fields)
    every = max(rollout.deployment.longest_minutes // 300, 1)
    return list(course(rollout, tell, every))


@settings(max_examples=60, deadline=None)
@given(deployments(), st.lists(TOLD, min_size=1, max_size=6))
def test_every_rollout_ends_in_time_and_goes_only_where_the_policy_says(
    fields: dict[str, Any], told: list[Any]
) -> None:
    steps = simulate(fields, told)
    deployment = steps[0][0].deployment
    every = max(deployment.longest_minutes // 300, 1)
    # Looks that are not a minute apart delay each step by at most their distance.
    assert steps[-1][1] <= minutes(deployment.longest_minutes + every * (len(deployment.plan) + 1))
    weights = [rollout.weight for rollout, *_ in steps]
    if deployment.strategy == "bandit":
        assert all(deployment.min_share <= weight <= deployment.max_share for weight in weights)
    elif deployment.strategy == "shadow":
        assert set(weights) == {0}
    else:
        assert weights == sorted(weights)
        assert all(rollout.weight == deployment.plan[rollout.step] for rollout, *_ in steps)


@settings(deadline=None)
@given(deployments(), TOLD, st.integers(1, 60_000), st.integers(0, 3))
def test_nothing_is_promoted_without_a_healthy_look_and_nothing_is_decided_twice(
    fields: dict[str, Any], told: Any, minute: int, step: int
) -> None:
    rollout = begun(**fields)
    rollout = rollout.changed(step=min(step, len(rollout.deployment.plan) - 1))
    at = minutes(minute)
    evidence = None if told is None else evidence_of(rollout, at, **told)
    action = next_action(rollout, evidence, at)
    assert action == next_action(rollout, evidence, at)
    if isinstance(action, (Promote, SetWeight)):
        assert told
        assert told.get("unhealthy") is None
        assert told["missing"] is None
    if isinstance(action, Promote):
        assert rollout.step == len(rollout.deployment.plan) - 1
        needed = {"bandit": told["superior"], "blue_green": True}
        assert needed.get(rollout.deployment.strategy, told["unproven"] is None)


@pytest.mark.parametrize("strategy", WITH_STEPS)
@pytest.mark.parametrize(
    "told",
    [None, {"missing": "no data"}, {"unproven": "too few", "requests": 3}],
    ids=["no look", "missing", "unproven"],
)
def test_what_never_gets_data_is_rolled_back_within_the_longest_time(
    strategy: str, told: dict[str, Any] | None
) -> None:
    fields = {"strategy": strategy, "max_hold_minutes": 60}
    fields |= {"max_hours": 2} if strategy == "bandit" else {"bake_minutes": 30}
    *_, (rollout, at, action) = simulate(fields, [told])
    assert not isinstance(action, Promote)
    assert BEGAN < at <= minutes(rollout.deployment.longest_minutes)
