"""What single days show: how long a feature stood still or was empty, and a bounded sample of each day."""

from collections import Counter
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from auto_retrain.ports import RowBatch
from auto_retrain.usecases.data import feature_days
from auto_retrain.usecases.data.feature_days import DaySamples, NameCounts, StillDays
from tests.unit.usecases.data.sampled import sampled_values

FIRST = date(2026, 1, 1)
GONE = float("nan")


def runs(*days: list[float]) -> tuple[int, int, int, int]:
    watcher = StillDays()
    for number, values in enumerate(days):
        for value in values:
            watcher.add(FIRST + timedelta(days=number), numbers(value))
    return watcher.runs_of("age")


def numbers(*values: float) -> RowBatch:
    return RowBatch(rows=len(values), numbers={"age": np.array(values)}, levels={})


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ([], (0, 0, 0, 0)),
        ([[1, 2], [1, 1], [1], [1, 3]], (4, 2, 0, 0)),
        ([[1], [2], [2], [3], [3], [3]], (6, 2, 0, 3)),
        ([[1], [GONE], [1], [GONE, 1], [2]], (5, 4, 1, 1)),
        ([[1, 2], [GONE, GONE], [GONE], [5]], (4, 2, 2, 1)),
        ([[1, 2], [GONE], [GONE]], (3, 0, 0, 2)),
    ],
)
def test_days_in_a_row_with_one_value_and_with_none_are_counted(
    days: list[list[float]], expected: tuple[int, int, int, int]
) -> None:
    assert runs(*days) == expected


def test_categories_stand_still_as_well_and_days_without_rows_do_not_count() -> None:
    watcher = StillDays()
    for number, level in enumerate(["a", "a", None, "a", "b"]):
        watcher.add(FIRST + timedelta(days=number), RowBatch(2, {}, {"plan": {level: 2}}))
    watcher.add(FIRST + timedelta(days=9), RowBatch(0, {}, {"plan": {}}))
    assert watcher.runs_of("plan") == (5, 4, 1, 1)
    assert watcher.runs_of("plan") == (5, 4, 1, 1)


def test_each_day_has_a_uniform_sample_of_its_finite_values_however_many_rows_and_batches() -> None:
    samples = DaySamples(days=2, features=1)
    for part in np.split(np.arange(20_000.0), 10):
        samples.add(FIRST, numbers(*part))
    samples.add(FIRST + timedelta(days=1), numbers(1.0, np.inf, GONE))
    values = sampled_values(samples, "age", FIRST + timedelta(days=1))
    assert (values.dates, values.training_days) == ([FIRST, FIRST + timedelta(days=1)], 1)
    assert values.days[1].tolist() == [1.0]
    assert values.days[0].size == feature_days.MAX_VALUES_OF_A_DAY
    # The mean of 256 of them has a standard error of 361.
    assert np.mean(values.days[0]) == pytest.approx(10_000, abs=1_500)


def test_many_days_and_features_share_a_bounded_memory() -> None:
    samples = DaySamples(days=1000, features=1000)
    samples.add(FIRST, numbers(*range(100)))
    assert sampled_values(samples, "age", FIRST).days[0].size == feature_days.MAX_VALUES // 1_000_000


def test_names_are_counted_and_the_rarest_are_dropped(monkeypatch: Any) -> None:
    monkeypatch.setattr(feature_days, "MAX_NAMES", 4)
    names = NameCounts()
    names.add(FIRST, RowBatch(9, {}, {"plan": Counter({"a": 3, "b": 2, None: 4})}))
    names.add(FIRST, RowBatch(6, {}, {"plan": Counter({"a": 3, "c": 1, "d": 1, "e": 1})}))
    assert names.by_feature() == {"plan": {"a": 6, "b": 2}}
