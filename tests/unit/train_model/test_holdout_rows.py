"""What the data check digests before training is what the container scores afterwards, whatever the files hold."""

from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auto_retrain.adapters.data.arrow_tables import ArrowTableReader
from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.comparison.holdout import digest_rows
from auto_retrain.domain.data_check import HoldoutDigests
from auto_retrain.domain.errors import DataInvalid
from auto_retrain.domain.manifest import Manifest as FrozenManifest
from auto_retrain.domain.manifest import in_parts
from auto_retrain.domain.windows import Window
from auto_retrain.usecases.data.holdout_rows import digest_part
from tests.unit.train_model.shelf import to_bytes
from train_model.data import read_window
from train_model.order import Manifest
from train_model.score import Predictions, _arrays_of, _extra_arrays

DAY = date(2026, 1, 3)
COLUMNS: dict[str, Any] = {
    "format": "parquet",
    "row_id": "id",
    "label": "left",
    "numeric": ["age"],
    "categorical": ["plan"],
    "entity": "customer",
    "slices": ["plan", "region"],
}
ROWS = 40
WHEN = pd.date_range("2026-01-01", periods=ROWS, freq="7h", tz="UTC")


class Files:
    """The storage of the container, with the files of the control plane's."""

    def __init__(self, ports: MemoryPorts) -> None:
        self._ports = ports

    def read(self, uri: str, _: str | None = None) -> bytes:
        return self._ports.data.read(uri)


def some_rows(**columns: Any) -> pd.DataFrame:
    number = np.arange(ROWS)
    rows: dict[str, Any] = {
        "id": [f"row {place}" for place in number],
        "left": number % 2,
        "age": number * 0.5,
        "plan": np.where(number % 3, "basic", "full"),
        "region": [None if place % 7 == 0 else f"r{place % 4}" for place in number],
        "customer": [None if place % 5 == 0 else f"c{place % 6}" for place in number],
    }
    return pd.DataFrame({**rows, **columns})


def both(
    rows: pd.DataFrame, arrived: list[pd.DataFrame] | None = None, **data: Any
) -> tuple[HoldoutDigests, HoldoutDigests]:
    """The digests before training, and those of what the container would write when it scores."""
    ports = MemoryPorts()
    columns = {**COLUMNS, **data}
    ports.data.add_partition("churn", DAY, to_bytes(rows, columns["format"]))
    for number, labels in enumerate(arrived or []):
        ports.data.add_partition("labels", DAY, to_bytes(labels, columns["format"]), f"part-{number}")
    span = Window(start=DAY, end=date(2026, 1, 4))
    window: dict[str, Any] = {
        "start": "2026-01-03",
        "end": "2026-01-04",
        "objects": [item.model_dump(mode="json") for item in ports.data.list_partitions("churn", span)],
        "label_objects": [item.model_dump(mode="json") for item in ports.data.list_partitions("labels", span)],
    }
    training = {**window, "start": "2026-01-02", "end": "2026-01-03"}
    about = {"schema_version": 1, "job_id": "churn-1", "model_name": "churn"}
    document = {**about, "data": columns, "training": training, "holdout": window}
    ports.tables = ArrowTableReader(ports.data)
    before = digest_part(FrozenManifest.model_validate(document), 0, ports.tables)
    return before, _scored(Manifest.model_validate(document, strict=False), Files(ports))


def _scored(manifest: Manifest, files: Any, part: int | None = None) -> HoldoutDigests:
    rows = read_window(files, manifest.data, manifest.holdout.of_part(part), manifest.data.extra)
    classes = None if rows.are_numbers else np.unique(rows.labels)
    arrays = _arrays_of(Predictions(rows.labels, classes), rows, classes) | _extra_arrays(rows, manifest.data)
    labels = arrays["labels"] if classes is None else classes[arrays["labels"]]
    slices = {name.removeprefix("slice:"): arrays[name] for name in arrays if name.startswith("slice:")}
    return digest_rows(arrays["row_ids"], labels, arrays.get("entities"), slices)


@pytest.mark.parametrize(
    "ids",
    [
        list(range(ROWS)),
        [place + 0.25 for place in range(ROWS)],
        [10.0**place for place in range(-20, 20)],
        [Decimal(place) / 4 for place in range(ROWS)],
        list(WHEN),
        [date(2026, 1, 1 + place) for place in range(28)],
        [f"ä{place}\n{place}" for place in range(ROWS)],
    ],
    ids=["integers", "floats", "powers", "decimals", "times", "dates", "texts"],
)
def test_row_ids_of_any_type_are_the_same_on_both_sides(ids: list[Any]) -> None:
    rows = some_rows().head(len(ids)).assign(id=pd.Series(ids))
    before, after = both(rows)
    assert before == after


