"""Which orders and manifests the container accepts."""

import json
from typing import Any

import pytest

from tests.unit.train_model.shelf import Shelf
from train_model.errors import OrderInvalid
from train_model.order import Manifest, Order, parse_manifest, parse_order


@pytest.fixture
def order(shelf: Shelf) -> dict[str, Any]:
    return shelf.order("train", shelf.manifest())


def parse(order: dict[str, Any], **changes: Any) -> Order:
    return parse_order(json.dumps({**order, **changes}))


def test_a_complete_order_is_accepted(order: dict[str, Any]) -> None:
    assert parse(order, parameters={"max_iter": 5}, trainer="my.module:fit").parameters == {"max_iter": 5}


def test_a_missing_order_is_explained() -> None:
    with pytest.raises(OrderInvalid, match="set AUTO_RETRAIN_ORDER"):
        parse_order(None)


@pytest.mark.parametrize("document", ["", "{", "null", '"order"'])
def test_a_document_that_is_not_an_order_is_refused(document: str) -> None:
    with pytest.raises(OrderInvalid, match="order is invalid"):
        parse_order(document)


def test_each_pod_carries_out_its_own_order_of_a_list(order: dict[str, Any]) -> None:
    orders = json.dumps([{**order, "variant": variant} for variant in range(3)])

    assert [parse_order(orders, str(index)).variant for index in range(3)] == [0, 1, 2]


@pytest.mark.parametrize("index", [None, "", "-1", "3", "x", "٣"])
def test_an_index_outside_the_list_is_refused(order: dict[str, Any], index: str | None) -> None:
    with pytest.raises(OrderInvalid, match="must be an index of the 3 orders"):
        parse_order(json.dumps([order] * 3), index)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("schema_version", 2),
        ("kind", "deploy"),
        ("job_id", "a' or name='b"),
        ("model_name", "../other"),
        ("manifest_uri", "file:///etc/passwd"),
        ("manifest_sha256", "abc"),
        ("output_uri", "s3://bucket/no-slash"),
        ("mlflow_tracking_uri", "file:///tmp/runs"),
        ("mlflow_tracking_uri", "http://user:secret@mlflow:5000"),
        ("seed", -1),
        ("seed", "7"),
        ("seed", True),
        ("parameters", [1]),
        ("trainer", "os.system"),
        ("versions", {"3": None}),
        ("versions", ["3"]),
        ("versions", {"3": "no digest"}),
        ("surprise", 1),
    ],
)
def test_a_wrong_field_is_named(order: dict[str, Any], field: str, value: Any) -> None:
    with pytest.raises(OrderInvalid) as refused:
        parse(order, **{field: value})
    assert field in str(refused.value)


@pytest.mark.parametrize("versions", [{}, {"champion": None}, {"0": None}, {"3": 3}])
def test_scoring_needs_versions_by_number(order: dict[str, Any], versions: list[Any]) -> None:
    with pytest.raises(OrderInvalid, match="versions"):
        parse(order, kind="score", versions=versions)


def test_a_refused_address_is_not_quoted_because_it_may_contain_a_password(order: dict[str, Any]) -> None:
    with pytest.raises(OrderInvalid) as refused:
        parse(order, mlflow_tracking_uri="http://user:secret@mlflow:5000")
    assert "secret" not in str(refused.value)


def test_a_manifest_that_was_changed_is_refused(order: dict[str, Any], shelf: Shelf) -> None:
    content = shelf.get(order["manifest_uri"])
    with pytest.raises(OrderInvalid, match="SHA-256 differs"):
        parse_manifest(content + b" ", parse(order), Manifest)


def test_a_manifest_of_another_job_is_refused(shelf: Shelf) -> None:
    order = shelf.order("train", shelf.manifest("other-1"))
    with pytest.raises(OrderInvalid, match="belongs to job other-1"):
        parse_manifest(shelf.get(order["manifest_uri"]), parse(order, job_id="shop-1"), Manifest)


def test_a_holdout_that_overlaps_the_training_window_is_refused(shelf: Shelf) -> None:
    manifest = shelf.manifest()
    manifest["holdout"]["start"] = manifest["training"]["start"]
    order = shelf.order("train", manifest)
    with pytest.raises(OrderInvalid, match="begin after the training window"):
        parse_manifest(shelf.get(order["manifest_uri"]), parse(order), Manifest)
