"""How labelled rows are read, and which data are refused."""

import io
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.unit.train_model.shelf import COLUMNS, FIRST_DAY, Shelf, some_rows, to_bytes
from train_model.data import LabelledRows, read_window
from train_model.errors import DataInvalid
from train_model.order import Columns, Window
from train_model.storage import Storage
from train_model.tables import Days, parse_table

Read = Callable[..., LabelledRows]


@pytest.fixture
def read(shelf: Shelf) -> Read:
    def read(*days: pd.DataFrame | bytes, **columns: Any) -> LabelledRows:
        described = Columns.model_validate({**COLUMNS, **columns}, strict=False)
        window = shelf.window(FIRST_DAY, list(days), described.format)
        return read_window(Storage(shelf.client), described, Window.model_validate(window, strict=False))

    return read


@pytest.mark.parametrize("format", ["csv", "parquet"])
def test_days_are_joined_in_order_and_only_the_wanted_columns_are_kept(read: Read, format: str) -> None:
    first, second = some_rows(30, seed=1), some_rows(20, seed=2)

    rows = read(first, second, format=format)

    assert rows.row_ids.tolist() == [*first["id"], *second["id"]]
    assert rows.features.columns.tolist() == ["age", "plan"]
    assert rows.features["age"].to_numpy() == pytest.approx([*first["age"], *second["age"]])
    assert rows.labels.tolist() == [str(label) for label in [*first["bought"], *second["bought"]]]


def test_csv_and_parquet_give_the_same_rows(read: Read) -> None:
    day = some_rows(50).astype({"plan": "category"})
    day.loc[:9, "age"] = None
    day.loc[5:14, "plan"] = None

    from_csv, from_parquet = read(day, format="csv"), read(day)

    pd.testing.assert_frame_equal(from_csv.features, from_parquet.features)
    assert from_csv.labels.tolist() == from_parquet.labels.tolist()
    assert from_csv.features.isna().sum().tolist() == [10, 10]


def test_whole_numbers_stored_as_floats_because_of_gaps_are_the_same_labels_and_categories(read: Read) -> None:
    with_gap = some_rows(10, seed=1).astype({"bought": float})
    with_gap.loc[0, "bought"] = None
    with_gap["plan"] = [1.0, None] * 5
    without = some_rows(10, seed=2)
    without["plan"] = 1

    rows = read(with_gap, without)

    assert set(rows.labels) == {"0", "1"}
    assert set(rows.features["plan"].dropna()) == {"1"}
    assert rows.unlabelled == 1


def test_a_plan_called_na_is_a_plan(read: Read) -> None:
    day = some_rows(4)
    day["plan"] = ["NA", "null", "pro", ""]
    assert read(day, format="csv").features["plan"].isna().tolist() == [False, False, False, True]


def test_rows_without_a_label_are_left_out_and_counted(read: Read) -> None:
    day = some_rows(10)
    day["bought"] = ["yes", None] * 5
    rows = read(day, format="csv")
    assert (rows.labels.size, rows.unlabelled) == (5, 5)


@pytest.mark.parametrize("format", ["csv", "parquet"])
def test_missing_columns_are_named_together_with_the_object(read: Read, format: str) -> None:
    with pytest.raises(DataInvalid, match=r"date=2026-01-01.* lacks the columns bought, age"):
        read(some_rows()[["id", "plan"]], format=format)


@pytest.mark.parametrize("format", ["csv", "parquet"])
def test_texts_among_numbers_are_refused_without_quoting_them(read: Read, format: str) -> None:
    day = some_rows(3).astype({"age": object})
    day["age"] = ["18", "secret", "20"]
    with pytest.raises(DataInvalid, match=r"column age .* must hold numbers") as refused:
        read(day, format=format)
    assert "secret" not in str(refused.value)


def test_nested_values_are_refused(read: Read) -> None:
    day = some_rows(2)
    day["plan"] = [["free"], ["pro"]]
    with pytest.raises(DataInvalid, match=r"column plan .* must hold text"):
        read(day)


@pytest.mark.parametrize("format", ["csv", "parquet"])
@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00rubbish", b"PAR1PAR1"])
def test_an_unreadable_object_is_named(read: Read, format: str, content: bytes) -> None:
    with pytest.raises(DataInvalid, match=r"part-0"):
        read(content, format=format)


def test_an_incomplete_row_is_refused_without_quoting_it(read: Read) -> None:
    with pytest.raises(DataInvalid, match="Expected 5 columns, got 2") as refused:
        read(to_bytes(some_rows(2), "csv") + b"secret,1\n", format="csv")
    assert "secret" not in str(refused.value)


