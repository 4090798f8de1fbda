"""When a metric in production calls for a retraining."""

import math
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_retrain.domain.metric_reading import MetricQuery, MetricReading
from auto_retrain.domain.model_state import ModelState, Serving
from auto_retrain.domain.policy.policy import Policy
from auto_retrain.domain.trigger_type import TriggerType
from auto_retrain.domain.verdict import Outcome, Verdict
from auto_retrain.triggers.base import Evidence
from auto_retrain.triggers.performance_degradation import PerformanceDegradation, judge_performance
from tests.unit.builders import NOON, a_policy

ERROR = {
    "performance_metric_scale": "number",
    "performance_metric_direction": "lower_is_better",
    "performance_metric_threshold": 12.5,
}
DATA = {"prefix": "churn", "row_id": "id", "label": "left", "numeric": ["age"]}


def policy(**triggers: Any) -> Policy:
    return a_policy(triggers=triggers)


def a_reading(value: Any = 0.9, rows: int | None = 5000, **fields: Any) -> MetricReading:
    return MetricReading.model_construct(
        **{
            "value": value,
            "rows": rows,
            "points": 30,
            "newest_at": NOON,
            "label_share": None,
            "problem": None,
            **fields,
        }
    )


def judge(reading: MetricReading, judged_by: Policy | None = None) -> Verdict:
    return judge_performance(judged_by or policy(), reading, NOON)


def test_accuracy_clearly_below_the_threshold_is_met() -> None:
    verdict = judge(a_reading(0.9))
    assert verdict.met
    assert verdict.reason.startswith("accuracy 0.9000 is below 0.92 (upper bound 0.90")
    assert (verdict.value, verdict.limit, verdict.n, verdict.evidence) == (0.9, 0.92, 5000, "counted")


@pytest.mark.parametrize(
    "reading", [a_reading(0.5, 500), a_reading(0.0), a_reading(0.5, newest_at=NOON - timedelta(hours=72))]
)
def test_a_reading_at_the_bounds_of_what_can_be_judged_is_judged(reading: MetricReading) -> None:
    assert judge(reading).met


def test_a_perfect_metric_is_possible_and_one_in_percent_is_asked_about() -> None:
    assert judge(a_reading(1.0)).outcome is Outcome.UNMET
    for percent, share in ((1.01, "0.0101"), (100, "1")):
        asked = f"accuracy {percent} is not between 0 and 1; is it in percent? Publish {share}"
        assert judge(a_reading(percent)).reason == asked
    assert judge(a_reading(100.1)).reason == "accuracy 100.1 is not between 0 and 1"


def test_accuracy_at_the_threshold_is_not_below_it() -> None:
    assert judge(a_reading(0.92)).outcome is Outcome.UNMET


def test_accuracy_just_below_the_threshold_may_be_due_to_chance() -> None:
    assert judge(a_reading(0.915, 600)).outcome is Outcome.INCONCLUSIVE
    point_estimate = judge(a_reading(0.915, 600), policy(confidence=0))
    assert (point_estimate.outcome, point_estimate.evidence) == (Outcome.MET, "bare_rule")


def test_without_counted_rows_the_point_value_decides_and_the_reason_says_so() -> None:
    verdict = judge(a_reading(0.915, None))
    assert (verdict.outcome, verdict.evidence) == (Outcome.MET, "point_only")
    assert "not counted" in verdict.reason


def test_a_metric_where_lower_is_better_is_judged_in_the_other_direction() -> None:
    worse, better = judge(a_reading(13.0, None), policy(**ERROR)), judge(a_reading(12.0, None), policy(**ERROR))
    assert (worse.outcome, better.outcome) == (Outcome.MET, Outcome.UNMET)
    assert worse.reason.startswith("accuracy 13 is above 12.5")
    assert "accuracy inf is not a finite number" in judge(a_reading(math.inf, None), policy(**ERROR)).reason
    assert "is not above 12.5" in better.reason


def test_a_share_where_lower_is_better_has_a_lower_bound() -> None:
    errors = policy(performance_metric_direction="lower_is_better", performance_metric_threshold=0.08)
    assert judge(a_reading(0.1, 5000), errors).met
    assert judge(a_reading(0.085, 600), errors).outcome is Outcome.INCONCLUSIVE
    assert "lower bound" in judge(a_reading(0.085, 600), errors).reason