@pytest.mark.parametrize(
    "labels",
    [
        [place % 2 == 0 for place in range(ROWS)],
        [None if place % 4 == 0 else float(place % 3) for place in range(ROWS)],
        [["yes", "no", None][place % 3] for place in range(ROWS)],
        pd.Categorical([["yes", "no"][place % 2] for place in range(ROWS)]),
        [place / 3 for place in range(ROWS)],
    ],
    ids=["booleans", "floats with gaps", "texts with gaps", "categories", "fractions"],
)
@pytest.mark.parametrize("format", ["parquet", "csv"])
def test_labels_of_any_type_are_the_same_on_both_sides(labels: Any, format: str) -> None:
    before, after = both(some_rows(left=labels), format=format)
    assert before == after


def test_the_numbers_of_a_regression_are_the_same_on_both_sides() -> None:
    prices = [None if place % 9 == 0 else place / 7 for place in range(ROWS)]
    before, after = both(some_rows(left=prices), task="regression")
    assert before == after


def test_of_labels_with_their_own_data_set_the_newest_counts_on_both_sides() -> None:
    ids = [f"row {place}" for place in range(0, ROWS, 2)]
    first = pd.DataFrame({"key": ids, "outcome": [0.0] * len(ids)})
    later = pd.DataFrame({"key": [*ids[:5], "row of nobody"], "outcome": [1.0, 1.0, None, float("nan"), 1.0, 1.0]})
    own = {"format": "parquet", "row_id": "key", "label": "outcome"}
    before, after = both(some_rows().drop(columns="left"), [first, later], labels=own)
    assert before == after


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(allow_nan=True, allow_infinity=False), min_size=3, max_size=ROWS, unique_by=repr))
def test_any_floats_have_the_same_texts_on_both_sides(values: list[float]) -> None:
    rows = some_rows().head(len(values)).assign(region=values, left=[place % 2 for place in range(len(values))])
    before, after = both(rows)
    assert before == after


def test_another_label_id_entity_or_slice_changes_a_digest() -> None:
    honest, _ = both(some_rows())
    for column, value in (("left", 1), ("id", "row x"), ("customer", "c9"), ("region", "r9")):
        forged = some_rows()
        forged.loc[0, column] = value
        assert both(forged)[0] != honest


def test_the_digest_does_not_depend_on_the_order_of_the_rows() -> None:
    assert both(some_rows())[0] == both(some_rows().iloc[::-1])[0]


@pytest.mark.parametrize("column", ["id", "customer", "region"])
def test_a_text_that_predictions_could_not_hold_is_refused_before_training(column: str) -> None:
    rows = some_rows()
    rows.loc[3, column] = "x" * 1001
    with pytest.raises(DataInvalid, match=f"column '{column}' has a text of 1001 characters"):
        both(rows)


def test_a_part_is_the_same_on_both_sides_with_labels_that_lie_apart() -> None:
    ports, rows = MemoryPorts(), some_rows()
    for number in range(5):
        share = rows.iloc[number * 8 : number * 8 + 8].drop(columns="left")
        ports.data.add_partition("churn", DAY, to_bytes(share, "parquet"), f"part-{number}")
        labels = rows[["id", "left"]].iloc[number::5]
        ports.data.add_partition("labels", DAY, to_bytes(labels, "parquet"), f"part-{number}")
    ports.tables = ArrowTableReader(ports.data)
    span = Window(start=DAY, end=date(2026, 1, 4))
    data = {**COLUMNS, "labels": {"format": "parquet", "row_id": "id", "label": "left"}}
    labels = [item.model_dump(mode="json") for item in ports.data.list_partitions("labels", span)]
    parted = in_parts(ports.data.list_partitions("churn", span), 3)
    holdout = {
        "start": "2026-01-03",
        "end": "2026-01-04",
        "objects": [item.model_dump(mode="json") for item in parted],
        "label_objects": labels,
    }
    training = {**holdout, "start": "2026-01-02", "end": "2026-01-03"}
    about = {"schema_version": 1, "job_id": "churn-1", "model_name": "churn"}
    document = {**about, "data": data, "training": training, "holdout": holdout}
    frozen, seen = FrozenManifest.model_validate(document), Manifest.model_validate(document, strict=False)

    digests = [digest_part(frozen, part, ports.tables) for part in range(3)]
    assert digests == [_scored(seen, Files(ports), part) for part in range(3)]
    assert len({digest.rows for digest in digests}) == 3
