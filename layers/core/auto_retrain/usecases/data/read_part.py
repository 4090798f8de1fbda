"""Reads one part of the windows of a job for the data checks; memory grows with the rows of the part, 32 bytes each."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...domain.manifest import DataColumns, FrozenWindow, Manifest
from ...domain.metric_kinds import Task
from ...domain.spelling import folded
from ...ports import RowBatch, TableReader
from ...statistics.id_sample import IdSample, sample_ids, stable_hashes
from .feature_days import DaySamples
from .holdout_rows import digest_part
from .part_features import sampled_days
from .part_labels import LabelTally, RowIds, join_labels
from .part_records import LabelPart, PartEvidence, WindowPart
from .read_features import FeatureReader
from .repeated_ids import find_repeated, those_twice
from .row_sample import SAMPLED_ROWS, SAMPLING_SEED

# A part with four times the rows of the others still keeps enough of them.
ROOM_FOR_UNEVEN_PARTS = 4
# Of each window, all parts together: 50 MB. With no more rows than these, or in one part, all ids are compared.
MAX_COMPARED_IDS = 1 << 21

Array = np.ndarray[Any, Any]


def read_part(manifest: Manifest, part: int, tables: TableReader) -> PartEvidence:
    """What a part of both windows shows; a window with fewer parts has nothing in the last ones.

    Raises DataInvalid if an object changed, is unreadable or lacks a column.
    """
    reader = _Reader(manifest, part, tables)
    training, ids = reader.read(manifest.training, 0, np.empty(0, np.uint64))
    holdout, _ = reader.read(manifest.holdout, 1, ids)
    digests = {part: digest_part(manifest, part, tables)} if part < manifest.holdout.parts else {}
    return PartEvidence(training=training, holdout=holdout, digests=digests)


class _Rows:
    """Sees the rows of a part: hashes of the ids and of their folded spelling, one id, and labels beside them."""

    def __init__(self, columns: DataColumns) -> None:
        self._row_id, self._label = columns.row_id, columns.label if columns.labels is None else None
        is_number = columns.task is Task.REGRESSION
        self.numeric = [self._label] if self._label and is_number else []
        self.texts = [self._row_id, *([self._label] if self._label and not is_number else [])]
        self.example: str | None = None
        self._ids, self._forms = [np.empty(0, np.uint64)], [np.empty(0, np.uint64)]
        self._tally = LabelTally()

    def add(self, batch: RowBatch) -> None:
        named = [place for place, text in enumerate(batch.texts[self._row_id]) if text is not None]
        present = [text for text in batch.texts[self._row_id] if text is not None]
        self.example = self.example or next(iter(present), None)
        self._ids.append(stable_hashes(present))
        self._forms.append(_hashes_of_forms(present, self._ids[-1]))
        if self._label and self.numeric:
            self._tally.add_numbers(batch.numbers[self._label][named])
        elif self._label:
            self._tally.add_texts([batch.texts[self._label][place] for place in named])

    @property
    def ids(self) -> Array:
        self._ids = [np.concatenate(self._ids)]
        return self._ids[0]

    @property
    def forms(self) -> Array:
        self._forms = [np.concatenate(self._forms)]
        return self._forms[0]

    @property
    def labels(self) -> LabelPart:
        return self._tally.part


class _Reader:
    def __init__(self, manifest: Manifest, part: int, tables: TableReader) -> None:
        self._columns, self._part, self._tables = manifest.data, part, tables
        self._days, self._parts = manifest.days, manifest.parts

    def read(self, whole: FrozenWindow, purpose: int, earlier: Array) -> tuple[WindowPart, Array]:
        """The part of a window, and the distinct hashes of its ids if labels are in a data set of their own."""
        window = whole.of_part(self._part) if self._part < whole.parts else whole.changed(objects=())
        seed = [SAMPLING_SEED, self._part, purpose]
        sample = DaySamples(self._days, len(self._columns.numeric), seed)
        rows = _Rows(self._columns)
        features = self._features(seed).read(window.objects, [sample], rows)
        labels, arrived, known, twice = rows.labels, None, earlier, those_twice(rows.ids)
        if self._columns.labels is not None:
            known = np.unique(rows.ids)
            ids = RowIds(known, rows.forms, rows.example, earlier)
            labels, arrived = join_labels(self._columns, window.label_objects, rows.ids, ids, self._tables)
        part = WindowPart(
            with_id=rows.ids.size,
            distinct_ids=rows.ids.size - twice.size,
            repeated=find_repeated(self._columns, window.objects, twice, self._tables) if twice.size else None,
            ids=_sample(rows, bool(twice.size), MAX_COMPARED_IDS // self._parts if self._parts > 1 else None),
            labels=labels,
            arrived=arrived,
            features=features,
            sample=sampled_days(sample, self._columns.numeric),
        )
        return part, known

    def _features(self, seed: list[int]) -> FeatureReader:
        columns, size = self._columns, min(SAMPLED_ROWS, ROOM_FOR_UNEVEN_PARTS * SAMPLED_ROWS // self._parts)
        return FeatureReader(columns, columns.numeric, columns.categorical, self._tables, seed, size)


def _hashes_of_forms(texts: Sequence[str], hashes: Array) -> Array:
    """Hashes of the folded texts; most texts are folded already, and have their hash."""
    forms = hashes.copy()
    others = [(place, form) for place, form in enumerate(map(folded, texts)) if form != texts[place]]
    if others:
        forms[[place for place, _ in others]] = stable_hashes(form for _, form in others)
    return forms


def _sample(rows: _Rows, repeats: bool, size: int | None) -> IdSample:
    if not repeats:
        return sample_ids(rows.ids, rows.forms, size)
    ids, places = np.unique(rows.ids, return_index=True)
    return sample_ids(ids, rows.forms[places], size)
