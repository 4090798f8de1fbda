"""Both readers give the same cells of every file, or both refuse it."""

import io
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.contracts.readers.two_readers import (
    COLUMN,
    READERS,
    Kind,
    Reader,
    Refused,
    answer,
    as_arrow_csv,
    as_csv,
    as_parquet,
    control_plane,
    trainer,
)


@pytest.fixture(params=READERS)
def read(request: pytest.FixtureRequest) -> Reader:
    return READERS[request.param]


HEADERS: dict[str, tuple[bytes, list[str | None]]] = {
    "plain": (b"row,plan\n1,basic\n", ["basic"]),
    "a line break in another name": (b'"free\ntext",plan\nx,basic\n', ["basic"]),
    "quotes in another name": (b'"a ""b"", c",plan\nx,basic\n', ["basic"]),
    "a quote within a name": (b'a"b,plan\nx,basic\n', ["basic"]),
    "an empty first line": (b"\nrow,plan\n1,basic\n", ["basic"]),
    "empty first lines of Windows": (b"\r\n\r\nrow,plan\r\n1,basic\r\n", ["basic"]),
    "lines of Windows": (b"row,plan\r\n1,basic\r\n", ["basic"]),
    "lines of old Macs": (b"row,plan\r1,basic\r", ["basic"]),
    "a byte order mark": (b"\xef\xbb\xbfplan,row\nbasic,1\n", ["basic"]),
    "a byte order mark and an empty line": (b"\xef\xbb\xbf\nplan,row\nbasic,1\n", ["basic"]),
    "no line end": (b"row,plan\n1,basic", ["basic"]),
    "empty lines": (b"row,plan\n\n1,basic\n\n", ["basic"]),
    "no rows": (b"row,plan\n", []),
    "no rows and no line end": (b"row,plan", []),
    "no rows but empty lines": (b"\nrow,plan\r\n\r\n", []),
    "an unnamed column": (b"row,plan,\n1,basic,\n", ["basic"]),
    "another column twice": (b"row,plan,row\n1,basic,2\n", ["basic"]),
    "a field of several lines": (b'row,plan\n1,"ba\nsic"\n', ["ba\nsic"]),
}


@pytest.mark.parametrize(("content", "cells"), HEADERS.values(), ids=HEADERS)
def test_a_csv_is_read_however_it_begins(read: Reader, content: bytes, cells: list[str | None]) -> None:
    assert read(content, "csv") == cells


BROKEN = {
    "nothing": (b"", "cannot be read as csv"),
    "empty lines": (b"\n\r\n", "there is no header"),
    "another header": (b"row,plans\n1,basic\n", "lacks the columns plan"),
    "spaces around the name": (b"row, plan\n1,basic\n", "lacks the columns plan"),
    "the column twice": (b"plan,plan\na,b\n", "several columns named plan"),
    "a name that is not UTF-8": (b"plan,\xff\na,b\n", "cannot be read as csv"),
    "a quote that is never closed": (b'"row,plan\n1,basic\n', "csv"),
    "UTF-16": ("row,plan\n1,basic\n".encode("utf-16"), "csv"),
    "a row that is too long": (b"row,plan\n1,basic,3\n", "Expected 2 columns, got 3"),
    "text that is not UTF-8": (b"row,plan\n1,M\xfcller\n", "cannot be read as csv"),
}


@pytest.mark.parametrize(("content", "reason"), BROKEN.values(), ids=BROKEN)
def test_a_broken_csv_is_refused_with_its_name_and_the_reason(read: Reader, content: bytes, reason: str) -> None:
    with pytest.raises(Refused, match=rf"part-0\.csv.*{reason}"):
        read(content, "csv")


def test_a_parquet_that_has_a_column_twice_is_refused(read: Reader) -> None:
    file = io.BytesIO()
    pq.write_table(pa.table([pa.array(["a"]), pa.array(["b"])], names=[COLUMN, COLUMN]), file)
    with pytest.raises(Refused, match="several columns named plan"):
        read(file.getvalue())


