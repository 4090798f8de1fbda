"""Proxies: two small models on samples of the training rows, which predict the holdout rows beside the champion."""

import io
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.unit.train_model.shelf import COLUMNS, FIRST_DAY, Shelf, some_rows
from tests.unit.train_model.test_score import Constant, Registered
from train_model.data import RowSample, read_window
from train_model.errors import DataInvalid, OrderInvalid
from train_model.order import Columns, Manifest, Order, Window
from train_model.outputs import Outputs
from train_model.proxy import train_proxies
from train_model.storage import Storage


def proxies_on(shelf: Shelf, manifest: dict[str, Any], champions: Any, **changes: Any) -> dict[str, Any]:
    document = shelf.order("proxy", manifest, versions=dict.fromkeys(champions.models), **changes)
    order, storage = Order.model_validate(document, strict=False), Storage(shelf.client)
    frozen = Manifest.model_validate(manifest, strict=False)
    return train_proxies(order, frozen, storage, champions, Outputs(order, storage))


def accuracy_in(shelf: Shelf, file: dict[str, Any]) -> float:
    with np.load(io.BytesIO(shelf.get(file["uri"]))) as arrays:
        return float(np.mean(arrays["predictions"] == arrays["labels"]))


def manifest_of(shelf: Shelf, rows: int) -> dict[str, Any]:
    return shelf.manifest(training=shelf.window(FIRST_DAY - timedelta(30), [some_rows(rows, seed) for seed in (5, 6)]))


def test_both_proxies_and_the_champion_predict_the_same_rows(shelf: Shelf) -> None:
    findings = proxies_on(shelf, manifest_of(shelf, 2000), Registered(Constant(0)), sample_share=0.25)
    half, whole = findings["proxies"]
    assert half["rows"] == pytest.approx(500, abs=80)
    assert whole["rows"] == pytest.approx(1000, abs=110)
    assert min(accuracy_in(shelf, each["predictions"]) for each in (half, whole)) > 0.95
    assert accuracy_in(shelf, findings["predictions"]["1"]) < 0.5
    assert findings["versions"] == {"1": None}


def test_a_champion_with_an_image_of_its_own_is_not_asked(shelf: Shelf) -> None:
    findings = proxies_on(shelf, manifest_of(shelf, 400), Registered(), sample_share=0.5)
    assert (findings["predictions"], findings["versions"], len(findings["proxies"])) == ({}, {}, 2)


def test_a_sample_with_one_label_only_ends_without_a_result(shelf: Shelf) -> None:
    manifest = shelf.manifest(training=shelf.window(FIRST_DAY - timedelta(30), [some_rows(400, 5, limit=100)]))
    with pytest.raises(DataInvalid, match="training rows have the same label"):
        proxies_on(shelf, manifest, Registered(), sample_share=0.5)


def a_sample(shelf: Shelf, share: float, days: list[pd.DataFrame], seed: int = 7) -> set[str]:
    window = Window.model_validate(shelf.window(FIRST_DAY, days), strict=False)
    columns = Columns.model_validate(COLUMNS, strict=False)
    rows = read_window(Storage(shelf.client), columns, window, sample=RowSample(share, seed))
    return set(rows.row_ids.tolist())


def test_a_sample_is_the_same_however_the_rows_are_divided_into_objects(shelf: Shelf) -> None:
    days = [some_rows(300, 1), some_rows(300, 2)]
    drawn = a_sample(shelf, 0.5, days)
    assert drawn == a_sample(shelf, 0.5, [pd.concat(days[::-1])])
    assert drawn != a_sample(shelf, 0.5, days, seed=8)
    assert a_sample(shelf, 0.25, days) < drawn
    assert len(a_sample(shelf, 1.0, days)) == 600


@pytest.mark.parametrize(
    ("kind", "changes", "problem"),
    [
        ("proxy", {}, "sample_share is required for kind 'proxy', and only there"),
        ("train", {"sample_share": 0.5}, "sample_share is required for kind 'proxy', and only there"),
        ("proxy", {"sample_share": 0.0}, "sample_share"),
        ("train", {"versions": {"1": None}}, "allowed only there and for kind 'proxy'"),
    ],
)
def test_an_order_that_makes_no_sense_names_the_field(
    shelf: Shelf, kind: str, changes: dict[str, Any], problem: str
) -> None:
    from json import dumps

    from train_model.order import parse_order

    with pytest.raises(OrderInvalid, match=problem):
        parse_order(dumps(shelf.order(kind, shelf.manifest(), **changes)))
