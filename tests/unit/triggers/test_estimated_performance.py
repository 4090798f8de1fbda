"""The metric is estimated before labels arrive, is checked by them later, and is silent once they contradict it."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from auto_retrain.adapters.live.log_scores import group_counts
from auto_retrain.comparison.predictions import Predictions
from auto_retrain.domain.errors import PolicyInvalid
from auto_retrain.domain.holdout_profile import ScoreCounts
from auto_retrain.domain.metric_reading import MetricReading
from auto_retrain.domain.model_state import ModelState, Serving
from auto_retrain.domain.policy.policy import Policy
from auto_retrain.domain.trigger_type import TriggerType
from auto_retrain.domain.verdict import Outcome, Verdict
from auto_retrain.triggers import all_met, judge_triggers
from auto_retrain.triggers.base import Evidence
from auto_retrain.triggers.estimate_trust import judge_trust
from auto_retrain.triggers.estimated_performance import EstimatedPerformance
from tests.unit.builders import NOON, a_policy
from tests.unit.comparison.answers import of_numbers
from tests.unit.scored import checked, harder, logged, profile, scored, scored_answers

PROFILE = profile()
SERVING = Serving(version="1", since=NOON - timedelta(days=400))
ENABLED = {"enabled": ["estimated_performance"], "performance_metric_threshold": 0.9}
SOUND = [checked(PROFILE, seed) for seed in range(10, 18)]


def the_policy(estimated: dict[str, Any] | None = None, **triggers: Any) -> Policy:
    estimated = {"observe_only": False, **(estimated or {})}
    return a_policy(triggers={**ENABLED, "estimated_performance": estimated, **triggers})


def judge(*readings: MetricReading, policy: Policy | None = None) -> Verdict:
    state = ModelState(model_name="churn", deployed=SERVING)
    evidence = Evidence(state, {TriggerType.ESTIMATED_PERFORMANCE: readings})
    (verdict,) = EstimatedPerformance().judge(policy or the_policy(), evidence, NOON)
    return verdict


def test_rows_that_became_harder_are_seen_before_their_labels() -> None:
    verdict = judge(scored(logged(PROFILE, draw=harder), PROFILE), *SOUND)
    assert verdict.met
    assert verdict.value == pytest.approx(0.83, abs=0.02)
    assert verdict.interval is not None
    assert verdict.interval[0] < 0.83 < verdict.interval[1] < 0.9
    assert (verdict.limit, verdict.n, verdict.evidence) == (0.9, 3000, "estimated")
    assert "accuracy of version 1 is estimated at" in verdict.reason
    assert "without labels" in verdict.reason
    assert "the last eight estimates were within" in verdict.reason


def test_rows_like_those_of_the_holdout_are_not() -> None:
    verdict = judge(scored(logged(PROFILE), PROFILE), *SOUND)
    assert verdict.outcome is Outcome.UNMET
    assert verdict.value == pytest.approx(0.93, abs=0.02)


def test_what_may_be_due_to_chance_is_inconclusive_unless_the_policy_wants_the_point_estimate_alone() -> None:
    reading = scored(logged(PROFILE, rows=400, draw=harder), PROFILE)
    limit = {"performance_metric_threshold": 0.86}
    assert judge(reading, policy=the_policy(**limit)).outcome is Outcome.INCONCLUSIVE
    assert "may be due to chance" in judge(reading, policy=the_policy(**limit)).reason
    assert judge(reading, policy=the_policy(**limit, confidence=0)).met


def test_by_default_it_is_only_observed() -> None:
    policy = a_policy(triggers=ENABLED)
    evidence = Evidence(
        ModelState(model_name="churn", deployed=SERVING),
        {TriggerType.ESTIMATED_PERFORMANCE: (scored(logged(PROFILE, draw=harder), PROFILE),)},
    )
    verdicts = judge_triggers([EstimatedPerformance()], policy, evidence, NOON)
    assert verdicts[TriggerType.ESTIMATED_PERFORMANCE][0].label == "met (only observed)"
    assert all_met(verdicts) == []


@pytest.mark.parametrize(("windows", "start"), [(1, "the last estimate was"), (3, "the last three estimates were")])
def test_an_estimator_is_trusted_as_far_as_its_worst_estimate(windows: int, start: str) -> None:
    trust = judge_trust("accuracy", PROFILE, SOUND[:windows], min_label_share=1.0)
    far = max(abs(each.estimate - each.measured) for each in trust.checked)
    assert len(trust.checked) == windows
    assert trust.sentence == f"{start} within {100 * far:.1f} points of what the labels said later"


def test_it_is_off_by_default() -> None:
    assert not a_policy().triggers.enables(TriggerType.ESTIMATED_PERFORMANCE)


def test_without_labels_so_far_it_speaks_and_says_that_nothing_has_checked_it() -> None:
    verdict = judge(scored(logged(PROFILE, draw=harder), PROFILE))
    assert verdict.met
    assert verdict.reason.endswith("no labels have checked an estimate of this version yet")


def test_labels_that_contradict_it_twice_in_four_windows_silence_it() -> None:
    """Concept drift: the scores are as before and come true less often, so the estimate stays healthy."""
    drifted = [checked(PROFILE, seed, drift=0.3) for seed in (20, 21)]
    verdict = judge(scored(logged(PROFILE, draw=harder), PROFILE), *drifted, *SOUND[:6])
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "the estimator is not trusted: two of the last eight estimates were off" in verdict.reason
    assert "concept drift" in verdict.reason


def test_one_window_that_is_off_does_not() -> None:
    once = checked(PROFILE, 20, drift=0.3)
    assert judge(scored(logged(PROFILE, draw=harder), PROFILE), once, *SOUND[:7]).met


@pytest.mark.parametrize(
    "unchecked",
    [
        checked(PROFILE, 20, drift=0.3, rows=250),
        checked(PROFILE, 20, drift=0.3, rows=320).changed(label_share=0.9),
        checked(PROFILE, 20, drift=0.3).changed(label_share=0.5),
        checked(PROFILE, 20, drift=0.3).changed(label_share=None),
        checked(PROFILE, 20, drift=0.3).changed(value=None),
        checked(PROFILE, 20, drift=0.3).changed(problem="a broken file"),
        MetricReading(value=0.5, label_share=1.0),
    ],
)
def test_a_window_with_few_answers_or_labels_checks_nothing(unchecked: MetricReading) -> None:
    verdict = judge(scored(logged(PROFILE), PROFILE), unchecked, unchecked)
    assert verdict.reason.endswith("no labels have checked an estimate of this version yet")


def test_a_sound_estimator_keeps_its_trust_in_most_models() -> None:
    """Over 60 models, each with its own holdout: they share its error, so more than 1 in 80 lose trust by chance."""
    lost = 0
    for seed in range(60):
        made = profile(scored_answers(seed=1000 + seed))
        verdict = judge(scored(logged(made), made), *(checked(made, 100 * seed + number) for number in range(8)))
        lost += "not trusted" in verdict.reason
    assert lost <= 9


COUNTS = logged(PROFILE)


@pytest.mark.parametrize(
    ("counts", "reason"),
    [
        (ScoreCounts(), "the prediction log has no answers of version 1 in the window"),
        (logged(PROFILE, rows=299), "only 299 answers with a score are in the window (300 needed)"),
        (COUNTS.changed(answered=4000, without_score=1000), "1000 of 4000 answers have no score between 0 and 1"),
        (
            COUNTS.changed(answered=3040, of_other_classes=40),
            "40 of 3040 answers are none of its classes ('no', 'yes')",
        ),
        (COUNTS.changed(outside=(100, 0)), "100 of 1463 scores of the answer 'no' are outside of 0.0000 to 0.4962"),
        (logged(PROFILE, draw=lambda random, rows: np.full(rows, 0.7)), "all scores in the window are alike"),
    ],
)
def test_a_log_that_tells_nothing_is_inconclusive_and_says_why(counts: ScoreCounts, reason: str) -> None:
    verdict = judge(scored(counts, PROFILE))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.reason.startswith(f"nothing can be estimated: {reason}")


def test_scores_that_are_of_the_answer_instead_of_the_positive_class_are_noticed() -> None:
    """In a log of the answer's probability, none is below a half, whatever the answer."""
    yes = np.random.default_rng(3).beta(0.12, 0.12, 3000)
    verdict = judge(scored(group_counts(np.maximum(yes, 1 - yes), yes >= 0.5, PROFILE), PROFILE))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "is the score the probability of the class 'yes', and the threshold that of the holdout?" in verdict.reason


