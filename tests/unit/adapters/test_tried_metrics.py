"""The metric of a version that was trained in a back-test is read as its own source would read it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from auto_retrain.adapters.memory.tried_metrics import AnsweredDay, TriedMetrics, Unanswered
from auto_retrain.domain.metric_reading import MetricQuery, MetricReading
from tests.unit.builders import a_policy

START = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
VALUES = {date(2026, 3, 1): 0.9, date(2026, 3, 2): 0.6, date(2026, 3, 3): None}
REGRESSION = {"prefix": "churn", "row_id": "id", "label": "left", "numeric": ["age"], "task": "regression"}
LOGGED_ERROR = {
    "data": REGRESSION,
    "triggers": {"performance_metric_scale": "number", "performance_metric_direction": "lower_is_better"},
}


def answers(version: str, days: Sequence[date]) -> Mapping[date, AnsweredDay]:
    """Two days with 100 and 300 labelled rows, and one without labels; entities of four rows each."""
    rows = {date(2026, 3, 1): 100, date(2026, 3, 2): 300, date(2026, 3, 3): 0}
    return {
        day: AnsweredDay(answered=400, labelled=rows[day], independent=rows[day] / 4, value=VALUES[day])
        for day in days
        if day in rows
    }


def reading(version: str | None = "1", days: int = 4, start: datetime = START, **policy: Any) -> MetricReading:
    metrics, tried = TriedMetrics(), a_policy(**policy)
    metrics.answers = answers
    about = {"model_name": "churn", "version": version, "metric": tried.metric, "data": tried.data}
    (read,) = metrics.read([MetricQuery(**about, start=start, end=start + days * DAY)])
    return read


def test_counted_rows_are_summed_up_over_the_days() -> None:
    read = reading(metric={"counts_rows": True})
    assert read.value == pytest.approx((90 + 180) / 400)
    assert (read.rows, read.points, read.problem) == (400, 2, None)
    assert [value for value, _ in read.by_day] == pytest.approx([0.9, 0.6])
    assert read.day_numbers == (0, 1)


def test_a_window_has_the_days_that_end_in_it() -> None:
    read = reading(start=START + timedelta(hours=5), days=1, metric={"counts_rows": True})
    assert (read.value, read.rows) == (pytest.approx(0.9), 100)
    assert reading(start=START - 5 * DAY, days=5, metric={"counts_rows": True}).value is None


@pytest.mark.parametrize(
    ("aggregation", "value"), [("mean", 0.75), ("minimum", 0.6), ("maximum", 0.9), ("latest", 0.6)]
)
def test_a_value_a_day_is_combined_as_the_policy_says(aggregation: str, value: float) -> None:
    read = reading(metric={"aggregation": aggregation})
    assert (read.value, read.rows, read.points) == (pytest.approx(value), None, 2)


def test_the_share_of_labels_is_known_if_the_policy_asks_for_it() -> None:
    assert reading(metric={"counts_rows": True}).label_share is None
    read = reading(metric={"counts_rows": True, "label_share": "labels"})
    assert read.label_share == pytest.approx((100 / 400 + 300 / 400 + 0) / 3)


def test_a_prediction_log_counts_rows_that_are_not_alike() -> None:
    read = reading(metric={"source": "prediction_log"})
    assert (read.value, read.rows) == (pytest.approx(0.675), 100)
    assert read.label_share == pytest.approx(400 / 1200)


@pytest.mark.parametrize(
    ("name", "value"), [("mae", (0.9 * 100 + 0.6 * 300) / 400), ("rmse", ((0.81 * 100 + 0.36 * 300) / 400) ** 0.5)]
)
def test_the_errors_of_a_regression_are_those_of_all_rows(name: str, value: float) -> None:
    read = reading(metric={"source": "prediction_log", "name": name}, **LOGGED_ERROR)
    assert (read.value, read.rows) == (pytest.approx(value), None)


def test_counters_of_prometheus_are_counted_rows() -> None:
    counters = {"source": "prometheus", "correct_total": "right", "labelled_total": "rows"}
    assert reading(metric=counters).rows == 400


@pytest.mark.parametrize("metric", [{"counts_rows": True}, {"source": "prediction_log"}])
def test_a_day_without_answers_is_left_out_and_says_why_if_it_is_the_only_one(metric: dict[str, Any]) -> None:
    metrics, tried = TriedMetrics(), a_policy(metric=metric)
    metrics.answers = lambda version, days: {**answers(version, days), date(2026, 3, 2): Unanswered("it is broken")}
    about = {"model_name": "churn", "version": "1", "metric": tried.metric, "data": tried.data}
    several, one = metrics.read(
        [MetricQuery(**about, start=START + first * DAY, end=START + 2 * DAY) for first in (0, 1)]
    )
    assert (several.value, several.problem) == (pytest.approx(0.9), None)
    assert (one.value, one.problem) == (None, "it is broken")


def test_nothing_serves_nothing() -> None:
    assert reading(version=None).value is None
    query = MetricQuery(model_name="churn", version="1", metric=a_policy().metric, start=START, end=START + DAY)
    assert TriedMetrics().read([query])[0].value is None
