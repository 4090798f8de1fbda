"""Finds in the data bucket how the data of a model are laid out, and a sample of them."""

from collections.abc import Generator, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import PurePosixPath
from typing import IO, NamedTuple, get_args

from ...domain.columns import Sample
from ...domain.errors import DataMissing
from ...domain.explain import shown
from ...domain.layouts import Folder, Layout, is_hidden, layouts_of, managed_by, tables_of, what_is_there
from ...domain.manifest import DataObject
from ...domain.policy.data import Format
from ...domain.windows import Window
from ...ports import Ports

# How old the newest data may be from which columns are taken.
MAX_AGE_DAYS = 366
# How many files are read besides the newest, if it has few rows.
MAX_OLDER_FILES = 200


class Seen(NamedTuple):
    """A sample of the data and their layout; `to_check` says what else is there."""

    sample: Sample
    layout: Layout
    to_check: tuple[str, ...] = ()


def look_at_data(prefix: str, ports: Ports) -> Seen:
    """Read the newest file of data under a prefix, and older ones if it has few rows.

    Raises DataMissing and DataInvalid.
    """
    folder = ports.data.look_below(prefix)
    layout, others = _layout(folder)
    (newest, *older), passed_over = _newest_first(prefix, folder, layout, ports)
    with ports.data.open(newest) as file, closing(_opened(older[:MAX_OLDER_FILES], ports)) as files:
        sample = ports.samples.read(newest.uri, file, files)
    program = managed_by(folder.names)
    if program:
        old = "rows that were deleted or replaced are read as well (docs/data.md)"
        others = (*others, f"data.prefix = {prefix}: is a table of {program}; {old}")
    if passed_over:
        others = (*others, f"data.format = {sample.format}: other files are passed over, such as '{passed_over}'")
    return Seen(sample, layout, others)


def _layout(folder: Folder) -> tuple[Layout, tuple[str, ...]]:
    """The one with the newest day, or one table; the usual one if that cannot be told."""
    found = layouts_of(folder.names)
    if not found:
        return Layout.COLUMN if tables_of(folder.names) else Layout.DATE, ()
    newest, *older = sorted(found, key=lambda layout: found[layout][-1].partition("=")[2], reverse=True)
    return newest, tuple(
        f"data.layout = {newest}: there are folders such as {found[layout][-1]} as well, which are passed over"
        for layout in older
    )


def _opened(items: Sequence[DataObject], ports: Ports) -> Generator[IO[bytes]]:
    for item in items:
        with ports.data.open(item) as file:
            yield file


def _newest_first(prefix: str, folder: Folder, layout: Layout, ports: Ports) -> tuple[list[DataObject], str | None]:
    """The files of data, the newest first, and the name of a file beside them that is not of the same format."""
    today = ports.clock.now().date()
    # Of one table, all files are listed for each day.
    days = MAX_AGE_DAYS if layout is not Layout.COLUMN else 0
    window = Window(start=today - timedelta(days=days), end=today + timedelta(days=1))
    listed = ports.data.list_partitions(prefix, window, layout)
    files = [item for item in listed if not is_hidden(item.name)]
    readable = [item for item in files if any(item.may_hold_rows(format) for format in get_args(Format))]
    if files and not readable:
        others = f"only others such as '{files[-1].uri}': unpack what is packed, or write Parquet"
        raise DataMissing(f"--prefix {shown(prefix)}: has no {' or '.join(get_args(Format))} files, {others}")
    if not readable:
        missing = what_is_there(folder, layout)
        raise DataMissing(f"--prefix {shown(prefix)}: has no day with data since {window.start}: {missing}")
    newest = readable[-1]
    return readable[::-1], next((item.name for item in files if _suffix(item) != _suffix(newest)), None)


def _suffix(item: DataObject) -> str:
    return PurePosixPath(item.name).suffix.lower()