def test_a_wrong_log_of_a_rare_answer_is_noticed() -> None:
    """Of one row in fifty the score is that of the other class: 2 % of all."""
    random = np.random.default_rng(4)
    yes = np.where(random.random(3000) < 0.02, random.uniform(0.9, 1, 3000), random.uniform(0, 0.1, 3000))
    made = profile(probable(yes, random))
    assert judge(scored(group_counts(yes, yes >= 0.5, made), made)).outcome is Outcome.UNMET
    wrong = judge(scored(group_counts(np.minimum(yes, 1 - yes), yes >= 0.5, made), made))
    assert "scores of the answer 'yes' are outside of 0.9" in wrong.reason


def test_a_rare_answer_whose_scores_lie_a_little_beyond_those_of_the_holdout_is_estimated() -> None:
    """Of ten rows with this answer, the extremes leave out a fifth of such rows."""
    random = np.random.default_rng(5)
    yes = np.concatenate([random.uniform(0, 0.1, 2990), random.uniform(0.6, 1, 10)])
    made = profile(probable(yes, random))
    now = np.concatenate([random.uniform(0, 0.1, 2950), random.uniform(0.6, 1, 50)])
    counts = group_counts(now, now >= 0.5, made)
    assert counts.outside[1] > 0.05 * 50
    assert "outside" not in judge(scored(counts, made)).reason


