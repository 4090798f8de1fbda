"""The labels of one part of a window, as counts that add up."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ...domain.data_check import MAX_CLASSES, MAX_NUMBER
from ...domain.manifest import DataColumns, DataObject
from ...domain.metric_kinds import Task
from ...domain.spelling import folded
from ...ports import TableReader
from ...statistics.id_sample import stable_hashes
from .part_records import ArrivedLabels, LabelPart

# More than can be validated, so that the check says so; each further one would only take memory.
MAX_COUNTED_CLASSES = 2 * MAX_CLASSES

Array = np.ndarray[Any, Any]


class LabelTally:
    """Counts labels: texts of classes, or numbers."""

    def __init__(self) -> None:
        self._rows = self._known = self._beyond = 0
        self._classes: Counter[str] = Counter()
        self._numbers: set[float] = set()

    def add_texts(self, labels: Sequence[str | None]) -> None:
        counts = Counter(label for label in labels if label is not None)
        self._rows += len(labels)
        self._known += counts.total()
        self._classes.update(counts)
        if len(self._classes) > MAX_COUNTED_CLASSES:
            self._classes = Counter(dict(self._classes.most_common(MAX_COUNTED_CLASSES)))

    def add_numbers(self, labels: Array) -> None:
        known = labels[~np.isnan(labels)]
        self._rows += labels.size
        self._known += known.size
        self._beyond += int(np.count_nonzero(np.abs(known) > MAX_NUMBER))
        if len(self._numbers) < 3:
            # Both zeros are the same label; adding one leaves only that without a sign.
            self._numbers.update((np.unique(known[np.isfinite(known)])[:3] + 0.0).tolist())

    @property
    def part(self) -> LabelPart:
        return LabelPart(
            rows=self._rows,
            known=self._known,
            beyond=self._beyond,
            classes=dict(self._classes),
            numbers=tuple(sorted(self._numbers)[:3]),
        )


def merged_labels(one: LabelPart, other: LabelPart) -> LabelPart:
    """The labels of both parts."""
    classes = Counter(one.classes)
    classes.update(other.classes)
    return LabelPart(
        rows=one.rows + other.rows,
        known=one.known + other.known,
        beyond=one.beyond + other.beyond,
        classes=dict(classes.most_common(MAX_COUNTED_CLASSES)),
        numbers=tuple(sorted({*one.numbers, *other.numbers})[:3]),
    )


def merged_arrivals(one: ArrivedLabels | None, other: ArrivedLabels | None) -> ArrivedLabels | None:
    """Each part that has rows read all of the labels."""
    if one is None or other is None:
        return one or other
    return ArrivedLabels(
        labels=max(one.labels, other.labels),
        label_id=min(filter(None, (one.label_id, other.label_id)), default=None),
        row_id=min(filter(None, (one.row_id, other.row_id)), default=None),
        belong=one.belong or other.belong,
        are_alike=one.are_alike or other.are_alike,
    )


class RowIds(NamedTuple):
    """The ids of the rows of a part, as sorted hashes; of the training rows as well for the labels of the holdout.

    `forms` are those of their folded spelling, in any order, and `example` is one id.
    """

    own: Array
    forms: Array
    example: str | None
    earlier: Array


def join_labels(
    columns: DataColumns, objects: Sequence[DataObject], ids: Array, rows: RowIds, tables: TableReader
) -> tuple[LabelPart, ArrivedLabels]:
    """The newest label of each row of a part; memory grows with its rows, not with the labels of others."""
    own = columns.labels
    assert own is not None
    is_number, codes = columns.task is Task.REGRESSION, dict[str, int]()
    texts = [own.row_id] if is_number else [own.row_id, own.label]
    found_ids, found_labels = [np.empty(0, np.uint64)], [np.empty(0)]
    labels, example, belong, alike = 0, None, False, False
    forms = np.unique(rows.forms)
    for batch in tables.batches(objects, own.format, [own.label] if is_number else [], [], texts):
        values = batch.numbers[own.label] if is_number else _codes(batch.texts[own.label], codes)
        known = [
            (text, value)
            for text, value in zip(batch.texts[own.row_id], values.tolist(), strict=True)
            if text is not None and value == value
        ]
        example = example or next((text for text in batch.texts[own.row_id] if text is not None), None)
        labels += len(known)
        hashes = stable_hashes(text for text, _ in known)
        inside = np.isin(hashes, rows.own)
        found_ids.append(hashes[inside])
        found_labels.append(np.array([value for _, value in known], dtype=float)[inside])
        belong = belong or bool(inside.any()) or bool(np.isin(hashes, rows.earlier).any())
        if not belong and not alike:
            alike = bool(np.isin(stable_hashes(folded(text) for text, _ in known), forms).any())
    arrived = ArrivedLabels(labels=labels, label_id=example, row_id=rows.example, belong=belong, are_alike=alike)
    joined = _newest(ids, np.concatenate(found_ids), np.concatenate(found_labels))
    tally = LabelTally()
    if is_number:
        tally.add_numbers(joined)
    else:
        names = list(codes)
        tally.add_texts([None if code != code else names[int(code)] for code in joined.tolist()])
    return tally.part, arrived


def _codes(texts: Iterable[str | None], codes: dict[str, int]) -> Array:
    return np.array([np.nan if text is None else codes.setdefault(text, len(codes)) for text in texts], dtype=float)


def _newest(ids: Array, found: Array, labels: Array) -> Array:
    """The last label of each row, NaN if it has none."""
    unique, newest = np.unique(found[::-1], return_index=True)
    if not unique.size:
        return np.full(ids.size, np.nan)
    places = np.minimum(np.searchsorted(unique, ids), unique.size - 1)
    joined: Array = np.where(unique[places] == ids, labels[::-1][newest][places], np.nan)
    return joined
