"""Compares champion and challenger on parts of the holdout rows, by the values of named columns."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ..domain.comparison import SliceResult
from .pair import Array, Pair, measure_together, p_value_of, rounded

# The largest ones; a column with more values is no slice of anything.
MOST_SLICES_OF_A_COLUMN = 20


def compare_slices(pair: Pair) -> tuple[SliceResult, ...]:
    """The primary metric on every part that is large enough and has it; none for a first model."""
    if pair.champion is None:
        return ()
    found = pair.challenger.predictions.slices.items()
    return tuple(result for column, values in found for result in _slices_of(column, values, pair))


def _slices_of(column: str, values: Array, pair: Pair) -> Iterator[SliceResult]:
    present, rows = np.unique(values, return_counts=True)
    # By size, and the first of equals: whoever computes it again finds the same.
    largest = np.argsort(-rows, kind="stable")[:MOST_SLICES_OF_A_COLUMN]
    for place in largest[rows[largest] >= pair.policy.validation.min_slice_rows]:
        result = _compare(column, str(present[place]), _of_rows(pair, values == present[place]))
        if result is not None:
            yield result


def _compare(column: str, value: str, pair: Pair) -> SliceResult | None:
    name, kind = pair.policy.primary_metric, pair.policy.kind_of(pair.policy.primary_metric)
    assert pair.champion is not None
    challenger, champion = pair.challenger.value(name), pair.champion.value(name)
    if challenger is None or champion is None:
        return None
    turned_round = replace(pair, challenger=pair.champion, champion=pair.challenger)
    return SliceResult(
        column=column,
        value=value,
        rows=pair.challenger.predictions.rows,
        challenger=rounded(challenger),
        champion=rounded(champion),
        gain=rounded(kind.gain(challenger, champion)),
        p_worse=rounded(p_value_of(name, turned_round)[0]),
    )


def _of_rows(pair: Pair, chosen: Array) -> Pair:
    assert pair.champion is not None
    some = [measured.predictions.only(chosen) for measured in (pair.challenger, pair.champion)]
    challenger, champion = measure_together(some, pair.policy, pair.challenger.sample.seed)
    return replace(pair, challenger=challenger, champion=champion)