def test_the_extremes_of_few_entities_leave_out_more_than_those_of_as_many_rows() -> None:
    random = np.random.default_rng(7)
    yes = np.repeat(random.random(100), 30)
    made = profile(replace(probable(yes, random), entities=np.repeat(np.arange(100), 30).astype(str)))
    now = random.random(3000)
    counts = group_counts(now, now >= 0.5, made)
    assert sum(counts.outside) > 0.01 * 3000
    assert judge(scored(counts.changed(outside=(100, 100)), made)).outcome is not Outcome.INCONCLUSIVE


def test_a_window_without_a_score_that_is_rare_on_the_holdout_is_estimated() -> None:
    """A tree of two steps, one of which 2 of 1,000 rows are in."""
    yes = np.where(np.arange(3000) < 6, 1.0, 0.0)
    made = profile(probable(yes, np.random.default_rng(9)))
    assert "alike" not in judge(scored(group_counts(np.zeros(600), np.zeros(600, int), made), made)).reason
    assert "alike" in judge(scored(group_counts(np.zeros(9000), np.zeros(9000, int), made), made)).reason


def test_an_answer_that_the_holdout_never_had_is_noticed_if_there_are_more_than_a_few() -> None:
    random = np.random.default_rng(8)
    yes = random.uniform(0, 0.4, 3000)
    made = profile(probable(yes, random))
    few, many = (np.concatenate([yes, np.full(rows, 0.9)]) for rows in (3, 50))
    assert "outside" not in judge(scored(group_counts(few, few >= 0.5, made), made)).reason
    verdict = judge(scored(group_counts(many, many >= 0.5, made), made))
    assert (
        "50 of 50 scores of the answer 'yes' are outside of the holdout, which never had this answer" in verdict.reason
    )


