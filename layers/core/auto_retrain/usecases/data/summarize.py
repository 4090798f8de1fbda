"""Summarizes the two windows of a job from their row ids, their labels and a sample of their rows."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ...domain.data_check import MAX_NUMBER, DataSummary, StrayLabels, WindowSummary
from ...domain.errors import DataInvalid
from ...domain.manifest import DataColumns, DataObject, FrozenWindow, Manifest
from ...domain.metric_kinds import Task
from ...domain.spelling import folded
from ...ports import Ports
from .repeated_ids import MAX_ID_LENGTH, find_repeated, those_twice
from .separations import separations

Array = np.ndarray[Any, Any]


class _Rows(NamedTuple):
    """Ids as hashes, labels as numbers (class codes) with NaN for missing; rows without an id are only counted.

    `folded` are hashes of the ids without what is only spelling, and `example` is one id. `strays` are the labels if
    none of them belongs to a row.
    """

    ids: Array
    labels: Array
    missing_ids: int
    folded: Array
    example: str | None
    strays: StrayLabels | None = None


class Summarized(NamedTuple):
    """A summary, and the labelled rows of each class."""

    summary: DataSummary
    labels: Mapping[str, int]


def summarize_data(manifest: Manifest, ports: Ports) -> Summarized:
    """Summarize both windows.

    Raises DataInvalid if an object changed, is unreadable or lacks a column, or a label is too large for any metric.
    """
    reader = _Reader(manifest.data, ports)
    training = reader.rows(manifest.training)
    # A label may be that of an earlier row, so these belong to nobody only if training does not have them either.
    holdout = reader.rows(manifest.holdout, training)
    summary = DataSummary(
        training=reader.summary(training, manifest.training),
        holdout=reader.summary(holdout, manifest.holdout),
        overlap=int(np.isin(np.unique(holdout.ids), training.ids).sum()),
        respelled_ids=_respelled(training, holdout),
        separation=separations(manifest.data, manifest.training, ports),
    )
    return Summarized(summary, reader.rows_by_class([training, holdout]))


def _respelled(*windows: _Rows) -> int:
    ids = np.unique(np.concatenate([window.ids for window in windows]))
    return ids.size - np.unique(np.concatenate([window.folded for window in windows])).size


class _Reader:
    """Reads windows, with one set of class codes for all of them."""

    def __init__(self, columns: DataColumns, ports: Ports) -> None:
        self._columns = columns
        self._ports = ports
        self._codes: dict[str, int] = {}

    def rows(self, window: FrozenWindow, earlier: _Rows | None = None) -> _Rows:
        columns, own = self._columns, self._columns.labels
        if own is None:
            return self._read(window.objects, columns.format, columns.row_id, columns.label)
        without = self._read(window.objects, columns.format, columns.row_id, None)
        arrived = self._read(window.label_objects, own.format, own.row_id, own.label)
        known = [without, *([earlier] if earlier else [])]
        return without._replace(labels=_joined(without.ids, arrived), strays=_strays(known, arrived))

    def rows_by_class(self, windows: Sequence[_Rows]) -> dict[str, int]:
        """Labelled rows of each class; empty for a regression."""
        if not self._codes:
            return {}
        labels = np.concatenate([window.labels for window in windows])
        counts = np.bincount(labels[~np.isnan(labels)].astype(int), minlength=len(self._codes))
        return {text: int(counts[code]) for text, code in self._codes.items() if counts[code]}

    def summary(self, rows: _Rows, window: FrozenWindow) -> WindowSummary:
        columns = self._columns
        check_size(int(np.count_nonzero(np.abs(rows.labels) > MAX_NUMBER)), rows.labels.size, columns.label)
        known = rows.labels[~np.isnan(rows.labels)]
        values, counts = np.unique(known, return_counts=True)
        is_classes = columns.task is Task.CLASSIFICATION and values.size > 1
        twice = those_twice(rows.ids)
        repeated = find_repeated(columns, window.objects, twice, _hashes, self._ports.tables) if twice.size else None
        return WindowSummary(
            rows=rows.ids.size + rows.missing_ids,
            labelled=known.size,
            repeated_ids=twice.size,
            missing_ids=rows.missing_ids,
            distinct_labels=min(values.size, 3),
            rarest_class_rows=int(counts.min()) if is_classes else None,
            repeated_id=repeated.row_id if repeated else None,
            repeated_in=repeated.files if repeated else (),
            only_label=self._text_of(values[0]) if values.size == 1 else None,
            strays=rows.strays,
        )

    def _text_of(self, label: float) -> str:
        """A label as the data have it."""
        text = list(self._codes)[int(label)] if self._codes else f"{label:g}"
        return text[:MAX_ID_LENGTH]

    def _read(self, objects: Sequence[DataObject], format: str, row_id: str, label: str | None) -> _Rows:
        is_number = self._columns.task is Task.REGRESSION
        numeric = [label] if label and is_number else []
        texts = [row_id, *([label] if label and not is_number else [])]
        ids, labels, missing, example = [np.empty(0, np.int64)], [np.empty(0)], 0, None
        forms = [np.empty(0, np.int64)]
        for batch in self._ports.tables.batches(objects, format, numeric, [], texts):
            named = np.array([text is not None for text in batch.texts[row_id]], dtype=bool)
            missing += batch.rows - int(named.sum())
            present = [text for text in batch.texts[row_id] if text is not None]
            example = example or next(iter(present), None)
            ids.append(_hashes(present))
            forms.append(_hashes(map(folded, present)))
            if label:
                values = batch.numbers[label] if is_number else self._codes_of(batch.texts[label])
                labels.append(values[named])
        return _Rows(np.concatenate(ids), np.concatenate(labels), missing, np.concatenate(forms), example)

    def _codes_of(self, texts: Iterable[str | None]) -> Array:
        codes = self._codes
        return np.array([np.nan if text is None else codes.setdefault(text, len(codes)) for text in texts], dtype=float)


def _hashes(texts: Iterable[str]) -> Array:
    """A 64-bit hash of each text; any two of ten million collide with a chance of three in a million."""
    return np.fromiter(map(hash, texts), dtype=np.int64)


def _strays(windows: Sequence[_Rows], arrived: _Rows) -> StrayLabels | None:
    """The labels that arrived if no id of them is that of a row."""
    known = ~np.isnan(arrived.labels)
    rows, row_id, label_id = windows[0], windows[0].example, arrived.example
    if row_id is None or label_id is None or not known.any():
        return None
    if any(np.isin(arrived.ids[known], window.ids).any() for window in windows):
        return None
    return StrayLabels(
        labels=int(known.sum()),
        row_id=row_id[:MAX_ID_LENGTH],
        label_id=label_id[:MAX_ID_LENGTH],
        are_alike=bool(np.isin(arrived.folded[known], rows.folded).any()),
    )


def _joined(ids: Array, arrived: _Rows) -> Array:
    """The newest label of each row, NaN if it has none."""
    known = ~np.isnan(arrived.labels)
    unique, newest = np.unique(arrived.ids[known][::-1], return_index=True)
    labels = arrived.labels[known][::-1][newest]
    if not unique.size:
        return np.full(ids.size, np.nan)
    places = np.minimum(np.searchsorted(unique, ids), unique.size - 1)
    joined: Array = np.where(unique[places] == ids, labels[places], np.nan)
    return joined


def check_size(beyond: int, labels: int, column: str) -> None:
    """Raise DataInvalid if some of the labels are beyond what metrics can be computed of."""
    if beyond:
        raise DataInvalid(
            f"{beyond} of {labels} labels in column '{column}' are infinite or beyond {MAX_NUMBER:g}, so no "
            "metric can be computed"
        )
