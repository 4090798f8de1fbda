"""Drift is distinguished from chance, from broken data and from too few rows."""

from itertools import pairwise
from statistics import NormalDist
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_retrain.domain.drift import DesignEffects, FeatureHistogram
from auto_retrain.domain.policy.policy import Policy
from auto_retrain.domain.verdict import Outcome
from auto_retrain.triggers.data_drift import judge_drift
from tests.unit.builders import a_policy

FEATURES = [f"f{number:02}" for number in range(50)]
DATA = {"prefix": "p", "row_id": "id", "label": "y", "numeric": FEATURES}


def policy(confidence: float = 0.95, min_rows: int = 500, threshold: float = 0.25, **drift: Any) -> Policy:
    triggers = {"confidence": confidence, "min_rows": min_rows, "drift_threshold": threshold}
    return a_policy(triggers=triggers, data=DATA, drift=drift)


def histogram(reference: Any, live: Any, feature: str = "f00", **more: Any) -> FeatureHistogram:
    return FeatureHistogram(feature=feature, reference=tuple(reference), live=tuple(live), **more)


CALM = histogram([500, 500, 0], [510, 490, 0], "f01")
MOVED = histogram([500, 500, 0], [900, 100, 0], "f00")
FEW = histogram([500, 500, 0], [9, 1, 0], "f02")


@pytest.mark.parametrize(
    ("histograms", "expected"),
    [([CALM], Outcome.UNMET), ([MOVED], Outcome.MET), ([FEW], Outcome.INCONCLUSIVE), ([], Outcome.UNMET)],
)
def test_drift_is_met_above_its_threshold_and_inconclusive_on_few_rows(
    histograms: list[FeatureHistogram], expected: Outcome
) -> None:
    assert judge_drift(policy(), histograms).dataset.outcome is expected


def test_one_feature_that_moved_is_enough_even_when_others_cannot_be_judged() -> None:
    verdicts = judge_drift(policy(), [CALM, FEW, MOVED])
    assert verdicts.dataset.met
    assert [verdict.check for verdict in verdicts.features] == ["data_drift:f00", "data_drift:f02", "data_drift:f01"]
    first = verdicts.features[0]
    assert (first.limit, first.n, first.evidence) == (0.25, 1000, "counted")
    assert first.value == pytest.approx(0.879, abs=0.001)
    assert first.p_value is not None
    assert first.p_value < 1e-10


@pytest.mark.parametrize(("number", "more"), [(5, ""), (7, "; and 2 more features")])
def test_at_most_five_features_are_named(number: int, more: str) -> None:
    reason = judge_drift(policy(), [MOVED.changed(feature=name) for name in FEATURES[:number]]).dataset.reason
    assert reason.count(" exceeds 0.25 ") == 5
    assert reason.partition("f04")[2].partition(")")[2] == more


def test_too_small_a_share_of_the_features_is_named_and_is_no_drift() -> None:
    dataset = judge_drift(policy(min_drifted_share=0.5), [MOVED, CALM, CALM.changed(feature="f02")]).dataset
    assert (dataset.outcome, dataset.limit, dataset.n) == (Outcome.UNMET, 0.5, 1000)
    assert dataset.reason.startswith("PSI 0.879 of 'f00' exceeds 0.25 (p")
    assert dataset.reason.endswith("; that is 33% of the features by weight (50% needed)")
    assert judge_drift(policy(min_drifted_share=0.5), [MOVED, CALM]).dataset.met


def test_a_feature_that_cannot_be_judged_makes_the_dataset_inconclusive() -> None:
    verdicts = judge_drift(policy(), [CALM, FEW])
    assert verdicts.dataset.outcome is Outcome.INCONCLUSIVE
    assert "drift cannot be judged: only 10 rows on one side of 'f02' (500 needed)" in verdicts.dataset.reason


def test_without_a_minimum_the_p_value_still_needs_enough_rows() -> None:
    small = histogram([100, 100, 0], [190, 10, 0])
    assert judge_drift(policy(min_rows=0), [small]).dataset.outcome is Outcome.INCONCLUSIVE
    point_estimate = judge_drift(policy(confidence=0, min_rows=0), [small])
    assert point_estimate.dataset.met
    assert point_estimate.features[0].evidence == "bare_rule"


def test_even_the_point_estimate_alone_needs_rows() -> None:
    nothing = histogram([5, 5, 0], [0, 0, 0])
    assert judge_drift(policy(confidence=0, min_rows=0), [nothing]).dataset.outcome is Outcome.INCONCLUSIVE


