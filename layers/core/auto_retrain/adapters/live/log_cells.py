"""Cells of the log as the small numbers that counting needs of them, and how often numbers occur."""

import math
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ...domain.live import LATENCY_BASE, SCORE_BINS, SHORTEST_MS
from .log_hashes import each

_NO_NUMBER = pa.scalar(None, pa.float64())


def is_text(cells: pa.Array, text: str) -> pa.Array:
    """Whether each cell is this text, null if it is missing."""
    return each(cells, lambda values: pc.equal(values, text))


class Occurrences(NamedTuple):
    """How many different numbers there are, and sums over them: of the squares of how often each occurs, of the squares
    of how often it is marked, and of the products of both.
    """

    different: int
    squares: int
    marked_squares: int
    products: int


def occurrences(numbers: pa.ChunkedArray, marks: pa.ChunkedArray) -> Occurrences:
    """Those of the numbers, nulls not counted."""
    different, often = _counted(numbers)
    marked, marked_often = _counted(numbers.filter(marks))
    often_of_marked = often[np.searchsorted(different, marked)]
    return Occurrences(
        different=len(different),
        squares=int(often @ often),
        marked_squares=int(marked_often @ marked_often),
        products=int(marked_often @ often_of_marked),
    )


def _counted(numbers: pa.ChunkedArray) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """The different numbers, sorted, and how often each occurs."""
    return np.unique(numbers.drop_null().to_numpy(), return_counts=True)


def repeated(numbers: pa.ChunkedArray) -> pa.Array:
    """The numbers, none of them null, that occur more than once. To sort takes a tenth of the time of hashing."""
    ordered = np.sort(numbers.to_numpy())
    return pa.array(ordered[1:][ordered[1:] == ordered[:-1]])


def looked_up(keys: pa.ChunkedArray, known: pa.ChunkedArray, cells: pa.ChunkedArray) -> pa.ChunkedArray:
    """The cell of each key, null for a key that is not known; of cells with the same key the first counts."""
    return cells.take(pc.index_in(keys, value_set=known.combine_chunks(), skip_nulls=True))


def losses_of(answers: pa.ChunkedArray, labels: pa.ChunkedArray, are_squared: bool) -> pa.ChunkedArray:
    """How far each answer is from its label, or the square of that."""
    errors = pc.abs(pc.subtract(answers, labels))
    return pc.multiply(errors, errors) if are_squared else errors


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
