"""Cells of any Arrow type as numbers or as canonical texts."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from ...domain.canonical_text import LONG_BYTES, UNUSUAL, UNUSUAL_BYTES, canonical_text, decimal_text

_CONVERSION_ERRORS = (pa.ArrowInvalid, pa.ArrowNotImplementedError)
_NO_TEXT = pa.scalar(None, pa.string())
# Texts that mean a missing number, and those that mean one or zero.
_MISSING_NUMBER = pa.array(csv.ConvertOptions().null_values)
_TRUE, _FALSE = pa.array(["true", "True", "TRUE"]), pa.array(["false", "False", "FALSE"])
# From here on floats are no integers of 64 bits.
_LARGE = 2.0**63


class Unconvertible(ValueError):
    """Cells that are no numbers, or have no text; its text says what they are instead."""


def floats(cells: pa.Array) -> pa.Array:
    """As float64, null if missing; a whole number beyond 2^53 may lose its last digits. Raises Unconvertible."""
    if pa.types.is_dictionary(cells.type):
        return pc.take(floats(cells.dictionary), cells.indices)
    try:
        return _floats(_stored(cells))
    except _CONVERSION_ERRORS as error:
        raise Unconvertible(str(cells.type)) from error


def _floats(cells: pa.Array) -> pa.Array:
    if pa.types.is_float64(cells.type):
        return cells
    try:
        return pc.cast(cells, pa.float64(), safe=False)
    except pa.ArrowInvalid:
        # The slow way, which few files need.
        texts = pc.utf8_trim_whitespace(pc.cast(cells, pa.string()))
        texts = pc.if_else(pc.is_in(texts, _MISSING_NUMBER), _NO_TEXT, texts)
        texts = pc.if_else(pc.is_in(texts, _TRUE), "1", pc.if_else(pc.is_in(texts, _FALSE), "0", texts))
        return pc.cast(texts, pa.float64())


def texts(cells: pa.Array) -> pa.Array:
    """As canonical texts, null if missing; raises Unconvertible."""
    if pa.types.is_dictionary(cells.type):
        return pc.take(texts(cells.dictionary), cells.indices)
    try:
        return _texts(_stored(cells))
    except _CONVERSION_ERRORS as error:
        is_text = pa.types.is_string(cells.type) or _is_other_text(cells.type)
        raise Unconvertible("bytes that are not UTF-8" if is_text else str(cells.type)) from error


def _stored(cells: pa.Array) -> pa.Array:
    """The cells of an extension type as what they mean."""
    if not isinstance(cells, pa.ExtensionArray):
        return cells
    if cells.type.extension_name == "arrow.uuid":
        return _each(cells.storage, lambda content: str(UUID(bytes=content)))
    return cells.storage.cast(pa.bool_()) if cells.type.extension_name == "arrow.bool8" else cells.storage


def _texts(cells: pa.Array) -> pa.Array:
    kind = cells.type
    if pa.types.is_floating(kind):
        return _float_texts(cells)
    if pa.types.is_decimal(kind) and kind.scale:
        return _each(cells.cast(pa.decimal256(kind.precision, kind.scale)), decimal_text)
    if pa.types.is_timestamp(kind):
        # In UTC, whatever the zone; and no machine has to know it.
        cells = cells.cast(pa.timestamp(kind.unit))
    plain = pc.cast(cells, pa.string())
    plain.validate(full=True)
    return plain if pa.types.is_integer(kind) else _canonical(plain)


def _float_texts(cells: pa.Array) -> pa.Array:
    """The shortest digits that give the number in its own width: 0.1 has the same with 32 bits and 64."""
    shortest = pc.cast(pc.cast(cells, pa.float32()) if pa.types.is_float16(cells.type) else cells, pa.string())
    numbers = pc.cast(cells, pa.float64())
    whole = pc.and_(pc.equal(numbers, pc.floor(numbers)), pc.less(pc.abs(numbers), _LARGE))
    texts = pc.if_else(whole, pc.cast(pc.cast(numbers, pa.int64(), safe=False), pa.string()), shortest)
    return pc.if_else(pc.is_nan(numbers), _NO_TEXT, texts)


def _canonical(plain: pa.Array) -> pa.Array:
    if not _may_be_unusual(plain):
        return plain
    unusual = pc.fill_null(pc.match_substring_regex(plain, UNUSUAL), False)
    if not pc.any(unusual).as_py():
        return plain
    return pc.replace_with_mask(plain, unusual, _each(plain.filter(unusual), canonical_text))


def _may_be_unusual(plain: pa.Array) -> bool:
    """Whether any text could be, by the bytes of all: a look at most ids costs a tenth of what patterns do."""
    shortest = pc.min(pc.binary_length(plain)).as_py()
    if shortest is None or shortest < LONG_BYTES:
        return shortest is not None
    _, offsets, content = plain.buffers()
    begin, end = np.frombuffer(offsets, np.int32)[[plain.offset, plain.offset + len(plain)]]
    written = np.frombuffer(content, np.uint8)[begin:end]
    return any((written - first).min() <= last - first for first, last in UNUSUAL_BYTES)


def _each(cells: pa.Array, text_of: Any) -> pa.Array:
    """A text for each cell, made once for each value."""
    encoded = cells.dictionary_encode()
    values: list[Decimal | bytes | str | None] = encoded.dictionary.to_pylist()
    made = pa.array([None if value is None else text_of(value) for value in values], pa.string())
    return made.take(encoded.indices)


def _is_other_text(kind: pa.DataType) -> bool:
    return any(
        is_kind(kind)
        for is_kind in (
            pa.types.is_large_string,
            pa.types.is_string_view,
            pa.types.is_binary,
            pa.types.is_large_binary,
            pa.types.is_binary_view,
            pa.types.is_fixed_size_binary,
        )
    )
