"""Texts as numbers: what Python's own texts take seconds for takes a part of a second for millions of rows."""

from typing import Any

import numpy as np

from ..statistics.text_hashes import hashes_of

Array = np.ndarray[Any, Any]

_SURROGATES, _LAST = (0xD800, 0xDFFF), 0x10FFFF
_ASCII, _WORD = 128, 8
# Rows that are looked at together: for all of them, what is found would take as much memory as the texts.
_BLOCK = 1 << 14


def code_points(texts: Array) -> Array:
    """The characters of each text, shape (rows, length of the longest), filled up with zeros."""
    native = np.ascontiguousarray(texts, dtype=texts.dtype.newbyteorder("="))
    return native.view(np.uint32).reshape(texts.size, native.itemsize // 4)


def are_writable(texts: Array) -> bool:
    """Whether all characters exist, so that the texts can be encoded."""
    points, (lowest, highest) = code_points(texts), _SURROGATES
    blocks = (points[start : start + _BLOCK] for start in range(0, texts.size, _BLOCK))
    return not any(((some > _LAST) | ((some >= lowest) & (some <= highest))).any() for some in blocks)


def are_distinct(texts: Array) -> bool:
    """Whether no text occurs twice."""
    hashes = np.sort(hashes_of(code_points(texts), 0))
    # Equal hashes of different texts are possible, if hardly ever.
    return not (hashes[1:] == hashes[:-1]).any() or np.unique(texts).size == texts.size


def order_of(texts: Array) -> Array:
    """The places of the texts in their order, as numpy sorts them, which for ASCII is that of its words of 8 bytes."""
    points = code_points(texts)
    if points.size == 0 or points.max() >= _ASCII:
        return np.argsort(texts)
    length = -(-points.shape[1] // _WORD) * _WORD
    packed = np.zeros((texts.size, length), np.uint8)
    packed[:, : points.shape[1]] = points
    words = packed.view(">u8").astype(np.uint64)
    # A word that all texts share decides nothing.
    differing = [word for word in words.T if (word != word[0]).any()]
    return np.lexsort(differing[::-1]) if differing else np.arange(texts.size)


def values_of(texts: Array) -> tuple[Array, Array]:
    """The texts that occur, in their order, and how often each does."""
    ordered = texts[order_of(texts)]
    first = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    return ordered[first], np.diff(np.append(first, texts.size))
