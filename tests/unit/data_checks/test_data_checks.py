"""Findings that keep a job from training, and those that are only warnings."""

from typing import Any

import pytest

from auto_retrain.data_checks import check_data_of
from auto_retrain.domain.data_check import DataFinding, DataSummary, WindowSummary
from auto_retrain.domain.drift import FeatureHistogram
from tests.unit.builders import a_policy

POLICY = a_policy()


def window(**changes: Any) -> WindowSummary:
    fields = {"rows": 1000, "labelled": 1000, "repeated_ids": 0, "missing_ids": 0, "distinct_labels": 2}
    return WindowSummary(**{**fields, "rarest_class_rows": 300, **changes})


def summary(training: WindowSummary | None = None, holdout: WindowSummary | None = None, **changes: Any) -> DataSummary:
    return DataSummary(training=training or window(), holdout=holdout or window(), **{"overlap": 0, **changes})


def numeric(reference: list[int], live: list[int], stands_still: bool = False) -> FeatureHistogram:
    return FeatureHistogram(feature="age", reference=reference, live=live, stands_still=stands_still)


EVEN = [100] * 10


def findings_of(
    about: DataSummary | None = None, *histograms: FeatureHistogram, **policy: Any
) -> list[tuple[str, str, str | None]]:
    data = {**POLICY.data.model_dump(), **policy}
    findings: list[DataFinding] = check_data_of(a_policy(data=data), about or summary(), histograms)
    return [(finding.check, finding.severity, finding.column) for finding in findings]


def test_sound_data_have_no_findings() -> None:
    assert findings_of(summary(), numeric([*EVEN, 5], [*EVEN, 6])) == []


@pytest.mark.parametrize(
    ("about", "check", "text"),
    [
        (summary(window(repeated_ids=3)), "row_ids", "3 of 1000 training rows repeat an earlier row id"),
        (summary(None, window(missing_ids=2)), "row_ids", "2 of 1000 holdout rows have no row id"),
        (summary(overlap=10), "overlap", "10 row ids of the holdout (1.0%) are in the training window as well"),
        (
            summary(window(labelled=0, distinct_labels=0)),
            "labels",
            "0.0% of the 1000 training rows have a label, 90.0% are needed",
        ),
        (summary(window(labelled=800)), "labels", "80.0% of the 1000 training rows have a label, 90.0% are needed"),
        (summary(window(distinct_labels=1)), "labels", "all 1000 training rows with a label have the same one"),
    ],
)
def test_rows_that_are_not_fit_for_training_are_an_error(about: DataSummary, check: str, text: str) -> None:
    (finding,) = check_data_of(POLICY, about, [])
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


def test_values_that_all_lie_beyond_most_others_are_a_change_of_unit() -> None:
    assert findings_of(None, numeric([*EVEN, 0], [2, *[0] * 8, 498, 0])) == [("unit_jump", "error", "age")]
    assert findings_of(None, numeric([*EVEN, 0], [498, *[0] * 8, 2, 0])) == [("unit_jump", "error", "age")]
    assert findings_of(None, numeric([*EVEN, 0], [100, *[0] * 8, 400, 0])) == []


def test_more_missing_and_unseen_values_are_a_warning() -> None:
    assert findings_of(None, numeric([*EVEN, 0], [*EVEN, 200])) == [("missing_values", "warning", "age")]
    plans = FeatureHistogram(
        feature="plan", reference=(500, 500, 0, 0), live=(400, 500, 100, 0), kind="categorical", unseen=100
    )
    assert findings_of(None, plans) == [("unseen_values", "warning", "plan")]


def test_few_rows_prove_nothing_about_a_column() -> None:
    assert findings_of(None, numeric([*EVEN, 0], [0] * 10 + [99])) == []


def test_a_feature_that_gives_the_label_away_is_a_warning() -> None:
    assert findings_of(summary(separation={"age": 0.98, "plan": 0.995})) == [("leakage", "warning", "plan")]


def test_a_tolerated_error_is_a_warning() -> None:
    broken = summary(overlap=10)
    assert findings_of(broken, tolerate=["overlap"]) == [("overlap", "warning", "id")]
    assert findings_of(broken, tolerate=["row_ids"]) == [("overlap", "error", "id")]


def test_errors_come_first() -> None:
    about = summary(window(repeated_ids=1), separation={"age": 1.0})
    assert [severity for _, severity, _ in findings_of(about)] == ["error", "warning"]
