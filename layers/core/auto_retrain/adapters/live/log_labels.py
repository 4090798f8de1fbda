"""The labels of logged predictions, from the policy's labels or its labelled data."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from ...domain.errors import DataInvalid
from ...domain.live import LiveQuery
from ...domain.manifest import DataObject, with_rows
from ...domain.policy.data import LabelPolicy
from ...domain.windows import Window
from ...ports import DataStore
from ..data.arrow_tables import record_batches
from ..data.arrow_values import Unconvertible, floats
from .log_cells import hashed_values, looked_up
from .log_rows import is_regression

_DAY = timedelta(days=1)
# What is joined to the rows in one go: fewer cost time, more cost memory.
LABELS_AT_ONCE = 250_000


def with_labels(rows: pa.Table, query: LiveQuery, data: DataStore) -> pa.Table:
    """The rows of a step with their labels, as `joined`."""
    place, are_numbers = query.policy.data.place_of_labels, is_regression(query)
    objects = data.list_partitions(place.prefix, _days(query.start, query.end))
    files = with_rows(objects, place.format)
    return joined(rows, (part for item in files for part in labels_in(item, place, are_numbers, data)))


def joined(rows: pa.Table, parts: Iterable[pa.Table]) -> pa.Table:
    """The rows with a column `label` instead of `key`, null if none has come yet; the last of several labels counts.

    `parts` are labels in the order in which they came.
    """
    labels: pa.ChunkedArray = pa.chunked_array([pa.nulls(rows.num_rows, rows.schema.field("answer").type)])
    for stored in _together(parts):
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


def labels_in(item: DataObject, place: LabelPolicy, are_numbers: bool, data: DataStore) -> Iterator[pa.Table]:
    """The labels of one file, each with its key.

    Raises DataInvalid if they cannot be read, and DataUnavailable if S3 did not answer.
    """
    with data.open(item) as file:
        for batch in record_batches(file, item.uri, place.format, [place.row_id, place.label]):
            yield _typed(batch, place, are_numbers, item.uri).drop_null()


def _typed(batch: pa.RecordBatch, place: LabelPolicy, are_numbers: bool, uri: str) -> pa.Table:
    column = place.row_id
    try:
        keys = hashed_values(batch[column])
        column = place.label
        cells = batch[column]
        labels = floats(cells) if are_numbers else hashed_values(cells)
    except Unconvertible as error:
        raise DataInvalid(f"column '{column}' of '{uri}' holds {error}") from error
    return pa.table({"key": keys, "label": labels})


def _days(start: datetime, end: datetime) -> Window:
    return Window(start=start.date(), end=end.date() + _DAY)
