"""The labelled rows of one window, read from the objects that the manifest froze."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from .errors import DataInvalid
from .order import Columns, DataObject, Window
from .storage import Storage
from .tables import parse_table

PARALLEL_READS = 8

Texts = np.ndarray[Any, Any]


@dataclass(frozen=True)
class LabelledRows:
    """Rows with a label, in the order of the manifest; `unlabelled` counts those that were left out."""

    row_ids: Texts
    features: pd.DataFrame
    labels: Texts
    unlabelled: int


def read_window(storage: Storage, columns: Columns, window: Window) -> LabelledRows:
    """Read a window; raises DataInvalid when an object changed, a column is missing or no labelled row is left."""

    def read(source: DataObject) -> pa.Table:
        return parse_table(storage.read(source.uri, source.etag), source.uri, columns)

    with ThreadPoolExecutor(PARALLEL_READS) as threads:
        tables = list(threads.map(read, window.objects))
    if not tables:
        raise DataInvalid(f"there are no data from {window}")
    table = pa.concat_tables(tables)
    _check_row_ids(table[columns.row_id])
    return _labelled(table, columns, window)


def _labelled(table: pa.Table, columns: Columns, window: Window) -> LabelledRows:
    labelled = table.filter(pc.is_valid(table[columns.label]))
    if labelled.num_rows == 0:
        raise DataInvalid(f"none of the {table.num_rows} rows from {window} has a label")
    return LabelledRows(
        row_ids=_texts(labelled[columns.row_id]),
        features=labelled.select(columns.features).to_pandas(),
        labels=_texts(labelled[columns.label]),
        unlabelled=table.num_rows - labelled.num_rows,
    )


def _check_row_ids(row_ids: pa.ChunkedArray) -> None:
    if row_ids.null_count:
        raise DataInvalid(f"{row_ids.null_count} rows have no row id")
    repeated = len(row_ids) - pc.count_distinct(row_ids).as_py()
    if repeated:
        raise DataInvalid(f"row ids are not unique: {repeated} of {len(row_ids)} rows repeat an earlier one")


def _texts(column: pa.ChunkedArray) -> Texts:
    return np.asarray(column.to_pylist(), dtype=np.str_)
