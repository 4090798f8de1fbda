"""Cells of the log as the small numbers that counting needs of them."""

import math

import pyarrow as pa
import pyarrow.compute as pc

from ...domain.live import LATENCY_BASE, SCORE_BINS, SHORTEST_MS

_NO_HASH = pa.scalar(None, pa.int64())
_NO_NUMBER = pa.scalar(None, pa.float64())


def hashed(texts: pa.Array) -> pa.Array:
    """64 bits in place of each text, however long, null if missing; they mean nothing to another process.

    Python's hash spreads them evenly: the chance that any two of a million texts share theirs is 3 in 100 million,
    and such a request would be taken for a repeat.
    """
    numbers = pa.array(list(map(hash, texts.cast(pa.binary()).to_pylist())), pa.int64())
    return pc.if_else(texts.is_valid(), numbers, _NO_HASH) if texts.null_count else numbers


def repeated(numbers: pa.ChunkedArray) -> pa.Array:
    """The numbers, none of them null, that occur more than once; they are sorted only if there are any."""
    if pc.count_distinct(numbers).as_py() == len(numbers):
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