def test_a_window_without_rows_or_without_labels_is_refused(read: Read) -> None:
    with pytest.raises(DataInvalid, match="none of the 0 rows"):
        read(some_rows(0))
    with pytest.raises(DataInvalid, match="none of the 5 rows from 2026-01-01 to 2026-01-01 has a label"):
        read(some_rows(5).assign(bought=np.nan))
    with pytest.raises(DataInvalid, match="there are no data"):
        read()


def test_repeated_row_ids_are_refused_within_a_day_and_across_days(read: Read) -> None:
    day = some_rows(10)
    with pytest.raises(DataInvalid, match="10 of 20 rows repeat"):
        read(day, day)
    with pytest.raises(DataInvalid, match="1 of 11 rows repeat"):
        read(pd.concat([day, day[:1]]))


def test_rows_without_an_id_are_refused(read: Read) -> None:
    day = some_rows(3)
    day.loc[1, "id"] = None
    with pytest.raises(DataInvalid, match="1 rows have no row id"):
        read(day)


def test_an_object_that_has_changed_since_the_manifest_was_written_is_refused(shelf: Shelf) -> None:
    window = shelf.window(FIRST_DAY, [some_rows(seed=1)])
    shelf.window(FIRST_DAY, [some_rows(seed=2)])
    with pytest.raises(DataInvalid, match=r"part-0\.parquet has changed since the job began"):
        read_frozen(shelf, window)


def test_an_object_that_was_deleted_is_refused(shelf: Shelf) -> None:
    window = shelf.window(FIRST_DAY, [some_rows(seed=1)])
    shelf.client.delete_object(Bucket=shelf.bucket, Key=shelf.keys("customers/")[0])
    with pytest.raises(DataInvalid, match=r"part-0\.parquet does not exist"):
        read_frozen(shelf, window)


def test_an_etag_may_come_without_quotes(shelf: Shelf) -> None:
    window = shelf.window(FIRST_DAY, [some_rows(7)])
    window["objects"][0]["etag"] = window["objects"][0]["etag"].strip('"')
    assert read_frozen(shelf, window).labels.size == 7


def read_frozen(shelf: Shelf, window: dict[str, Any]) -> LabelledRows:
    columns = Columns.model_validate(COLUMNS, strict=False)
    return read_window(Storage(shelf.client), columns, Window.model_validate(window, strict=False))


@pytest.mark.parametrize("format", ["csv", "parquet"])
def test_labels_of_a_regression_are_numbers_and_missing_ones_are_left_out(read: Read, format: str) -> None:
    day = some_rows(4).assign(bought=[1.5, None, -2.0, float("nan")])
    rows = read(day, format=format, task="regression")
    assert rows.labels.tolist() == [1.5, -2.0]
    assert (rows.are_numbers, rows.unlabelled) == (True, 2)


def test_labels_of_a_regression_that_are_not_finite_numbers_are_refused(read: Read) -> None:
    with pytest.raises(DataInvalid, match=r"column bought .* must hold numbers"):
        read(some_rows(4).assign(bought=["a", "b", "c", "d"]), task="regression")
    for number in (float("inf"), -1e200):
        with pytest.raises(DataInvalid, match=r"1 labels are infinite or beyond 1e\+140"):
            read(some_rows(2).assign(bought=[1.0, number]), task="regression")


def test_of_one_table_only_the_row_groups_of_the_days_are_read() -> None:
    days = [date(2026, 1, 1) + timedelta(days=number) for number in range(4)]
    table = pa.table({"id": [f"row {day}" for day in days], "on": days})
    buffer = io.BytesIO()
    pq.write_table(table, buffer, row_group_size=1, use_dictionary=False, compression="none")
    # Whoever reads the last row group finds no page there.
    content = buffer.getvalue()
    start = pq.read_metadata(io.BytesIO(content)).row_group(3).column(0).data_page_offset
    content = content[:start] + b"\xff" * 8 + content[start + 8 :]
    (found,) = parse_table(content, "s3://a/b", "parquet", ["id"], of_days=Days("on", days[1:2]))["id"].to_pylist()
    assert found == "row 2026-01-02"
    assert parse_table(content, "s3://a/b", "parquet", ["id"], of_days=Days("on", [date(2027, 1, 1)])).num_rows == 0
    with pytest.raises(DataInvalid, match="cannot be read"):
        parse_table(content, "s3://a/b", "parquet", ["id"], of_days=Days("on", days[3:]))