@pytest.mark.parametrize(
    ("reading", "reason"),
    [
        (a_reading(None), "no accuracy was published"),
        (a_reading(points=0), "no accuracy was published"),
        (a_reading(0.5, 499), "only 499 labelled rows"),
        (a_reading(1.5), "accuracy 1.5 is not between 0 and 1"),
        (a_reading(-0.1), "is not between 0 and 1"),
        (a_reading(float("nan")), "is not between 0 and 1"),
        (a_reading(float("-inf")), "is not between 0 and 1"),
        (
            a_reading(0.5, problem="CloudWatch answered PartialData"),
            "is unreliable: CloudWatch answered PartialData",
        ),
        (
            a_reading(0.5, newest_at=NOON - timedelta(hours=73)),
            "the newest data point is from 2026-02-26T11:00:00+00:00: not within 72 hours of the window's end",
        ),
        (
            a_reading(0.5, least_and_greatest=(0.4, 1.2)),
            "a data point of accuracy is 1.2, which is not between 0 and 1",
        ),
        (a_reading(0.5, least_and_greatest=(-0.4, 0.9)), "a data point of accuracy is -0.4, which is not between"),
        (a_reading(0.5, newest_at=None), "the newest data point is of unknown age"),
    ],
)
def test_an_unusable_reading_is_neither_met_nor_healthy(reading: MetricReading, reason: str) -> None:
    verdict = judge(reading)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert reason in verdict.reason


SERVING = Serving(version="7", since=NOON - timedelta(days=12, hours=2))
SINCE = "version 7, which has served since 2026-02-17 10:00Z,"


def judge_served(reading: MetricReading, serving: Serving = SERVING, **triggers: Any) -> Verdict:
    return judge_performance(policy(**triggers), reading, NOON, serving)


@pytest.mark.parametrize(
    ("reading", "reason"),
    [
        (a_reading(0.9), f"accuracy 0.9000 of {SINCE} is below 0.92 (upper bound 0.90"),
        (a_reading(0.93), f"accuracy 0.9300 of {SINCE} is not below 0.92"),
        (a_reading(0.9, 499), f"only 499 labelled rows of {SINCE} are in the window (500 needed)"),
        (a_reading(None), f"no accuracy of {SINCE} was published in the window"),
        (a_reading(points=0), f"no accuracy of {SINCE} was published in the window"),
    ],
)
def test_the_sentence_names_the_version_and_since_when_it_serves(reading: MetricReading, reason: str) -> None:
    assert judge_served(reading).reason.startswith(reason)


def test_of_a_version_that_has_served_all_the_time_only_its_number_is_said() -> None:
    serving = Serving(version="7", since=NOON - timedelta(days=12))
    verdict = judge_served(a_reading(0.9), serving, evaluation_window_days=12)
    assert verdict.reason.startswith("accuracy 0.9000 of version 7 is below 0.92")


def test_a_version_that_has_served_for_less_than_a_day_is_not_judged_by_the_one_before() -> None:
    a_day = Serving(version="7", since=NOON - timedelta(hours=24))
    assert judge_served(a_reading(0.5), a_day).met
    early = Serving(version="7", since=NOON - timedelta(hours=23))
    verdict = judge_served(a_reading(0.5), early)
    assert (verdict.outcome, verdict.value, verdict.n) == (Outcome.INCONCLUSIVE, None, None)
    assert verdict.reason == (
        "version 7 has served since 2026-02-28 13:00Z: 0 whole days of it are in the window (1 needed)"
    )


@pytest.mark.parametrize(("days", "window", "outcome"), [(6, 30, "inconclusive"), (7, 30, "met"), (3, 3, "met")])
def test_where_rows_are_not_counted_a_version_is_judged_after_a_week(days: int, window: int, outcome: str) -> None:
    judged_by = a_policy(metric={"counts_rows": False}, triggers={"evaluation_window_days": window})
    serving = Serving(version="7", since=NOON - timedelta(days=days))
    assert judge_performance(judged_by, a_reading(0.5, None), NOON, serving).outcome == outcome


def a_query(state: ModelState, at: datetime = NOON, **sections: Any) -> MetricQuery:
    (query,) = PerformanceDegradation().queries(a_policy(**sections), state, at)
    return query


def test_the_window_begins_when_the_version_began_to_serve_in_whole_days() -> None:
    state = ModelState(model_name="churn", deployed=SERVING)
    assert NOON - a_query(state).start == timedelta(days=12)
    assert NOON - a_query(state, triggers={"evaluation_window_days": 5}).start == timedelta(days=5)
    delayed = a_query(state, data={**DATA, "label_delay_days": 4})
    assert (NOON - delayed.end, NOON - delayed.start) == (timedelta(days=4), timedelta(days=12))


@pytest.mark.parametrize(
    "state",
    [
        ModelState(model_name="churn"),
        ModelState(model_name="churn", deployed=SERVING, moved_alias="somebody else did"),
    ],
)
def test_where_nobody_knows_what_serves_the_whole_window_is_read(state: ModelState) -> None:
    assert NOON - a_query(state).start == timedelta(days=30)
    (verdict,) = PerformanceDegradation().judge(
        policy(), Evidence(state, {TriggerType.PERFORMANCE_DEGRADATION: (a_reading(0.9),)}), NOON
    )
    assert verdict.reason.startswith("accuracy 0.9000 is below 0.92")


