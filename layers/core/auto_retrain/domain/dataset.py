"""The frozen list of objects that a job reads, so that the run can be repeated exactly."""

from datetime import date
from typing import Literal

from .base import Record
from .errors import DataMissing
from .policy import DataPolicy
from .windows import Window, Windows


class DataObject(Record):
    """One object of a date partition, pinned by its ETag; size in bytes."""

    uri: str
    etag: str
    size: int
    date: date


class FrozenWindow(Window):
    """A window with the objects it held when it was frozen."""

    objects: tuple[DataObject, ...]


class DataColumns(Record):
    """How to read the objects."""

    format: Literal["csv", "parquet"]
    row_id: str
    label: str
    numeric: tuple[str, ...]
    categorical: tuple[str, ...]


class Manifest(Record):
    """All data of one job; its digest is kept on the job record."""

    schema_version: int = 1
    job_id: str
    model_name: str
    data: DataColumns
    training: FrozenWindow
    holdout: FrozenWindow


def build_manifest(
    job_id: str, policy_model: str, data: DataPolicy, windows: Windows, objects: list[DataObject]
) -> Manifest:
    """Divide listed objects between the two windows; raises DataMissing when one of them is empty."""
    return Manifest(
        job_id=job_id,
        model_name=policy_model,
        data=DataColumns(
            format=data.format, row_id=data.row_id, label=data.label, numeric=data.numeric, categorical=data.categorical
        ),
        training=_freeze("training", windows.training, data.prefix, objects),
        holdout=_freeze("holdout", windows.holdout, data.prefix, objects),
    )


def _freeze(purpose: str, window: Window, prefix: str, objects: list[DataObject]) -> FrozenWindow:
    inside = tuple(found for found in objects if window.start <= found.date < window.end)
    if not inside:
        raise DataMissing(f"no {purpose} data under '{prefix}/' in the window {window}")
    return FrozenWindow(start=window.start, end=window.end, objects=inside)
