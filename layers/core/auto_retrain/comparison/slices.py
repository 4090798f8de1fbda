"""Compares champion and challenger on parts of the holdout rows, by the values of named columns."""

from typing import NamedTuple

import numpy as np

from ..domain.comparison import SliceResult, SmallSlice, SmallSlices
from .confusion import MAX_NAME_LENGTH
from .rounding import rounded
from .versions import FirstModel, Pair, ValueRows, Versions

# The largest ones; a column with many more values does not name parts of the data.
MAX_SLICES_OF_A_COLUMN = 20


class Slices(NamedTuple):
    """What was compared, and how many parts with enough rows were not: beyond the largest, or without the metric."""

    compared: tuple[SliceResult, ...] = ()
    left_out: int = 0


NO_SLICES = Slices()


def compare_slices(versions: Versions) -> Slices:
    """The primary metric on every part that has enough rows and the metric; none for a first model."""
    if isinstance(versions, FirstModel):
        return NO_SLICES
    columns = versions.slice_rows().items()
    results = [result for column, found in columns for result in _slices_of(column, found, versions)]
    compared = tuple(result for result in results if result is not None)
    return Slices(compared, len(results) - len(compared))


def _slices_of(column: str, found: ValueRows, pair: Pair) -> list[SliceResult | None]:
    """One result for each value with enough rows; None for one that is not compared."""
    enough = values_with(found, pair.terms.policy.validation.min_slice_rows)
    largest, others = enough[:MAX_SLICES_OF_A_COLUMN], enough[MAX_SLICES_OF_A_COLUMN:]
    return [*(_compare_on(column, value, pair) for value in largest), *[None] * len(others)]


def values_with(found: ValueRows, needed: int) -> list[str]:
    """The values with enough rows, by their number, and the first of equals, so that a replay takes the same ones."""
    by_size = np.argsort(-found.rows, kind="stable")
    return [str(found.values[place]) for place in by_size[found.rows[by_size] >= needed]]


def small_slices(versions: Versions) -> SmallSlices:
    """The parts that have too few rows to be compared; none for a first model, of which no part is."""
    if isinstance(versions, FirstModel):
        return SmallSlices()
    needed = versions.terms.policy.validation.min_slice_rows
    of_columns = [_small(column, found, needed) for column, found in versions.slice_rows().items()]
    largest = tuple(part for parts in of_columns for part in parts[:MAX_SLICES_OF_A_COLUMN])
    return SmallSlices(largest, sum(map(len, of_columns)) - len(largest), needed)


def _small(column: str, found: ValueRows, needed: int) -> list[SmallSlice]:
    present, rows = found
    by_size = np.argsort(-rows, kind="stable")
    return [
        SmallSlice(column, str(present[place])[:MAX_NAME_LENGTH], int(rows[place]))
        for place in by_size[rows[by_size] < needed]
    ]


def _compare_on(column: str, value: str, pair: Pair) -> SliceResult | None:
    part = pair.on_slice(column, value)
    gain = part.gain(pair.terms.policy.primary_metric)
    if gain is None:
        return None
    sample = part.challenger.sample
    return SliceResult(
        column=column,
        value=value[:MAX_NAME_LENGTH],
        rows=sample.rows,
        challenger=rounded(gain.challenger_value),
        champion=rounded(gain.champion_value),
        gain=rounded(gain.value),
        p_worse=rounded(gain.p_worse),
        entities=None if sample.entities is None else rounded(sample.effective_units),
    )