def test_one_of_fifty_features_may_exceed_the_threshold_by_chance() -> None:
    noisy = histogram([14] * 22, [7, 21] * 11)
    calm = [CALM.model_copy(update={"feature": name}) for name in FEATURES[1:]]
    assert judge_drift(policy(min_rows=300), [noisy]).dataset.met
    among_many = judge_drift(policy(min_rows=300), [noisy, *calm])
    assert among_many.dataset.outcome is Outcome.UNMET
    assert "PSI 0.275 of 'f00' exceeds 0.25, but this may be due to chance (p = 0.275)" in among_many.dataset.reason
    assert judge_drift(policy(confidence=0, min_rows=300), [noisy, *calm]).dataset.met


def test_many_more_missing_values_are_drift_in_themselves() -> None:
    verdicts = judge_drift(policy(threshold=5), [histogram([500, 480, 20], [450, 400, 150])])
    assert verdicts.dataset.reason == "15.0% of 'f00' are missing, up from 2.0%"
    assert not judge_drift(policy(threshold=5), [histogram([500, 480, 20], [460, 430, 110])]).dataset.met


def test_many_unseen_categories_are_drift_in_themselves() -> None:
    many = histogram([900, 100, 0], [800, 200, 0], unseen=100)
    assert (
        "10.0% of 'f00' are categories never seen in training"
        in judge_drift(policy(threshold=5), [many]).dataset.reason
    )
    few = histogram([900, 100, 0], [850, 150, 0], unseen=60)
    assert not judge_drift(policy(threshold=5), [few]).dataset.met
    assert judge_drift(policy(threshold=5, confidence=0), [few]).dataset.met


@pytest.mark.parametrize(
    ("live", "unseen", "met"),
    [
        ([450, 450, 100], 0, False),
        ([450, 449, 101], 0, True),
        ([500, 500, 0], 50, False),
        ([500, 500, 0], 51, True),
    ],
)
def test_as_many_missing_values_or_unseen_categories_as_the_policy_allows_are_no_drift(
    live: list[int], unseen: int, met: bool
) -> None:
    rows = histogram([500, 500, 0], live, unseen=unseen)
    assert judge_drift(policy(threshold=5, confidence=0), [rows]).dataset.met is met


def test_the_point_estimate_alone_is_called_so() -> None:
    (feature,) = judge_drift(policy(confidence=0), [MOVED]).features
    assert feature.reason == "PSI 0.879 of 'f00' exceeds 0.25 (point estimate alone)"


@pytest.mark.parametrize(
    "moved",
    [histogram([50_000, 50_000, 0], [45_000, 55_000, 0]), histogram([150, 150, 0], [128, 172, 0])],
    ids=["certain and tiny", "small and uncertain"],
)
def test_a_change_is_worth_a_look_only_if_it_is_large_enough_and_not_due_to_chance(moved: FeatureHistogram) -> None:
    assert "worth a look" not in judge_drift(policy(min_rows=300), [moved]).dataset.reason


def test_of_a_feature_that_drifted_only_what_drifted_is_said() -> None:
    (feature,) = judge_drift(policy(), [categories([1800, 200, 0, 0, 0], None)]).features
    assert feature.met
    assert feature.reason.startswith("PSI ")
    assert "cannot be recognised" not in feature.reason


def test_unseen_categories_that_a_reference_of_this_size_explains_are_not_drift() -> None:
    expected = histogram([900, 100, 0], [800, 200, 0], unseen=100, seen_once=60, seen_twice=40)
    assert not judge_drift(policy(threshold=5), [expected]).dataset.met


def categories(live: list[int], unseen: int | None, **more: Any) -> FeatureHistogram:
    """Two categories, then rare, unseen and missing ones."""
    return histogram([1000, 1000, 0, 0, 0], live, kind="categorical", unseen=unseen, **more)


def test_where_new_categories_cannot_be_recognised_nothing_is_called_stable() -> None:
    verdicts = judge_drift(policy(), [categories([990, 1010, 0, 0, 0], None), CALM])
    assert verdicts.dataset.outcome is Outcome.INCONCLUSIVE
    assert "has so many categories that new ones cannot be recognised" in verdicts.dataset.reason
    assert "drift.ignore, or a weight of 0, leaves it out" in verdicts.dataset.reason
    assert verdicts.is_sound
    assert judge_drift(policy(weights={"f00": 0}), [categories([990, 1010, 0, 0, 0], None), CALM]).dataset.reason
    assert judge_drift(policy(), [categories([100, 1900, 0, 0, 0], None)]).dataset.met


def test_a_drop_of_rows_that_weigh_one_each_is_no_drop_of_entities() -> None:
    alike = DesignEffects(bins=20)
    moved = histogram([5000, 5000, 0], [900, 2100, 0], live_effects=alike)
    assert judge_drift(policy(threshold=0.1), [histogram([5000, 5000, 0], [900, 2100, 0])]).dataset.met
    verdicts = judge_drift(policy(threshold=0.1), [moved])
    assert verdicts.dataset.outcome is Outcome.INCONCLUSIVE
    assert "weigh as 150 independent ones (300 needed)" in verdicts.dataset.reason


