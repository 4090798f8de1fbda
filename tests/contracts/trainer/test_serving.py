"""The demo's model in production, which loads a version that the training container has registered."""

from collections.abc import Iterator
from datetime import date

import numpy as np
import pandas as pd
import pytest

from local.demo.flights import CATEGORICAL, LABEL, NUMERIC, ROW_ID
from local.demo.serving import Serving
from tests.unit.train_model.shelf import Shelf
from train_model.data import LabelledRows
from train_model.default_trainer import fit
from train_model.order import Columns, Order
from train_model.registry import MlflowVersions

pytestmark = pytest.mark.filterwarnings("ignore:.*inferred as AnyType:UserWarning")

FEATURES = [*NUMERIC, *CATEGORICAL]
COLUMNS = {"format": "parquet", "row_id": "row_id", "label": LABEL, "numeric": NUMERIC, "categorical": CATEGORICAL}


def some_flights(count: int, large_from: int) -> pd.DataFrame:
    """Flights, of which those from a number on are flown by large aircraft."""
    numbers = np.arange(count)
    frame = pd.DataFrame(dict.fromkeys(NUMERIC, numbers) | dict.fromkeys(CATEGORICAL, "UA"))
    return frame.assign(**{ROW_ID: numbers.astype(str), LABEL: (numbers >= large_from).astype(int)})


@pytest.fixture(scope="module")
def serving(shelf: Shelf, mlflow_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """Version 1 of `served` has learned that flights from the 50th on are large; on the second day, the 80th is."""
    order = Order.model_validate(
        shelf.order("train", shelf.manifest("job-1", model_name="served"), mlflow_tracking_uri=mlflow_url)
    )
    frame, versions = some_flights(100, large_from=50), MlflowVersions(order)
    rows = LabelledRows(np.arange(100).astype(str), frame[FEATURES], frame[LABEL].to_numpy(np.str_), 0)
    with versions.run():
        model = fit(frame[FEATURES], frame[LABEL].to_numpy(), {"min_samples_leaf": 1}, seed=0)
        versions.register(model, Columns.model_validate(COLUMNS, strict=False), rows, {"training_rows": 100.0})
    data = tmp_path_factory.mktemp("flights")
    for day, large_from in (("2013-02-01", 50), ("2013-02-02", 80)):
        (data / f"date={day}").mkdir()
        some_flights(100, large_from).to_parquet(data / f"date={day}" / "part-0.parquet")
    with Serving(mlflow_url, data) as serving:
        yield serving


def test_the_correct_predictions_of_each_day_are_counted(serving: Serving) -> None:
    first, second = date(2013, 2, 1), date(2013, 2, 2)
    days = serving.predict("served", "1", [first, second])
    assert [(day.date, day.rows, day.correct) for day in days] == [(first, 100, 100), (second, 100, 70)]


def test_the_answer_to_each_row_is_known_by_its_id(serving: Serving) -> None:
    (day,) = serving.predict("served", "1", [date(2013, 2, 2)])
    assert [(day.answers[row_id], day.labels[row_id]) for row_id in ("49", "50", "80")] == [(0, 0), (1, 0), (1, 1)]


def test_an_unknown_version_is_reported_and_the_process_continues(serving: Serving) -> None:
    with pytest.raises(RuntimeError, match=r"version 9 of served does not serve: .* not found"):
        serving.predict("served", "9", [date(2013, 2, 1)])
    assert serving.predict("served", "1", [date(2013, 2, 1)])