@pytest.mark.parametrize("written", [np.float32, lambda scores: np.round(scores, 4), lambda scores: 1 - (1 - scores)])
def test_scores_written_with_fewer_digits_are_where_they_were(written: Callable[[np.ndarray], np.ndarray]) -> None:
    """In steps of thirtieths, most of them exactly 0 or 1, as of a forest."""
    random = np.random.default_rng(6)
    yes = random.binomial(30, random.choice([0.001, 0.999, 0.5], 3000, p=[0.5, 0.4, 0.1])) / 30
    made = profile(probable(yes, random))
    assert group_counts(written(yes), yes >= 0.5, made) == group_counts(yes, yes >= 0.5, made)


def probable(yes: np.ndarray, random: np.random.Generator) -> Predictions:
    """Rows that are positive with the probability that a model gives them."""
    labels, scores = (random.random(yes.size) < yes).astype(int), np.column_stack([1 - yes, yes])
    return replace(scored_answers(yes.size), labels=labels, predictions=(yes >= 0.5).astype(int), scores=scores)


def test_a_problem_of_the_holdout_or_of_the_log_is_inconclusive() -> None:
    broken = PROFILE.changed(problem="its predictions on the holdout have no probabilities")
    assert "version 1: its predictions on the holdout have no" in judge(scored(COUNTS, broken)).reason
    assert "S3 was away" in judge(MetricReading(value=None, problem="S3 was away")).reason
    assert judge().outcome is Outcome.INCONCLUSIVE
    assert judge(MetricReading(value=0.5)).outcome is Outcome.INCONCLUSIVE


def test_another_metric_may_be_estimated_and_one_with_too_few_rows_is_inconclusive() -> None:
    area = judge(scored(COUNTS, PROFILE), policy=the_policy({"metric": "roc_auc"}))
    assert area.value == pytest.approx(0.98, abs=0.02)
    negative = COUNTS.changed(groups=(COUNTS.groups[0], tuple(0 for _ in COUNTS.groups[1])))
    none = judge(scored(negative, PROFILE), policy=the_policy({"metric": "precision"}))
    assert none.reason.startswith("'precision' cannot be estimated from this log, only accuracy")
    assert none.reason.endswith(": fewer than 30 rows are expected to tell")


def test_a_metric_that_no_label_checks_says_whose_trust_it_has() -> None:
    reading = scored(COUNTS, PROFILE)
    verdict = judge(reading, *SOUND, policy=the_policy({"metric": "f1_score"}))
    assert verdict.reason.endswith("; that is about 'accuracy', no label checks 'f1_score'")
    assert "that is about" not in judge(reading, *SOUND).reason
    assert "that is about" not in judge(reading, policy=the_policy({"metric": "f1_score"})).reason


def test_a_regression_is_estimated_by_its_predictions() -> None:
    random = np.random.default_rng(6)
    made = profile(of_numbers(random.uniform(0, 10, 3000), 0.5, random), positive=None)
    counts = group_counts(random.uniform(0, 10, 1000), np.zeros(1000, bool), made)
    data = {"prefix": "sales", "row_id": "id", "label": "sold", "task": "regression", "numeric": ["age"]}
    triggers = {
        "enabled": ["estimated_performance"],
        "performance_metric_scale": "number",
        "performance_metric_direction": "lower_is_better",
        "performance_metric_threshold": 0.3,
        "estimated_performance": {"metric": "mae"},
    }
    policy = a_policy(data=data, triggers=triggers)
    verdict = judge(scored(counts, made), policy=policy)
    assert verdict.met
    assert verdict.value == pytest.approx(0.4, abs=0.05)


