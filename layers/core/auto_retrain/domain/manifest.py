"""The frozen list of objects that a job reads, so that it can be repeated exactly."""

from datetime import date

from .base import Record
from .errors import DataMissing
from .metric_kinds import Task
from .policy.data import DataPolicy, Format
from .windows import Window, Windows


class DataObject(Record):
    """One object of a date partition, pinned by its ETag; size in bytes."""

    uri: str
    etag: str
    size: int
    date: date


class FrozenWindow(Window):
    """A window with the objects it had when frozen, and those with its labels if labels are kept separately."""

    objects: tuple[DataObject, ...]
    label_objects: tuple[DataObject, ...] = ()


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
        labels = tuple(item for item in label_objects if item.date >= window.start)
        frozen = freeze_window(purpose, window, data.prefix, objects)
        return frozen.changed(label_objects=labels)

    return Manifest(
        job_id=job_id,
        model_name=model_name,
        data=columns_of(data),
        training=freeze("training", windows.training),
        holdout=freeze("holdout", windows.holdout),
    )


def freeze_window(purpose: str, window: Window, prefix: str, objects: list[DataObject]) -> FrozenWindow:
    """The listed objects of one window; raises DataMissing if there are none."""
    inside = tuple(item for item in objects if window.start <= item.date < window.end)
    if not inside:
        raise DataMissing(f"no {purpose} data under '{prefix}/' in the window {window}")
    return FrozenWindow(start=window.start, end=window.end, objects=inside)
