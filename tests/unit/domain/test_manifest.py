"""Which of the listed objects a job reads."""

from datetime import date

import pytest

from auto_retrain.domain.errors import DataMissing
from auto_retrain.domain.manifest import DataObject, freeze_window, with_rows
from auto_retrain.domain.policy.data import Format
from auto_retrain.domain.windows import Window
from tests.unit.builders import a_policy

DAY = date(2026, 1, 2)
WINDOW = Window(start=DAY, end=date(2026, 1, 3))


def an_object(name: str) -> DataObject:
    return DataObject(uri=f"s3://data/_team/churn/date={DAY}/{name}", etag="x", size=1, date=DAY)


@pytest.mark.parametrize(
    "name",
    [
        "part-0.parquet",
        "part-00000-6ba7b810-c000.snappy.parquet",
        "PART-0.PARQUET",
        "hour=07/part-0.parquet",
        "000000_0",
        "0000_part_00",
    ],
)
def test_data_are_read_whatever_program_wrote_them(name: str) -> None:
    assert with_rows([an_object(name)], "parquet") == [an_object(name)]


@pytest.mark.parametrize(
    "name",
    [
        "_SUCCESS",
        "_committed_1",
        "_started_1",
        "_metadata",
        ".part-0.parquet.crc",
        "_temporary/0/part-1.parquet",
        ".hive-staging_1/part-0.parquet",
        "_delta_log/00000.json",
        "hour=07/_SUCCESS",
        "manifest.json",
        "part-0.csv",
        "part-0.parquet.crc",
        "part-0.parquet.tmp",
    ],
)
def test_what_programs_leave_beside_data_is_passed_over(name: str) -> None:
    assert with_rows([an_object(name)], "parquet") == []


@pytest.mark.parametrize(("format", "other"), [("csv", "parquet"), ("parquet", "csv")])
def test_another_format_is_something_else(format: Format, other: str) -> None:
    assert with_rows([an_object(f"part-0.{other}"), an_object(f"part-0.{format}")], format) == [
        an_object(f"part-0.{format}")
    ]


def test_a_window_in_which_nothing_else_lies_has_no_data_and_says_so() -> None:
    left = [an_object("_SUCCESS"), an_object("manifest.json")]
    with pytest.raises(DataMissing, match=r": there are only others than parquet files, such as 'manifest.json': "):
        freeze_window("training", WINDOW, a_policy().data, left)
    with pytest.raises(DataMissing, match=r"no training data under 'churn/' in the window [^:]*$"):
        freeze_window("training", WINDOW, a_policy().data, [])
