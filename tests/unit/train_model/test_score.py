"""The content of prediction files, whatever the kind of model."""

import io
import re
import sys
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest

from local.paths import TRAINER
from tests.unit.train_model.shelf import COLUMNS, FIRST_DAY, Shelf
from train_model.errors import DataInvalid, TrainerBroken, VersionUnusable
from train_model.order import Manifest, Order
from train_model.outputs import Outputs
from train_model.score import score
from train_model.storage import Storage
from train_model.versions import LoadedVersion

ROWS = pd.DataFrame(
    {"id": ["a", "b", "c", "d"], "age": [20.0, 50.0, 60.0, 30.0], "plan": "pro", "bought": ["0", "1", None, "2"]}
)


class Threshold:
    """Predicts a class from the age; knows its classes and their probabilities."""

    classes_ = np.array([1, 0])

    def predict(self, frame: pd.DataFrame) -> np.ndarray[Any, Any]:
        return (frame["age"].to_numpy() > 40).astype(int)

    def predict_proba(self, frame: pd.DataFrame) -> np.ndarray[Any, Any]:
        probability = self.predict(frame) * 0.8 + 0.1
        return np.column_stack([probability, 1 - probability])


class Constant:
    """Always predicts the same, in a column, without classes or probabilities."""

    def __init__(self, prediction: Any) -> None:
        self.prediction = prediction

    def predict(self, frame: pd.DataFrame) -> np.ndarray[Any, Any]:
        return np.full((len(frame), 1), self.prediction)


class Nine(Constant):
    """Knows a class that no row has, and answers nothing else."""

    classes_ = np.array([0, 9])

    def __init__(self) -> None:
        super().__init__("9")


class Registered:
    """Versions in memory, which can only be loaded."""

    def __init__(
        self, *models: Any, features: tuple[str, ...] | None = None, texts: frozenset[str] = frozenset()
    ) -> None:
        numbered = enumerate(models, start=1)
        self.models = {str(number): LoadedVersion(str(number), model, features, texts) for number, model in numbered}

    def load(self, number: str, artifact_sha256: str | None) -> LoadedVersion:
        return self.models[number]


def score_with(
    shelf: Shelf, versions: Any, row_metric: str | None = None, rows: pd.DataFrame = ROWS, **columns: Any
) -> dict[str, dict[str, np.ndarray[Any, Any]]]:
    """The content of each version's prediction file, read as the pipeline reads it."""
    manifest = shelf.manifest(data={**COLUMNS, **columns})
    manifest["holdout"] = shelf.window(FIRST_DAY.replace(day=3), [rows])
    document = shelf.order("score", manifest, versions=dict.fromkeys(versions.models), row_metric=row_metric)
    order, storage = Order.model_validate(document, strict=False), Storage(shelf.client)
    findings = score(order, Manifest.model_validate(manifest, strict=False), storage, versions, Outputs(order, storage))
    contents = {}
    for number, file in findings["predictions"].items():
        with np.load(io.BytesIO(shelf.get(file["uri"])), allow_pickle=False) as arrays:
            contents[number] = dict(arrays)
        assert file["rows"] == len(contents[number]["row_ids"])
    assert findings["rows_without_label"] == 1
    return contents


def test_rows_labels_and_classes_are_the_same_for_all_versions(shelf: Shelf) -> None:
    one, other = score_with(shelf, Registered(Threshold(), Nine())).values()

    assert one["row_ids"].tolist() == ["a", "b", "d"]
    assert one["classes"].tolist() == ["0", "1", "2", "9"]
    assert one["classes"][one["labels"]].tolist() == ["0", "1", "2"]
    for shared in ("row_ids", "labels", "classes"):
        assert np.array_equal(one[shared], other[shared])


def test_predictions_are_codes_into_the_classes(shelf: Shelf) -> None:
    one, other = score_with(shelf, Registered(Threshold(), Nine())).values()
    assert one["classes"][one["predictions"]].tolist() == ["0", "1", "0"]
    assert other["classes"][other["predictions"]].tolist() == ["9", "9", "9"]
    assert one["predictions"].dtype == one["labels"].dtype == np.int32


