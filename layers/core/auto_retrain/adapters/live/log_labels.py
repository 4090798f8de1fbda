"""The labels of logged predictions, from the policy's labels or its labelled data."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ...domain.errors import DataInvalid
from ...domain.live import LiveQuery
from ...domain.manifest import DataObject, with_rows
from ...domain.policy.data import LabelPlace
from ...domain.windows import Window
from ...ports import DataStore
from ..data.arrow_tables import record_batches
from ..data.arrow_values import Unconvertible, floats
from ..data.date_columns import Days
from .kept_files import KeptFiles
from .log_hashes import hashed_values
from .log_rows import is_regression

_DAY = timedelta(days=1)
# 1 MB of keys and labels.
_JOINED_ROWS = 1 << 16


class Labels(NamedTuple):
    """Different keys, sorted, and the label of each."""

    keys: NDArray[np.int64]
    labels: NDArray[Any]

    @property
    def nbytes(self) -> int:
        return int(self.keys.nbytes + self.labels.nbytes)


class LogLabels:
    """The labels of a query; files that were read in an earlier pass are not read again.

    `rows` is how many labels there were, whether an answer has their key or not.
    """

    def __init__(self, query: LiveQuery, data: DataStore, kept: KeptFiles) -> None:
        self._query = query
        self._data = data
        self._kept = kept
        self.rows = 0

    def of(self, keys: pa.ChunkedArray) -> pa.ChunkedArray:
        """The label of each key, as `labels_of`; raises as `labels_in`."""
        return labels_of(keys, self._parts(), is_regression(self._query))

    def _parts(self) -> Iterator[Labels]:
        """All labels of the days of a step, in the order in which they came."""
        place, are_numbers = self._query.policy.data.place_of_labels, is_regression(self._query)
        objects = self._data.list_partitions(
            place.prefix, _days(self._query.start, self._query.end), place.layout, place.date_column
        )
        for item in with_rows(objects, place.format):
            key = (item.uri, item.etag, item.date, place.row_id, place.label, are_numbers)
            for part in self._kept.parts(key, partial(labels_in, item, place, are_numbers, self._data)):
                self.rows += len(part.keys)
                yield part


def labels_of(keys: pa.ChunkedArray, parts: Iterable[Labels], are_numbers: bool) -> pa.ChunkedArray:
    """The label of each key, of one at least, null if none has come yet; the last of several labels counts.

    `parts` are labels in the order in which they came.
    """
    wanted = keys.fill_null(0).to_numpy()
    order = np.argsort(wanted)
    wanted = wanted[order]
    labels = np.zeros(len(wanted), np.float64 if are_numbers else np.int64)
    has_come = np.zeros(len(wanted), bool)
    for part in _joined(parts):
        at = np.minimum(np.searchsorted(wanted, part.keys), len(wanted) - 1)
        is_wanted = wanted[at] == part.keys
        labels[at[is_wanted]], has_come[at[is_wanted]] = part.labels[is_wanted], True
    # Only the first of several rows with one key has its label so far, and all are in the order of their keys.
    again = np.flatnonzero(wanted[1:] == wanted[:-1]) + 1
    first = np.searchsorted(wanted, wanted[again])
    labels[again], has_come[again] = labels[first], has_come[first]
    labels[order], has_come[order] = labels.copy(), has_come.copy()
    return pa.chunked_array([pa.array(labels, mask=~has_come | keys.is_null().to_numpy())])


def _joined(parts: Iterable[Labels]) -> Iterator[Labels]:
    """The labels of many small parts as few large ones: keys in order over all wanted ones are found much sooner."""
    waiting, rows = list[Labels](), 0
    for part in parts:
        waiting.append(part)
        rows += len(part.keys)
        if rows >= _JOINED_ROWS:
            yield _in_order(waiting)
            waiting, rows = [], 0
    if waiting:
        yield _in_order(waiting)


def _in_order(parts: list[Labels]) -> Labels:
    """All of them by key; of several with the same key the last one comes last, and so is the one that stays."""
    if len(parts) == 1:
        return parts[0]
    keys = np.concatenate([part.keys for part in parts])
    order = np.argsort(keys, kind="stable")
    return Labels(keys[order], np.concatenate([part.labels for part in parts])[order])


def labels_in(item: DataObject, place: LabelPlace, are_numbers: bool, data: DataStore) -> Iterator[Labels]:
    """The labels of one file, in parts.

    Raises DataInvalid if they cannot be read, and DataUnavailable if S3 did not answer.
    """
    columns, of_day = [place.row_id, place.label], Days.of(item)
    with data.open(item) as file:
        for batch in record_batches(file, item.uri, place.format, columns, use_threads=False, of_days=of_day):
            yield _last_of_each(_typed(batch, place, are_numbers, item.uri).drop_null())


def _typed(batch: pa.RecordBatch, place: LabelPlace, are_numbers: bool, uri: str) -> pa.RecordBatch:
    column = place.row_id
    try:
        keys = hashed_values(batch[column])
        column = place.label
        cells = batch[column]
        labels = floats(cells) if are_numbers else hashed_values(cells)
    except Unconvertible as error:
        raise DataInvalid(f"column '{column}' of '{uri}' holds {error}") from error
    return pa.RecordBatch.from_pydict({"key": keys, "label": labels})


def _last_of_each(stored: pa.RecordBatch) -> Labels:
    keys, labels = stored["key"].to_numpy(), stored["label"].to_numpy()
    order, is_last = np.argsort(keys), np.ones(len(keys), bool)
    is_last[:-1] = np.diff(keys[order]) != 0
    if not is_last.all():
        # The order of equal keys is kept only by sorting that takes four times as long.
        order = np.argsort(keys, kind="stable")
    last = order[is_last]
    return Labels(keys[last], labels[last])


def _days(start: datetime, end: datetime) -> Window:
    return Window(start=start.date(), end=end.date() + _DAY)
