"""A value has one text in both readers, whatever type, unit, zone, format or program it comes from."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auto_retrain.adapters.data.arrow_cells import DictionaryTexts, count_levels
from auto_retrain.adapters.data.arrow_values import texts
from auto_retrain.domain.canonical_text import UNUSUAL, canonical_text
from tests.contracts.readers.two_readers import (
    COLUMN,
    READERS,
    Reader,
    Refused,
    as_arrow_csv,
    as_csv,
    as_parquet,
    control_plane,
    trainer,
)


@pytest.fixture(params=READERS)
def read(request: pytest.FixtureRequest) -> Reader:
    return READERS[request.param]


UUIDS = [UUID(int=5), UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8")]
NINE = datetime(2024, 7, 1, 9, tzinfo=UTC)
VALUES: dict[str, tuple[pa.Array, list[str | None]]] = {
    "integers": (pa.array([1, -7, None]), ["1", "-7", None]),
    "integers of 64 bits": (pa.array([2**63 - 1, 2**53 + 1]), ["9223372036854775807", "9007199254740993"]),
    "unsigned integers": (pa.array([2**64 - 1], pa.uint64()), ["18446744073709551615"]),
    "floats": (pa.array([1.0, -0.0, 0.1, 1e-7, np.nan, None]), ["1", "0", "0.1", "1e-7", None, None]),
    "large floats": (pa.array([2.0**60, 1e22, np.inf]), ["1152921504606846976", "1e+22", "inf"]),
    "short floats": (pa.array([1.0, 0.1, 16777216.0], pa.float32()), ["1", "0.1", "16777216"]),
    "half floats": (pa.array(np.array([1, 0.5], np.float16)), ["1", "0.5"]),
    "decimals": (pa.array([Decimal("600000.00"), Decimal("1.50"), Decimal("0.00")]), ["600000", "1.5", "0"]),
    "small decimals": (pa.array([Decimal("1.50")], pa.decimal32(5, 2)), ["1.5"]),
    "wide decimals": (pa.array([Decimal(10) ** 37], pa.decimal128(38, 0)), ["1" + "0" * 37]),
    "tiny decimals": (pa.array([Decimal("0.00000001")], pa.decimal128(20, 10)), ["1e-8"]),
    "booleans": (pa.array([True, False, None]), ["true", "false", None]),
    "bytes of booleans": (pa.ExtensionArray.from_storage(pa.bool8(), pa.array([1, 0], pa.int8())), ["true", "false"]),
    "dates": (pa.array([date(2024, 7, 1)]), ["2024-07-01"]),
    "dates of 64 bits": (pa.array([date(2024, 7, 1)], pa.date64()), ["2024-07-01"]),
    "times of day": (pa.array([time(9, 0, 0, 500_000), time(9)]), ["09:00:00.5", "09:00:00"]),
    "moments": (pa.array([NINE, datetime(2024, 7, 1, tzinfo=UTC)]), ["2024-07-01 09:00:00", "2024-07-01"]),
    "moments of a place": (pa.array([NINE], pa.timestamp("ms", "Europe/Berlin")), ["2024-07-01 09:00:00"]),
    "moments of no place": (pa.array([NINE], pa.timestamp("ns", "Nowhere/Land")), ["2024-07-01 09:00:00"]),
    "uuids": (
        pa.ExtensionArray.from_storage(pa.uuid(), pa.array([*(id.bytes for id in UUIDS), None], pa.binary(16))),
        [*map(str, UUIDS), None],
    ),
    "bytes": (pa.array([b"basic", None]), ["basic", None]),
    "texts": (pa.array(["basic", "", " ", "Ünï", None]), ["basic", "", " ", "Ünï", None]),
    "large texts": (pa.array(["basic", "1.0"], pa.large_string()), ["basic", "1"]),
    "views of texts": (pa.array(["basic", "1.0", None], pa.string_view()), ["basic", "1", None]),
    "categories": (pa.array(["basic", "1.0", None]).dictionary_encode(), ["basic", "1", None]),
    "categories of numbers": (pa.array([1.0, 2.5, None]).dictionary_encode(), ["1", "2.5", None]),
    "nothing": (pa.nulls(2), [None, None]),
    "texts of numbers": (
        pa.array(["1.0", "600000.00", "-0.0", "1e+05", "1.0E7"]),
        ["1", "600000", "0", "100000", "10000000"],
    ),
    "codes that resemble numbers": (pa.array(["01", "1.10", "5E12", "1e5", ".5"]), ["01", "1.10", "5E12", "1e5", ".5"]),
    "texts of booleans": (pa.array(["True", "FALSE", "true", "yes"]), ["true", "false", "true", "yes"]),
    "texts of moments": (
        pa.array(
            ["2024-07-01T11:00:00+02:00", "2024-07-01 09:00:00.000Z", "2024-07-01 00:00:00", "2024-13-01 00:00:00"]
        ),
        ["2024-07-01 09:00:00", "2024-07-01 09:00:00", "2024-07-01", "2024-13-01 00:00:00"],
    ),
    "texts of uuids": (pa.array([str(UUIDS[1]).upper()]), [str(UUIDS[1])]),
}


@pytest.mark.parametrize(("cells", "expected"), VALUES.values(), ids=VALUES)
def test_a_value_has_one_text(read: Reader, cells: pa.Array, expected: list[str | None]) -> None:
    assert read(as_parquet(cells)) == expected


@pytest.mark.parametrize("cells", [cells for cells, _ in VALUES.values()], ids=VALUES)
def test_categories_are_counted_by_the_same_texts(cells: pa.Array) -> None:
    with_gap = pa.concat_arrays([cells, pa.nulls(1, cells.type)])
    texts = control_plane(as_parquet(with_gap))
    assert count_levels(with_gap, COLUMN, "s3://data/p", DictionaryTexts()) == Counter(texts)


def test_categories_named_by_number_are_counted_as_if_written_out_whatever_the_column_named_before() -> None:
    known = DictionaryTexts()
    for values in (["b", "1.0", "a"], ["b", "01", None], ["b", "01", None], ["x"] * 9):
        numbers = pa.array([0, None, len(values) - 1, 0], pa.int32())
        named = pa.DictionaryArray.from_arrays(numbers, pa.array(values, pa.string()))
        written_out = named.cast(pa.string())
        counts = count_levels(named, COLUMN, "s3://data/p", known)
        assert counts == count_levels(written_out, COLUMN, "s3://data/p", known)
        assert sum(counts.values()) == 4


@pytest.mark.parametrize("cells", [pa.array([[1]]), pa.array([{"a": 1}])])
def test_cells_without_a_text_are_refused_by_name(read: Reader, cells: pa.Array) -> None:
    with pytest.raises(Refused, match=r"column '?plan.*(list|struct)"):
        read(as_parquet(cells))


NOT_UTF8 = pa.Array.from_buffers(
    pa.string(), 1, [None, pa.py_buffer(np.array([0, 3], np.int32).tobytes()), pa.py_buffer(b"a\xffb")]
)


@pytest.mark.parametrize("cells", [NOT_UTF8, NOT_UTF8.dictionary_encode(), pa.array([b"a\xffb"])])
def test_text_that_is_not_utf_8_is_refused_by_name(read: Reader, cells: pa.Array) -> None:
    with pytest.raises(Refused, match=r"column '?plan.* bytes that are not UTF-8"):
        read(as_parquet(cells))


NUMBERS: dict[str, tuple[pa.Array, list[float | None]]] = {
    "integers of 64 bits": (pa.array([2**53 + 1, -(2**62) - 1, None]), [2.0**53, -(2.0**62), None]),
    "unsigned integers": (pa.array([2**64 - 1], pa.uint64()), [2.0**64]),
    "decimals": (pa.array([Decimal("1.50"), Decimal("0.1")]), [1.5, 0.1]),
    "booleans": (pa.array([True, False, None]), [1, 0, None]),
    "texts": (
        pa.array(["1", " 2.5 ", "NA", "", "1e3", "inf", "9007199254740993", None]),
        [1, 2.5, None, None, 1000, np.inf, 2.0**53, None],
    ),
    "texts of booleans": (pa.array(["True", "false", None]), [1, 0, None]),
    "categories": (pa.array(["1", "2.5", None]).dictionary_encode(), [1, 2.5, None]),
    "views of texts": (pa.array(["1", "x"][:1], pa.string_view()), [1]),
    "large texts": (pa.array([" 1 "], pa.large_string()), [1]),
    "nothing": (pa.nulls(1), [None]),
}


@pytest.mark.parametrize(("cells", "expected"), NUMBERS.values(), ids=NUMBERS)
def test_a_value_is_one_number(read: Reader, cells: pa.Array, expected: list[float | None]) -> None:
    assert read(as_parquet(cells), "parquet", "numbers") == expected


@pytest.mark.parametrize("cells", [pa.array(["forty"]), pa.array([NINE]), pa.array([b"\xff"]), VALUES["uuids"][0]])
def test_cells_that_are_no_numbers_are_refused_by_name(read: Reader, cells: pa.Array) -> None:
    with pytest.raises(Refused, match=r"column '?plan"):
        read(as_parquet(cells), "parquet", "numbers")


def spelled(kind: str, value: Any) -> list[pa.Array]:
    """The same value as programs may store it."""
    return [as_type(value) for as_type in SPELLINGS[kind]]


def a_moment(unit: str, zone: str | None) -> Callable[[datetime], pa.Array]:
    return lambda at: pa.array([at], pa.timestamp(unit, zone or "UTC")).cast(pa.timestamp(unit, zone))


SPELLINGS: dict[str, list[Callable[[Any], pa.Array]]] = {
    "whole number": [
        lambda number: pa.array([number]),
        lambda number: pa.array([number, None]).dictionary_encode(),
        lambda number: pa.array([float(number)]),
        lambda number: pa.array([Decimal(number)], pa.decimal128(20, 0)),
        lambda number: pa.array([Decimal(number)], pa.decimal128(30, 4)),
        lambda number: pa.array([str(number)]),
        lambda number: pa.array([f"{number}.0"], pa.large_string()),
        lambda number: pa.array([str(float(number))], pa.string_view()),
    ],
    "short float": [
        lambda number: pa.array([number], pa.float32()),
        lambda number: pa.array([float(str(np.float32(number)))]),
        lambda number: pa.array([str(float(str(np.float32(number))))]),
    ],
    "moment": [
        *(a_moment("us", zone) for zone in (None, "UTC", "Asia/Kolkata")),
        a_moment("ns", "America/New_York"),
        lambda at: pa.array([at.isoformat()]),
        lambda at: pa.array([at.isoformat(" ").replace("+00:00", "Z")]),
        lambda at: pa.array([at.replace(tzinfo=None).isoformat(" ")]),
    ],
    "uuid": [
        lambda id: pa.ExtensionArray.from_storage(pa.uuid(), pa.array([id.bytes], pa.binary(16))),
        lambda id: pa.array([str(id)]),
        lambda id: pa.array([str(id).upper()]).dictionary_encode(),
    ],
    "boolean": [
        lambda yes: pa.array([yes]),
        lambda yes: pa.array([str(yes)]),
        lambda yes: pa.array([str(yes).upper()]),
    ],
}
DRAWN = {
    "whole number": st.integers(-(2**53), 2**53),
    # Beyond this, the shortest digits of a whole number with 32 bits are those of another one.
    "short float": st.floats(-(2.0**24), 2.0**24, width=32),
    "moment": st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),
    "uuid": st.uuids(),
    "boolean": st.booleans(),
}


@pytest.mark.parametrize("kind", SPELLINGS)
@settings(max_examples=40, deadline=None)
@given(st.data())
def test_all_spellings_of_a_value_have_one_text_in_both_formats_and_readers(kind: str, data: st.DataObject) -> None:
    cells = spelled(kind, data.draw(DRAWN[kind]))
    contents = [("parquet", as_parquet(each)) for each in cells]
    if kind != "uuid":
        contents += [("csv", as_csv(each)) for each in cells]
    texts = {read(content, format)[0] for read in READERS.values() for format, content in contents}
    assert len(texts) == 1, texts


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=20))
def test_ids_beyond_the_precision_of_floats_keep_all_digits(ids: list[int]) -> None:
    cells = pa.array(ids, pa.uint64())
    for format, content in (("parquet", as_parquet(cells)), ("csv", as_arrow_csv(cells))):
        assert control_plane(content, format) == trainer(content, format) == [str(id) for id in ids]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(max_size=12) | st.text("0123456789.-+eE\n", max_size=8), min_size=1, max_size=5))
def test_the_text_of_a_text_is_the_canonical_one(cells: list[str]) -> None:
    content = as_parquet(pa.array(cells, pa.string()))
    assert control_plane(content) == trainer(content) == [canonical_text(cell) for cell in cells]


def test_whole_numbers_that_pandas_writes_with_gaps_are_the_same_as_those_without(read: Reader) -> None:
    assert read(as_csv(pa.array([1, 0, 600_000])), "csv") == ["1", "0", "600000"]
    assert read(as_csv(pa.array([1, None, 600_000])), "csv") == ["1", None, "600000"]
    assert read(as_csv(pa.array([True, None, False])), "csv") == ["true", None, "false"]


SPELLED = (
    st.from_regex(UNUSUAL) | st.datetimes().map("{:%Y-%m-%d %H:%M}".format) | st.uuids().map(lambda id: str(id).upper())
)
PLAIN = st.sampled_from(["6ba7b810-9dad-11d1-80b4-00c04fd430c8", "customer-17", None])


@settings(deadline=None, max_examples=100)
@given(st.lists(SPELLED | PLAIN, min_size=1, max_size=2), st.integers(0, 1))
def test_no_spelling_escapes_the_look_at_the_bytes_of_all_texts(written: list[str | None], start: int) -> None:
    canonical = [None if text is None else canonical_text(text) for text in written]
    assert texts(pa.array(written, pa.string())[start:]).to_pylist() == canonical[start:]
