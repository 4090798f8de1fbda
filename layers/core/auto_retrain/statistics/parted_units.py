"""Units whose rows lie in several parts: grouped and counted by hashes, so that no part has to know the others."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from .resampling import MAX_GROUPS, Sample
from .text_hashes import mixed

Array = np.ndarray[Any, Any]

# Of this many units, all are known; of more, the least of their hashes. A number of units that is estimated has a
# standard error of 0.8 %, and so has an effective number.
KEPT = 1 << 14
_WHOLE = 2.0**64


@dataclass(frozen=True)
class PartedUnits:
    """The units of all parts by the least of their hashes, sorted, each once."""

    least: Array = field(default_factory=lambda: np.empty(0, np.uint64))

    def plus(self, hashes: Array) -> "PartedUnits":
        """With those of one more part."""
        if not self.are_all_known:
            hashes = hashes[hashes < self.least[-1]]
        return PartedUnits(np.unique(np.concatenate([self.least, hashes]))[:KEPT])

    @property
    def are_all_known(self) -> bool:
        return self.least.size < KEPT

    @property
    def number(self) -> int:
        """How many there are; more than `KEPT` by the spacing of the least hashes.

        Source: Z. Bar-Yossef et al., "Counting distinct elements in a data stream", RANDOM (2002); unbiased: K. Beyer
        et al., "On synopses for distinct-value estimation under multiset operations", SIGMOD (2007).
        """
        return self.least.size if self.are_all_known else round((KEPT - 1) * _WHOLE / float(self.least[-1]))

    @property
    def n_groups(self) -> int:
        return min(self.least.size, MAX_GROUPS)

    def groups_of(self, hashes: Array) -> Array:
        """The group of each unit: one of its own for up to a thousand."""
        places = np.searchsorted(self.least, hashes) if self.are_all_known else hashes
        groups: Array = (places % np.uint64(MAX_GROUPS)).astype(np.int64)
        return groups

    def sizes_of(self, hashes: Array) -> Array:
        """Rows by unit, shape (units,); of very many, sums of random signs, shape (KEPT,). Those of parts are added.

        The sum of their squares is that of the units' sizes, or an unbiased estimate of it. Source: N. Alon,
        Y. Matias, M. Szegedy, "The space complexity of approximating the frequency moments", STOC (1996); in buckets:
        M. Charikar, K. Chen, M. Farach-Colton, "Finding frequent items in data streams", ICALP (2002).
        """
        if self.are_all_known:
            return np.bincount(np.searchsorted(self.least, hashes), minlength=self.least.size).astype(float)
        buckets = (hashes // np.uint64(MAX_GROUPS)) % np.uint64(KEPT)
        signs = np.where(mixed(hashes) & np.uint64(1), 1.0, -1.0)
        return np.bincount(buckets.astype(np.int64), signs, KEPT)


@dataclass(frozen=True)
class PartSample(Sample):
    """The rows of one part, whose groups are those of all parts: only to be summed."""

    row_groups: Array = field(default_factory=lambda: np.empty(0, np.int64), kw_only=True)
    group_count: int = field(default=0, kw_only=True)

    @cached_property
    def groups(self) -> Array:
        return self.row_groups

    @cached_property
    def n_groups(self) -> int:
        return self.group_count


@dataclass(frozen=True)
class MergedSample(Sample):
    """All parts: what is known of a group is one number for each, so a group is a unit here."""

    group_count: int = field(kw_only=True)
    unit_count: int = field(kw_only=True)
    effective: float = field(kw_only=True)

    @cached_property
    def units(self) -> Array:
        return np.arange(self.group_count)

    @cached_property
    def n_units(self) -> int:
        return self.unit_count

    @cached_property
    def effective_units(self) -> float:
        return self.effective

    @cached_property
    def groups(self) -> Array:
        return self.units

    @cached_property
    def n_groups(self) -> int:
        return self.group_count
