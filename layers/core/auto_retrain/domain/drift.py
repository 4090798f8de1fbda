"""The evidence for drift: a profile of the champion's training data, and live rows counted in the same bins."""

from typing import Literal

from pydantic import Field

from .base import Record, UtcTime
from .windows import Window


class DesignEffects(Record):
    """How many rows weigh as one because those of an entity resemble each other, for each question about a feature.

    `unequal` says how unequally they do so from bin to bin, at least 1.
    """

    bins: float = 1
    unequal: float = 1
    missing: float = 1
    unseen: float = 1


class FeatureProfile(Record):
    """Bins of one feature, and the reference rows in each.

    Numeric: `edges` are the inner edges; `counts` are of the bins and, last, of missing values.
    Categorical: each of `levels` has its own count; then come all rare levels together, unseen ones, and missing
    values. `rare` names the rare levels, of which only earlier releases made any; None if there are too many levels to
    recognise unseen ones. The numbers of levels seen in exactly one or two rows show how much a sample of this size
    leaves unseen. The most days in a row with one value (`still_days`) and without any (`empty_days`), in runs that
    came to an end, are None in profiles of an earlier release.
    """

    feature: str
    kind: Literal["numeric", "categorical"]
    edges: tuple[float, ...] = ()
    levels: tuple[str, ...] = ()
    rare: tuple[str, ...] | None = ()
    seen_once: int = 0
    seen_twice: int = 0
    counts: tuple[int, ...]
    still_days: int | None = None
    empty_days: int | None = None
    effects: DesignEffects = Field(default_factory=DesignEffects)


# Which texts categories have; other rules than those of the live rows would look like drift.
TEXT_RULES = 2


class DataProfile(Record):
    """Counts over the features of a version's training rows, kept beside the version.

    `entity` is the column whose values group rows that resemble each other, where this was measured.
    """

    schema_version: int = 2
    text_rules: int = 1
    model_name: str
    window: Window
    rows: int
    features: tuple[FeatureProfile, ...]
    made_at: UtcTime
    entity: str | None = None

    @property
    def is_outdated(self) -> bool:
        """Whether an earlier release wrote its categories, perhaps in other texts."""
        return self.text_rules != TEXT_RULES and any(each.kind == "categorical" for each in self.features)


class FeatureHistogram(Record):
    """Rows per bin of one feature, in the reference and the live window; the last bin counts missing values.

    Those of categories are as in their profile. `unseen` is the number of live rows with a category that the reference
    never had; None for numbers, and if unknown.
    `seen_once` and `seen_twice` are the numbers of categories with exactly one or two reference rows.
    `stands_still` is true if there are live values and all of them are equal. `days` are the live days with rows; the
    others are how many days in a row the reference had one value, or none, at most; None if that is unknown.
    """

    feature: str
    kind: Literal["numeric", "categorical"] = "numeric"
    reference: tuple[int, ...]
    live: tuple[int, ...]
    unseen: int | None = None
    seen_once: int = 0
    seen_twice: int = 0
    stands_still: bool = False
    days: int = 0
    reference_still_days: int | None = None
    reference_empty_days: int | None = None
    reference_effects: DesignEffects = Field(default_factory=DesignEffects)
    live_effects: DesignEffects = Field(default_factory=DesignEffects)

    @property
    def has_edges(self) -> bool:
        """Whether the reference had a finite number: without any there are no edges, and all numbers are in one bin."""
        return len(self.reference) > 2

    @property
    def has_unknown_categories(self) -> bool:
        """Whether new categories, if there are any, cannot be recognised."""
        return self.kind == "categorical" and self.unseen is None


class DriftEvidence(Record):
    """Histograms of the features, or why there are none: the reference is unusable, or the live data are broken.

    `season` has the same days a year before as the reference, if these were read; `season_unusable` says why they could
    not be.
    """

    histograms: tuple[FeatureHistogram, ...] = ()
    season: tuple[FeatureHistogram, ...] = ()
    season_unusable: str | None = None
    unusable: str | None = None
    broken: str | None = None
