"""Findings that keep a job from training, and those that are only warnings."""

import re
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from auto_retrain.data_checks import check_data_of
from auto_retrain.data_checks.evidence import DataEvidence, FeatureValues
from auto_retrain.data_checks.size import check_size
from auto_retrain.domain.data_check import DataFinding, DataSummary, WindowSummary
from auto_retrain.domain.drift import FeatureHistogram
from auto_retrain.statistics.cells import count_cells, edges_of_cells
from auto_retrain.statistics.stability import count_numeric
from tests.unit.builders import a_policy

POLICY = a_policy()


def window(**changes: Any) -> WindowSummary:
    fields = {"rows": 1000, "labelled": 1000, "repeated_ids": 0, "missing_ids": 0, "distinct_labels": 2}
    return WindowSummary(**{**fields, "rarest_class_rows": 300, **changes})


def summary(training: WindowSummary | None = None, holdout: WindowSummary | None = None, **changes: Any) -> DataSummary:
    return DataSummary(training=training or window(), holdout=holdout or window(), **{"overlap": 0, **changes})


def numeric(reference: list[int], live: list[int], stands_still: bool = False, still_days: int = 0) -> FeatureHistogram:
    return FeatureHistogram(
        feature="age",
        reference=reference,
        live=live,
        stands_still=stands_still,
        days=5,
        reference_still_days=still_days,
        reference_empty_days=0,
    )


def days(*levels: float, seed: int = 1) -> list[np.ndarray[Any, Any]]:
    """A day of values around each of the levels."""
    random = np.random.default_rng(seed)
    return [random.normal(level, level / 4, 200) for level in levels]


def findings_about(training: list[Any], holdout: list[Any]) -> list[DataFinding]:
    """Those about one numeric feature with these values on each day."""
    edges = edges_of_cells(count_cells(np.concatenate(training)))
    reference, live = (count_numeric(np.concatenate(window), edges) for window in (training, holdout))
    dates = [date(2026, 1, 1) + timedelta(days=day) for day in range(len(training) + len(holdout))]
    values = FeatureValues(dates, [*training, *holdout], len(training))
    return check_data_of(POLICY, DataEvidence(summary(), [numeric(reference, live)], {"age": values}))


EVEN = [100] * 10


def findings_of(
    about: DataSummary | None = None, *histograms: FeatureHistogram, **policy: Any
) -> list[tuple[str, str, str | None]]:
    data = {**POLICY.data.model_dump(), **policy}
    evidence = DataEvidence(about or summary(), histograms)
    findings: list[DataFinding] = check_data_of(a_policy(data=data), evidence)
    return [(finding.check, finding.severity, finding.column) for finding in findings]


def test_sound_data_have_no_findings() -> None:
    assert findings_of(summary(), numeric([*EVEN, 5], [*EVEN, 6])) == []


@pytest.mark.parametrize(
    ("about", "check", "text"),
    [
        (
            summary(window(repeated_ids=3, repeated_id="7", repeated_in=("a.csv", "b.csv"))),
            "row_ids",
            "3 of 1000 training rows repeat an earlier row id, such as '7' in a.csv and b.csv: data.row_id = id needs "
            "a value of its own in every row, in both windows; name a column that has one, or add one to the data",
        ),
        (
            summary(None, window(missing_ids=2)),
            "row_ids",
            "2 of 1000 holdout rows have no row id: data.row_id = id needs a value of its own in every row, in both "
            "windows",
        ),
        (
            summary(overlap=10),
            "overlap",
            "10 row ids of the holdout (1.0%) are in the training window as well: data.row_id = id names a row once, "
            "or a model is judged on what it has learned",
        ),
        (
            summary(window(labelled=0, distinct_labels=0)),
            "labels",
            "0.0% of the 1000 training rows have a label, 90.0% are needed",
        ),
        (summary(window(labelled=800)), "labels", "80.0% of the 1000 training rows have a label, 90.0% are needed"),
        (
            summary(window(distinct_labels=1, only_label="no")),
            "labels",
            "all 1000 training rows with a label have the same one, 'no', in data.label = left",
        ),
    ],
)
def test_rows_that_are_not_fit_for_training_are_an_error(about: DataSummary, check: str, text: str) -> None:
    (finding,) = check_data_of(POLICY, DataEvidence(about))
    assert (finding.check, finding.severity, finding.text) == (check, "error", text)


def test_a_holdout_whose_labels_have_not_arrived_is_not_an_error() -> None:
    assert findings_of(summary(None, window(labelled=100, distinct_labels=1))) == []


