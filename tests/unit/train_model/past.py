"""A past to walk through: customers whose habits change one day, and requests for back-tests of it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from auto_retrain.domain.digest import canonical_json
from auto_retrain.domain.manifest import DataObject
from auto_retrain.domain.policy.policy import Policy
from auto_retrain.domain.prices import PriceList, list_prices
from auto_retrain.domain.trained_back_test import BackTestManifest, BackTestRequest, Listing, NamedPolicy, id_of
from auto_retrain.domain.windows import Window
from tests.unit.builders import a_policy
from tests.unit.train_model.shelf import Shelf, some_rows, to_bytes

FIRST = date(2026, 1, 1)
CHANGE = date(2026, 3, 1)
DAYS = 100
ROWS = 120


def fit(frame: pd.DataFrame, target: np.ndarray[Any, Any], parameters: dict[str, Any], seed: int) -> Pipeline:
    """A small tree, which takes milliseconds."""
    if parameters.get("fails"):
        raise ValueError("this trainer fails")
    only_age = make_column_transformer(("passthrough", ["age"]))
    return make_pipeline(only_age, DecisionTreeClassifier(max_depth=1)).fit(frame, target)


class Picky:
    """A model that knows no customers above an age; it is pickled with its class by name."""

    def __init__(self, model: Pipeline, oldest: float) -> None:
        self.model, self.oldest, self.classes_ = model, oldest, model.classes_

    def predict(self, frame: pd.DataFrame) -> Any:
        if frame["age"].max() > self.oldest:
            raise ValueError("nobody is that old")
        return self.model.predict(frame)


def fit_picky(frame: pd.DataFrame, target: np.ndarray[Any, Any], parameters: dict[str, Any], seed: int) -> Picky:
    return Picky(fit(frame, target, parameters, seed), parameters.get("oldest", 100))


class Unloadable:
    """A model that can be pickled and not be unpickled."""

    def __reduce__(self) -> Any:
        return _gone, ()

    def predict(self, frame: pd.DataFrame) -> Any:
        return np.ones(len(frame), int)


def _gone() -> None:
    raise RuntimeError("the file of its weights is gone")


def fit_unloadable(*_: Any) -> Unloadable:
    return Unloadable()


def fit_scores(frame: pd.DataFrame, target: np.ndarray[Any, Any], parameters: dict[str, Any], seed: int) -> Pipeline:
    """Its probabilities are as good as those that made the labels of `doubtful_rows`."""
    only_age = make_column_transformer((StandardScaler(), ["age"]))
    return make_pipeline(only_age, LogisticRegression()).fit(frame, target)


def doubtful_rows(day: date, change: date = CHANGE) -> pd.DataFrame:
    """Customers buy the more probably the older they are; from the change on, most are of the age that says least."""
    random, rows = np.random.default_rng((day - FIRST).days), rows_of(day)
    old = random.random(ROWS) < 0.5
    doubtful = random.random(ROWS) < (0.95 if day >= change else 0.3)
    away = np.where(doubtful, random.uniform(0, 8, ROWS), random.uniform(8, 30, ROWS))
    age = 45 + np.where(old, away, -away)
    buys = random.random(ROWS) < 1 / (1 + np.exp(-(age - 45) / 4))
    return rows.assign(age=age, bought=buys.astype(int))


def the_policy(**more: Any) -> Policy:
    triggers = {
        "enabled": ["performance_degradation"],
        "performance_metric_threshold": 0.85,
        "evaluation_window_days": 5,
        "training_window_days": 10,
        **more.pop("triggers", {}),
    }
    data = {"prefix": "customers", "row_id": "id", "label": "bought", "numeric": ["age"], "categorical": ["plan"]}
    return a_policy(model="shop", triggers=triggers, data=data, metric={"counts_rows": True}, **more)


def rows_of(day: date, change: date = CHANGE, until: date = date.max) -> pd.DataFrame:
    """Customers above 40 buy; from the change on those above 60 do."""
    return some_rows(ROWS, seed=(day - FIRST).days, limit=60 if change <= day < until else 40)


def days_of(shelf: Shelf, change: date = CHANGE, until: date = date.max) -> Iterator[DataObject]:
    """An object for each day."""
    for number in range(DAYS):
        day = FIRST + timedelta(days=number)
        yield put(shelf, f"customers/date={day}/part-0.parquet", file_of(day, change, until), day)


@cache
def file_of(day: date, change: date, until: date) -> bytes:
    """The same for all tests: to write a hundred days takes longer than to walk through them."""
    return to_bytes(rows_of(day, change, until))


def put(shelf: Shelf, key: str, rows: pd.DataFrame | bytes, day: date) -> DataObject:
    """Store an object, as it will be listed."""
    content = rows if isinstance(rows, bytes) else to_bytes(rows)
    etag = shelf.put(key, content).strip('"')
    return DataObject(uri=f"s3://{shelf.bucket}/{key}", etag=etag, size=len(content), date=day)


def a_request(objects: list[DataObject], *policies: Policy, **more: Any) -> BackTestRequest:
    """From the twentieth day to the last but ten; something served before."""
    window = Window(start=FIRST + timedelta(days=20), end=FIRST + timedelta(days=DAYS - 10))
    given: dict[str, Any] = {
        "model_name": "shop",
        "days": window,
        "as_of": datetime(2026, 6, 1, tzinfo=UTC),
        "policies": tuple(NamedPolicy(name=f"policy {n}", policy=policy) for n, policy in enumerate(policies)),
        "listings": (Listing(prefix="customers", objects=tuple(objects)),),
        "trains_first": True,
        "prices": PriceList(prices=list_prices()),
        "image": "trainer",
    }
    return BackTestRequest(**{**given, **more})


def manifest_of(request: BackTestRequest) -> tuple[str, bytes]:
    """The id of a request, and the document for its pod."""
    job_id = id_of(request)
    return job_id, canonical_json(BackTestManifest(job_id=job_id, **dict(request)))
