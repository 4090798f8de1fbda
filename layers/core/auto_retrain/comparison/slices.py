"""Compares champion and challenger on parts of the holdout rows, by the values of named columns."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..domain.comparison import SliceResult
from .confusion import MAX_NAME_LENGTH
from .rounding import rounded
from .versions import FirstModel, Pair, Versions

Array = np.ndarray[Any, Any]

# The largest ones; a column with many more values does not name parts of the data.
MAX_SLICES_OF_A_COLUMN = 20


def compare_slices(versions: Versions) -> tuple[SliceResult, ...]:
    """The primary metric on every part that is large enough and has it; none for a first model."""
    if isinstance(versions, FirstModel):
        return ()
    columns = versions.challenger.predictions.slices.items()
    return tuple(result for column, values in columns for result in _slices_of(column, values, versions))


def _slices_of(column: str, values: Array, pair: Pair) -> Iterator[SliceResult]:
    present, rows = np.unique(values, return_counts=True)
    # By size, and the first of equals, so that a replay takes the same ones.
    largest = np.argsort(-rows, kind="stable")[:MAX_SLICES_OF_A_COLUMN]
    for place in largest[rows[largest] >= pair.terms.policy.validation.min_slice_rows]:
        gain = pair.only(values == present[place]).gain(pair.terms.policy.primary_metric)
        if gain is not None:
            yield SliceResult(
                column=column,
                value=str(present[place])[:MAX_NAME_LENGTH],
                rows=int(rows[place]),
                challenger=rounded(gain.challenger_value),
                champion=rounded(gain.champion_value),
                gain=rounded(gain.value),
                p_worse=rounded(gain.p_worse),
            )
