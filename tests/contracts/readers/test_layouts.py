"""The same rows are read through a manifest, by both readers, however their days are laid out."""

import io
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from moto import mock_aws

import train_model.errors
from auto_retrain.adapters.data.arrow_tables import ArrowTableReader
from auto_retrain.adapters.data.s3 import S3DataStore
from auto_retrain.adapters.live.log_hashes import hashed
from auto_retrain.adapters.live.log_labels import labels_in, labels_of
from auto_retrain.domain.digest import canonical_json
from auto_retrain.domain.errors import DataInvalid
from auto_retrain.domain.layouts import IN_FOLDERS, Layout, folder_of
from auto_retrain.domain.manifest import FrozenWindow, columns_of, with_rows
from auto_retrain.domain.windows import Window
from auto_retrain.usecases.data.listing import days_of
from auto_retrain.usecases.data.manifest import freeze_data, read_manifest
from auto_retrain.usecases.data.part_summary import summary_of
from auto_retrain.usecases.data.read_part import read_part
from auto_retrain.usecases.data.reference_profile import build_profile
from tests.aws_clients import REGION, aws_client
from tests.unit.builders import NOON, a_policy
from tests.unit.usecases.world import World
from train_model.data import read_window
from train_model.order import Columns, Manifest
from train_model.order import Window as OrderWindow
from train_model.storage import Storage

HOLDOUT, TRAINING = 2, 30
ROWS = 20
DATA = {"prefix": "team/churn", "row_id": "id", "label": "left", "numeric": ["age"], "categorical": ["plan"]}


