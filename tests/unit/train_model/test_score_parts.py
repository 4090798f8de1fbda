"""What a pod says of its part of the holdout does not depend on which labels the part has."""

import hashlib
import io
import json
import sys
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.unit.train_model.shelf import FIRST_DAY, Shelf
from tests.unit.train_model.test_score import Registered
from train_model.errors import OrderInvalid
from train_model.order import Manifest, Order
from train_model.outputs import Outputs
from train_model.score import score
from train_model.storage import Storage

Arrays = dict[str, np.ndarray[Any, Any]]


class Older:
    """Answers one of two values, the second one above an age; an estimator knows them as its classes."""

    def __init__(self, *answers: Any, knows_classes: bool = True) -> None:
        self.answers = np.array(answers)
        if knows_classes:
            self.classes_ = self.answers

    def predict(self, frame: pd.DataFrame) -> np.ndarray[Any, Any]:
        answers: np.ndarray[Any, Any] = self.answers[(frame["age"].to_numpy() > 40).astype(int)]
        return answers


def customers(ids: str, labels: list[str]) -> pd.DataFrame:
    rows = range(len(labels))
    ages = [20.0 + 40 * (row % 2) for row in rows]
    return pd.DataFrame({"id": [f"{ids}{row}" for row in rows], "age": ages, "plan": "x", "bought": labels})


class World:
    """A holdout whose parts have the given labels, with ages on both sides of 40 by turns."""

    def __init__(self, shelf: Shelf, parts: list[list[str]]) -> None:
        self.shelf, self.manifest = shelf, shelf.manifest()
        days = [customers(f"{part}-", labels) for part, labels in enumerate(parts)]
        self.manifest["holdout"] = shelf.window(FIRST_DAY.replace(day=3), [*days])
        for part, item in enumerate(self.manifest["holdout"]["objects"]):
            item["part"] = part
        self.labels = json.dumps(sorted({label for part in parts for label in part})).encode()

    def scored(self, model: Any, part: int | None = None, row_metric: str | None = None) -> Arrays:
        self.shelf.put("jobs/shop-1/manifest-labels.json", self.labels)
        uri = f"s3://{self.shelf.bucket}/jobs/shop-1/manifest-labels.json"
        labels = {} if part is None else {"labels_uri": uri, "labels_sha256": hashlib.sha256(self.labels).hexdigest()}
        document = self.shelf.order(
            "score", self.manifest, versions={"1": None}, part=part, row_metric=row_metric, **labels
        )
        order, storage = Order.model_validate(document, strict=False), Storage(self.shelf.client)
        manifest = Manifest.model_validate(self.manifest, strict=False)
        file = score(order, manifest, storage, Registered(model), Outputs(order, storage))["predictions"]["1"]
        with np.load(io.BytesIO(self.shelf.get(file["uri"])), allow_pickle=False) as arrays:
            return dict(arrays)


def rows_of(arrays: Arrays) -> list[list[str]]:
    """Id, label and prediction of each row."""
    classes = arrays["classes"]
    columns = [arrays["row_ids"], classes[arrays["labels"]], classes[arrays["predictions"]]]
    rows: list[list[str]] = np.column_stack(columns).tolist()
    return rows


@pytest.mark.parametrize(
    ("parts", "model"),
    [
        ([["true", "false"], ["false", "false", "false"]], Older(0, 1)),
        ([["true", "false"], ["false", "false", "false"]], Older(0.0, 1.0, knows_classes=False)),
        ([["0", "1"], ["2", "2"]], Older(0, 1)),
        ([["no", "yes"], ["yes"]], Older("no", "yes", knows_classes=False)),
        ([["1.5", "2"], ["1.5", "1.5"]], Older(1.5, 2.0)),
    ],
)
def test_each_part_is_answered_as_it_is_among_the_others(shelf: Shelf, parts: list[list[str]], model: Older) -> None:
    world = World(shelf, parts)
    whole = world.scored(model)
    scored = [world.scored(model, part) for part in range(len(parts))]
    assert [row for part in scored for row in rows_of(part)] == rows_of(whole)
    assert {name for part in scored for name in part["classes"].tolist()} == set(whole["classes"].tolist())


def test_an_own_metric_gets_labels_of_one_type_in_all_parts(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    types: list[str] = []
    module = ModuleType("own_metric")

    def cost(frame: pd.DataFrame, labels: np.ndarray[Any, Any], predictions: np.ndarray[Any, Any]) -> Any:
        types.extend((labels.dtype.kind, predictions.dtype.kind))
        return labels == predictions

    module.cost = cost  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "own_metric", module)
    world = World(shelf, [["1", "2"], ["1", "other"]])
    values = [world.scored(Older(1, 2), part, "own_metric:cost")["row_metric"].tolist() for part in range(2)]
    assert (set(types), values) == ({"U"}, [[1.0, 1.0], [1.0, 0.0]])


def test_other_labels_than_those_of_the_order_are_refused(shelf: Shelf) -> None:
    world = World(shelf, [["0", "1"], ["1"]])
    document = shelf.order(
        "score", world.manifest, versions={"1": None}, part=1, labels_uri=f"s3://{shelf.bucket}/labels.json"
    )
    shelf.put("labels.json", b'["0","2"]')
    order = Order.model_validate({**document, "labels_sha256": "0" * 64}, strict=False)
    storage = Storage(shelf.client)
    with pytest.raises(OrderInvalid, match=r"labels\.json are not those in the order"):
        score(
            order,
            Manifest.model_validate(world.manifest, strict=False),
            storage,
            Registered(Older(0, 1)),
            Outputs(order, storage),
        )
