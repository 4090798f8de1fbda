"""The labels of logged predictions, from the policy's labels or its labelled data."""

from datetime import datetime, timedelta
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from ...domain.errors import DataInvalid
from ...domain.live import LiveQuery
from ...domain.manifest import with_rows
from ...domain.policy.data import Format
from ...domain.windows import Window
from ...ports import DataStore
from ..data.arrow_tables import record_batches
from ..data.arrow_values import Unconvertible, floats, texts
from .log_cells import hashed, looked_up
from .log_rows import is_regression

_DAY = timedelta(days=1)


class _Place(NamedTuple):
    prefix: str
    format: Format
    row_id: str
    label: str


def with_labels(rows: pa.Table, query: LiveQuery, data: DataStore) -> pa.Table:
    """The rows with a column `label`, null if none has come yet; the last of several labels counts.

    Raises DataInvalid if labels cannot be read, and DataUnavailable if S3 did not answer.
    """
    labels = _labels(pc.unique(rows["key"]), query, data)
    return rows.append_column("label", looked_up(rows["key"], labels["key"], labels["label"]))


def _labels(keys: pa.Array, query: LiveQuery, data: DataStore) -> pa.Table:
    """The last label of each of the keys that have one."""
    place, parts = _place(query), [_no_labels(query)]
    objects = data.list_partitions(place.prefix, _days(query.start, query.end))
    for item in with_rows(objects, place.format):
        with data.open(item) as file:
            for batch in record_batches(file, item.uri, place.format, [place.row_id, place.label]):
                labels = _typed(batch, place, item.uri, query).drop_null()
                parts.append(labels.filter(pc.is_in(labels["key"], keys)))
    together = pa.concat_tables(parts).group_by("key", use_threads=False).aggregate([("label", "last")])
    return together.rename_columns({"label_last": "label"})


def _typed(batch: pa.RecordBatch, place: _Place, uri: str, query: LiveQuery) -> pa.Table:
    column = place.row_id
    try:
        keys = hashed(texts(batch[column]))
        column = place.label
        cells = batch[column]
        labels = floats(cells) if is_regression(query) else pc.cast(texts(cells), pa.string())
    except Unconvertible as error:
        raise DataInvalid(f"column '{column}' of '{uri}' holds {error}") from error
    return pa.table({"key": keys, "label": labels})


def _no_labels(query: LiveQuery) -> pa.Table:
    kind = pa.float64() if is_regression(query) else pa.string()
    return pa.schema({"key": pa.int64(), "label": kind}).empty_table()


def _place(query: LiveQuery) -> _Place:
    data = query.policy.data
    if data.labels:
        return _Place(data.labels.prefix, data.labels.format, data.labels.row_id, data.labels.label)
    return _Place(data.prefix, data.format, data.row_id, data.label)


def _days(start: datetime, end: datetime) -> Window:
    return Window(start=start.date(), end=end.date() + _DAY)
