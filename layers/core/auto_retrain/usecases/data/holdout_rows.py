"""Digests the labelled rows of the holdout before anything is trained, so that nobody can exchange them afterwards."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ...comparison.array_files import MAX_TEXT_LENGTH
from ...comparison.holdout import digest_rows
from ...domain.data_check import HoldoutDigests
from ...domain.errors import DataInvalid
from ...domain.manifest import DataColumns, DataObject, Manifest
from ...domain.metric_kinds import Task
from ...ports import TableReader

Array = np.ndarray[Any, Any]
# Cells by column: texts, or numbers with NaN for missing.
Cells = dict[str, list[Any]]


def digest_part(manifest: Manifest, part: int, tables: TableReader) -> HoldoutDigests:
    """Digest the rows of one part of the holdout that have an id and a label.

    Raises DataInvalid if an object changed or lacks a column.
    """
    columns, window = manifest.data, manifest.holdout.of_part(part)
    cells = _read(window.objects, columns.format, _names(columns), _label_in_rows(columns), columns.task, tables)
    ids = cells[columns.row_id]
    labels = cells[columns.label] if columns.labels is None else _joined(ids, window.label_objects, columns, tables)
    kept = [place for place, label in enumerate(labels) if ids[place] is not None and not _is_missing(label)]
    texts = {name: np.array([cells[name][place] or "" for place in kept], dtype=np.str_) for name in _names(columns)}
    row_ids, entities = texts[columns.row_id], texts.get(columns.entity or "")
    if entities is not None:
        # A row without an entity is its own entity.
        entities = np.where(entities == "", np.char.add("row ", row_ids), entities)
    slices = {name: texts[name] for name in columns.slices}
    return digest_rows(row_ids, np.array([labels[place] for place in kept]), entities, slices)


def _names(columns: DataColumns) -> list[str]:
    """The columns that are read as texts, each once."""
    entity = [columns.entity] if columns.entity else []
    return list(dict.fromkeys([columns.row_id, *entity, *columns.slices]))


def _label_in_rows(columns: DataColumns) -> str | None:
    return columns.label if columns.labels is None else None


def _joined(ids: Sequence[Any], objects: Sequence[DataObject], columns: DataColumns, tables: TableReader) -> list[Any]:
    """The newest label of each row, None if it has none."""
    own = columns.labels
    assert own is not None
    newest: dict[Any, Any] = dict.fromkeys(ids)
    for each in objects:
        arrived = _read([each], own.format, [own.row_id], own.label, columns.task, tables)
        pairs = zip(arrived[own.row_id], arrived[own.label], strict=True)
        newest |= {row_id: label for row_id, label in pairs if row_id in newest and not _is_missing(label)}
    return [None if row_id is None else newest[row_id] for row_id in ids]


def _read(
    objects: Sequence[DataObject], format: str, names: Sequence[str], label: str | None, task: Task, tables: TableReader
) -> Cells:
    numeric = [label] if label and task is Task.REGRESSION else []
    texts = list(dict.fromkeys([*names, *([label] if label and not numeric else [])]))
    cells: Cells = {name: [] for name in (*numeric, *texts)}
    for batch in tables.batches(objects, format, numeric, [], texts):
        for name in texts:
            _check_length(name, batch.texts[name])
        for name in numeric:
            cells[name] += batch.numbers[name].tolist()
        for name in texts:
            cells[name] += batch.texts[name]
    return cells


def _check_length(column: str, texts: Iterable[str | None]) -> None:
    """Before training, because predictions with longer texts are refused; and such arrays take memory for each row."""
    longest = max((len(text) for text in texts if text), default=0)
    if longest > MAX_TEXT_LENGTH:
        raise DataInvalid(
            f"column '{column}' has a text of {longest} characters; row ids, labels, entities and slices may have "
            f"{MAX_TEXT_LENGTH}"
        )


def _is_missing(label: str | float | None) -> bool:
    return label is None or label != label
