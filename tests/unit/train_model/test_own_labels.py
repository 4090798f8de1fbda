"""Labels that come in their own data set, late and corrected."""

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from tests.unit.train_model.shelf import COLUMNS, FIRST_DAY, Shelf, some_rows, to_bytes
from train_model.data import LabelledRows, read_window
from train_model.errors import DataInvalid
from train_model.order import Columns, Window
from train_model.storage import Storage

Read = Callable[..., LabelledRows]
OWN = {"format": "parquet", "row_id": "customer", "label": "truth"}


@pytest.fixture
def read(shelf: Shelf) -> Read:
    def read(rows: pd.DataFrame, *labels: pd.DataFrame | bytes, format: str = "parquet") -> LabelledRows:
        described = Columns.model_validate({**COLUMNS, "labels": {**OWN, "format": format}}, strict=False)
        window = shelf.window(FIRST_DAY, [rows.drop(columns="bought", errors="ignore")])
        objects = []
        for number, day in enumerate(labels):
            content = day if isinstance(day, bytes) else to_bytes(day, format)
            key = f"truth/date=2026-01-{number + 1:02}/part-0"
            etag = shelf.put(key, content)
            fields = {"etag": etag, "size": len(content), "date": f"2026-01-{number + 1:02}"}
            objects.append({"uri": f"s3://{shelf.bucket}/{key}", **fields})
        window["label_objects"] = objects
        return read_window(Storage(shelf.client), described, Window.model_validate(window, strict=False))

    return read


def truth(**labels: Any) -> pd.DataFrame:
    return pd.DataFrame({"customer": list(labels), "truth": list(labels.values())})


def rows(*ids: Any) -> pd.DataFrame:
    return some_rows(len(ids)).assign(id=list(ids))


@pytest.mark.parametrize("format", ["csv", "parquet"])
def test_labels_are_joined_by_row_id_whatever_their_order(read: Read, format: str) -> None:
    labelled = read(rows("a", "b", "c"), truth(c="yes", a="no", b="yes"), format=format)
    assert dict(zip(labelled.row_ids, labelled.labels, strict=True)) == {"a": "no", "b": "yes", "c": "yes"}


def test_rows_whose_label_has_not_arrived_are_left_out_and_counted(read: Read) -> None:
    labelled = read(rows("a", "b", "c", "d"), truth(b="yes", c=None))
    assert labelled.row_ids.tolist() == ["b"]
    assert (labelled.unlabelled, labelled.label_share) == (3, 0.25)


def test_a_later_label_replaces_an_earlier_one(read: Read) -> None:
    twice = pd.DataFrame({"customer": ["a", "a"], "truth": ["no", "yes"]})
    assert read(rows("a", "b"), truth(a="no", b="no"), truth(b="yes")).labels.tolist() == ["no", "yes"]
    assert read(rows("a"), twice).labels.tolist() == ["yes"]


def test_an_empty_label_does_not_replace_an_earlier_one(read: Read) -> None:
    assert read(rows("a"), truth(a="yes"), truth(a=None)).labels.tolist() == ["yes"]


def test_labels_of_other_rows_are_ignored(read: Read) -> None:
    assert read(rows("a"), truth(a="yes", z="no")).labels.tolist() == ["yes"]


def test_row_ids_are_matched_by_their_text(read: Read) -> None:
    labels = pd.DataFrame({"customer": [1.0, 2.0], "truth": [True, False]})
    assert read(rows("1", "2"), labels).labels.tolist() == ["true", "false"]


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        ([], "there are no labels for the rows from 2026-01-01 to 2026-01-01"),
        ([truth(z="yes")], "none of the 2 rows"),
        ([truth(a=None)], "none of the 2 rows"),
        ([pd.DataFrame({"customer": ["a"]})], "lacks the columns truth"),
        ([b"not parquet"], "cannot be read as parquet"),
    ],
)
def test_unusable_labels_are_refused_with_a_reason(read: Read, labels: list[Any], reason: str) -> None:
    with pytest.raises(DataInvalid, match=reason):
        read(rows("a", "b"), *labels)
