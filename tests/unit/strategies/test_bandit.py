"""A bandit gives more requests to the version that seems better, and trusts only the sequential test."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import beta

from auto_retrain.domain.model_version import ModelVersion
from auto_retrain.domain.serving import ServingRecord
from auto_retrain.strategies import Action, Hold, Promote, RollBack, SetWeight
from auto_retrain.strategies.beta import probability_better
from tests.unit.strategies.rollouts import begun, evidence_of, minutes, next_action

BETTER, WORSE, EQUAL = ((900, 1000), (98, 100)), ((900, 1000), (60, 100)), ((900, 1000), (900, 1000))
Rewards = tuple[tuple[int, int], tuple[int, int]]


def share_after(rewards: Rewards, minute: int = 60) -> Action:
    rollout, at = begun("bandit", min_share=10, max_share=40), minutes(minute)
    return next_action(rollout, evidence_of(rollout, at, rewards=rewards, unproven="not yet"), at)


def test_it_begins_with_the_smallest_share() -> None:
    assert begun("bandit", min_share=10).weight == 10


def test_what_seems_better_gets_more_within_the_bounds() -> None:
    assert share_after(BETTER) == SetWeight(40, 0, "it is better with a probability of 0.998, so it answers 40 %")
    assert isinstance(share_after(WORSE), Hold)
    middle = share_after(((900, 1000), (440, 500)))
    assert isinstance(middle, SetWeight)
    assert 10 < middle.weight < 40


def test_a_share_lasts_as_long_as_the_policy_says() -> None:
    assert share_after(BETTER, 59) == Hold("its share stays at 10 % until 2026-03-01 13:00 UTC")
    rollout = begun("bandit").changed(weighted_at=minutes(100))
    for minute, kind in ((159, Hold), (160, SetWeight)):
        at = minutes(minute)
        assert isinstance(next_action(rollout, evidence_of(rollout, at, rewards=BETTER), at), kind)


def test_the_serving_record_says_since_when_a_share_lasts_and_goes_on_counting_from_the_beginning() -> None:
    rollout = begun("bandit")
    champion = ModelVersion(number="1")
    record = ServingRecord(model_name="churn").adopted(champion, "it serves", minutes(0)).record
    record = record.rolling_out(rollout, "ada", "new", minutes(0)).record
    after = record.weighted(30, 0, "system", "better", minutes(60)).record.rollout
    assert after is not None
    assert (after.weight, after.since, after.weighted_at) == (30, minutes(0), minutes(60))


@pytest.mark.parametrize("rewards", [((0, 0), (0, 0)), ((900, 1000), (0, 0)), ((0, 0), (9, 10))])
def test_while_labels_of_a_version_are_late_its_share_stays(rewards: Rewards) -> None:
    assert share_after(rewards) == Hold("no request of both versions has been judged yet, so its share stays")


def test_only_the_sequential_test_promotes_and_only_after_the_planned_requests() -> None:
    rollout, at = begun("bandit", min_requests=300), minutes(60)
    proven = {"superior": "better by far", "rewards": BETTER}
    assert next_action(rollout, evidence_of(rollout, at, **proven), at) == Promote("better by far")
    assert isinstance(next_action(rollout, evidence_of(rollout, at, requests=299, **proven), at), SetWeight)
    assert isinstance(next_action(rollout, evidence_of(rollout, at, missing="?", **proven), at), Hold)
    assert not isinstance(next_action(rollout, evidence_of(rollout, at, rewards=BETTER), at), Promote)


def test_a_challenger_that_is_not_shown_to_be_better_is_rolled_back_in_the_end() -> None:
    rollout = begun("bandit", max_hours=48)
    for minute, kind in ((48 * 60 - 1, SetWeight), (48 * 60, RollBack)):
        at = minutes(minute)
        action = next_action(rollout, evidence_of(rollout, at, rewards=EQUAL), at)
        assert isinstance(action, kind)
    assert action == RollBack("it was not shown to be better in max_hours = 48")


def exact(champion: tuple[int, int], challenger: tuple[int, int]) -> float:
    one, other = (beta(good + 1, judged - good + 1) for good, judged in (champion, challenger))
    points = [float(other.ppf(p)) for p in (0.001, 0.5, 0.999)]
    return float(quad(lambda rate: other.pdf(rate) * one.cdf(rate), 0, 1, points=points, limit=500)[0])


COUNTS = st.integers(0, 3000).flatmap(lambda judged: st.tuples(st.integers(0, judged), st.just(judged)))


@settings(deadline=None, max_examples=40)
@given(COUNTS, COUNTS)
@example((0, 0), (0, 0))
@example((3000, 3000), (0, 0))
@example((3000, 3000), (3000, 3000))
@example((15, 16), (115, 125))
def test_the_probability_is_that_of_the_two_posteriors(champion: tuple[int, int], challenger: tuple[int, int]) -> None:
    value = probability_better(champion, challenger)
    assert value == pytest.approx(exact(champion, challenger), abs=5e-4)
    assert value + probability_better(challenger, champion) == pytest.approx(1, abs=1e-6)


def test_counts_of_any_size_have_a_probability() -> None:
    assert probability_better((99 * 10**9, 10**11), (99, 100)) == pytest.approx(0.268, abs=0.002)
    assert probability_better((0, 10**11), (10**11, 10**11)) == pytest.approx(1)
    assert probability_better((10**11, 10**11), (0, 10**11)) == pytest.approx(0)
