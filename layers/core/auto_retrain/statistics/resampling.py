"""Chance among rows, or among whole entities: the paired bootstrap and sign flips, the same for every model."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import sqrt
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri, stdtr

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
    def effective_units(self) -> float:
        """How many units of equal size would be as much evidence: n² / sum of their squared sizes, 0 without rows.

        One entity with 30 % of the rows decides by itself, however many others there are. Source: L. Kish, "Survey
        Sampling" (1965), section 11.7.
        """
        if self.entities is None or not self.rows:
            return float(self.rows)
        sizes = np.bincount(self.entities).astype(float)
        return float(self.rows**2 / (sizes @ sizes))

    @cached_property
    def least_p_value(self) -> float:
        """No paired test can tell more: that all of u units favour one model has a chance of at least 2^-u."""
        return float(0.5**self.effective_units)

    def tail(self, z: float) -> float:
        """Chance that a mean of the units exceeds its expectation by z of its estimated errors, by Student's t."""
        return max(float(stdtr(max(self.effective_units - 1, 1.0), -z)), self.least_p_value)

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
        return _weights(self.seed, self.n_groups)

    @cached_property
    def signs(self) -> Array:
        """Which of two models each group counts for, at random: 1 or -1, shape (replicates, groups)."""
        return _signs(self.seed, self.n_groups)

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


# Validations in one process mostly ask for the same draws: they depend on nothing but the seed and the size.
@lru_cache(maxsize=2)
def _weights(seed: int, n_groups: int) -> Array:
    # A stream of its own, so that the draws do not repeat the numbers by which groups were dealt.
    drawn = np.random.default_rng([seed, 1]).integers(n_groups, size=(REPLICATES, n_groups))
    shifted = drawn + n_groups * np.arange(REPLICATES)[:, None]
    counts = np.bincount(shifted.ravel(), minlength=REPLICATES * n_groups)
    weights = counts.reshape(REPLICATES, n_groups).astype(float)
    weights.setflags(write=False)
    return weights


@lru_cache(maxsize=2)
def _signs(seed: int, n_groups: int) -> Array:
    signs = np.random.default_rng([seed, 2]).choice([-1.0, 1.0], size=(REPLICATES, n_groups))
    signs.setflags(write=False)
    return signs


def percentile_interval(replicates: Array, confidence: float = 0.95) -> tuple[float, float]:
    """Two-sided interval between percentiles of the replicates; NaN in both places when a replicate is unknown.

    Where less than one replicate lies beyond an end, it is at least as far out as a normal distribution says.
    """
    if not np.isfinite(replicates).all():
        return float("nan"), float("nan")
    beyond = (1 - confidence) / 2
    low, high = np.quantile(replicates, [beyond, 1 - beyond])
    if beyond * replicates.size < 1:
        reach, middle = -float(ndtri(beyond)) * replicates.std(), replicates.mean()
        low, high = min(low, middle - reach), max(high, middle + reach)
    return float(low), float(high)


def bootstrap_p_value(gains: Array, sample: Sample) -> float:
    """One-sided p value of "there is no gain": (1 + number of replicates without one) / (1 + replicates).

    Ties count half. When every replicate is a gain, it is Student's tail beyond their mean, if that is smaller: 2,000
    draws cannot show less than 1/2001, which is more than each of many tests together may have. Source: A. Davison and
    D. Hinkley, "Bootstrap Methods and their Application" (1997), section 4.4.
    """
    below, ties = np.count_nonzero(~(gains >= 0)), np.count_nonzero(gains == 0)
    counted = float(min((1 + below + ties / 2) / (1 + gains.size), 1))
    if below or ties:
        return max(counted, sample.least_p_value)
    spread = float(gains.std())
    return max(min(counted, sample.tail(gains.mean() / spread if spread else np.inf)), sample.least_p_value)


def sign_flip_p_value(advantages: Array, sample: Sample) -> float:
    """One-sided p value of "the sum of the advantages is no larger than chance", from one advantage for each group.

    Two equal models could change places in any group, so that each advantage could as well have the other sign. This is
    exact for equal models, however heavy the tails of their errors; the bootstrap calls up to 8 of 100 better instead
    of 5. It is the share of random signs that give as much, ties counting half; where none of them does, the normal
    tail beyond the sum in units of the root of the squared advantages, if that is smaller. It is 1/2 when the two never
    differ.
    Sources: E. J. G. Pitman, "Significance tests which may be applied to samples from any populations", JRSS
    Supplement 4 (1937); the tail: I. Pinelis, "Extremal probabilistic problems and Hotelling's T² test under a symmetry
    condition", Annals of Statistics 22 (1994).
    """
    total, size = float(advantages.sum()), sqrt(float(advantages @ advantages))
    if not size:
        return 0.5
    # Sums of the same numbers in another order may differ in their last digits.
    flipped = (sample.signs @ advantages - total) / size
    above, ties = np.count_nonzero(flipped > 1e-9), np.count_nonzero(np.abs(flipped) <= 1e-9)
    counted = float((1 + above + ties / 2) / (1 + flipped.size))
    if not above and not ties:
        counted = min(counted, float(ndtr(-total / size)))
    return max(counted, sample.least_p_value)