def test_a_column_that_became_empty_is_an_error_and_one_that_always_was_is_a_warning() -> None:
    assert findings_of(None, numeric([*EVEN, 0], [0] * 10 + [500])) == [("dead_column", "error", "age")]
    assert findings_of(None, numeric([0, 1000], [0, 500])) == [("constant", "warning", "age")]


def test_a_column_that_became_constant_is_an_error_and_one_that_always_was_is_a_warning() -> None:
    stopped = findings_of(None, numeric([*EVEN, 0], [500] + [0] * 10, stands_still=True))
    assert stopped[0][:2] == ("dead_column", "error")
    assert findings_of(None, numeric([1000, 0], [500, 0], stands_still=True)) == [("constant", "warning", "age")]


def test_values_that_were_converted_are_an_error_that_says_how_and_since_when() -> None:
    sound = days(*[40] * 15)
    (finding,) = findings_about(sound[:10], [values * 1000 for values in sound[10:]])
    assert (finding.check, finding.severity) == ("unit_jump", "error")
    assert finding.text.startswith("'age' was multiplied by 1,000 as of 2026-01-11 (median 4")
    assert "before, 4" in finding.text
    assert finding.text.endswith("If it is to stay: data.tolerate: [unit_jump]")


def test_values_that_moved_on_are_a_warning_with_numbers() -> None:
    (finding,) = findings_about(days(*[40] * 10), days(80, 100, 120, 120, 120))
    assert (finding.check, finding.severity) == ("moved_values", "warning")
    assert finding.text.startswith("almost all values of 'age' in the holdout (")
    assert "lie above most of those in training (2" in finding.text


def test_values_that_moved_as_they_did_before_are_no_finding() -> None:
    stairs = days(*[10] * 5, *[30] * 5, *[50] * 5)
    assert findings_about(stairs, days(*[70] * 5)) == []


def test_a_column_that_used_to_stand_still_as_long_may_do_so_again() -> None:
    month = numeric([*EVEN, 0], [500] + [0] * 10, stands_still=True, still_days=3)
    assert findings_of(None, month) == []


def test_a_flag_that_never_stood_still_so_long_is_a_warning() -> None:
    assert findings_of(None, numeric([500, 500, 0], [500, 0, 0], stands_still=True)) == [("constant", "warning", "age")]


def test_more_missing_and_unseen_values_are_a_warning() -> None:
    assert findings_of(None, numeric([*EVEN, 0], [*EVEN, 200])) == [("missing_values", "warning", "age")]
    plans = FeatureHistogram(
        feature="plan", reference=(500, 500, 0, 0), live=(400, 500, 100, 0), kind="categorical", unseen=100
    )
    assert findings_of(None, plans) == [("unseen_values", "warning", "plan")]


def test_few_rows_prove_nothing_about_a_column() -> None:
    assert findings_of(None, numeric([*EVEN, 0], [0] * 10 + [99])) == []


def test_a_feature_that_gives_the_label_away_is_a_warning() -> None:
    assert findings_of(summary(separation={"age": 0.96, "plan": 0.975})) == [("leakage", "warning", "plan")]


def test_a_tolerated_error_is_a_warning() -> None:
    broken = summary(overlap=10)
    assert findings_of(broken, tolerate=["overlap"]) == [("overlap", "warning", "id")]
    assert findings_of(broken, tolerate=["row_ids"]) == [("overlap", "error", "id")]


@pytest.mark.parametrize(
    ("rows", "classes", "challengers", "slices", "says"),
    [
        (120_000_000, 2, 1, (), None),
        (30_000_000, 20, 1, (), None),
        (30_000_001, 20, 1, (), "720,000,024 numbers .* name too_large in data.tolerate"),
        (60_000_001, 2, 2, (), "2 x 60,000,001 rows"),
        (180_000_001, 0, 1, (), "fewer variants$"),
        (120_000_000, 2, 1, ("plan",), "2 probabilities and 1 columns of slices are"),
        (500_000_000, 20, 0, (), None),
    ],
)
def test_a_holdout_in_parts_that_takes_too_long_to_compare_is_an_error(
    rows: int, classes: int, challengers: int, slices: tuple[str, ...], says: str | None
) -> None:
    policy = a_policy(data={**POLICY.data.model_dump(), "slices": slices})
    labels = dict.fromkeys(map(str, range(classes)), rows)
    about = summary(holdout=window(rows=rows, labelled=rows))
    findings = list(check_size(policy, DataEvidence(about, labels=labels, compared_in_parts=challengers)))
    assert [finding.severity for finding in findings] == (["error"] if says else [])
    assert says is None or re.search(says, findings[0].text)


def test_errors_come_first() -> None:
    about = summary(window(repeated_ids=1), separation={"age": 1.0})
    assert [severity for _, severity, _ in findings_of(about)] == ["error", "warning"]
