"""The labels of logged predictions, from the policy's labels or its labelled data."""

from collections.abc import Iterable, Iterator
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
from ..data.arrow_values import Unconvertible, floats
from .log_cells import hashed_values, looked_up
from .log_rows import is_regression

_DAY = timedelta(days=1)
# What is joined to the rows in one go: fewer cost time, more cost memory.
LABELS_AT_ONCE = 250_000


class _Place(NamedTuple):
    prefix: str
    format: Format
    row_id: str
    label: str


def with_labels(rows: pa.Table, query: LiveQuery, data: DataStore) -> pa.Table:
    """The rows with a column `label` instead of `key`, null if none has come yet; the last of several labels counts.

    Raises DataInvalid if labels cannot be read, and DataUnavailable if S3 did not answer.
    """
    labels: pa.ChunkedArray = pa.chunked_array([pa.nulls(rows.num_rows, rows.schema.field("answer").type)])
    for stored in _together(_stored(query, data)):
        latest_first = stored[::-1]
        labels = pc.coalesce(looked_up(rows["key"], latest_first["key"], latest_first["label"]), labels)
    return rows.drop_columns("key").append_column("label", labels)


def _together(parts: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Parts in fewer and larger ones: each of them costs a look at all rows."""
    kept: list[pa.Table] = []
    for part in parts:
        kept.append(part)
        if sum(each.num_rows for each in kept) >= LABELS_AT_ONCE:
            yield pa.concat_tables(kept)
            kept = []
    if kept:
        yield pa.concat_tables(kept)


def _stored(query: LiveQuery, data: DataStore) -> Iterator[pa.Table]:
    """All labels of the days of a step, in the order in which they came."""
    place = _place(query)
    objects = data.list_partitions(place.prefix, _days(query.start, query.end))
    for item in with_rows(objects, place.format):
        with data.open(item) as file:
            for batch in record_batches(file, item.uri, place.format, [place.row_id, place.label]):
                yield _typed(batch, place, item.uri, query).drop_null()


def _typed(batch: pa.RecordBatch, place: _Place, uri: str, query: LiveQuery) -> pa.Table:
    column = place.row_id
    try:
        keys = hashed_values(batch[column])
        column = place.label
        cells = batch[column]
        labels = floats(cells) if is_regression(query) else hashed_values(cells)
    except Unconvertible as error:
        raise DataInvalid(f"column '{column}' of '{uri}' holds {error}") from error
    return pa.table({"key": keys, "label": labels})


def _place(query: LiveQuery) -> _Place:
    data = query.policy.data
    if data.labels:
        return _Place(data.labels.prefix, data.labels.format, data.labels.row_id, data.labels.label)
    return _Place(data.prefix, data.format, data.row_id, data.label)


def _days(start: datetime, end: datetime) -> Window:
    return Window(start=start.date(), end=end.date() + _DAY)
