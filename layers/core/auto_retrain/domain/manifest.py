"""The frozen list of objects that a job reads, so that it can be repeated exactly."""

from collections.abc import Iterable, Sequence
from datetime import date
from heapq import heapify, heapreplace
from pathlib import PurePosixPath
from typing import NamedTuple, Self, get_args

from pydantic import Field

from .base import Record
from .errors import DataMissing
from .layouts import is_hidden, name_within
from .metric_kinds import Task
from .policy.data import DataPolicy, Format
from .windows import Window, Windows

_PACKED = frozenset({".gz", ".zip", ".bz2", ".zst", ".xz", ".snappy", ".lz4"})


class DataObject(Record):
    """One object of a day, pinned by its ETag; size in bytes.

    An object that holds several days has a `date_column`: of its rows only those of this day count, and it is listed
    again for each other day. Its `part` says which of the pods reads it that read a window together; all listings of an
    object are in one.
    """

    uri: str
    etag: str
    size: int
    date: date
    # Left out if there is none, so that images made before there was any still read the manifest.
    date_column: str | None = Field(default=None, exclude_if=lambda name: name is None)
    part: int | None = Field(default=None, exclude_if=lambda part: part is None)

    @property
    def name(self) -> str:
        """Its name within the partition, with the folders there."""
        return name_within(self.uri, self.date)

    def may_hold_rows(self, format: Format) -> bool:
        """Whether it is data rather than something that the program that wrote the data left beside them.

        Spark, Delta and Hive begin such names, or those of their folders, with _ or a dot. Hive writes data without an
        extension; another extension than that of the format belongs to something else.
        """
        return not is_hidden(self.name) and PurePosixPath(self.name).suffix.lower() in ("", f".{format}")


class DaysOfObject(NamedTuple):
    """An object, and the days of which its rows count; None: all rows."""

    item: DataObject
    days: frozenset[date] | None


def by_object(objects: Iterable[DataObject]) -> list[DaysOfObject]:
    """Each object once, in the order in which they first come."""
    days: dict[str, set[date]] = {}
    first: dict[str, DataObject] = {}
    for item in objects:
        days.setdefault(item.uri, set()).add(item.date)
        first.setdefault(item.uri, item)
    return [DaysOfObject(item, frozenset(days[uri]) if item.date_column else None) for uri, item in first.items()]


def with_rows(objects: Iterable[DataObject], format: Format) -> list[DataObject]:
    """The objects that hold the rows of a data set."""
    return [item for item in objects if item.may_hold_rows(format)]


def in_parts(objects: Sequence[DataObject], parts: int) -> tuple[DataObject, ...]:
    """The same objects in as many parts of about the same bytes, but no more than there are objects.

    The largest object goes first, each to the part that is smallest so far. Source: R. Graham, "Bounds on
    multiprocessing timing anomalies", SIAM Journal on Applied Mathematics 17 (1969). One part is not marked.
    """
    once = by_object(objects)
    if min(parts, len(once)) < 2:
        return tuple(objects)
    # An object without bytes counts as well, so that no part remains empty.
    filled = [(0, 0, part) for part in range(min(parts, len(once)))]
    heapify(filled)
    part_of: dict[str, int] = {}
    for item, _ in sorted(once, key=lambda each: (-each.item.size, each.item.uri)):
        size, count, part = filled[0]
        part_of[item.uri] = part
        heapreplace(filled, (size + item.size, count + 1, part))
    return tuple(item.changed(part=part_of[item.uri]) for item in objects)


class FrozenWindow(Window):
    """A window with the objects it had when frozen, and those with its labels if labels are kept separately."""

    objects: tuple[DataObject, ...]
    label_objects: tuple[DataObject, ...] = ()

    @property
    def parts(self) -> int:
        """How many pods may read it together."""
        return max((item.part or 0 for item in self.objects), default=0) + 1

    def of_part(self, part: int) -> Self:
        """What one of these pods reads: its share of the objects, and all labels of a data set of their own."""
        if self.parts == 1:
            return self
        return self.changed(objects=tuple(item for item in self.objects if item.part == part))


