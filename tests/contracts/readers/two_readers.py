"""The two that read the labelled data: the control plane, and the container that trains and scores."""

import io
from collections.abc import Callable
from datetime import date
from hashlib import md5
from typing import Any, Literal, Protocol

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

import auto_retrain.domain.errors
import train_model.errors
from auto_retrain.adapters.data.arrow_tables import ArrowTableReader
from auto_retrain.adapters.memory.data import MemoryDataStore
from auto_retrain.domain.manifest import DataObject
from auto_retrain.ports import RowBatch
from train_model.tables import parse_table

DAY = date(2026, 1, 1)
COLUMN = "plan"
Kind = Literal["texts", "numbers"]


class Refused(Exception):
    """Either reader's DataInvalid."""


class Reader(Protocol):
    """Reads one column of one object; raises Refused."""

    def __call__(self, content: bytes, format: str = "parquet", kind: Kind = "texts") -> list[Any]: ...


def control_plane(content: bytes, format: str = "parquet", kind: Kind = "texts") -> list[Any]:
    store = MemoryDataStore()
    name, etag = f"part-0.{format}", md5(content, usedforsecurity=False).hexdigest()
    store.add_partition("p", DAY, content, name)
    objects = [DataObject(uri=f"s3://data/p/date={DAY}/{name}", etag=etag, size=len(content), date=DAY)]
    numeric, texts = ([COLUMN], []) if kind == "numbers" else ([], [COLUMN])
    try:
        batches = list(ArrowTableReader(store).batches(objects, format, numeric, [], texts))
    except auto_retrain.domain.errors.DataInvalid as error:
        raise Refused(str(error)) from error
    return [cell for batch in batches for cell in _cells(batch, kind)]


def _cells(batch: RowBatch, kind: Kind) -> list[Any]:
    return list(batch.texts[COLUMN]) if kind == "texts" else _known(batch.numbers[COLUMN].tolist())


def trainer(content: bytes, format: str = "parquet", kind: Kind = "texts") -> list[Any]:
    names, numbers = ([], [COLUMN]) if kind == "numbers" else ([COLUMN], [])
    try:
        table = parse_table(content, f"s3://data/p/part-0.{format}", format, names, numbers)
    except train_model.errors.DataInvalid as error:
        raise Refused(str(error)) from error
    return _known(table[COLUMN].to_pylist())


def _known(cells: list[Any]) -> list[Any]:
    return [None if cell is None or cell != cell else cell for cell in cells]


READERS: dict[str, Reader] = {"control plane": control_plane, "trainer": trainer}


def answer(read: Callable[..., list[Any]], *what: Any) -> list[Any] | None:
    """What a reader gives, None if it refuses."""
    try:
        return read(*what)
    except Refused:
        return None


def as_parquet(cells: pa.Array, **how: Any) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table({COLUMN: cells}), file, **how)
    return file.getvalue()


def as_csv(cells: pa.Array) -> bytes:
    """As pandas writes it, beside another column, so that an empty field is no empty line."""
    table = pa.table({"row": list(range(len(cells))), COLUMN: cells})
    return table.to_pandas().to_csv(index=False).encode()


def as_arrow_csv(cells: pa.Array) -> bytes:
    """As Arrow writes it."""
    file = io.BytesIO()
    csv.write_csv(pa.table({"row": list(range(len(cells))), COLUMN: cells}), file)
    return file.getvalue()
