"""People may ask how the champion does before its labels arrive; what is said is marked as an estimate."""

import pytest

from auto_retrain.domain.errors import ArtifactMissing, ModelUnknown
from auto_retrain.domain.scored_days import profile_key
from auto_retrain.domain.verdict import Outcome
from auto_retrain.usecases.operating.estimate_performance import PerformanceEstimate, estimate_performance
from tests.unit.usecases.estimated_world import EstimatedWorld
from tests.unit.usecases.world import World, rows


def value_of(estimated: PerformanceEstimate, metric: str) -> float:
    return next(each.value for each in estimated.metrics if each.metric == metric)


def test_all_metrics_of_the_newest_days_are_estimated_with_what_they_are_based_on() -> None:
    world = EstimatedWorld()
    world.serve(7)
    estimated = estimate_performance("churn", world.ports)
    assert [each.metric for each in estimated.metrics] == ["accuracy", "precision", "recall", "f1_score", "roc_auc"]
    assert value_of(estimated, "accuracy") == pytest.approx(0.93, abs=0.02)
    assert all(each.interval[0] < each.value < each.interval[1] for each in estimated.metrics)
    assert (estimated.version, estimated.rows, estimated.holdout_rows) == ("2", 2800, 3000)
    assert str(estimated.window) == "2026-03-01 to 2026-03-07"
    assert estimated.is_estimate
    assert estimated.calibration_error is not None
    assert estimated.calibration_error < 0.03
    assert (estimated.trust, estimated.doubt) == ("unknown", None)
    assert estimated.verdict.label == "unmet (only observed)"


def test_harder_rows_are_seen_although_no_label_has_come() -> None:
    world = EstimatedWorld()
    world.serve(7, is_harder=True)
    estimated = estimate_performance("churn", world.ports)
    assert value_of(estimated, "accuracy") == pytest.approx(0.83, abs=0.02)
    assert estimated.verdict.label == "met (only observed)"


def test_labels_that_come_later_say_how_good_the_estimates_were() -> None:
    world = EstimatedWorld()
    world.serve(14, drift=0.0)
    estimated = estimate_performance("churn", world.ports)
    assert estimated.trust == "trusted"
    assert estimated.trust_reason.startswith("the last two estimates were within ")
    assert estimated.trust_reason.endswith(" points of what the labels said later")
    assert [each.is_off for each in estimated.checked] == [False, False]
    assert estimated.checked[0].measured == pytest.approx(estimated.checked[0].estimate, abs=0.02)


def test_concept_drift_is_invisible_to_the_estimate_and_silences_it() -> None:
    world = EstimatedWorld()
    world.serve(14, drift=0.3)
    estimated = estimate_performance("churn", world.ports)
    assert value_of(estimated, "accuracy") == pytest.approx(0.93, abs=0.02)
    assert estimated.checked[1].measured < 0.85
    assert estimated.trust == "not trusted"
    assert estimated.verdict.reason.startswith("the estimator is not trusted: two of the last two estimates were off")
    world.serve(14, is_harder=True)
    assert estimate_performance("churn", world.ports).verdict.outcome is Outcome.INCONCLUSIVE


def test_without_a_log_it_says_what_is_missing() -> None:
    estimated = estimate_performance("churn", EstimatedWorld().ports)
    assert estimated.metrics == ()
    assert estimated.doubt == "the prediction log has no answers of version 2 in the window"
    assert estimated.verdict.outcome is Outcome.INCONCLUSIVE


def test_a_model_that_serves_nothing_yet_says_so() -> None:
    estimated = estimate_performance("churn", World().ports)
    assert (estimated.version, estimated.metrics) == (None, ())
    assert estimated.doubt


def test_a_profile_that_an_earlier_release_did_not_keep_is_made_from_the_stored_predictions() -> None:
    world = EstimatedWorld()
    world.serve(7)
    before = estimate_performance("churn", world.ports)
    key = world.ports.data.uri(profile_key("churn", "2"))
    kept = world.ports.data.read(key)
    world.ports.data.prune("quality/", keep=())
    assert estimate_performance("churn", world.ports) == before
    assert world.ports.data.read(key) == kept
    # As one that another release left.
    world.ports.data.write(profile_key("churn", "2"), kept.replace(b'"schema_version":2', b'"schema_version":1'))
    assert estimate_performance("churn", world.ports) == before
    assert world.ports.data.read(key) == kept


def test_a_challenger_that_may_be_promoted_leaves_a_profile_and_another_one_does_not() -> None:
    better, worse = World(), World()
    better.validate(better.scored_job(rows(2000, 0.95), rows(2000, 0.88)))
    content = better.ports.data.read(better.ports.data.uri(profile_key("churn", "2")))
    assert b"its predictions on the holdout have no probabilities" in content
    worse.validate(worse.scored_job(rows(2000, 0.88), rows(2000, 0.95)))
    with pytest.raises(ArtifactMissing):
        worse.ports.data.read(worse.ports.data.uri(profile_key("churn", "2")))


def test_a_model_without_a_policy_is_unknown() -> None:
    with pytest.raises(ModelUnknown):
        estimate_performance("spam", World().ports)
