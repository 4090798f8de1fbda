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
from ...domain.policy.data import Format
from ...domain.windows import Window
from ...ports import DataStore
from ..data.arrow_tables import record_batches
from ..data.arrow_values import Unconvertible, floats
from .kept_files import KeptFiles
from .log_hashes import hashed_values
from .log_rows import is_regression

_DAY = timedelta(days=1)


class _Place(NamedTuple):
    prefix: str
    format: Format
    row_id: str
    label: str


class _Labels(NamedTuple):
    """Different keys, sorted, and the label of each."""

    keys: NDArray[np.int64]
    labels: NDArray[Any]

    @property
    def nbytes(self) -> int:
        return int(self.keys.nbytes + self.labels.nbytes)


class LogLabels:
    """The labels of a query; files that were read in an earlier pass are not read again."""

    def __init__(self, query: LiveQuery, data: DataStore, kept: KeptFiles) -> None:
        self._query = query
        self._data = data
        self._kept = kept

    def of(self, keys: pa.ChunkedArray) -> pa.ChunkedArray:
        """The label of each key, of one at least, null if none has come yet; the last of several labels counts.

        Raises DataInvalid if labels cannot be read, and DataUnavailable if S3 did not answer.
        """
        wanted = keys.fill_null(0).to_numpy()
        order = np.argsort(wanted)
        wanted = wanted[order]
        labels = np.zeros(len(wanted), np.float64 if is_regression(self._query) else np.int64)
        has_come = np.zeros(len(wanted), bool)
        for part in self._parts():
            at = np.minimum(np.searchsorted(wanted, part.keys), len(wanted) - 1)
            is_wanted = wanted[at] == part.keys
            labels[at[is_wanted]], has_come[at[is_wanted]] = part.labels[is_wanted], True
        # Only the first of several rows with one key has its label so far, and all are in the order of their keys.
        first = np.searchsorted(wanted, wanted)
        labels[order], has_come[order] = labels[first], has_come[first]
        return pa.chunked_array([pa.array(labels, mask=~has_come | keys.is_null().to_numpy())])

    def _parts(self) -> Iterator[_Labels]:
        """All labels of the days of a step, in the order in which they came."""
        place = _place(self._query)
        objects = self._data.list_partitions(place.prefix, _days(self._query.start, self._query.end))
        for item in with_rows(objects, place.format):
            key = (item.uri, item.etag, place, is_regression(self._query))
            yield from self._kept.parts(key, partial(self._read, item, place))

    def _read(self, item: DataObject, place: _Place) -> Iterable[_Labels]:
        with self._data.open(item) as file:
            for batch in record_batches(file, item.uri, place.format, [place.row_id, place.label], use_threads=False):
                yield _last_of_each(_typed(batch, place, item.uri, self._query).drop_null())


def _typed(batch: pa.RecordBatch, place: _Place, uri: str, query: LiveQuery) -> pa.RecordBatch:
    column = place.row_id
    try:
        keys = hashed_values(batch[column])
        column = place.label
        cells = batch[column]
        labels = floats(cells) if is_regression(query) else hashed_values(cells)
    except Unconvertible as error:
        raise DataInvalid(f"column '{column}' of '{uri}' holds {error}") from error
    return pa.RecordBatch.from_pydict({"key": keys, "label": labels})


def _last_of_each(stored: pa.RecordBatch) -> _Labels:
    keys, labels = stored["key"].to_numpy(), stored["label"].to_numpy()
    order, is_last = np.argsort(keys), np.ones(len(keys), bool)
    is_last[:-1] = np.diff(keys[order]) != 0
    if not is_last.all():
        # The order of equal keys is kept only by sorting that takes four times as long.
        order = np.argsort(keys, kind="stable")
    last = order[is_last]
    return _Labels(keys[last], labels[last])


def _place(query: LiveQuery) -> _Place:
    data = query.policy.data
    if data.labels:
        return _Place(data.labels.prefix, data.labels.format, data.labels.row_id, data.labels.label)
    return _Place(data.prefix, data.format, data.row_id, data.label)


def _days(start: datetime, end: datetime) -> Window:
    return Window(start=start.date(), end=end.date() + _DAY)