TEXTS = pa.array([f"plan {number % 3}" for number in range(10_000)])
NUMBERS = pa.array(np.arange(10_000) % 7)
ENCODINGS: list[tuple[pa.Array, str]] = [
    (TEXTS, "PLAIN"),
    (TEXTS, "DELTA_BYTE_ARRAY"),
    (TEXTS, "DELTA_LENGTH_BYTE_ARRAY"),
    (NUMBERS, "DELTA_BINARY_PACKED"),
    (NUMBERS.cast(pa.float64()), "BYTE_STREAM_SPLIT"),
    (pa.array(np.arange(10_000) % 2 == 0), "RLE"),
]


@pytest.mark.parametrize(("cells", "encoding"), ENCODINGS, ids=[encoding for _, encoding in ENCODINGS])
def test_every_encoding_of_parquet_is_read(read: Reader, cells: pa.Array, encoding: str) -> None:
    content = as_parquet(cells, use_dictionary=False, column_encoding={COLUMN: encoding})
    assert read(content) == read(as_parquet(cells))


@pytest.mark.parametrize("codec", ["none", "snappy", "gzip", "brotli", "lz4", "zstd"])
def test_every_compression_of_parquet_is_read(read: Reader, codec: str) -> None:
    assert read(as_parquet(TEXTS, compression=codec)) == TEXTS.to_pylist()


MONEY = st.decimals(-(10**9), 10**9, places=3, allow_nan=False)
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
TYPES: list[tuple[st.SearchStrategy[Any], pa.DataType]] = [
    (TEXT, pa.string()),
    (st.floats(), pa.float64()),
    (st.floats(width=32), pa.float32()),
    (st.integers(-(2**63), 2**63 - 1), pa.int64()),
    (st.integers(0, 2**64 - 1), pa.uint64()),
    (MONEY, pa.decimal128(20, 3)),
    (st.booleans(), pa.bool_()),
    (st.datetimes(datetime(1700, 1, 1), datetime(2200, 1, 1)), pa.timestamp("us")),
    (st.datetimes(datetime(1700, 1, 1), datetime(2200, 1, 1)), pa.timestamp("us", "Asia/Kolkata")),
    (st.dates(), pa.date32()),
    (st.times(), pa.time64("us")),
    (st.binary(max_size=4), pa.binary()),
]
CELLS: st.SearchStrategy[pa.Array] = st.sampled_from(TYPES).flatmap(
    lambda kind: st.lists(st.none() | kind[0], max_size=8).map(lambda cells: pa.array(cells, kind[1]))
)
WRITTEN = st.fixed_dictionaries(
    {
        "use_dictionary": st.booleans(),
        "compression": st.sampled_from(["none", "zstd"]),
        "version": st.sampled_from(["1.0", "2.6"]),
        "data_page_version": st.sampled_from(["1.0", "2.0"]),
        "row_group_size": st.integers(1, 8),
        "store_schema": st.booleans(),
    }
)


@settings(max_examples=200, deadline=None)
@given(CELLS, st.booleans(), WRITTEN, st.sampled_from(["texts", "numbers"]))
def test_both_readers_agree_on_any_parquet(cells: pa.Array, as_dictionary: bool, how: Any, kind: Kind) -> None:
    content = as_parquet(cells.dictionary_encode() if as_dictionary else cells, **how)
    assert answer(control_plane, content, "parquet", kind) == answer(trainer, content, "parquet", kind)


@settings(max_examples=150, deadline=None)
@given(CELLS.filter(lambda cells: cells.type != pa.binary()), st.sampled_from(["texts", "numbers"]))
def test_both_readers_agree_on_any_column_that_was_written_as_csv(cells: pa.Array, kind: Kind) -> None:
    for content in (as_csv(cells), as_arrow_csv(cells)):
        assert answer(control_plane, content, "csv", kind) == answer(trainer, content, "csv", kind)


ROWS_BELOW = st.text('a,"\n\r', max_size=30).map(lambda rows: b"plan,a\n" + rows.encode())
ANYTHING = st.binary(max_size=60) | st.text('plan,"\n\r\ufeff1.é', max_size=60).map(str.encode) | ROWS_BELOW


@settings(max_examples=400, deadline=None)
@given(ANYTHING)
@example(b'plan,"\n"\r\n1,2')
def test_both_readers_agree_on_anything_that_is_called_csv(content: bytes) -> None:
    assert answer(control_plane, content, "csv") == answer(trainer, content, "csv")
