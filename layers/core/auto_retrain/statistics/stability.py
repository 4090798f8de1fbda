"""Bins for the population stability index: of a reference sample, and the live rows counted in them."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from .truth_values import as_known

N_BINS = 10
# More categories, or longer names, would make profiles too large to be read.
MAX_NAMED_LEVELS = 20_000
MAX_CHARACTERS_OF_NAMES = 400_000
LEVELS_OF_MANY = 100

Numbers = np.ndarray[Any, np.dtype[np.float64]]


def count_numeric(values: Numbers, edges: Numbers) -> list[int]:
    """Rows per bin, the outer bins open-ended; the last count is that of missing values.

    A bin holds the values above its lower edge up to and including its upper one, so a tied value stays in one bin.
    """
    missing = int(np.count_nonzero(np.isnan(values)))
    # With so few edges, comparing all values with each is several times faster than searching for each value's bin.
    up_to = [int(np.count_nonzero(values <= edge)) for edge in edges]
    bounds = [0, *up_to, values.size - missing]
    return [*(upper - lower for lower, upper in pairwise(bounds)), missing]


class Levels(NamedTuple):
    """Categories of a reference sample, the most frequent first: each counted alone, or only counted together.

    `rare` is None if there are too many to name. `once` and `twice` are the numbers of categories with one row, and
    with two. Only profiles of earlier releases have any that are named and counted together.
    """

    frequent: tuple[str, ...]
    rare: frozenset[str] | None
    once: int = 0
    twice: int = 0


def reference_levels(counts: Mapping[str | None, int], *, complete: bool = True) -> Levels:
    """All categories of a sample; only the hundred most frequent ones if there are too many to name.

    Counts that are incomplete, because categories were dropped on the way, cannot tell which ones are new.
    """
    by_frequency = sorted((level for level in counts if level is not None), key=lambda level: (-counts[level], level))
    rows = [counts[level] for level in by_frequency]
    few = len(by_frequency) <= MAX_NAMED_LEVELS and sum(map(len, by_frequency)) <= MAX_CHARACTERS_OF_NAMES
    if complete and few:
        return Levels(tuple(by_frequency), frozenset(), rows.count(1), rows.count(2))
    return Levels(tuple(by_frequency[:LEVELS_OF_MANY]), None, rows.count(1), rows.count(2))


def count_levels(counts: Mapping[str | None, int], levels: Levels, rows: int) -> list[int]:
    """Rows per frequent category, then of all rare ones, of those that the reference never had, of missing values.

    Rows whose category was not counted have an infrequent one, which may be new or not: they count as rare. So do
    unseen categories where they cannot be told from rare ones.
    """
    counts = as_known(counts, (*levels.frequent, *(levels.rare or ())))
    frequent = [counts.get(level, 0) for level in levels.frequent]
    missing = counts.get(None, 0)
    others = rows - sum(frequent) - missing
    uncounted = rows - sum(counts.values())
    unseen = 0 if levels.rare is None else others - uncounted - sum(counts.get(level, 0) for level in levels.rare)
    return [*frequent, others - unseen, unseen, missing]
