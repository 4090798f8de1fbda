"""What keeps a job from training, and what is only told."""

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


def found(
    about: DataSummary | None = None, *histograms: FeatureHistogram, **policy: Any
) -> list[tuple[str, str, str | None]]:
    data = {**POLICY.data.model_dump(), **policy}
    findings: list[DataFinding] = check_data_of(a_policy(data=data), about or summary(), histograms)
    return [(finding.check, finding.severity, finding.column) for finding in findings]


def test_sound_data_give_no_finding() -> None:
    assert found(summary(), numeric([*EVEN, 5], [*EVEN, 6])) == []


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
def test_rows_that_nothing_can_be_learned_from_are_an_error(about: DataSummary, check: str, text: str) -> None:
    (finding,) = check_data_of(POLICY, about, [])
    assert (finding.check, finding.severity, finding.text) == (check, "error", text)


def test_a_holdout_whose_labels_are_still_to_come_is_no_error() -> None:
    assert found(summary(None, window(labelled=100, distinct_labels=1))) == []


def test_a_column_that_went_empty_is_an_error_and_one_that_always_was_is_told() -> None:
    assert found(None, numeric([*EVEN, 0], [0] * 10 + [500])) == [("dead_column", "error", "age")]
    assert found(None, numeric([0, 1000], [0, 500])) == [("constant", "warning", "age")]


def test_a_column_that_stands_still_is_an_error_unless_it_always_did() -> None:
    assert found(None, numeric([*EVEN, 0], [500] + [0] * 10, stands_still=True))[0][:2] == ("dead_column", "error")
    assert found(None, numeric([1000, 0], [500, 0], stands_still=True)) == [("constant", "warning", "age")]


def test_values_that_all_moved_beyond_the_rest_are_another_unit() -> None:
    assert found(None, numeric([*EVEN, 0], [2, *[0] * 8, 498, 0])) == [("unit_jump", "error", "age")]
    assert found(None, numeric([*EVEN, 0], [498, *[0] * 8, 2, 0])) == [("unit_jump", "error", "age")]
    assert found(None, numeric([*EVEN, 0], [100, *[0] * 8, 400, 0])) == []


def test_more_missing_and_unseen_values_are_told() -> None:
    assert found(None, numeric([*EVEN, 0], [*EVEN, 200])) == [("missing_values", "warning", "age")]
    plans = FeatureHistogram(feature="plan", reference=(500, 500, 0, 0), live=(400, 500, 100, 0), unseen=100)
    assert found(None, plans) == [("unseen_values", "warning", "plan")]


def test_few_rows_show_nothing_about_a_column() -> None:
    assert found(None, numeric([*EVEN, 0], [0] * 10 + [99])) == []


def test_a_feature_that_knows_the_label_is_told() -> None:
    assert found(summary(separation={"age": 0.98, "plan": 0.995})) == [("leakage", "warning", "plan")]


def test_what_is_tolerated_is_told_and_stops_nothing() -> None:
    broken = summary(overlap=10)
    assert found(broken, tolerate=["overlap"]) == [("overlap", "warning", "id")]
    assert found(broken, tolerate=["row_ids"]) == [("overlap", "error", "id")]


def test_errors_are_told_first() -> None:
    about = summary(window(repeated_ids=1), separation={"age": 1.0})
    assert [severity for _, severity, _ in found(about)] == ["error", "warning"]
