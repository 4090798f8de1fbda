"""The performance trigger on a metric from the prediction log: what its verdicts say."""

from datetime import date, timedelta
from typing import Any

import pytest

from auto_retrain.domain.labelled_days import LabelledDay, VersionDay, read_days
from auto_retrain.domain.model_state import ModelState, Serving
from auto_retrain.domain.policy.policy import Policy
from auto_retrain.domain.trigger_type import TriggerType
from auto_retrain.domain.verdict import Outcome, Verdict
from auto_retrain.domain.windows import utc_days
from auto_retrain.triggers.base import Evidence
from auto_retrain.triggers.performance_degradation import PerformanceDegradation
from tests.unit.builders import NOON, a_policy

DAY = timedelta(days=1)
POLICY = a_policy(metric={"source": "prediction_log"}, triggers={"evaluation_window_days": 7})
REGRESSION = a_policy(
    metric={"source": "prediction_log", "name": "mae"},
    triggers={
        "evaluation_window_days": 7,
        "performance_metric_scale": "number",
        "performance_metric_direction": "lower_is_better",
        "performance_metric_threshold": 5,
    },
    data={"prefix": "churn", "row_id": "id", "label": "left", "numeric": ["age"], "task": "regression"},
)


def judged(policy: Policy = POLICY, problem: str | None = None, lacking: int = 0, **counts: Any) -> Verdict:
    """The verdict at noon on a version that serves for a month, with the same counts on each of seven days."""
    trigger, state = (
        PerformanceDegradation(),
        ModelState(model_name="churn", deployed=Serving(version="3", since=NOON - 30 * DAY)),
    )
    (query,) = trigger.queries(policy, state, NOON)
    known: dict[date, LabelledDay] = {
        day: LabelledDay(day=day, files="", known_until=NOON, versions={"3": VersionDay(**counts)}, problem=problem)
        for day in utc_days(query.start, query.end)[lacking:]
    }
    readings = {TriggerType.PERFORMANCE_DEGRADATION: (read_days(query, known),)}
    (verdict,) = trigger.judge(policy, Evidence(state, readings), NOON)
    return verdict


def test_a_fall_of_the_labelled_accuracy_calls_for_a_retraining() -> None:
    verdict = judged(answered=200, labelled=200, independent=200, good=160)
    assert verdict.outcome is Outcome.MET
    assert verdict.reason.startswith("labelled accuracy 0.8000 of version 3 is below 0.92 (upper bound 0.8")
    assert (verdict.n, verdict.evidence) == (1_400, "counted")


def test_answers_of_few_customers_may_be_right_or_wrong_by_chance() -> None:
    verdict = judged(answered=2_000, labelled=2_000, independent=80, good=1_820)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "this may be due to chance" in verdict.reason


def test_a_mean_error_is_judged_as_a_number() -> None:
    assert judged(REGRESSION, answered=200, labelled=200, independent=200, loss=1_200).met
    assert judged(REGRESSION, answered=200, labelled=200, independent=200, loss=800).outcome is Outcome.UNMET


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"answered": 0}, "the prediction log has no answers of version 3 in the window"),
        ({"answered": 200}, "none of the logged answers of version 3 in the window has a label"),
        (
            {"answered": 200, "labelled": 100, "independent": 100, "good": 10},
            "only 50.0% of the labels has arrived (90.0% needed)",
        ),
        (
            {"answered": 200, "labelled": 200, "independent": 10, "good": 10},
            "only 70 independent labelled rows of version 3 are in the window (500 needed)",
        ),
        (
            {"answered": 200, "labelled": 200, "independent": 200, "good": 10, "lacking": 3},
            "the metric is unreliable: 3 of 7 days of the prediction log are not counted yet",
        ),
        (
            {"answered": 0, "problem": "column 'version' is missing"},
            "the metric is unreliable: the prediction log of 2026-02-22: column 'version' is missing; and 6 more days",
        ),
    ],
    ids=["no answers", "no labels", "few labels", "few customers", "not counted", "broken"],
)
def test_what_is_unknown_is_inconclusive_and_says_why(given: dict[str, Any], sentence: str) -> None:
    verdict = judged(**given)
    assert (verdict.outcome, verdict.reason) == (Outcome.INCONCLUSIVE, sentence)
