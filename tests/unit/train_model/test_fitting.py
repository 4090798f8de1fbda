"""The default trainer, and trainers of a user's own."""

import re
import sys
from dataclasses import replace
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest

from local.paths import TRAINER
from tests.unit.train_model.shelf import Shelf, some_rows
from train_model.data import LabelledRows
from train_model.errors import DataInvalid, TrainerBroken
from train_model.fitting import fit_model, training_quality
from train_model.order import Order
from train_model.storage import Storage

# No trainer here writes checkpoints, so nothing is ever stored.
NOWHERE: Any = None


def rows_of(frame: pd.DataFrame) -> LabelledRows:
    labels = frame["bought"].astype(str).to_numpy(dtype=np.str_)
    return LabelledRows(frame["id"].to_numpy(dtype=np.str_), frame[["age", "plan"]], labels, unlabelled=0)


@pytest.fixture
def order(shelf: Shelf) -> Order:
    return Order.model_validate(shelf.order("train", shelf.manifest()))


@pytest.fixture
def own_trainer(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Put a function into a module that an image could contain."""

    def install(function: Any) -> str:
        module = ModuleType("own_trainer")
        module.fit = function  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "own_trainer", module)
        return "own_trainer:fit"

    return install


def test_the_default_trainer_learns_from_numbers_and_categories(order: Order) -> None:
    rows = rows_of(some_rows(500))
    assert training_quality(fit_model(order, rows, NOWHERE), rows)["training_accuracy"] > 0.98


def test_the_same_order_gives_the_same_model(order: Order) -> None:
    rows, unseen = rows_of(some_rows(500)), rows_of(some_rows(300, seed=1)).features
    one, other = fit_model(order, rows, NOWHERE), fit_model(order, rows, NOWHERE)
    assert np.array_equal(one.predict_proba(unseen), other.predict_proba(unseen))


def test_rows_with_missing_values_and_unseen_categories_can_be_predicted(order: Order) -> None:
    training = some_rows(300)
    training.loc[::7, ["age", "plan"]] = None
    unseen = pd.DataFrame({"age": [30.0, np.nan, 70.0], "plan": ["gold", None, "pro"]})

    predicted = fit_model(order, rows_of(training), NOWHERE).predict(unseen)

    assert predicted[[0, 2]].tolist() == [0, 1]


def test_a_column_that_was_empty_in_training_is_not_used(order: Order) -> None:
    rows = rows_of(some_rows(300))
    empty = rows.features.assign(number=np.nan, text=pd.Series([None] * 300, dtype="str"))

    model = fit_model(order, LabelledRows(rows.row_ids, empty, rows.labels, 0), NOWHERE)

    filled = rows.features.assign(number=1.0, text="x")
    assert np.array_equal(model.predict(filled), model.predict(empty))


def test_a_column_may_have_thousands_of_categories(order: Order) -> None:
    frame = some_rows(3000)
    frame["plan"] = [f"plan {number % 1500}" for number in range(3000)]
    rows = rows_of(frame)
    assert training_quality(fit_model(order, rows, NOWHERE), rows)["training_accuracy"] > 0.95


def test_only_numbers_or_only_categories_are_enough(order: Order) -> None:
    rows = rows_of(some_rows(300))
    for column in ("age", "plan"):
        model = fit_model(order, LabelledRows(rows.row_ids, rows.features[[column]], rows.labels, 0), NOWHERE)
        assert set(model.predict(rows.features[[column]])) <= {0, 1}


def test_parameters_reach_the_default_trainer(order: Order) -> None:
    model = fit_model(order.model_copy(update={"parameters": {"max_iter": 3}}), rows_of(some_rows()), NOWHERE)
    assert model[-1].n_iter_ == 3


@pytest.mark.parametrize("parameters", [{"max_itr": 3}, {"max_iter": "many"}, {"random_state": 1}])
def test_wrong_parameters_are_named(order: Order, parameters: dict[str, Any]) -> None:
    with pytest.raises(TrainerBroken, match=next(iter(parameters))):
        fit_model(order.model_copy(update={"parameters": parameters}), rows_of(some_rows()), NOWHERE)


def test_a_single_class_cannot_be_learned(order: Order) -> None:
    with pytest.raises(DataInvalid, match="all 200 training rows have the same label"):
        fit_model(order, rows_of(some_rows(limit=0)), NOWHERE)


def test_an_own_trainer_gets_frame_target_parameters_and_seed(order: Order, own_trainer: Any) -> None:
    class Majority:
        def predict(self, frame: pd.DataFrame) -> np.ndarray[Any, Any]:
            return np.full(len(frame), 1)

    def fit(frame: pd.DataFrame, target: np.ndarray[Any, Any], parameters: dict[str, Any], seed: int) -> Majority:
        assert (frame.columns.tolist(), target.dtype, parameters, seed) == (["age", "plan"], np.int64, {"a": 1}, 7)
        frame.drop(columns="age", inplace=True)
        return Majority()

    rows = rows_of(some_rows())
    own = order.model_copy(update={"trainer": own_trainer(fit), "parameters": {"a": 1}})

    assert training_quality(fit_model(own, rows, NOWHERE), rows) == {"training_accuracy": np.mean(rows.labels == "1")}
    assert rows.features.columns.tolist() == ["age", "plan"]


def broken(*_: Any) -> None:
    raise RuntimeError("out of ideas")


def leaving(*_: Any) -> None:
    raise SystemExit(0)


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (broken, "failed: RuntimeError: out of ideas"),
        (leaving, "failed: SystemExit"),
        (lambda frame, target: None, "failed: TypeError"),
        (lambda *_: None, "returned a NoneType, which has no method predict"),
    ],
)
def test_a_broken_trainer_is_named_with_the_reason(order: Order, own_trainer: Any, function: Any, reason: str) -> None:
    own = order.model_copy(update={"trainer": own_trainer(function)})
    with pytest.raises(TrainerBroken, match=f"own_trainer:fit {reason}"):
        fit_model(own, rows_of(some_rows()), NOWHERE)


@pytest.mark.parametrize("trainer", ["no_such_module:fit", "json:no_such_function"])
def test_a_trainer_that_is_not_in_the_image_is_named(order: Order, trainer: str) -> None:
    with pytest.raises(TrainerBroken, match=f"{trainer} cannot be imported"):
        fit_model(order.model_copy(update={"trainer": trainer}), rows_of(some_rows()), NOWHERE)


@pytest.mark.parametrize(
    ("file", "parameters", "min_accuracy"),
    [("churn_trainer.py", {"C": 10.0}, 0.95), ("lasting_trainer.py", {"epochs": 30}, 0.75)],
)
def test_the_examples_in_the_readme_are_trainers(
    order: Order, own_trainer: Any, shelf: Shelf, file: str, parameters: dict[str, Any], min_accuracy: float
) -> None:
    examples = re.findall(r"```python\n(.*?)```", (TRAINER / "README.md").read_text(), flags=re.DOTALL)
    (example,) = (text for text in examples if file in text)
    names: dict[str, Any] = {}
    exec(example, names)
    rows = rows_of(some_rows(300))

    own = order.model_copy(update={"trainer": own_trainer(names["fit"]), "parameters": parameters})

    assert training_quality(fit_model(own, rows, Storage(shelf.client)), rows)["training_accuracy"] > min_accuracy


def test_numbers_are_learned_by_a_regressor(order: Order) -> None:
    rows = rows_of(some_rows(500))
    prices = replace(rows, labels=rows.features["age"].to_numpy() * 3.5)
    model = fit_model(order, prices, NOWHERE)
    assert training_quality(model, prices)["training_rmse"] < 5
    assert model.predict(rows.features).dtype == np.float64


def test_a_model_whose_answers_cannot_be_measured_is_not_registered() -> None:
    class Broken:
        def predict(self, frame: pd.DataFrame) -> np.ndarray[Any, Any]:
            return np.where(frame["age"] > 79, np.nan, 1.0)

    with pytest.raises(TrainerBroken, match=r"the fitted model gave no answer for .* of 300 rows, .*training rows"):
        training_quality(Broken(), rows_of(some_rows(300)))


def test_a_model_whose_probabilities_are_none_is_not_registered() -> None:
    class Certain:
        classes_ = np.array([0, 1])

        def predict(self, frame: pd.DataFrame) -> np.ndarray[Any, Any]:
            return (frame["age"].to_numpy() > 40).astype(int)

        def predict_proba(self, frame: pd.DataFrame) -> np.ndarray[Any, Any]:
            return np.ones((len(frame), 2))

    with pytest.raises(TrainerBroken, match=r"the fitted model gave probabilities that are not 1 together"):
        training_quality(Certain(), rows_of(some_rows(300)))