BY_VERSION = {"counts_rows": True, "version_dimension": "Version"}


def judge_by_version(reading: MetricReading, serving: Serving | None = SERVING, **metric: Any) -> Verdict:
    return judge_performance(a_policy(metric={**BY_VERSION, **metric}), reading, NOON, serving)


def test_a_metric_by_version_is_read_over_the_whole_window_for_the_version_that_serves() -> None:
    """An earlier champion that serves again is judged by its earlier days, too: they are its own."""
    state = ModelState(model_name="churn", deployed=Serving(version="7", since=NOON - timedelta(hours=1)))
    query = a_query(state, metric=BY_VERSION)
    assert (query.version, NOON - query.start) == ("7", timedelta(days=30))
    assert (a_query(state).version, NOON - a_query(state).start) == ("7", timedelta(days=1))


def test_a_version_is_judged_by_its_own_rows_as_soon_as_there_are_enough() -> None:
    just_promoted = Serving(version="7", since=NOON - timedelta(hours=1))
    verdict = judge_by_version(a_reading(0.9), just_promoted)
    assert verdict.reason.startswith("accuracy 0.9000 of version 7 is below 0.92")
    too_few = judge_by_version(a_reading(0.5, 499), just_promoted)
    assert too_few.reason == "only 499 labelled rows of version 7 are in the window (500 needed)"


def test_a_version_without_points_yet_is_inconclusive() -> None:
    verdict = judge_by_version(MetricReading(value=None))
    assert (verdict.outcome, verdict.reason) == (
        Outcome.INCONCLUSIVE,
        "no accuracy of version 7 was published in the window",
    )


@pytest.mark.parametrize(("days", "outcome"), [(6, "inconclusive"), (7, "met")])
def test_where_rows_are_not_counted_it_takes_a_week_even_by_version(days: int, outcome: str) -> None:
    serving = Serving(version="7", since=NOON - timedelta(days=days))
    assert judge_by_version(a_reading(0.5, None), serving, counts_rows=False).outcome == outcome


def test_a_metric_by_version_says_nothing_where_nobody_knows_what_serves() -> None:
    verdict = judge_by_version(a_reading(0.5), None)
    assert (verdict.outcome, verdict.value, verdict.n) == (Outcome.INCONCLUSIVE, None, None)
    assert verdict.reason == (
        "the metric is read by version, and it is not known which version serves until one is deployed"
    )


@given(st.integers(0, 400), st.integers(0, 365), st.integers(1, 365))
def test_a_window_is_never_empty_and_has_no_row_of_another_version(hours: int, delay: int, days: int) -> None:
    serving = Serving(version="7", since=NOON - timedelta(hours=hours))
    state = ModelState(model_name="churn", deployed=serving)
    sections = {"data": {**DATA, "label_delay_days": delay}, "triggers": {"evaluation_window_days": days}}
    query = a_query(state, **sections)
    assert timedelta(days=1) <= query.end - query.start <= timedelta(days=days)
    (verdict,) = PerformanceDegradation().judge(
        a_policy(**sections), Evidence(state, {TriggerType.PERFORMANCE_DEGRADATION: (a_reading(0.5),)}), NOON
    )
    assert query.start >= serving.since or verdict.outcome is Outcome.INCONCLUSIVE


def test_a_fleet_that_was_deployed_at_a_thousand_times_is_read_in_as_many_windows_as_days() -> None:
    states = [
        ModelState(model_name="churn", deployed=Serving(version="1", since=NOON - timedelta(minutes=44 * number)))
        for number in range(1000)
    ]
    assert len({(query.start, query.end) for query in map(a_query, states)}) == 30


def test_a_version_that_began_to_serve_after_the_window_has_no_day_in_it() -> None:
    later = Serving(version="7", since=NOON + timedelta(days=2))
    assert judge_served(a_reading(0.5), later).reason.endswith(": 0 whole days of it are in the window (1 needed)")


ERRORS = {"performance_metric_direction": "lower_is_better", "performance_metric_threshold": 0.08}