class LabelColumns(Record):
    """How to read objects that contain only labels."""

    format: Format
    row_id: str
    label: str


class DataColumns(Record):
    """How to read the data objects."""

    format: Format
    row_id: str
    label: str
    numeric: tuple[str, ...]
    categorical: tuple[str, ...]
    labels: LabelColumns | None = None
    task: Task = Task.CLASSIFICATION
    entity: str | None = None
    slices: tuple[str, ...] = ()


class Manifest(Record):
    """All data of one job; its digest is stored on the job record."""

    schema_version: int = 1
    job_id: str
    model_name: str
    data: DataColumns
    training: FrozenWindow
    holdout: FrozenWindow

    @property
    def parts(self) -> int:
        """In how many parts pods may read it; a window with fewer has nothing in the last ones."""
        return max(self.training.parts, self.holdout.parts)

    @property
    def days(self) -> int:
        """On how many days it has objects."""
        return len({item.date for item in (*self.training.objects, *self.holdout.objects)})


class DriftManifest(Record):
    """The two windows that a drift report compares."""

    schema_version: int = 1
    job_id: str
    model_name: str
    data: DataColumns
    reference: FrozenWindow
    live: FrozenWindow


def columns_of(data: DataPolicy) -> DataColumns:
    labels = data.labels
    return DataColumns(
        format=data.format,
        row_id=data.row_id,
        label=data.label,
        numeric=data.numeric,
        categorical=data.categorical,
        labels=LabelColumns(format=labels.format, row_id=labels.row_id, label=labels.label) if labels else None,
        task=data.task,
        entity=data.entity,
        slices=data.slices,
    )


def build_manifest(
    job_id: str,
    model_name: str,
    data: DataPolicy,
    windows: Windows,
    objects: list[DataObject],
    label_objects: list[DataObject],
) -> Manifest:
    """Split the listed objects between the two windows; raises DataMissing if either is empty.

    A window's labels are all that arrived since it began.
    """

    def freeze(purpose: str, window: Window) -> FrozenWindow:
        arrived = [item for item in label_objects if item.date >= window.start]
        labels = tuple(with_rows(arrived, data.labels.format)) if data.labels else ()
        frozen = freeze_window(purpose, window, data, objects)
        return frozen.changed(objects=in_parts(frozen.objects, data.parts), label_objects=labels)

    return Manifest(
        job_id=job_id,
        model_name=model_name,
        data=columns_of(data),
        training=freeze("training", windows.training),
        holdout=freeze("holdout", windows.holdout),
    )


def only_others(objects: Sequence[DataObject], format: Format, field: str = "data") -> str:
    """Where none of some objects has the format of the policy: one of them, and what to do; `field` is the policy's."""
    name = min((item.name for item in objects), key=is_hidden)
    suffix = PurePosixPath(name).suffix.lower()
    if is_hidden(name):
        remedy = ""
    elif suffix.removeprefix(".") in get_args(Format):
        remedy = f": set {field}.format: {suffix.removeprefix('.')}"
    elif suffix in _PACKED:
        remedy = ": unpack them, or write Parquet, which is small as it is"
    else:
        remedy = f": write them as {' or '.join(get_args(Format))}"
    return f"there are only others than {format} files, such as '{name}'{remedy}"


def freeze_window(purpose: str, window: Window, data: DataPolicy, objects: list[DataObject]) -> FrozenWindow:
    """The listed objects of one window that hold rows; raises DataMissing if there are none."""
    inside = [item for item in objects if window.start <= item.date < window.end]
    rows = with_rows(inside, data.format)
    if not rows:
        others = f": {only_others(inside, data.format)}" if inside else ""
        raise DataMissing(f"no {purpose} data under '{data.prefix}/' in the window {window}{others}")
    return FrozenWindow(start=window.start, end=window.end, objects=tuple(rows))
