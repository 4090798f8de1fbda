"""Reads one part of the windows of a job for the data checks; memory grows with the rows of the part, 32 bytes each."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ...domain.manifest import FrozenWindow, Manifest
from ...domain.metric_kinds import Task
from ...domain.spelling import folded
from ...ports import TableReader
from ...statistics.cells import NO_CELLS, Cells, add_cells, count_cells
from ...statistics.id_sample import IdSample, sample_ids, stable_hashes
from .column_blocks import ColumnBlock, merged, read_blocks
from .feature_bins import LevelCounts
from .feature_days import DaySamples, DayWatcher, SharedWatchers, add_to_all
from .holdout_rows import digest_part
from .part_features import DayRanges, EntityRowSample, sampled_days
from .part_labels import LabelTally, RowIds, join_labels
from .part_records import CategoryRows, FeaturePart, LabelPart, PartEvidence, WindowPart
from .repeated_ids import find_repeated, those_twice
from .row_sample import SAMPLING_SEED
from .window_rows import WindowRows

# Of each window, all parts together: 50 MB. With no more rows than these, ids are compared exactly.
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


class _Rows(NamedTuple):
    """Rows of a part: how many, hashes of the ids and of their folded spelling, one id, and labels beside them."""

    rows: int
    ids: Array
    forms: Array
    example: str | None
    labels: LabelPart


class _Reader:
    def __init__(self, manifest: Manifest, part: int, tables: TableReader) -> None:
        self._columns, self._part, self._tables = manifest.data, part, tables
        self._days, self._parts = manifest.days, manifest.parts

    def read(self, whole: FrozenWindow, purpose: int, earlier: Array) -> tuple[WindowPart, Array]:
        """The part of a window, and the distinct hashes of its ids."""
        window = whole.of_part(self._part) if self._part < whole.parts else whole.changed(objects=())
        rows = self._rows(window)
        known = RowIds(rows.ids, rows.forms, rows.example, earlier)
        labels, arrived = rows.labels, None
        if self._columns.labels is not None:
            labels, arrived = join_labels(self._columns, window.label_objects, rows.ids, known, self._tables)
        repeats = known.own.size < rows.ids.size
        part = WindowPart(
            rows=rows.rows,
            with_id=rows.ids.size,
            distinct_ids=known.own.size,
            repeated=find_repeated(self._columns, window.objects, those_twice(rows.ids), stable_hashes, self._tables)
            if repeats
            else None,
            ids=_sample(rows, repeats, MAX_COMPARED_IDS // self._parts),
            labels=labels,
            arrived=arrived,
            features=self._features(window, [SAMPLING_SEED, self._part, purpose]),
        )
        return part, known.own

    def _rows(self, window: FrozenWindow) -> _Rows:
        columns, tally = self._columns, LabelTally()
        label = columns.label if columns.labels is None else None
        numeric = [label] if label and columns.task is Task.REGRESSION else []
        texts = [columns.row_id, *([label] if label and not numeric else [])]
        number, ids, forms, example = 0, [np.empty(0, np.uint64)], [np.empty(0, np.uint64)], None
        for batch in self._tables.batches(window.objects, columns.format, numeric, [], texts):
            named = [place for place, text in enumerate(batch.texts[columns.row_id]) if text is not None]
            present = [text for text in batch.texts[columns.row_id] if text is not None]
            example = example or next(iter(present), None)
            number += batch.rows
            ids.append(stable_hashes(present))
            forms.append(_hashes_of_forms(present, ids[-1]))
            if label and numeric:
                tally.add_numbers(batch.numbers[label][named])
            elif label:
                tally.add_texts([batch.texts[label][place] for place in named])
        return _Rows(number, np.concatenate(ids), np.concatenate(forms), example, tally.part)

    def _features(self, window: FrozenWindow, seed: list[int]) -> FeaturePart:
        columns, numeric, categorical = self._columns, self._columns.numeric, self._columns.categorical
        rows = WindowRows(columns, window.objects, self._tables)
        sample, days = DaySamples(self._days, len(numeric), seed), DayRanges(numeric)
        entities = EntityRowSample(columns.entity, numeric, categorical, seed, self._parts) if columns.entity else None
        shared = SharedWatchers([sample, days, *([entities] if entities else [])])
        texts = [columns.entity, *categorical] if columns.entity else []
        found = read_blocks(rows.blocks(numeric, categorical), lambda block: _count_block(block, rows, texts, [shared]))
        return FeaturePart(
            numbers=merged([each[0] for each in found], numeric),
            categories=merged([each[1] for each in found], categorical),
            days=days.values,
            few_categories=days.few_categories,
            sample=sampled_days(sample, numeric),
            entities=entities.rows if entities else None,
        )


def _hashes_of_forms(texts: Sequence[str], hashes: Array) -> Array:
    """Hashes of the folded texts; most texts are folded already, and have their hash."""
    forms = hashes.copy()
    others = [(place, form) for place, form in enumerate(map(folded, texts)) if form != texts[place]]
    if others:
        forms[[place for place, _ in others]] = stable_hashes(form for _, form in others)
    return forms


def _sample(rows: _Rows, repeats: bool, size: int) -> IdSample:
    if not repeats:
        return sample_ids(rows.ids, rows.forms, size)
    ids, places = np.unique(rows.ids, return_index=True)
    return sample_ids(ids, rows.forms[places], size)


def _count_block(
    block: ColumnBlock, rows: WindowRows, texts: Sequence[str], watchers: Sequence[DayWatcher]
) -> tuple[dict[str, Cells], dict[str, CategoryRows]]:
    numbers, missing = dict.fromkeys(block.numeric, NO_CELLS), dict.fromkeys(block.categorical, 0)
    levels = {name: LevelCounts() for name in block.categorical}
    for day, batch in rows.batches(block, texts):
        add_to_all(watchers, day, batch)
        for name in numbers:
            numbers[name] = add_cells(numbers[name], count_cells(batch.numbers[name]))
        for name, counts in levels.items():
            counts.add(batch.levels[name], batch.rows)
            missing[name] += batch.levels[name].get(None, 0)
    return numbers, {name: _categories(counts, missing[name]) for name, counts in levels.items()}


def _categories(levels: LevelCounts, missing: int) -> CategoryRows:
    counts = {level: rows for level, rows in levels.counts.items() if level is not None}
    return CategoryRows(counts=counts, missing=missing, complete=levels.complete)
