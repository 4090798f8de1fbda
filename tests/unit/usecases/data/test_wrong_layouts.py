"""Data in other folders, or in another format, than the policy says: the error says what is there and what to do."""

import gzip
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest

from auto_retrain.domain.errors import DataInvalid, DataMissing
from auto_retrain.domain.layouts import Layout
from auto_retrain.usecases.data.listing import days_of
from auto_retrain.usecases.data.manifest import freeze_data, read_manifest
from auto_retrain.usecases.data.read_part import read_part
from auto_retrain.usecases.training.drift_reports import report_drift
from tests.unit.builders import NOON
from tests.unit.usecases.data.test_real_files import HOLDOUT, TRAINING, Files, as_csv, as_parquet, rows_of

LABELS = {"prefix": "labels", "row_id": "id", "label": "left"}


class Laid(Files):
    def lay(self, layout: Layout = Layout.DATE, name: str = "part-0", prefix: str = "churn", csv: bool = False) -> None:
        for back in (*HOLDOUT, *TRAINING):
            content = as_csv(rows_of(back)) if csv else as_parquet(rows_of(back))
            day = NOON.date() - timedelta(days=back)
            self.ports.data.add_partition(prefix, day, content, name, layout)

    def freeze(self) -> Any:
        return freeze_data(self.job(self.open()), self.policy, self.ports)


def test_folders_of_another_layout_are_named_with_the_field_to_set() -> None:
    world = Laid()
    world.lay(Layout.DT)
    with pytest.raises(DataMissing) as caught:
        world.freeze()
    oldest = NOON.date() - timedelta(days=TRAINING[-1])
    assert str(caught.value).startswith("no training data under 'churn/' in the window ")
    assert str(caught.value).endswith(
        f": no objects under s3://data/churn/date=YYYY-MM-DD; there are objects under dt={oldest}/: set data.layout: dt"
    )
    with pytest.raises(DataMissing, match=r"no reference data .*: set data\.layout: dt"):
        report_drift("churn", world.ports)


def test_an_empty_prefix_is_said_to_be_empty() -> None:
    with pytest.raises(DataMissing, match=r"there is nothing under s3://data/churn/: check data\.prefix"):
        Laid().freeze()


def test_days_that_are_there_are_named_with_the_fields_that_divide_them() -> None:
    world = Laid()
    for back in HOLDOUT:
        world.put(back, b"x")
    oldest, newest = (NOON.date() - timedelta(days=back) for back in (HOLDOUT[-1], HOLDOUT[0]))
    with pytest.raises(DataMissing, match=r"no training data under 'churn/' in the window ") as caught:
        world.freeze()
    assert str(caught.value).endswith(
        f"; there are only days from {oldest} to {newest}, and of the days before today the newest 5 "
        "(triggers.evaluation_window_days) are to judge by, the 10 before them (triggers.training_window_days) to "
        "learn from: set these fields so that both have data, or add days"
    )


def test_one_table_names_the_days_that_are_there_as_well() -> None:
    world = Laid({"layout": "column", "date_column": "on"})
    days = [NOON.date() - timedelta(days=back) for back in HOLDOUT]
    world.ports.data.add_object("churn", "all.parquet", as_parquet(pa.table({"on": days})))
    with pytest.raises(DataMissing, match=rf"no training data .* only days from {days[-1]} to {days[0]}, and"):
        freeze_data(world.job(world.open()), world.policy, world.ports, days_of)


def test_days_that_went_on_in_folders_of_another_layout_are_named() -> None:
    world = Laid()
    for back in TRAINING:
        world.put(back, as_parquet(rows_of(back)))
    for back in HOLDOUT:
        content, day = as_parquet(rows_of(back)), NOON.date() - timedelta(days=back)
        world.ports.data.add_partition("churn", day, content, layout=Layout.DT)
    newer = r"there are objects under dt=[-\d]+/ as well: all days have to be in one data\.layout$"
    with pytest.raises(DataMissing, match=rf"no holdout data .*; there are only days .*; {newer}"):
        world.freeze()


def test_labels_in_folders_of_another_layout_are_named() -> None:
    world = Laid({"labels": LABELS})
    world.lay()
    world.lay(Layout.YEAR_MONTH_DAY, prefix="labels")
    with pytest.raises(DataMissing, match=r"there are objects under year=\d{4}/: set data\.labels\.layout: year_mon"):
        world.freeze()


def test_labels_that_have_not_come_yet_are_no_mistake() -> None:
    world = Laid({"labels": LABELS})
    world.lay()
    assert read_manifest(world.freeze(), world.ports).training.label_objects == ()


def test_files_of_another_format_are_named_with_the_field_to_set() -> None:
    world = Laid()
    world.lay(name="part-0.csv", csv=True)
    with pytest.raises(
        DataMissing, match=r"only others than parquet files, such as 'part-0.csv': set data.format: csv"
    ):
        world.freeze()


def test_data_are_named_before_what_programs_leave_beside_them() -> None:
    world = Laid()
    for back in (*HOLDOUT, *TRAINING):
        world.put(back, b"x", "_SUCCESS")
        world.put(back, b"x", "part-0.csv")
    with pytest.raises(DataMissing, match=r"such as 'part-0\.csv': set data\.format: csv$"):
        world.freeze()


@pytest.mark.parametrize(
    ("name", "remedy"),
    [("part-0.csv.gz", "unpack them, or write Parquet"), ("part-0.json", "write them as csv or parquet")],
)
def test_files_of_no_format_that_is_read_are_named_with_what_to_do(name: str, remedy: str) -> None:
    world = Laid()
    world.lay(name=name)
    with pytest.raises(DataMissing, match=rf"only others than parquet files, such as '{name}': {remedy}"):
        world.freeze()


def test_labels_of_another_format_are_named_with_the_field_to_set() -> None:
    world = Laid({"labels": LABELS})
    world.lay()
    world.lay(prefix="labels", name="part-0.csv", csv=True)
    with pytest.raises(DataMissing, match=r"no labels under 'labels/' .*'part-0.csv': set data\.labels\.format: csv$"):
        world.freeze()


def test_packed_files_without_an_extension_are_recognised_by_their_first_bytes() -> None:
    world = Laid({"format": "csv"})
    for back in (*HOLDOUT, *TRAINING):
        world.put(back, gzip.compress(as_csv(rows_of(back))), "part-0")
    with pytest.raises(DataInvalid, match=r"cannot be read as csv: it is packed by gzip: unpack it, or write Parquet"):
        read_part(read_manifest(world.freeze(), world.ports), 0, world.ports.tables)


@pytest.mark.parametrize(("format", "csv"), [("parquet", True), ("csv", False)])
def test_files_without_an_extension_are_recognised_by_their_first_bytes(format: str, csv: bool) -> None:
    world = Laid({"format": format})
    world.lay(csv=csv)
    with pytest.raises(
        DataInvalid, match=rf"cannot be read as {format}: it .*data.format: {'csv' if csv else 'parquet'}"
    ):
        read_part(read_manifest(world.freeze(), world.ports), 0, world.ports.tables)


def test_one_table_where_folders_were_looked_for_is_named() -> None:
    world = Laid()
    world.ports.data.add_object("churn", "all.parquet", b"x")
    with pytest.raises(DataMissing, match=r"there is all\.parquet: .* set data\.layout: column and data\.date_column$"):
        world.freeze()