@pytest.mark.parametrize(
    ("triggers", "reading", "outcome", "says"),
    [
        ({}, a_reading(0.99, 1000, unknown_rows=10), "unmet", "accuracy 0.9802 is not below 0.92"),
        (
            {},
            a_reading(0.5, 400, unknown_rows=100),
            "met",
            "accuracy 0.6000 is below 0.92 (upper bound 0.6354, 500 rows)",
        ),
        ({}, a_reading(0.5, 400, unknown_rows=99), "inconclusive", "only 499 labelled rows are in the window"),
        (
            {},
            a_reading(0.95, 1000, unknown_rows=1000),
            "inconclusive",
            "accuracy 0.4750 may also be 0.9750: for 1000 of 2000 labelled rows nothing says",
        ),
        (
            {},
            a_reading(0.0, None, unknown_rows=1000),
            "inconclusive",
            "accuracy 0.0000 may also be 1.0000: for 1000 of 1000 labelled rows nothing says",
        ),
        (ERRORS, a_reading(0.01, 1000, unknown_rows=10), "unmet", "accuracy 0.0198 is not above 0.08"),
        (ERRORS, a_reading(0.05, 1000, unknown_rows=1000), "inconclusive", "accuracy 0.5250 may also be 0.0250: "),
    ],
)
def test_rows_of_which_nothing_says_how_many_are_right_may_be_all_right_or_all_wrong(
    triggers: dict[str, Any], reading: MetricReading, outcome: str, says: str
) -> None:
    verdict = judge(reading, policy(**triggers))
    assert (verdict.outcome, verdict.reason[: len(says)]) == (outcome, says)


def test_a_window_with_too_few_points_is_not_judged() -> None:
    assert judge(a_reading(0.5, points=5), policy(min_data_points=5)).met
    verdict = judge(a_reading(0.5, points=4), policy(min_data_points=5))
    assert verdict.reason == "only 4 data points are in the window (5 needed)"


@pytest.mark.parametrize(
    ("share", "expected"),
    [(None, Outcome.INCONCLUSIVE), (0.89, Outcome.INCONCLUSIVE), (math.nan, Outcome.INCONCLUSIVE), (0.9, Outcome.MET)],
)
def test_while_too_few_labels_have_arrived_nothing_is_judged(share: float | None, expected: Outcome) -> None:
    watched = a_policy(metric={"counts_rows": True, "label_share": "labelled"})
    assert judge(a_reading(0.5, label_share=share), watched).outcome is expected


NUMBERS = st.one_of(st.none(), st.floats(), st.sampled_from([-0.0, 1e308, -1e308, math.nan, math.inf]))


@given(NUMBERS, st.one_of(st.none(), st.integers(0, 10**7)), st.sampled_from([0, 0.95]), st.booleans())
def test_no_number_is_met_unless_it_is_possible_and_below_the_threshold(
    value: float | None, rows: int | None, confidence: float, share: bool
) -> None:
    scale = {} if share else {"performance_metric_scale": "number"}
    verdict = judge(a_reading(value, rows), policy(confidence=confidence, **scale))
    if verdict.met:
        assert value is not None
        assert math.isfinite(value)
        assert value < 0.92
        assert not share or value >= 0
    assert verdict.value is None or math.isfinite(verdict.value)


RANK = {Outcome.UNMET: 0, Outcome.INCONCLUSIVE: 1, Outcome.MET: 2}


@given(st.floats(0, 1), st.floats(0, 1), st.integers(500, 10**6))
def test_a_worse_value_is_never_judged_better(one: float, other: float, rows: int) -> None:
    worse, better = sorted([one, other])
    assert RANK[judge(a_reading(worse, rows)).outcome] >= RANK[judge(a_reading(better, rows)).outcome]


# P(one check) and P(any of 30 independent checks) for a healthy model with true accuracy 0.93, simulated elsewhere.
@pytest.mark.parametrize(
    ("rows", "confidence", "once", "month"),
    [
        (500, 0, 0.167, 0.996),
        (1000, 0, 0.099, 0.955),
        (5000, 0, 0.003, 0.086),
        (500, 0.95, 0.008, 0.205),
        (1000, 0.95, 0.002, 0.053),
        (5000, 0.95, 0.00001, 0.0002),
    ],
)
def test_a_healthy_model_raises_as_few_alarms_as_the_rule_promises(
    rows: int, confidence: float, once: float, month: float
) -> None:
    judged_by = policy(confidence=confidence)
    met = {right: judge(a_reading(right / rows, rows), judged_by).met for right in range(int(rows * 0.86), rows + 1)}
    checks = np.random.default_rng(6).binomial(rows, 0.93, (2000, 30))
    alarms = np.vectorize(lambda right: met.get(int(right), True))(checks)
    assert alarms.mean() == pytest.approx(once, abs=0.004)
    assert alarms.any(axis=1).mean() == pytest.approx(month, abs=0.025)


@pytest.mark.parametrize(("rows", "power"), [(500, 0.52), (1000, 0.72), (5000, 1.0)])
def test_a_model_that_fell_to_ninety_percent_is_detected_with_the_expected_power(rows: int, power: float) -> None:
    samples = np.random.default_rng(7).binomial(rows, 0.90, 2000)
    assert np.mean([judge(a_reading(right / rows, rows)).met for right in samples]) == pytest.approx(power, abs=0.04)
