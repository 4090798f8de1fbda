"""How a data set is divided into days: the names of the folders that hold a day, and what folders that exist tell."""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    # A record, which whoever only writes the prediction log does not need.
    from .windows import Window


class Layout(StrEnum):
    """In which folders, or by what else, the rows of a UTC day are found."""

    DATE = "date"
    DT = "dt"
    YEAR_MONTH_DAY = "year_month_day"
    COLUMN = "column"


class Folder(NamedTuple):
    """A folder of the data bucket, and names directly below it, those of folders with a slash at their end."""

    uri: str
    names: tuple[str, ...]


class Span(NamedTuple):
    """Where to list: keys that begin with `prefix`, in order, those that come after `start` alone."""

    prefix: str
    start: str = ""


# How people read them in messages.
SHOWN = {
    Layout.DATE: "date=YYYY-MM-DD",
    Layout.DT: "dt=YYYY-MM-DD",
    Layout.YEAR_MONTH_DAY: "year=YYYY/month=MM/day=DD",
    Layout.COLUMN: "*.parquet",
}
_DAY = r"(\d{4})-(\d{2})-(\d{2})"
# Programs that take months and days for numbers write them without a zero before them.
_PATTERNS = {
    Layout.DATE: re.compile(rf"date={_DAY}/", re.ASCII),
    Layout.DT: re.compile(rf"dt={_DAY}/", re.ASCII),
    Layout.YEAR_MONTH_DAY: re.compile(r"year=(\d{4})/month=(\d{1,2})/day=(\d{1,2})/", re.ASCII),
}
# How the first folder of each begins.
_BEGINNINGS = {Layout.DATE: "date=", Layout.DT: "dt=", Layout.YEAR_MONTH_DAY: "year="}
# Layouts with a folder for each day.
IN_FOLDERS = tuple(_PATTERNS)


def folder_of(day: date, layout: Layout = Layout.DATE) -> str:
    """The folder of a day, as we write it; for layouts in folders."""
    if layout is Layout.YEAR_MONTH_DAY:
        return f"year={day:%Y}/month={day:%m}/day={day:%d}"
    return f"{_BEGINNINGS[layout]}{day}"


def day_of(path: str, layout: Layout) -> date | None:
    """The day of a path below a data set's prefix; None if it is not in the folder of one."""
    match = _PATTERNS[layout].match(path)
    try:
        return date(*map(int, match.groups())) if match else None
    except ValueError:
        return None


def name_within(uri: str, day: date) -> str:
    """The name of an object within the folder of its day, with the folders there."""
    for layout, pattern in _PATTERNS.items():
        for match in pattern.finditer(uri):
            if uri[match.start() - 1] == "/" and day_of(match[0], layout) == day:
                return uri[match.end() :]
    return uri.rpartition("/")[2]


def spans(prefix: str, window: "Window", layout: Layout) -> Iterator[Span]:
    """What has to be listed to see the days of a window, of layouts in folders; there may be other days in it."""
    if layout is not Layout.YEAR_MONTH_DAY:
        # Keys are listed in order, so one listing that starts at the first day covers all days.
        yield Span(f"{prefix}/{_BEGINNINGS[layout]}", f"{prefix}/{folder_of(window.start, layout)}")
        return
    for year, month in dict.fromkeys((day.year, day.month) for day in window.days()):
        for spelling in dict.fromkeys((f"{month:02}", f"{month}")):
            yield Span(f"{prefix}/year={year:04}/month={spelling}/")


def is_hidden(path: str) -> bool:
    """Whether a path leads to something that programs leave beside data: they begin such names with _ or a dot."""
    return any(part.startswith(("_", ".")) for part in path.split("/"))


def managed_by(paths: Iterable[str]) -> str | None:
    """The program in whose tables not every file is current, if these are the paths of one."""
    for path in paths:
        if path.startswith("_delta_log/"):
            return "Delta"
        if path.startswith("metadata/") and path.endswith(".metadata.json"):
            return "Iceberg"
    return None


def layouts_of(names: Iterable[str]) -> dict[Layout, list[str]]:
    """The folders of days directly below a prefix, by layout."""
    found: dict[Layout, list[str]] = {}
    for name in names:
        for layout, beginning in _BEGINNINGS.items():
            if name.startswith(beginning) and name.endswith("/"):
                found.setdefault(layout, []).append(name)
    return found


def other_layout(names: Iterable[str], layout: Layout) -> tuple[Layout, str] | None:
    """The layout that folders directly below a prefix have instead, and one of those folders; None if none has any."""
    return next(((other, days[0]) for other, days in layouts_of(names).items() if other is not layout), None)


def tables_of(names: Iterable[str]) -> list[str]:
    """Files directly below a prefix that may be one table with a date column."""
    return [name for name in names if name.endswith(".parquet") and not is_hidden(name)]


def what_is_there(folder: Folder, layout: Layout, field: str = "data") -> str:
    """What a folder has instead of the days that were looked for, and what to do about it; `field` is the policy's."""
    looked_for = f"no objects under {folder.uri}{SHOWN[layout]}"
    if not folder.names:
        return f"{looked_for}; there is nothing under {folder.uri}: check {field}.prefix"
    other = other_layout(folder.names, layout)
    if other:
        return f"{looked_for}; there are objects under {other[1]}: set {field}.layout: {other[0]}"
    named_alike = sorted(name for name in folder.names if name.startswith(_BEGINNINGS.get(layout, "/")))
    days = [name for name in named_alike if layout is Layout.YEAR_MONTH_DAY or day_of(name, layout)]
    if days:
        return f"there are other days under {folder.uri}: {days[0]} to {days[-1]}"
    if named_alike:
        return f"{looked_for}; there is {named_alike[0]}: name folders after the day alone, not a moment"
    tables = tables_of(folder.names)
    if tables and layout is Layout.COLUMN:
        return f"no file under {folder.uri}, such as {tables[0]}, has rows of these days by {field}.date_column"
    if tables:
        remedy = f"{field}.layout: column and {field}.date_column"
        return f"{looked_for}; there is {tables[0]}: if a column has the date of each row, set {remedy}"
    if any(name.endswith(".csv") for name in folder.names):
        return f"{looked_for}; one table has to be Parquet, or CSV in folders of days, not {folder.names[0]}"
    return f"{looked_for}; there are only others, such as {folder.names[0]}: docs/data.md says how folders are named"
