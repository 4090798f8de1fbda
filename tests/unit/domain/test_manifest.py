"""Which of the listed objects a job reads."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_retrain.domain.errors import DataMissing
from auto_retrain.domain.manifest import DataObject, FrozenWindow, freeze_window, in_parts, with_rows
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


SIZES = st.lists(st.integers(0, 1000), min_size=1, max_size=40)


def objects_of(sizes: list[int]) -> list[DataObject]:
    return [an_object(f"part-{number}.parquet").changed(size=size) for number, size in enumerate(sizes)]


@given(SIZES, st.integers(1, 64))
def test_every_part_has_an_object_and_no_part_is_much_larger_than_another(sizes: list[int], parts: int) -> None:
    window = FrozenWindow(start=DAY, end=WINDOW.end, objects=in_parts(objects_of(sizes), parts))
    read = [window.of_part(part).objects for part in range(window.parts)]

    assert window.parts == min(parts, len(sizes))
    assert sorted(item.uri for objects in read for item in objects) == sorted(item.uri for item in window.objects)
    assert all(read)
    bytes_of_parts = [sum(item.size for item in objects) for objects in read]
    assert max(bytes_of_parts) - min(bytes_of_parts) <= max(sizes)


@given(SIZES, st.integers(1, 64), st.randoms(use_true_random=False))
def test_parts_do_not_depend_on_the_order_of_the_listing(sizes: list[int], parts: int, random: st.DrawFn) -> None:
    objects = objects_of(sizes)
    shuffled = random.sample(objects, len(objects))  # type: ignore[attr-defined]
    assert {item.uri: item.part for item in in_parts(objects, parts)} == {
        item.uri: item.part for item in in_parts(shuffled, parts)
    }


def test_all_days_of_one_object_are_in_one_part() -> None:
    days = [DAY, date(2026, 1, 3)]
    listed = [
        an_object(name).changed(date=day, date_column="on") for day in days for name in ("a.parquet", "b.parquet")
    ]
    assert [item.part for item in in_parts(listed, 8)] == [0, 1, 0, 1]


def test_one_part_leaves_no_mark_in_the_manifest() -> None:
    (alone,) = in_parts([an_object("a.parquet")], 8)
    assert "part" not in alone.model_dump(mode="json")
