"""What a sample of a file tells about its columns, by the readers that read all of it later."""

import io
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from auto_retrain.adapters.data.samples import MAX_SAMPLE_ROWS, ArrowSamples
from auto_retrain.domain.columns import ColumnFacts, Sample
from auto_retrain.domain.errors import DataInvalid


def of_csv(text: str) -> Sample:
    return ArrowSamples().read("rows.csv", io.BytesIO(text.encode()))


def of_parquet(**columns: Any) -> Sample:
    file = io.BytesIO()
    parquet.write_table(pa.table(columns), file)
    file.seek(0)
    return ArrowSamples().read("rows.parquet", file)


def only(sample: Sample) -> ColumnFacts:
    (column,) = sample.columns
    return column


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ("1 2 3", "whole"),
        ("1 2.0 3", "whole"),
        ("1 2.5 -3e4", "number"),
        ("1 NA 2.5", "number"),
        ("true False TRUE", "boolean"),
        ("a b 1", "text"),
        ("01 02 10", "text"),
        ("NA NA NA", "text"),
        ("2026-03-01 2026-03-02 2026-03-02", "time"),
        ("2026-03-01T12:00:00Z 2026-03-01T12:00:00.5+01:00 2026-03-02", "time"),
        ("inf nan 1", "whole"),
    ],
    ids=lambda value: str(value),
)
def test_the_kind_of_a_column_of_texts(cells: str, kind: str) -> None:
    assert only(of_csv("x\n" + "\n".join(cells.split()) + "\n")).kind == kind


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (pa.array([1, 2, None], pa.int64()), "whole"),
        (pa.array([1.0, 2.0, None]), "whole"),
        (pa.array([1.5, float("nan")]), "number"),
        (pa.array([True, None]), "boolean"),
        (pa.array(["a", None]).dictionary_encode(), "text"),
        (pa.array([0, 1], pa.timestamp("us", "UTC")), "time"),
        (pa.array([0, 1], pa.date32()), "time"),
        (pa.array(["1.50", "2.00"]).cast(pa.decimal128(5, 2)), "number"),
        (pa.array([[1], [2]]), "other"),
    ],
    ids=lambda value: str(value.type) if isinstance(value, pa.Array) else str(value),
)
def test_the_kind_of_a_stored_column(cells: pa.Array, kind: str) -> None:
    assert only(of_parquet(x=cells)).kind == kind


def test_missing_different_and_frequent_values_are_counted() -> None:
    column = only(of_csv('x\nb\na\n""\nb\n1.0\n1\n'))
    assert (column.rows, column.missing, column.distinct) == (6, 1, 3)
    assert dict(column.levels) == {"b": 2, "1": 2, "a": 1}


def test_only_the_first_rows_of_a_large_file_are_looked_at() -> None:
    sample = of_csv("x\n" + "1\n" * (MAX_SAMPLE_ROWS + 10))
    assert sample.rows == MAX_SAMPLE_ROWS
    assert of_parquet(x=pa.array([1] * (MAX_SAMPLE_ROWS + 10))).rows == MAX_SAMPLE_ROWS


def test_days_whose_types_differ_with_what_is_missing_are_read_together() -> None:
    words = pa.array(["a", "b"])
    days = [
        {"n": pa.array([1, 2]), "x": words},
        {"n": pa.array([None, 2.5]), "x": words.dictionary_encode()},
        {"n": pa.nulls(2), "x": pa.nulls(2)},
        {"n": pa.array(["many", "words"]), "x": words},
    ]
    files = []
    for day in days:
        parquet.write_table(pa.table(day), file := io.BytesIO())
        file.seek(0)
        files.append(file)
    sample = ArrowSamples().read("rows.parquet", files[0], files[1:])
    assert (sample.rows, sample.older) == (6, 2), "numbers and words are not of one column"
    assert [(column.kind, column.missing) for column in sample.columns] == [("number", 3), ("text", 2)]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "cannot be read as csv: there is no header"),
        (b"a,b\n", "has no rows"),
        (b"a,a\n1,2\n", "several columns named a"),
        (b"a\n\xff\n", "cannot be read as csv"),
        (b"id;age\n1;2\n", "divided by semicolons; write it with commas between columns, and points in numbers"),
        (b"id;age\n1,5;2,5\n", "divided by semicolons"),
        (b"id\tage\n1\t2\n", "divided by tabs"),
        (b"id|age\n1|2\n", "divided by bars"),
        ("id,city\n1,Köln\n".encode("latin-1"), "iconv -f WINDOWS-1252 -t UTF-8 odd.file > utf-8.csv"),
        ("id,größe\n1,2\n".encode("latin-1"), "its text is not UTF-8; convert it, for example: iconv "),
        ("id,age\n1,2\n".encode("utf-16"), "iconv -f UTF-16 -t UTF-8"),
        (b"PAR1 and nothing else", "cannot be read as parquet"),
        (b"\x1f\x8b\x08", "packed by gzip"),
        (b"PK\x03\x04", "packed by zip"),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else None,
)
def test_what_cannot_be_a_sample_is_refused_with_its_name(content: bytes, problem: str) -> None:
    with pytest.raises(DataInvalid, match="'odd.file'.*" + problem):
        ArrowSamples().read("odd.file", io.BytesIO(content))
