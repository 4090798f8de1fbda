"""A pod examines its part of the data by the code of the package, and says of broken data what the package would."""

from datetime import timedelta
from typing import Any

import pandas as pd
import pytest

from auto_retrain.usecases.data.part_files import unpack
from auto_retrain.usecases.data.part_records import PartEvidence
from tests.unit.train_model.shelf import FIRST_DAY, Shelf, some_rows
from train_model.check import check
from train_model.errors import OrderInvalid
from train_model.order import Order
from train_model.outputs import Outputs
from train_model.storage import Storage


def in_two_parts(shelf: Shelf, days: list[pd.DataFrame]) -> dict[str, Any]:
    """A manifest whose training days belong to the parts by turns, and whose holdout is in one."""
    training = shelf.window(FIRST_DAY - timedelta(30), days)  # type: ignore[arg-type]
    objects = [{**item, "part": place % 2} for place, item in enumerate(training["objects"])]
    return shelf.manifest(training={**training, "objects": objects})


def findings_of(shelf: Shelf, manifest: dict[str, Any], **changes: Any) -> dict[str, Any]:
    document = shelf.order("check", manifest, **changes)
    order, storage = Order.model_validate(document, strict=False), Storage(shelf.client)
    return check(order, storage.read(order.manifest_uri), storage, Outputs(order, storage))


def evidence(shelf: Shelf, manifest: dict[str, Any], part: int) -> PartEvidence:
    return unpack(shelf.get(findings_of(shelf, manifest, part=part)["evidence"]["uri"]))


def test_each_pod_examines_its_own_objects_of_both_windows(shelf: Shelf) -> None:
    manifest = in_two_parts(shelf, [some_rows(100, 5), some_rows(40, 6), some_rows(20, 7)])
    first, second = evidence(shelf, manifest, 0), evidence(shelf, manifest, 1)
    assert (first.training.features.rows, second.training.features.rows) == (120, 40)
    assert (first.holdout.features.rows > 0, second.holdout.features.rows) == (True, 0)
    assert (set(first.digests), set(second.digests)) == ({0}, set())
    assert set(first.training.features.categories["plan"].counts) == {"free", "plus", "pro"}


def test_broken_data_are_a_finding_and_no_failed_pod(shelf: Shelf) -> None:
    manifest = in_two_parts(shelf, [some_rows(20, 5), some_rows(20, 6).drop(columns="age")])
    broken = findings_of(shelf, manifest, part=1)["broken"]
    assert "lacks the columns age" in broken["reason"]
    assert (broken["missing"], broken["changed_since"]) == (("age",), False)


def test_an_object_that_has_changed_since_it_was_frozen_is_said_to_have(shelf: Shelf) -> None:
    manifest = in_two_parts(shelf, [some_rows(20, 5), some_rows(20, 6)])
    shelf.put(manifest["training"]["objects"][0]["uri"].removeprefix(f"s3://{shelf.bucket}/"), b"other")
    assert findings_of(shelf, manifest, part=0)["broken"]["changed_since"]


def test_an_order_without_a_part_is_refused(shelf: Shelf) -> None:
    with pytest.raises(OrderInvalid, match="part is required"):
        findings_of(shelf, in_two_parts(shelf, [some_rows(20, 5), some_rows(20, 6)]))
