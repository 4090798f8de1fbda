"""Where a policy says the days of its data are."""

from typing import Any

import pytest

from auto_retrain.domain.errors import PolicyInvalid
from auto_retrain.domain.labelled_days import way_of_reading
from auto_retrain.domain.layouts import Layout
from auto_retrain.domain.policy.metric import PredictionLogMetric
from tests.unit.builders import a_policy

DATA = {"prefix": "churn", "row_id": "id", "label": "left", "numeric": ["age"]}
LABELS = {"prefix": "labels", "row_id": "id", "label": "left"}


def data(**changes: Any) -> Any:
    return a_policy(data={**DATA, **changes}).data


def test_without_a_word_days_are_folders_by_date() -> None:
    assert (data().layout, data().date_column, data(labels=LABELS).labels.layout) == (Layout.DATE, None, Layout.DATE)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"layout": "hive"}, r"data.layout.*'date', 'dt', 'year_month_day' or 'column'"),
        ({"layout": "column"}, "layout: column needs date_column"),
        ({"date_column": "on"}, "date_column = 'on': needs layout: column"),
        ({"layout": "column", "date_column": "on", "format": "csv"}, "layout: column needs format: parquet"),
        ({"labels": {**LABELS, "layout": "column"}}, r"data.labels.layout.*'date', 'dt' or 'year_month_day'"),
    ],
)
def test_a_layout_that_cannot_be_is_refused_with_what_is_allowed(changes: dict[str, Any], problem: str) -> None:
    document = a_policy().model_dump_json(exclude={"data"})[:-1]
    section = str({**DATA, **changes}).replace("'", '"')
    with pytest.raises(PolicyInvalid, match=problem):
        type(a_policy()).parse(f'{document}, "data": {section}}}')


def test_labels_are_where_their_policy_says_or_beside_the_features() -> None:
    beside = data(layout="column", date_column="on").place_of_labels
    assert (beside.prefix, beside.layout, beside.date_column) == ("churn", Layout.COLUMN, "on")
    own = data(layout="column", date_column="on", labels={**LABELS, "layout": "dt"}).place_of_labels
    assert (own.prefix, own.layout, own.date_column) == ("labels", Layout.DT, None)


def test_counted_days_are_counted_anew_only_if_their_labels_are_elsewhere() -> None:
    metric = PredictionLogMetric(source="prediction_log", name="accuracy")
    ways = [{}, {"layout": "dt"}, {"layout": "column", "date_column": "on"}, {"layout": "column", "date_column": "at"}]
    digests = [way_of_reading(metric, data(**way)) for way in ways]
    assert len(set(digests)) == len(ways)
    assert digests[0] == "7bc60789d9ca54c3", "as of releases that knew one layout"
