"""Folders of days: how each layout names them, and what is said where there are others."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_retrain.domain.layouts import IN_FOLDERS, Folder, Layout, day_of, folder_of, name_within, spans, what_is_there
from auto_retrain.domain.windows import Window

DAY = date(2026, 3, 1)
DAYS = st.dates(date(1900, 1, 1), date(2999, 12, 31))
FOLDERS = {
    Layout.DATE: "date=2026-03-01",
    Layout.DT: "dt=2026-03-01",
    Layout.YEAR_MONTH_DAY: "year=2026/month=03/day=01",
}


@pytest.mark.parametrize(("layout", "folder"), FOLDERS.items())
def test_the_folder_of_a_day_is_named_as_other_programs_name_it(layout: Layout, folder: str) -> None:
    assert folder_of(DAY, layout) == folder
    assert day_of(f"{folder}/hour=07/part-0.parquet", layout) == DAY


@given(day=DAYS, layout=st.sampled_from(IN_FOLDERS))
def test_a_folder_gives_the_day_that_it_was_named_after(day: date, layout: Layout) -> None:
    path = f"{folder_of(day, layout)}/hour=07/part"
    assert day_of(path, layout) == day
    assert name_within(f"s3://data/churn/{path}", day) == "hour=07/part"
    assert not any(day_of(path, other) for other in IN_FOLDERS if other is not layout)


@pytest.mark.parametrize(
    ("path", "layout"),
    [
        ("date=2026-03-01", Layout.DATE),
        ("date=2026-03-01x/a", Layout.DATE),
        ("date=2026-13-01/a", Layout.DATE),
        ("date=20260301/a", Layout.DATE),
        ("date=٢٠٢٦-03-01/a", Layout.DATE),
        ("x/dt=2026-03-01/a", Layout.DT),
        ("year=2026/month=02/day=30/a", Layout.YEAR_MONTH_DAY),
        ("year=2026/month=03/a", Layout.YEAR_MONTH_DAY),
        ("year=2026/month=003/day=01/a", Layout.YEAR_MONTH_DAY),
        ("year=0000/month=01/day=01/a", Layout.YEAR_MONTH_DAY),
    ],
)
def test_what_is_in_the_folder_of_no_day_has_none(path: str, layout: Layout) -> None:
    assert day_of(path, layout) is None


@given(start=DAYS, days=st.integers(1, 800), layout=st.sampled_from(IN_FOLDERS), inside=st.integers(0, 10_000))
def test_every_day_of_a_window_is_listed_once(start: date, days: int, layout: Layout, inside: int) -> None:
    window = Window(start=start, end=min(start + timedelta(days=days), date(3000, 1, 1)))
    day = window.days()[inside % len(window.days())]
    listed = list(spans("churn", window, layout))
    key = f"churn/{folder_of(day, layout)}/part"
    assert len([span for span in listed if key.startswith(span.prefix) and key > span.start]) == 1
    unpadded = f"churn/year={day.year:04}/month={day.month}/day={day.day}/part"
    if layout is Layout.YEAR_MONTH_DAY:
        assert len([span for span in listed if unpadded.startswith(span.prefix)]) == 1
        assert len(listed) <= 2 * (days // 28 + 2)


def test_the_name_within_a_day_is_found_below_folders_that_look_like_days() -> None:
    assert name_within("s3://data/dt=2020-01-01/churn/date=2026-03-01/part", DAY) == "part"
    assert name_within("s3://data/churn/update=2026-03-01/date=2026-03-01/part", DAY) == "part"
    assert name_within("s3://data/churn/part", DAY) == "part"


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ((), "there is nothing under s3://data/churn/: check data.prefix"),
        (("_SUCCESS", "dt=2026-03-01/"), "there are objects under dt=2026-03-01/: set data.layout: dt"),
        (("year=2026/",), "there are objects under year=2026/: set data.layout: year_month_day"),
        (
            ("ds=2026-03-01/", "x"),
            "there are only others, such as ds=2026-03-01/: docs/data.md says how folders are named",
        ),
        (
            ("date=2026-03-01 00%3A00%3A00/", "date=__HIVE_DEFAULT_PARTITION__/"),
            "there is date=2026-03-01 00%3A00%3A00/: name folders after the day alone, not a moment",
        ),
        (("all.csv",), "one table has to be Parquet, or CSV in folders of days, not all.csv"),
    ],
)
def test_what_is_there_instead_is_said_with_what_to_do(names: tuple[str, ...], said: str) -> None:
    text = what_is_there(Folder("s3://data/churn/", names), Layout.DATE)
    assert text == f"no objects under s3://data/churn/date=YYYY-MM-DD; {said}"


def test_a_table_without_the_days_is_said_to_have_others() -> None:
    text = what_is_there(Folder("s3://data/churn/", ("all.parquet",)), Layout.COLUMN)
    assert text == "no file under s3://data/churn/, such as all.parquet, has rows of these days by data.date_column"


def test_other_days_are_named() -> None:
    folder = Folder("s3://data/churn/", ("dt=2025-01-01/", "dt=2025-01-02/", "x"))
    assert (
        what_is_there(folder, Layout.DT)
        == "there are other days under s3://data/churn/: dt=2025-01-01/ to dt=2025-01-02/"
    )
