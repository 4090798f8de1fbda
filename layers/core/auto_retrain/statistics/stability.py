"""Bins for the population stability index: of a reference sample, and the live rows counted in them."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from .truth_values import as_known

N_BINS = 10
FREQUENT_LEVELS = 20
MIN_ROWS_OF_A_LEVEL = 10
MAX_RARE_LEVELS = 1000

Numbers = np.ndarray[Any, np.dtype[np.float64]]


def decile_edges(reference: Numbers) -> Numbers:
    """Inner edges of bins that hold equal shares of the finite reference values, about ten.

    A value that spans whole deciles gets a bin of its own: otherwise everything below it would count as that value, and
    a feature with two values could swap them unnoticed.
    """
    finite = reference[np.isfinite(reference)]
    if finite.size == 0:
        return np.empty(0)
    # Values of the sample itself: interpolating between the largest of them may overflow.
    deciles = np.quantile(finite, np.linspace(0, 1, N_BINS + 1), method="inverted_cdf")
    tied = deciles[1:][deciles[1:] == deciles[:-1]]
    # No finite number lies below the smallest one.
    below = np.nextafter(tied[tied > np.finfo(np.float64).min], -np.inf)
    return np.unique(np.concatenate([deciles[1:-1], below]))


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
    """Categories of a reference sample: the most frequent ones, and the others, or None when those are too many.

    `once` and `twice` are the numbers of categories with one row, and with two.
    """

    frequent: tuple[str, ...]
    rare: frozenset[str] | None
    once: int = 0
    twice: int = 0


def reference_levels(counts: Mapping[str | None, int], *, complete: bool = True) -> Levels:
    """The twenty most frequent categories, each counted alone; more would make PSI large without any drift.

    Counts that are incomplete, because categories were dropped on the way, cannot tell which ones are new.
    """
    by_frequency = sorted((level for level in counts if level is not None), key=lambda level: (-counts[level], level))
    rare = by_frequency[FREQUENT_LEVELS:]
    named = frozenset(rare) if complete and len(rare) <= MAX_RARE_LEVELS else None
    rows = [counts[level] for level in by_frequency]
    return Levels(tuple(by_frequency[:FREQUENT_LEVELS]), named, rows.count(1), rows.count(2))


def count_levels(counts: Mapping[str | None, int], levels: Levels, rows: int) -> list[int]:
    """Rows per frequent category, then of all rare ones, of those that the reference never had, of missing values.

    Rows whose category was not counted have an infrequent one. Where unseen categories cannot be told from rare ones,
    they count as rare.
    """
    counts = as_known(counts, (*levels.frequent, *(levels.rare or ())))
    frequent = [counts.get(level, 0) for level in levels.frequent]
    missing = counts.get(None, 0)
    others = rows - sum(frequent) - missing
    unseen = 0 if levels.rare is None else others - sum(counts.get(level, 0) for level in levels.rare)
    return [*frequent, others - unseen, unseen, missing]


def comparable_levels(reference: Sequence[int], live: Sequence[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The counts of `count_levels` in comparable bins: small levels join the rare and the unseen ones.

    Which of many small levels are the most frequent is due to chance, and every sample leaves some unseen: in bins of
    their own they make PSI large without any drift.
    """
    alone = [place for place in range(len(reference) - 3) if reference[place] >= MIN_ROWS_OF_A_LEVEL]

    def merged(counts: Sequence[int]) -> tuple[int, ...]:
        kept, missing = [counts[place] for place in alone], counts[-1]
        return (*kept, sum(counts) - sum(kept) - missing, missing)

    return merged(reference), merged(live)