def test_of_more_than_two_classes_the_accuracy_is_estimated() -> None:
    random = np.random.default_rng(7)
    made, probabilities = profile(of_three_classes(random, 0.05), positive=None), random.dirichlet([0.2] * 3, 3000)
    counts = group_counts(probabilities.max(axis=1), np.zeros(3000, bool), made)
    verdict = judge(scored(counts, made))
    assert verdict.met
    assert verdict.value == pytest.approx(probabilities.max(axis=1).mean(), abs=0.02)
    precision = judge(scored(counts, made), policy=the_policy({"metric": "precision"}))
    reason = (
        "'precision' cannot be estimated from this log, only accuracy: of more than two classes it has the probability"
    )
    assert precision.reason == f"{reason} of the answer alone"


def of_three_classes(random: np.random.Generator, concentration: float) -> Predictions:
    """A calibrated model; the lower the concentration, the surer it is."""
    scores = random.dirichlet([concentration] * 3, 3000)
    labels = (random.random((3000, 1)) > scores.cumsum(axis=1)).sum(axis=1).clip(max=2)
    return Predictions(np.arange(3000).astype(str), labels, scores.argmax(axis=1), np.array(["a", "b", "c"]), scores)


def test_what_is_kept_of_the_evidence_is_small() -> None:
    """It travels in the input of an execution, which may have 256 KB."""
    readings = (scored(logged(PROFILE, rows=100_000), PROFILE), *SOUND)
    assert sum(len(each.model_dump_json()) for each in readings) < 30_000


def test_it_asks_for_the_newest_days_and_for_earlier_ones_whose_labels_are_due() -> None:
    data = {**a_policy().data.model_dump(), "label_delay_days": 14}
    policy = a_policy(data=data, triggers={**ENABLED, "estimated_performance": {"window_days": 5}})
    since = datetime(2026, 2, 1, 9, tzinfo=UTC)
    state = ModelState(model_name="churn", deployed=Serving(version="7", since=since))
    newest, *earlier = EstimatedPerformance().queries(policy, state, NOON)
    assert (newest.start.date().isoformat(), newest.end.date().isoformat()) == ("2026-02-24", "2026-03-01")
    assert (newest.asks, newest.version, newest.source) == ("scores", "7", "logged_scores")
    # Labels are due until 15 February, and the version has served since the first.
    ends = [each.end.date().isoformat() for each in earlier]
    assert ends == ["2026-02-15", "2026-02-10", "2026-02-05"]
    assert {each.asks for each in earlier} == {"scores_and_labels"}


def test_eight_windows_are_checked_at_most() -> None:
    state = ModelState(model_name="churn", deployed=SERVING)
    assert len(EstimatedPerformance().queries(the_policy(), state, NOON)) == 9


def test_before_anything_serves_the_reading_says_so() -> None:
    """Whether there are queries depends on the policy alone."""
    (query,) = EstimatedPerformance().queries(the_policy(), ModelState(model_name="churn"), NOON)
    assert query.version is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"deployment": {"requests": {"source": "cloudwatch"}}},
            "'prediction_log', whose scores are read",
        ),
        (
            {"metric": {"name": "churn_quality"}},
            "allowed are accuracy, f1_score, precision, recall, roc_auc \\(of more than two",
        ),
        ({"triggers": {**ENABLED, "estimated_performance": {"window_days": 31}}}, "window_days"),
        ({"triggers": {**ENABLED, "estimated_performance": {"metric": "mae"}}}, "'mae'; allowed are accuracy"),
    ],
)
def test_a_policy_that_cannot_be_estimated_is_refused(changes: dict[str, Any], message: str) -> None:
    document = {**a_policy(triggers=ENABLED).model_dump(mode="json"), **changes}
    with pytest.raises(PolicyInvalid, match=message.replace(".", r"\.")):
        Policy.parse(json.dumps(document))


def test_a_policy_that_does_not_enable_it_may_have_any_metric() -> None:
    assert a_policy(metric={"name": "churn_quality"}).estimated_metric == "churn_quality"
