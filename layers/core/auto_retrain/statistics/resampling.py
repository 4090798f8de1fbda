"""The paired bootstrap: rows, or whole entities, drawn again and again with the same draws for every model."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

REPLICATES = 2000
# Rows are drawn in at most this many groups. All metrics are made of sums over rows, so one matrix product gives every
# replicate, and a million rows cost hardly more than a thousand.
MAX_GROUPS = 1000


@dataclass(frozen=True)
class Sample:
    """Rows that are independent, or belong to entities that are: `entities` has one code from 0 for each row.

    Up to a thousand units are a group each, and this is the ordinary bootstrap; more are put together at random. Rows
    of one entity stay together. Source: B. Efron and R. Tibshirani, "An Introduction to the
    Bootstrap" (1993), chapter 6; groups: A. Bissell and R. Ferguson, "The jackknife: toy, tool or two-edged weapon?",
    The Statistician 24 (1975).
    """

    rows: int
    seed: int
    entities: Array | None = None

    @cached_property
    def units(self) -> Array:
        """What each row belongs to: itself, or its entity."""
        return np.arange(self.rows) if self.entities is None else self.entities

    @cached_property
    def n_units(self) -> int:
        return int(self.units.max()) + 1 if self.rows else 0

    @cached_property
    def groups(self) -> Array:
        """The group of each row."""
        if self.n_units <= MAX_GROUPS:
            return self.units
        dealt = np.random.default_rng(self.seed).permutation(self.n_units) % MAX_GROUPS
        return dealt[self.units]

    @cached_property
    def n_groups(self) -> int:
        return min(self.n_units, MAX_GROUPS)

    @cached_property
    def weights(self) -> Array:
        """How often each group is drawn, shape (replicates, groups)."""
        # A stream of its own, so that the draws do not repeat the numbers by which groups were dealt.
        random = np.random.default_rng([self.seed, 1])
        drawn = random.integers(self.n_groups, size=(REPLICATES, self.n_groups))
        shifted = drawn + self.n_groups * np.arange(REPLICATES)[:, None]
        counts = np.bincount(shifted.ravel(), minlength=REPLICATES * self.n_groups)
        return counts.reshape(REPLICATES, self.n_groups).astype(float)

    def sums(self, *columns: Array) -> Array:
        """Sums of columns (shape rows each) by group, shape (groups, columns)."""
        return np.stack([np.bincount(self.groups, column, self.n_groups) for column in columns], axis=1)

    def counts(self, codes: Array, n_codes: int, weights: Array | None = None) -> Array:
        """How often each code occurs in each group, or the sum of its weights; shape (groups, codes)."""
        cells = np.bincount(self.groups * n_codes + codes, weights, self.n_groups * n_codes)
        return cells.reshape(self.n_groups, n_codes).astype(float)

    def replicates(self, sums: Array) -> Array:
        """Sums over the rows of each replicate, shape (replicates, columns)."""
        replicates: Array = self.weights @ sums
        return replicates


def percentile_interval(replicates: Array, confidence: float = 0.95) -> tuple[float, float]:
    """Two-sided interval between percentiles of the replicates; NaN in both places when a replicate is unknown."""
    if not np.isfinite(replicates).all():
        return float("nan"), float("nan")
    low, high = np.quantile(replicates, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def bootstrap_p_value(gains: Array) -> float:
    """One-sided p value of "there is no gain": (1 + number of replicates without one) / (1 + replicates).

    Ties count half. Source: A. Davison and D. Hinkley, "Bootstrap Methods and their Application" (1997), section 4.4.
    """
    below, ties = np.count_nonzero(~(gains >= 0)), np.count_nonzero(gains == 0)
    return float(min((1 + below + ties / 2) / (1 + gains.size), 1))