def test_scores_have_a_column_for_each_class_in_the_order_of_the_classes(shelf: Shelf) -> None:
    (only,) = score_with(shelf, Registered(Threshold())).values()
    assert only["classes"].tolist() == ["0", "1", "2"]
    assert only["scores"] == pytest.approx(np.array([[0.9, 0.1, 0], [0.1, 0.9, 0], [0.9, 0.1, 0]]))


def test_a_model_without_probabilities_has_no_scores(shelf: Shelf) -> None:
    (only,) = score_with(shelf, Registered(Constant(1.0))).values()
    assert "scores" not in only
    assert only["classes"][only["predictions"]].tolist() == ["1", "1", "1"]


def test_a_version_gets_the_columns_it_was_trained_on_in_the_same_order(shelf: Shelf) -> None:
    class Picky(Constant):
        def predict(self, frame: pd.DataFrame) -> np.ndarray[Any, Any]:
            assert frame.columns.tolist() == ["plan", "age"]
            return super().predict(frame)

    assert score_with(shelf, Registered(Picky("1"), features=("plan", "age")))


class Remembers(Constant):
    """Keeps what it was given."""

    def predict(self, frame: pd.DataFrame) -> np.ndarray[Any, Any]:
        self.given = frame
        return super().predict(frame)


def test_a_version_gets_columns_that_are_no_features_any_more_as_when_they_were(shelf: Shelf) -> None:
    model = Remembers("1")
    rows = ROWS.assign(income=[1.0, 2.0, 3.0, None], city=["Ulm", "Bonn", "Kiel", None])
    versions = Registered(model, features=("city", "age", "income"), texts=frozenset({"city"}))
    frames = []
    for features in ({}, {"numeric": ["age", "income"], "categorical": ["plan", "city"]}):
        assert score_with(shelf, versions, rows=rows, **features)
        frames.append(model.given)
    assert frames[0]["city"].tolist()[:2] == ["Ulm", "Bonn"]
    pd.testing.assert_frame_equal(*frames)


def test_a_version_that_needs_columns_which_the_data_lack_is_unusable(shelf: Shelf) -> None:
    lacks = "version 1 needs columns that data.numeric and data.categorical do not name: "
    with pytest.raises(VersionUnusable, match=f"{lacks}income; .*income"):
        score_with(shelf, Registered(Constant("1"), features=("age", "income")))
    with pytest.raises(VersionUnusable, match=f"{lacks}f0, .*, f9 and 5 more; "):
        score_with(shelf, Registered(Constant("1"), features=tuple(f"f{number}" for number in range(15))))


def test_a_version_that_cannot_predict_is_named(shelf: Shelf) -> None:
    class Short:
        def predict(self, frame: pd.DataFrame) -> np.ndarray[Any, Any]:
            return np.zeros(len(frame) - 1)

    with pytest.raises(VersionUnusable, match=r"version 2 gave answers of shape \(2,\) for 3 rows"):
        score_with(shelf, Registered(Constant("1"), Short()))


