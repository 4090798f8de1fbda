"""Drift is distinguished from chance, from broken data and from too few rows."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_retrain.domain.drift import FeatureHistogram
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
    assert "PSI 0.275 of 'f00' exceeds 0.25, but this may be due to chance (p 0.19" in among_many.dataset.reason
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


def test_unseen_categories_that_a_reference_of_this_size_explains_are_not_drift() -> None:
    expected = histogram([900, 100, 0], [800, 200, 0], unseen=100, seen_once=60, seen_twice=40)
    assert not judge_drift(policy(threshold=5), [expected]).dataset.met


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
