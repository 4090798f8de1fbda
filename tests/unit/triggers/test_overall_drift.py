"""Many features that move a little are drift as well, although none of them is beyond its own threshold."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_retrain.domain.drift import FeatureHistogram
from auto_retrain.domain.policy.policy import Policy
from auto_retrain.domain.verdict import Outcome, Verdict
from auto_retrain.statistics.significance import combined_p_value
from auto_retrain.triggers.data_drift import judge_drift
from tests.unit.builders import a_policy

NAMES = [f"f{number:02}" for number in range(50)]
DECILES = np.array([-1.2816, -0.8416, -0.5244, -0.2533, 0.0, 0.2533, 0.5244, 0.8416, 1.2816])
NO_OBSTACLE = 1e-9


def policy(names: list[str] = NAMES, confidence: float = 0.95, **drift: Any) -> Policy:
    data = {"prefix": "p", "row_id": "id", "label": "y", "numeric": names}
    return a_policy(triggers={"min_rows": 300, "confidence": confidence}, data=data, drift=drift)


def starting(threshold: float = 0.1) -> Any:
    return {"threshold": threshold, "observe_only": False}


def sampled(seed: int, rows: int, shift: float, common: float = 0.0) -> list[FeatureHistogram]:
    """Fifty features of two samples, which share some part of their variance."""
    random = np.random.default_rng(seed)
    before, now = (_counted(random, rows, moved, common) for moved in (0.0, shift))
    pairs = zip(NAMES, before, now, strict=True)
    return [FeatureHistogram(feature=name, reference=was, live=is_now) for name, was, is_now in pairs]


def _counted(random: np.random.Generator, rows: int, shift: float, common: float) -> list[tuple[int, ...]]:
    shared, own = random.normal(size=(rows, 1)), random.normal(size=(rows, len(NAMES)))
    values = np.sqrt(common) * shared + np.sqrt(1 - common) * own + shift
    bins = np.searchsorted(DECILES, values)
    return [(*map(int, np.bincount(column, minlength=10)), 0) for column in bins.T]


def together(judged_by: Policy, histograms: list[FeatureHistogram]) -> Verdict:
    verdict = judge_drift(judged_by, histograms).overall
    assert verdict is not None
    return verdict


def test_fifty_features_that_move_by_less_than_half_a_deviation_are_drift() -> None:
    for seed in range(20):
        verdicts = judge_drift(policy(overall=starting()), sampled(seed, 5000, shift=0.4))
        assert verdicts.dataset.met
        assert verdicts.dataset.reason.startswith("the mean PSI of 50 features is 0.1")
        assert "as if each had shifted by 0.4" in verdicts.dataset.reason


def test_few_rows_suffice_to_see_them() -> None:
    assert all(together(policy(), sampled(seed, 300, shift=0.4)).met for seed in range(20))


def test_the_rule_for_each_feature_does_not_see_them() -> None:
    verdicts = judge_drift(policy(), sampled(1, 5000, shift=0.4))
    assert verdicts.dataset.outcome is Outcome.UNMET
    assert not any(verdict.met for verdict in verdicts.features)


def test_of_features_without_rows_there_is_no_mean() -> None:
    empty = [FeatureHistogram(feature=name, reference=(0, 0), live=(5000, 0)) for name in NAMES]
    verdict = together(policy(), empty)
    assert (verdict.outcome, verdict.value, verdict.p_value) == (Outcome.INCONCLUSIVE, None, None)
    assert verdict.reason == "none of 50 features has enough rows to be judged"
    none = together(policy(weights=dict.fromkeys(NAMES, 0)), sampled(1, 5000, shift=0.4))
    assert (none.outcome, none.value, none.reason) == (Outcome.UNMET, None, "no feature counts")


def two(*live: tuple[int, ...], threshold: float = 0.1, confidence: float = 0.95) -> Verdict:
    """The verdict on two features, whose reference has as many rows in each of two bins."""
    histograms = [
        FeatureHistogram(feature=name, reference=(sum(rows) // 2, sum(rows) // 2, 0), live=rows)
        for name, rows in zip(NAMES, live, strict=False)
    ]
    return together(policy(NAMES[:2], confidence, overall=starting(threshold)), histograms)


def test_the_verdict_says_how_much_moved_and_how_sure_that_is() -> None:
    moved = two((1400, 600, 0), (700, 300, 0))
    assert (moved.outcome, moved.n, moved.evidence, moved.observed_only) == (Outcome.MET, 2000, "counted", False)
    assert moved.reason.startswith("the mean PSI of 2 features is 0.169, which exceeds 0.1 (p = ")
    alone = two((700, 300, 0), (700, 300, 0), confidence=0)
    assert (alone.met, alone.evidence, "exceeds 0.1 (point estimate alone), as if" in alone.reason) == (
        True,
        "bare_rule",
        True,
    )
    calm = two((500, 500, 0), (500, 500, 0))
    assert (calm.outcome, calm.reason) == (
        Outcome.UNMET,
        "the mean PSI of 2 features is 0.000, which does not exceed 0.1",
    )
    chance = two((128, 172, 0), (128, 172, 0), threshold=0.02)
    assert chance.outcome is Outcome.UNMET
    assert "is 0.022, which exceeds 0.02, but this may be due to chance (p = 0." in chance.reason


def test_a_feature_without_enough_rows_counts_as_one_that_did_not_move_and_leaves_it_open() -> None:
    verdict = two((700, 300, 0), (20, 0, 0))
    assert (verdict.outcome, verdict.n) == (Outcome.INCONCLUSIVE, 1000)
    assert verdict.reason == "the mean PSI of 1 of 2 features is 0.085, which does not exceed 0.1"


def test_one_of_two_features_is_not_both_of_them_however_far_it_moved() -> None:
    verdict = two((1000, 0, 0), (500, 500, 0), threshold=0.2)
    assert (verdict.outcome, verdict.value) == (Outcome.UNMET, 0.2)


def test_until_it_is_enabled_it_is_only_observed() -> None:
    verdicts = judge_drift(policy(), sampled(1, 5000, shift=0.4))
    assert verdicts.overall is not None
    assert (verdicts.overall.met, verdicts.overall.observed_only) == (True, True)
    assert verdicts.verdicts[:2] == (verdicts.dataset, verdicts.overall)


@pytest.mark.parametrize("common", [0.0, 0.5, 0.9, 1.0])
def test_without_drift_it_is_met_in_at_most_five_percent_of_checks_however_features_depend(common: float) -> None:
    # A threshold that is no obstacle leaves the p value alone; of 200 checks, within two standard errors.
    judged_by = policy(overall=starting(NO_OBSTACLE))
    met = [together(judged_by, sampled(seed, 400, 0.0, common)).met for seed in range(200)]
    assert np.mean(met) <= 0.05 + 0.03


def test_without_drift_few_rows_are_not_taken_for_many_small_shifts() -> None:
    # The mean PSI of two samples of 300 rows is 0.06 by chance alone.
    assert not any(together(policy(), sampled(seed, 300, 0.0, 0.5)).met for seed in range(100))


def stuck(feature: FeatureHistogram) -> FeatureHistogram:
    return feature.changed(live=(sum(feature.live), *[0] * 10))


def test_a_few_features_that_moved_far_are_not_all_together() -> None:
    for few in (1, 5, 15):
        histograms = [stuck(each) if place < few else each for place, each in enumerate(sampled(1, 5000, 0.0))]
        verdicts = judge_drift(policy(overall=starting(), min_drifted_share=0.5), histograms)
        assert verdicts.dataset.outcome is Outcome.UNMET
        assert sum(verdict.met for verdict in verdicts.features) == few


@pytest.mark.parametrize("threshold", [0.05, 0.2, 1])
def test_most_features_together_pass_any_threshold_that_a_psi_can_pass(threshold: float) -> None:
    histograms = [stuck(each) if place < 40 else each for place, each in enumerate(sampled(1, 5000, 0.0))]
    assert together(policy(overall=starting(threshold)), histograms).met


def test_a_feature_without_weight_does_not_count() -> None:
    moved, calm = sampled(1, 2000, shift=2.0)[0], sampled(1, 2000, shift=0.0)[1]
    both = ["f00", "f01"]
    assert together(policy(both), [moved, calm]).value == pytest.approx(
        together(policy(both), [moved]).value or 0, rel=0.6
    )
    assert together(policy(both), [moved, calm]).met
    assert not together(policy(both, weights={"f00": 0}), [moved, calm]).met
    assert not together(policy(both, weights={"f01": 100}), [moved, calm]).met


def test_features_with_too_few_rows_count_as_unmoved_and_leave_it_open() -> None:
    few = FeatureHistogram(feature="f00", reference=(50, 50, 0), live=(90, 10, 0))
    calm, moved = (sampled(1, 2000, shift)[1] for shift in (0.0, 2.0))
    open_verdict = together(policy(["f00", "f01"]), [few, calm])
    assert open_verdict.outcome is Outcome.INCONCLUSIVE
    assert open_verdict.reason.startswith("the mean PSI of 1 of 2 features is ")
    assert together(policy(["f00", "f01"]), [few, moved]).met
    assert together(policy(["f00"]), [few]).outcome is Outcome.INCONCLUSIVE


def test_the_point_estimate_alone_needs_no_significance() -> None:
    noise = sampled(1, 300, 0.0)
    verdict = together(policy(confidence=0, overall=starting(0.05)), noise)
    assert verdict.met
    assert "(point estimate alone)" in verdict.reason
    calibrated = together(policy(overall=starting(0.05)), noise)
    assert "which exceeds 0.05, but this may be due to chance" in calibrated.reason


def test_nothing_to_judge_is_no_verdict() -> None:
    assert judge_drift(policy(), []).overall is None
    ignored = policy(weights=dict.fromkeys(NAMES, 0))
    assert together(ignored, sampled(1, 2000, 2.0)).outcome is Outcome.UNMET


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0.1, 100)), min_size=1, max_size=20))
def test_the_combined_p_value_is_one_and_does_not_fall_when_another_rises(pairs: list[tuple[float, float]]) -> None:
    p_values, weights = zip(*pairs, strict=True)
    combined = combined_p_value(p_values, weights)
    assert 0 <= combined <= 1
    assert combined_p_value((1.0, *p_values[1:]), weights) >= combined


def test_the_combined_p_value_of_equal_ones_is_e_times_theirs() -> None:
    assert combined_p_value([0.01] * 7, range(1, 8)) == pytest.approx(0.02718, rel=1e-3)
    assert combined_p_value([0.0, 0.0], [1, 1]) < 1e-290