def test_more_classes_than_can_be_compared_are_refused_before_they_fill_the_memory(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("train_model.score.MAX_CLASSES", 3)
    with pytest.raises(DataInvalid, match="the rows and versions know 4 classes; at most 3 can be compared"):
        score_with(shelf, Registered(Threshold(), Nine()))


def test_more_probabilities_than_can_be_read_are_refused_before_they_fill_the_memory(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("train_model.score.MAX_BYTES_OF_SCORES", 50)
    with pytest.raises(DataInvalid, match="probabilities of 3 classes for 3 rows take 0 MB of a file; at most 0 MB"):
        score_with(shelf, Registered(Threshold()))
    assert score_with(shelf, Registered(Constant("1")))


NUMBERS = ROWS.assign(bought=[1.5, 2.0, None, 3.25])


def test_a_regression_has_numbers_and_no_classes(shelf: Shelf) -> None:
    (only,) = score_with(shelf, Registered(Constant(2.0)), rows=NUMBERS, task="regression").values()
    assert set(only) == {"row_ids", "labels", "predictions"}
    assert only["labels"].tolist() == [1.5, 2.0, 3.25]
    assert only["predictions"].tolist() == [2.0, 2.0, 2.0]


@pytest.mark.parametrize("prediction", [np.nan, np.inf])
def test_a_version_whose_predictions_are_not_finite_is_unusable(shelf: Shelf, prediction: float) -> None:
    with pytest.raises(VersionUnusable, match="version 1 gave 3 of 3 answers that are not finite numbers"):
        score_with(shelf, Registered(Constant(prediction)), rows=NUMBERS, task="regression")


def test_entities_and_slices_are_stored_with_the_predictions(shelf: Shelf) -> None:
    rows = ROWS.assign(customer=["x", None, "x", "y"], region=["north", "south", None, None])
    (only,) = score_with(
        shelf, Registered(Constant("1")), rows=rows, entity="customer", slices=["region", "plan"]
    ).values()
    # A row without an entity is its own entity.
    assert only["entities"].tolist() == ["x", "row b", "y"]
    assert only["slice:region"].tolist() == ["north", "south", ""]
    assert only["slice:plan"].tolist() == ["pro", "pro", "pro"]


@pytest.fixture
def own_metric(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Put a function into a module that an image could contain."""

    def install(function: Any) -> str:
        module = ModuleType("own_metric")
        module.cost = function  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "own_metric", module)
        return "own_metric:cost"

    return install


def test_an_own_metric_gets_features_labels_and_predictions_and_returns_a_value_for_each_row(
    shelf: Shelf, own_metric: Any
) -> None:
    def cost(frame: pd.DataFrame, labels: np.ndarray[Any, Any], predictions: np.ndarray[Any, Any]) -> Any:
        assert labels.tolist() == [0, 1, 2]
        return frame["age"] * (labels == predictions)

    (only,) = score_with(shelf, Registered(Threshold()), own_metric(cost)).values()
    assert only["row_metric"].tolist() == [20.0, 50.0, 0.0]


def test_labels_and_predictions_that_are_equal_are_equal_for_an_own_metric(shelf: Shelf, own_metric: Any) -> None:
    def hits(frame: pd.DataFrame, labels: np.ndarray[Any, Any], predictions: np.ndarray[Any, Any]) -> Any:
        return labels == predictions

    one, other = score_with(shelf, Registered(Constant("1"), Constant(True)), own_metric(hits)).values()
    assert one["row_metric"].tolist() == other["row_metric"].tolist() == [0.0, 1.0, 0.0]


@pytest.mark.parametrize("values", [[1.0, 2.0], [1.0, 2.0, np.nan], 7.0])
def test_a_metric_without_a_number_for_each_row_is_named(shelf: Shelf, own_metric: Any, values: Any) -> None:
    name = own_metric(lambda frame, labels, predictions: values)
    with pytest.raises(VersionUnusable, match="own_metric:cost did not return one finite number for each of 3 rows"):
        score_with(shelf, Registered(Threshold()), name)


def test_a_metric_that_fails_is_named_with_the_reason(shelf: Shelf, own_metric: Any) -> None:
    with pytest.raises(VersionUnusable, match="row metric own_metric:cost failed: KeyError: 'income'"):
        score_with(shelf, Registered(Threshold()), own_metric(lambda frame, labels, predictions: frame["income"]))


def test_a_metric_that_is_not_in_the_image_is_named(shelf: Shelf) -> None:
    with pytest.raises(TrainerBroken, match="row metric nowhere:cost cannot be imported"):
        score_with(shelf, Registered(Threshold()), "nowhere:cost")


def test_the_example_in_the_readme_is_a_metric(shelf: Shelf, own_metric: Any) -> None:
    (example,) = re.findall(r"```python\n(\"\"\"shop_metrics.py.*?)```", (TRAINER / "README.md").read_text(), re.DOTALL)
    names: dict[str, Any] = {}
    exec(example, names)
    (only,) = score_with(shelf, Registered(Threshold()), own_metric(names["cost"])).values()
    assert only["row_metric"].tolist() == [0.0, 0.0, 5.0]
