"""How well each feature separates the label, in a sample of the rows: one that does so by itself gives it away."""

from collections.abc import Sequence
from itertools import islice
from typing import Any

import numpy as np

from ...domain.manifest import DataColumns, FrozenWindow
from ...domain.metric_kinds import Task
from ...ports import Ports, RowBatch
from ...statistics.separation import (
    codes_cut_by_classes,
    codes_cut_by_numbers,
    separation_of_classes,
    separation_of_numbers,
)

SEPARATION_ROWS = 100_000
# Of so few rows, a good feature easily tells all labels apart by chance.
ENOUGH_ROWS = 2_000
MAX_SEPARATIONS = 20

Array = np.ndarray[Any, Any]


def separations(columns: DataColumns, window: FrozenWindow, ports: Ports) -> dict[str, float]:
    """The separation by feature, the best ones only; empty if labels are in a separate data set."""
    sample = _sample(columns, window, ports) if columns.labels is None else []
    if not sample:
        return {}
    numbers = {name: np.concatenate([batch.numbers[name] for batch in sample]) for name in sample[0].numbers}
    texts = {name: [text for batch in sample for text in batch.texts[name]] for name in sample[0].texts}
    if columns.task is Task.REGRESSION:
        labels = numbers[columns.label]
        known = ~np.isnan(labels)
    else:
        labels = _codes(texts[columns.label])
        known = np.array([text is not None for text in texts[columns.label]], dtype=bool)
    values = {name: numbers[name] for name in columns.numeric}
    values |= {name: _codes(texts[name]) for name in columns.categorical}
    shares = {name: _separation(of_rows[known], labels[known], columns.task) for name, of_rows in values.items()}
    return dict(sorted(shares.items(), key=lambda pair: -pair[1])[:MAX_SEPARATIONS])


def _sample(columns: DataColumns, window: FrozenWindow, ports: Ports) -> list[RowBatch]:
    """The first rows of some objects spread over the window; if those have few, of the first objects until enough."""
    is_number = columns.task is Task.REGRESSION
    numeric = [*columns.numeric, *([columns.label] if is_number else [])]
    named = [*columns.categorical, *([] if is_number else [columns.label])]
    some = window.objects[:: max(1, len(window.objects) // 10)]
    each = SEPARATION_ROWS // len(some)
    sample: list[RowBatch] = []
    for source in some:
        sample += islice(ports.tables.batches([source], columns.format, numeric, [], named), 1)
    if sum(batch.rows for batch in sample) < ENOUGH_ROWS:
        sample = []
        for batch in ports.tables.batches(window.objects, columns.format, numeric, [], named):
            sample.append(batch)
            if sum(batch.rows for batch in sample) >= ENOUGH_ROWS:
                break
    return [_first(each, batch) for batch in sample if batch.rows]


def _first(rows: int, batch: RowBatch) -> RowBatch:
    return batch._replace(
        rows=min(rows, batch.rows),
        numbers={name: numbers[:rows] for name, numbers in batch.numbers.items()},
        texts={name: texts[:rows] for name, texts in batch.texts.items()},
    )


def _codes(texts: Sequence[str | None]) -> Array:
    return np.unique([text or "" for text in texts], return_inverse=True)[1]


def _separation(values: Array, labels: Array, task: Task) -> float:
    if not labels.size:
        return 0.0
    is_number = values.dtype.kind == "f"
    if task is Task.REGRESSION:
        return separation_of_numbers(codes_cut_by_numbers(values, labels) if is_number else values, labels)
    return separation_of_classes(codes_cut_by_classes(values, labels) if is_number else values, labels)
