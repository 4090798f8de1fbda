"""Cells of the log as the small numbers that counting needs of them."""

import math
from array import array
from collections.abc import Callable
from operator import add
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from ...domain.live import LATENCY_BASE, SCORE_BINS, SHORTEST_MS
from ..data.arrow_values import texts

_PARTS = 8
_NO_HASH = pa.scalar(None, pa.int64())
_NO_NUMBER = pa.scalar(None, pa.float64())


def hashed(cells: pa.Array) -> pa.Array:
    """64 bits in place of each text, however long, null if missing; they mean nothing to another process.

    Python's hash spreads them evenly: the chance that any two of a million texts share theirs is 3 in 100 million,
    and such a request would be taken for a repeat.
    """
    hashes = array("q", map(hash, cells.cast(pa.binary()).to_pylist()))
    numbers = pa.Array.from_buffers(pa.int64(), len(hashes), [None, pa.py_buffer(hashes)])
    return pc.if_else(cells.is_valid(), numbers, _NO_HASH) if cells.null_count else numbers


def each(cells: pa.Array, of: Callable[[pa.Array], pa.Array]) -> pa.Array:
    """A function of each cell, worked out once for all cells that say the same where they are stored so."""
    return of(cells.dictionary).take(cells.indices) if pa.types.is_dictionary(cells.type) else of(cells)


def hashed_values(cells: pa.Array) -> pa.Array:
    """64 bits in place of the canonical text of each cell, as `hashed`; raises Unconvertible."""
    return each(cells, lambda values: hashed(texts(values)))


def is_text(cells: pa.Array, text: str) -> pa.Array:
    """Whether each cell is this text, null if it is missing."""
    return each(cells, lambda values: pc.equal(values, text))


def distinct(numbers: pa.ChunkedArray) -> int:
    """How many different numbers there are, nulls not counted.

    In eight parts, as the table of all of them would take more memory than the numbers do; `count_distinct` takes three
    times as long.
    """
    part_of = pc.bit_wise_and(numbers, _PARTS - 1)
    return sum(len(pc.unique(numbers.filter(pc.equal(part_of, part)))) for part in range(_PARTS))


class Occurrences(NamedTuple):
    """How many different numbers there are, and sums over them: of the squares of how often each occurs, of the squares
    of how often it is marked, and of the products of both.
    """

    different: int = 0
    squares: int = 0
    marked_squares: int = 0
    products: int = 0

    def and_then(self, more: "Occurrences") -> "Occurrences":
        return Occurrences(*map(add, self, more))


def occurrences(numbers: pa.ChunkedArray, marks: pa.ChunkedArray) -> Occurrences:
    """Those of the numbers, nulls not counted; in eight parts, as above."""
    part_of, total, marked = pc.bit_wise_and(numbers, _PARTS - 1), Occurrences(), pc.and_(marks, numbers.is_valid())
    for part in range(_PARTS):
        is_part = pc.equal(part_of, part)
        every = pc.value_counts(numbers.filter(is_part))
        some = pc.value_counts(numbers.filter(pc.and_(is_part, marked)))
        often = every.field("counts").take(pc.index_in(some.field("values"), value_set=every.field("values")))
        total = total.and_then(
            Occurrences(
                len(every),
                _product(every.field("counts"), every.field("counts")),
                _product(some.field("counts"), some.field("counts")),
                _product(some.field("counts"), often),
            )
        )
    return total


def _product(ours: pa.Array, theirs: pa.Array) -> int:
    return int(pc.sum(pc.multiply(ours, theirs)).as_py() or 0)


def repeated(numbers: pa.ChunkedArray) -> pa.Array:
    """The numbers, none of them null, that occur more than once; they are sorted only if there are any."""
    if distinct(numbers) == len(numbers):
        return pa.array([], pa.int64())
    ordered = numbers.take(pc.sort_indices(numbers)).combine_chunks()
    return ordered[1:].filter(pc.equal(ordered[1:], ordered[:-1]))


def looked_up(keys: pa.ChunkedArray, known: pa.ChunkedArray, cells: pa.ChunkedArray) -> pa.ChunkedArray:
    """The cell of each key, null for a key that is not known; of cells with the same key the first counts."""
    return cells.take(pc.index_in(keys, value_set=known.combine_chunks(), skip_nulls=True))


def latency_buckets(milliseconds: pa.Array) -> pa.Array:
    """As `domain.live.latency_bucket`, null if it is no latency."""
    is_latency = pc.and_(pc.is_finite(milliseconds), pc.greater_equal(milliseconds, 0))
    known = pc.if_else(is_latency, pc.max_element_wise(milliseconds, SHORTEST_MS), _NO_NUMBER)
    return pc.cast(pc.floor(pc.divide(pc.ln(known), math.log(LATENCY_BASE))), pa.int16())


def score_bins(scores: pa.Array) -> pa.Array:
    """The tenth of [0, 1] that each score is in, null if it is in none."""
    is_share = pc.and_(pc.greater_equal(scores, 0), pc.less_equal(scores, 1))
    known = pc.if_else(is_share, scores, _NO_NUMBER)
    bins = pc.floor(pc.multiply(known, float(SCORE_BINS)))
    return pc.cast(pc.min_element_wise(bins, float(SCORE_BINS - 1), skip_nulls=False), pa.int8())
