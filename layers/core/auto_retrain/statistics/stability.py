"""Population stability index (PSI) between a reference and a live sample of one feature."""

from collections import Counter
from collections.abc import Iterable, Sequence
from math import log
from typing import Any, NamedTuple

import numpy as np

N_BINS = 10
FREQUENT_LEVELS = 20
EMPTY_SHARE = 1e-4

Numbers = np.ndarray[Any, np.dtype[np.float64]]


def decile_edges(reference: Numbers) -> Numbers:
    """Inner edges of bins that hold equal shares of the finite reference values, about ten.

    A value that spans whole deciles gets a bin of its own: otherwise all that is below it, too, would count as it, and
    a feature of two values could turn round unseen.
    """
    finite = reference[np.isfinite(reference)]
    if finite.size == 0:
        return np.empty(0)
    deciles = np.quantile(finite, np.linspace(0, 1, N_BINS + 1))
    tied = deciles[1:][deciles[1:] == deciles[:-1]]
    return np.unique(np.concatenate([deciles[1:-1], np.nextafter(tied, -np.inf)]))


def count_numeric(values: Numbers, edges: Numbers) -> list[int]:
    """Rows per bin, the outer bins open-ended; the last count is that of missing values.

    A bin holds the values above its lower edge up to and including its upper one, so a tied value stays in one bin.
    """
    known = values[~np.isnan(values)]
    inside = np.bincount(np.searchsorted(edges, known, side="left"), minlength=edges.size + 1)
    return [*(int(count) for count in inside), values.size - known.size]


class Levels(NamedTuple):
    """Categories of a reference sample: the most frequent ones, and all the others that occur in it."""

    frequent: tuple[str, ...]
    rare: frozenset[str]


def reference_levels(reference: Iterable[object]) -> Levels:
    """The twenty most frequent categories, each counted alone; more would make PSI large without any drift."""
    counts = Counter(str(value) for value in reference if value is not None)
    by_frequency = sorted(counts, key=lambda level: (-counts[level], level))
    return Levels(tuple(by_frequency[:FREQUENT_LEVELS]), frozenset(by_frequency[FREQUENT_LEVELS:]))


def count_levels(values: Sequence[object], levels: Levels) -> list[int]:
    """Rows per frequent category, then of all rare ones, of those that the reference never had, of missing values."""
    counts = Counter(None if value is None else str(value) for value in values)
    frequent = [counts[level] for level in levels.frequent]
    rare = sum(counts[level] for level in levels.rare)
    return [*frequent, rare, len(values) - sum(frequent) - rare - counts[None], counts[None]]


def psi(reference: Sequence[int], live: Sequence[int]) -> float:
    """Sum over bins of (live share - reference share) · ln(live share / reference share).

    An empty bin counts as a share of 1e-4, unless it is empty in both. Both samples need at least one row; the
    counts are of the same bins. Source: N. Siddiqi, "Credit Risk Scorecards" (2006); the customary limit is 0.25.
    """
    if len(reference) != len(live):
        raise ValueError(f"the samples have {len(reference)} and {len(live)} bins; they need the same")
    reference_rows, live_rows = sum(reference), sum(live)
    if not reference_rows or not live_rows:
        raise ValueError("PSI of an empty sample is unknown")
    index = 0.0
    for expected, actual in zip(reference, live, strict=True):
        if expected or actual:
            before = max(expected / reference_rows, EMPTY_SHARE)
            now = max(actual / live_rows, EMPTY_SHARE)
            index += (now - before) * log(now / before)
    return index