def test_values_that_are_missing_for_one_entity_are_not_missing_everywhere() -> None:
    many = {"reference": [5000, 5000, 0], "live": [1300, 1200, 500]}
    assert judge_drift(policy(threshold=5), [histogram(**many)]).dataset.met
    of_one = histogram(**many, live_effects=DesignEffects(missing=1000))
    verdicts = judge_drift(policy(threshold=5), [of_one])
    assert verdicts.dataset.outcome is Outcome.INCONCLUSIVE
    assert "16.7% of 'f00' are missing, up from 0.0%, but only for a few entities (3 independent rows" in str(verdicts)
    some = histogram([5000, 5000, 0], [1480, 1490, 30], live_effects=DesignEffects(missing=30))
    assert judge_drift(policy(), [some]).dataset.outcome is Outcome.UNMET


def normal_shift(shift: float, rows: int = 10_000, scale: float = 1) -> list[int]:
    """Rows in the deciles of a standard normal distribution, and missing ones."""
    edges = [NormalDist().inv_cdf(tenth / 10) for tenth in range(1, 10)]
    up_to = [0, *(NormalDist(shift, scale).cdf(edge) for edge in edges), 1]
    return [*(round((upper - lower) * rows) for lower, upper in pairwise(up_to)), 0]


@pytest.mark.parametrize("shift", [0.15, 0.25, 0.316, 0.4])
def test_what_psi_is_too_coarse_to_report_is_told_in_standard_deviations(shift: float) -> None:
    verdicts = judge_drift(policy(), [histogram(normal_shift(0), normal_shift(shift))])
    assert verdicts.dataset.outcome is Outcome.UNMET
    assert f"but is worth a look: a change like a shift by {shift:.2f} standard deviations" in verdicts.dataset.reason
    assert "but is smaller than drift_threshold 0.25 reports (about 0.51)" in verdicts.dataset.reason


def test_fifty_small_shifts_are_counted() -> None:
    moved = [histogram(normal_shift(0), normal_shift(0.4), name) for name in FEATURES]
    assert judge_drift(policy(), moved).dataset.reason.endswith("; 49 more features are worth a look")
    assert "worth a look" not in judge_drift(policy(), [CALM]).dataset.reason


def test_the_small_change_of_categories_has_no_standard_deviations() -> None:
    reason = judge_drift(policy(), [categories([1150, 850, 0, 0, 0], 0)]).dataset.reason
    assert "is worth a look: the change is not due to chance (p = 1.97e-06)" in reason
    assert "standard deviations" not in reason


def test_a_p_value_too_small_for_a_number_is_not_called_zero() -> None:
    moved = histogram([10**7, 10**7, 0], [2 * 10**7, 10**6, 0])
    assert "(p < 1e-300)" in judge_drift(policy(), [moved]).dataset.reason


def test_a_feature_without_weight_is_reported_but_does_not_count() -> None:
    verdicts = judge_drift(policy(weights={"f00": 0}), [MOVED, CALM])
    assert verdicts.features[0].met
    assert verdicts.dataset.outcome is Outcome.UNMET
    assert judge_drift(policy(weights={"f00": 0}), [MOVED]).dataset.reason == "no feature counts"


def test_a_dataset_needs_drifted_features_with_enough_weight() -> None:
    half = policy(min_drifted_share=0.5)
    assert judge_drift(half, [MOVED, CALM]).dataset.met
    assert not judge_drift(policy(min_drifted_share=0.6), [MOVED, CALM]).dataset.met
    heavy = policy(min_drifted_share=0.6, weights={"f00": 3})
    verdicts = judge_drift(heavy, [MOVED, CALM])
    assert verdicts.dataset.met
    assert verdicts.dataset.value == 0.75


def test_dead_columns_are_distinguished_from_drift() -> None:
    assert judge_drift(policy(), [histogram([500, 480, 20], [0, 0, 600]), CALM]).broken == [
        "'f00' has no value in any of 600 rows"
    ]
    assert judge_drift(policy(), [MOVED]).broken == []


def test_more_than_a_few_features_are_counted_rather_than_named() -> None:
    histograms = [MOVED.model_copy(update={"feature": name}) for name in FEATURES]
    assert judge_drift(policy(), histograms).dataset.reason.endswith("; and 45 more features")


COUNTS = st.lists(st.integers(0, 2000), min_size=3, max_size=12)


@given(st.data())
def test_no_counts_cause_an_error_and_too_few_rows_are_never_drift(data: st.DataObject) -> None:
    reference = data.draw(COUNTS)
    live = data.draw(st.lists(st.integers(0, 2000), min_size=len(reference), max_size=len(reference)))
    verdicts = judge_drift(policy(), [histogram(reference, live)])
    if min(sum(reference), sum(live)) < 500:
        assert verdicts.dataset.outcome is Outcome.INCONCLUSIVE
    if verdicts.dataset.met:
        assert verdicts.features[0].met
