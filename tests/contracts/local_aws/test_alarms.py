"""Alarms change as CloudWatch's do."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from moto.cloudwatch.models import MetricAggregatedDatum, MetricDatum

from local.aws.alarms import next_state, window_values

DAY = 86400


def alarm(**settings: Any) -> Any:
    defaults = {
        "comparison_operator": "LessThanThreshold",
        "threshold": 0.9,
        "evaluation_periods": 3,
        "datapoints_to_alarm": None,
        "treat_missing_data": None,
        "state_value": "OK",
        "statistic": "Average",
        "period": DAY,
    }
    return SimpleNamespace(**(defaults | settings))


@pytest.mark.parametrize(
    ("settings", "values", "state"),
    [
        ({}, [0.8, 0.8, 0.8], "ALARM"),
        ({}, [0.8, 0.95, 0.8], "OK"),
        ({}, [0.8, None, 0.8], "OK"),
        ({"datapoints_to_alarm": 2}, [0.8, 0.95, 0.8], "ALARM"),
        ({"treat_missing_data": "breaching"}, [0.8, None, None], "ALARM"),
        ({"treat_missing_data": "notBreaching"}, [0.8, None, None], "OK"),
        ({"treat_missing_data": "ignore", "state_value": "ALARM"}, [0.95, None, None], "ALARM"),
        ({"comparison_operator": "GreaterThanOrEqualToThreshold", "evaluation_periods": 1}, [0.9], "ALARM"),
        ({"comparison_operator": "GreaterThanThreshold", "evaluation_periods": 1}, [0.9], "OK"),
    ],
)
def test_windows_decide_the_state_of_an_alarm(settings: dict[str, Any], values: list[float | None], state: str) -> None:
    assert next_state(alarm(**settings), values) == state


def test_windows_are_days_and_weigh_by_sample_count() -> None:
    def at(day: int, hour: int) -> datetime:
        return datetime(2013, 3, day, hour, tzinfo=UTC)

    data = [
        MetricAggregatedDatum("n", "m", 0, 1, 100, 90, [], at(5, 1)),
        MetricAggregatedDatum("n", "m", 0, 1, 300, 150, [], at(5, 23)),
        MetricDatum("n", "m", 1.0, [], at(3, 12)),
    ]

    assert list(window_values(alarm(), data, at(5, 23))) == [0.6, None, 1.0]
