"""The labelled rows of one window, read from the objects in the manifest."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from .errors import DataInvalid, NothingLabelled
from .labels import MAX_NUMBER, natural_labels
from .order import Columns, DataObject, LabelColumns, Window
from .storage import Storage
from .tables import Days, parse_table

PARALLEL_READS = 8
# Of a hash of a row id.
_HASHES = 2.0**64

Parser = Callable[[bytes, str, Days | None], pa.Table]
# The names of numeric and of categorical columns.
ReadOthers = Callable[[Sequence[str], Sequence[str]], pd.DataFrame]

Texts = np.ndarray[Any, Any]
Labels = np.ndarray[Any, Any]


@dataclass(frozen=True)
class RowSample:
    """A share of all rows, drawn by a hash of the row id: of any object the same, and half the share is half of it."""

    share: float
    seed: int

    def holds(self, row_ids: Texts) -> Labels:
        """Which rows are in it, shape (rows,)."""
        hashes = pd.util.hash_array(row_ids.astype(object), hash_key=f"{self.seed:016d}")
        chosen: Labels = hashes < self.share * _HASHES
        return chosen

    def of(self, table: pa.Table, row_id: str) -> pa.Table:
        """The rows of a table that are in it."""
        return table.filter(pa.array(self.holds(np.asarray(table[row_id].to_pylist(), dtype=object))))


def _read_nothing(numeric: Sequence[str], categorical: Sequence[str]) -> pd.DataFrame:
    raise DataInvalid("these rows have no other columns")


@dataclass(frozen=True)
class LabelledRows:
    """Rows with a label, in the order of the manifest; `unlabelled` counts rows without one, which are left out.

    Labels are texts, or numbers in a regression. `extra` has the columns that are stored with predictions, with '' for
    missing values. Rows that are a part of others have `known_labels`, those of all of them. `read_others` reads
    columns of the same rows that are no features.
    """

    row_ids: Texts
    features: pd.DataFrame
    labels: Labels
    unlabelled: int
    extra: dict[str, Texts] = field(default_factory=dict)
    known_labels: Labels | None = None
    read_others: ReadOthers = _read_nothing

    @property
    def distinct_labels(self) -> Labels:
        """Each label of these rows, or of those that they are a part of."""
        return np.unique(self.labels) if self.known_labels is None else self.known_labels

    @property
    def are_numbers(self) -> bool:
        """Whether labels are the numbers of a regression rather than classes."""
        return bool(self.labels.dtype.kind == "f")

    @property
    def targets(self) -> Labels:
        """Labels as a model should learn them."""
        return self.labels if self.are_numbers else natural_labels(self.labels)

    def only(self, chosen: Labels) -> "LabelledRows":
        """Those of the rows that are chosen, without their extra columns."""
        return LabelledRows(
            self.row_ids[chosen], self.features[chosen].reset_index(drop=True), self.labels[chosen], self.unlabelled
        )

    @property
    def label_share(self) -> float:
        """Share of all rows whose label has arrived."""
        return self.labels.size / (self.labels.size + self.unlabelled)


def read_window(
    storage: Storage, columns: Columns, window: Window, extra: Sequence[str] = (), sample: RowSample | None = None
) -> LabelledRows:
    """Read a window, or a sample of its rows, with `extra` columns that are not features.

    Raises DataInvalid if an object has changed, a column is missing or no row has a label.
    """
    label = [] if columns.labels else [columns.label]
    texts, numbers = [columns.row_id, *columns.categorical, *extra], [*columns.numeric]
    (numbers if columns.is_regression else texts).extend(label)
    parse = _parser(columns.format, list(dict.fromkeys(texts)), numbers)
    table = _read(storage, window.objects, _sampled(parse, sample, columns.row_id), str(window))
    _check_row_ids(table[columns.row_id])
    if columns.labels:
        arrived = _read_labels(storage, columns.labels, window, columns.is_regression)
        table = table.append_column(columns.label, _labels_of(table[columns.row_id], arrived))

    def read_others(numeric: Sequence[str], categorical: Sequence[str]) -> pd.DataFrame:
        others = columns.model_copy(update={"numeric": tuple(numeric), "categorical": tuple(categorical)})
        return read_window(storage, others, window, sample=sample).features

    return replace(_labelled(table, columns, window, extra), read_others=read_others)


def read_features(storage: Storage, columns: Columns, window: Window) -> pd.DataFrame:
    """The features of all rows of a window, labelled or not; raises DataInvalid like `read_window`."""
    parse = _parser(columns.format, columns.categorical, columns.numeric)
    frame: pd.DataFrame = _read(storage, window.objects, parse, str(window)).select(columns.features).to_pandas()
    return frame


def _parser(format: str, texts: Sequence[str], numbers: Sequence[str] = ()) -> Parser:
    return lambda content, uri, days: parse_table(content, uri, format, texts, numbers, days)


def _sampled(parse: Parser, sample: RowSample | None, row_id: str) -> Parser:
    """Sampled object by object, so that no more than a few of them are ever held as a whole."""
    return parse if sample is None else lambda content, uri, days: sample.of(parse(content, uri, days), row_id)


def _by_object(objects: Sequence[DataObject]) -> list[tuple[DataObject, Days | None]]:
    """Each object once, in the order in which they first come, with the days of which its rows count."""
    days: dict[str, set[date]] = {}
    for item in objects:
        days.setdefault(item.uri, set()).add(item.date)
    once = {item.uri: item for item in reversed(objects)}
    return [(once[uri], _days_of(once[uri], of_object)) for uri, of_object in days.items()]


def _days_of(item: DataObject, days: set[date]) -> Days | None:
    return Days(item.date_column, days) if item.date_column else None


def _read(storage: Storage, objects: Sequence[DataObject], parse: Parser, window: str) -> pa.Table:
    if not objects:
        raise DataInvalid(f"there are no data from {window}")
    with ThreadPoolExecutor(PARALLEL_READS) as threads:
        tables = list(threads.map(lambda each: _parsed(storage, parse, *each), _by_object(objects)))
    return pa.concat_tables(tables)


def _parsed(storage: Storage, parse: Parser, item: DataObject, days: Days | None) -> pa.Table:
    return parse(storage.read(item.uri, item.etag), item.uri, days)


def _read_labels(storage: Storage, columns: LabelColumns, window: Window, are_numbers: bool) -> pa.Table:
    """Row ids and labels in the order of arrival, without missing values, as columns `row_id` and `label`."""
    if not window.label_objects:
        raise DataInvalid(f"there are no labels for the rows from {window}")
    label = [columns.label]
    texts = [columns.row_id, *([] if are_numbers else label)]
    parse = _parser(columns.format, texts, label if are_numbers else [])
    table = _read(storage, window.label_objects, parse, str(window))
    has_label = pc.invert(pc.is_null(table[columns.label], nan_is_null=True))
    arrived = pc.and_(pc.is_valid(table[columns.row_id]), has_label)
    return pa.table({"row_id": table[columns.row_id], "label": table[columns.label]}).filter(arrived)


def _labels_of(row_ids: pa.ChunkedArray, arrived: pa.Table) -> pa.ChunkedArray:
    """The last label that arrived for each row, or null; labels of other rows are ignored."""
    # The first match counts, so the newest labels must come first.
    newest_first = arrived.take(pa.array(range(arrived.num_rows - 1, -1, -1), pa.int64()))
    places = pc.index_in(row_ids, newest_first["row_id"].combine_chunks())
    return newest_first["label"].combine_chunks().take(places)


def _labelled(table: pa.Table, columns: Columns, window: Window, extra: Sequence[str]) -> LabelledRows:
    labelled = table.filter(pc.invert(pc.is_null(table[columns.label], nan_is_null=True)))
    if labelled.num_rows == 0:
        raise NothingLabelled(f"none of the {table.num_rows} rows from {window} has a label", table.num_rows)
    return LabelledRows(
        row_ids=_texts(labelled[columns.row_id]),
        features=labelled.select(columns.features).to_pandas(),
        labels=_numbers(labelled[columns.label]) if columns.is_regression else _texts(labelled[columns.label]),
        unlabelled=table.num_rows - labelled.num_rows,
        extra={name: _texts(labelled[name].fill_null("")) for name in extra},
    )


def _numbers(column: pa.ChunkedArray) -> Labels:
    numbers: Labels = column.to_numpy()
    beyond = np.count_nonzero(np.abs(numbers) > MAX_NUMBER)
    if beyond:
        raise DataInvalid(f"{beyond} labels are infinite or beyond {MAX_NUMBER:g}, so no metric can be computed")
    return numbers


def _check_row_ids(row_ids: pa.ChunkedArray) -> None:
    if row_ids.null_count:
        raise DataInvalid(f"{row_ids.null_count} rows have no row id")
    repeated = len(row_ids) - pc.count_distinct(row_ids).as_py()
    if repeated:
        raise DataInvalid(f"row ids are not unique: {repeated} of {len(row_ids)} rows repeat an earlier one")


def _texts(column: pa.ChunkedArray) -> Texts:
    return np.asarray(column.to_pylist(), dtype=np.str_)