def rows_of(day: date) -> pd.DataFrame:
    """Rows that say of which day they are."""
    ids = [f"{day}-{number}" for number in range(ROWS)]
    plans = ["basic", "full"] * (ROWS // 2)
    return pd.DataFrame({"id": ids, "age": range(ROWS), "plan": plans, "left": [0, 1] * (ROWS // 2)})


class Laid:
    """A model whose data are in S3, in a layout, for more days than its windows have."""

    def __init__(self, **data: Any) -> None:
        triggers = {"evaluation_window_days": HOLDOUT, "training_window_days": TRAINING}
        self.world = World(a_policy(triggers=triggers, data={**DATA, **data}))
        self.client = aws_client("s3")
        for bucket in ("data", "artifacts"):
            with suppress(self.client.exceptions.BucketAlreadyOwnedByYou):
                self.client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        self.world.ports.data = S3DataStore(self.client, "data", "artifacts")  # type: ignore[assignment]
        self.world.ports.tables = ArrowTableReader(self.world.ports.data)  # type: ignore[assignment]
        self.job = self.world.job(self.world.open())

    def put(self, path: str, content: bytes) -> None:
        self.client.put_object(Bucket="data", Key=f"team/churn/{path}", Body=content)

    def put_days(self, layout: Layout, folders: str = "") -> None:
        for day in self.days(margin=3):
            self.put(f"{folder_of(day, layout)}/{folders}part-0.parquet", rows_of(day).to_parquet())

    def days(self, margin: int = 0) -> list[date]:
        windows = self.job.windows
        first = windows.training.start - timedelta(days=margin)
        return [first + timedelta(days=number) for number in range(HOLDOUT + TRAINING + 2 * margin)]

    def ids(self) -> dict[str, list[list[str]]]:
        """The row ids of both windows: as the control plane reads them, and the container."""
        ports = self.world.ports
        frozen = freeze_data(self.job, self.world.policy, ports, days_of)
        manifest = read_manifest(frozen, ports)
        theirs = Manifest.model_validate_json(canonical_json(manifest))
        storage = Storage(self.client)
        merged = read_part(manifest, 0, ports.tables)
        assert summary_of(merged, manifest.data).overlap == 0
        return {
            name: [self._ours(getattr(manifest, name)), self._theirs(storage, theirs, name)]
            for name in ("training", "holdout")
        }

    def _ours(self, window: FrozenWindow) -> list[str]:
        batches = self.world.ports.tables.batches(window.objects, "parquet", ["age"], ["plan"], ["id"])
        return [str(text) for batch in batches for text in batch.texts["id"]]

    @staticmethod
    def _theirs(storage: Storage, manifest: Manifest, name: str) -> list[str]:
        rows = read_window(storage, manifest.data, getattr(manifest, name))
        return [str(text) for text in rows.row_ids]


@pytest.fixture
def aws() -> Iterator[None]:
    with mock_aws():
        yield


def expected_ids(days: list[date]) -> list[str]:
    return [text for day in days for text in rows_of(day)["id"]]


@pytest.mark.parametrize("folders", ["", "hour=07/"])
@pytest.mark.parametrize("layout", IN_FOLDERS)
def test_both_readers_read_the_rows_of_the_windows_in_every_layout(aws: None, layout: Layout, folders: str) -> None:
    laid = Laid(layout=layout)
    laid.put_days(layout, folders)
    days = laid.days()
    assert laid.ids() == {
        "training": [expected_ids(days[:TRAINING])] * 2,
        "holdout": [expected_ids(days[TRAINING:])] * 2,
    }


KINDS: dict[str, Any] = {
    "date": lambda day: day,
    "moment": lambda day: pd.Timestamp(day) + pd.Timedelta(hours=23, minutes=59),
    "moment in another zone": lambda day: pd.Timestamp(f"{day} 01:00", tz="UTC").tz_convert("US/Pacific"),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", ["one file", "files by month", "shuffled"])
def test_both_readers_read_the_rows_of_the_windows_in_one_table(aws: None, kind: str, shape: str) -> None:
    laid = Laid(layout=Layout.COLUMN, date_column="on")
    days = laid.days(margin=40)
    table = pd.concat([rows_of(day).assign(on=KINDS[kind](day)) for day in days], ignore_index=True)
    undated = table.head(5).assign(id=[f"undated-{n}" for n in range(5)], on=None).astype(table.dtypes)
    if shape == "shuffled":
        table = pd.concat([table, undated]).sample(frac=1, random_state=1)
        parts = [table.iloc[start::3] for start in range(3)]
    elif shape == "one file":
        parts = [pd.concat([table, undated])]
    else:
        parts = [table.iloc[start : start + 10 * ROWS] for start in range(0, len(table), 10 * ROWS)]
    for number, part in enumerate(parts):
        content = io.BytesIO()
        part.to_parquet(content, row_group_size=3 * ROWS)
        laid.put(f"part-{number}.parquet", content.getvalue())
    for name in ("_SUCCESS", "_temporary/0/part-0.parquet", ".part-0.parquet.crc"):
        laid.put(name, b"x")
    inside = laid.days()
    ids = laid.ids()
    assert [sorted(texts) for texts in ids["training"]] == [sorted(expected_ids(inside[:TRAINING]))] * 2
    assert [sorted(texts) for texts in ids["holdout"]] == [sorted(expected_ids(inside[TRAINING:]))] * 2
    assert ids["training"][0] == ids["training"][1]


def test_a_manifest_names_only_the_files_that_may_have_rows_of_a_day(aws: None) -> None:
    laid = Laid(layout=Layout.COLUMN, date_column="on")
    for day in laid.days(margin=40):
        laid.put(f"{day}.parquet", rows_of(day).assign(on=day).to_parquet())
    frozen = read_manifest(freeze_data(laid.job, laid.world.policy, laid.world.ports, days_of), laid.world.ports)
    named = [(item.date, item.uri.rpartition("/")[2]) for item in (*frozen.training.objects, *frozen.holdout.objects)]
    assert named == [(day, f"{day}.parquet") for day in laid.days()]


WITHOUT_PANDAS = """
import io, sys
sys.meta_path.insert(0, type("None", (), {"find_spec": lambda name, *_: (_ for _ in ()).throw(ImportError(name))
    if name == "pandas" else None}))
import pyarrow as pa
from pyarrow import parquet
from auto_retrain.adapters.data.row_days import day_ranges
file = io.BytesIO()
moments = pa.array([-1, 86_400_000_000_000 - 1], pa.int64()).cast(pa.timestamp("ns", "UTC"))
parquet.write_table(pa.table({"on": moments}), file)
print(*day_ranges(parquet.read_metadata(file), "on")[0])
"""


def test_a_function_which_has_no_pandas_knows_the_days_of_moments_between_two_microseconds() -> None:
    ran = subprocess.run([sys.executable, "-c", WITHOUT_PANDAS], capture_output=True, text=True, check=False)
    assert (ran.stdout, ran.stderr) == ("1969-12-31 1970-01-01\n", "")


AS_TEXT = r"text; it must be a date or a timestamp: convert it with pandas\.to_datetime, or CAST .* AS DATE\) in SQL"


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["2026-01-01"] * ROWS, AS_TEXT),
        ([f"2026-01-01 {number}" for number in range(ROWS)], AS_TEXT),
        (range(ROWS), "int64; it must be a date or a timestamp$"),
    ],
)
def test_a_column_without_dates_is_refused_by_both_readers(aws: None, values: Any, kind: str) -> None:
    laid = Laid(layout=Layout.COLUMN, date_column="on")
    laid.put("all.parquet", rows_of(date(2026, 1, 1)).assign(on=values).to_parquet())
    with pytest.raises(DataInvalid, match=rf"column 'on' of 's3://data/team/churn/all\.parquet' is {kind}"):
        laid.ids()
    ports, window = laid.world.ports, Window(start=date(2026, 1, 1), end=date(2026, 1, 2))
    (item,) = ports.data.list_partitions("team/churn", window, Layout.COLUMN, "on")
    theirs = OrderWindow.model_validate_json(
        canonical_json(FrozenWindow(start=window.start, end=window.end, objects=(item,)))
    )
    columns = Columns(format="parquet", row_id="id", label="left", numeric=("age",), categorical=("plan",))
    with pytest.raises(train_model.errors.DataInvalid, match=rf"column on is {kind}"):
        read_window(Storage(laid.client), columns, theirs)


def test_a_table_without_the_column_is_refused_when_it_is_frozen(aws: None) -> None:
    laid = Laid(layout=Layout.COLUMN, date_column="on")
    laid.put("all.parquet", rows_of(date(2026, 1, 1)).to_parquet())
    with pytest.raises(DataInvalid, match=r"churn/all\.parquet' lacks the columns on; it has id, age"):
        laid.ids()


def test_a_manifest_of_folders_says_nothing_of_date_columns(aws: None) -> None:
    laid = Laid()
    laid.put_days(Layout.DATE)
    frozen = freeze_data(laid.job, laid.world.policy, laid.world.ports, days_of)
    assert b"date_column" not in laid.world.ports.data.read(str(frozen.manifest_uri))


@pytest.mark.parametrize(("name", "kind"), [("_delta_log/0.json", "Delta"), ("metadata/v1.metadata.json", "Iceberg")])
def test_a_table_of_delta_or_iceberg_is_refused(aws: None, name: str, kind: str) -> None:
    laid = Laid(layout=Layout.COLUMN, date_column="on")
    laid.put("data/part-0.parquet", rows_of(date(2026, 1, 1)).assign(on=date(2026, 1, 1)).to_parquet())
    laid.put(name, b"{}")
    with pytest.raises(DataInvalid, match=rf"'s3://data/team/churn/' is a table of {kind}"):
        laid.ids()


def test_a_profile_of_one_table_is_that_of_the_folders(aws: None) -> None:
    folders, table = Laid(), Laid(prefix="team/table", layout=Layout.COLUMN, date_column="on")
    folders.put_days(Layout.DATE)
    content = io.BytesIO()
    days = folders.days(margin=40)
    rows = pd.concat([rows_of(day).assign(on=day) for day in days]).sample(frac=1, random_state=1)
    rows.to_parquet(content, row_group_size=500)
    table.client.put_object(Bucket="data", Key="team/table/all.parquet", Body=content.getvalue())
    profiles = []
    for laid in (folders, table):
        policy, ports = laid.world.policy, laid.world.ports
        objects = with_rows(days_of(policy.data, laid.job.windows.training, ports), "parquet")
        columns, window = columns_of(policy.data), laid.job.windows.training
        profiles.append(build_profile("churn", columns, policy.drift, window, objects, ports).changed(made_at=NOON))
    assert profiles[0] == profiles[1]
    assert profiles[0].rows == TRAINING * ROWS


def test_labels_of_the_log_are_those_of_their_day_in_one_table(aws: None) -> None:
    laid = Laid(layout=Layout.COLUMN, date_column="on")
    days = [date(2026, 1, 1), date(2026, 1, 2)]
    table = pd.DataFrame({"id": ["a", "b", "a"], "left": ["0", "1", "1"], "on": [*days, days[1]]})
    laid.put("all.parquet", table.to_parquet())
    data, place = laid.world.ports.data, laid.world.policy.data.place_of_labels
    window = Window(start=days[0], end=date(2026, 1, 4))
    items = data.list_partitions(place.prefix, window, place.layout, place.date_column)
    keys = pa.chunked_array([hashed(pa.array(["a", "b", "c"]))])
    labels = labels_of(keys, (part for item in items for part in labels_in(item, place, False, data)), False)
    assert labels.to_pylist() == hashed(pa.array(["1", "1", None])).to_pylist()
    first = labels_of(keys, labels_in(items[0], place, False, data), False)
    assert first.to_pylist() == hashed(pa.array(["0", None, None])).to_pylist()
