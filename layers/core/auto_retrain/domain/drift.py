"""Evidence of drift: a profile of what the champion learned from, and live rows counted in the same bins."""

from typing import Literal

from .base import Record, UtcTime
from .windows import Window


class FeatureProfile(Record):
    """Bins of one feature, and the reference rows in each.

    Numeric: `edges` are the inner edges; counts are of the bins and, last, of missing values.
    Categorical: `levels` are counted alone; counts are theirs, then of all rare ones, of unseen ones, of missing.
    `rare` names the rare levels; None when there are too many to tell unseen ones apart. How many levels were seen in
    one row only, or in two, tells how much a sample of this size leaves unseen.
    """

    feature: str
    kind: Literal["numeric", "categorical"]
    edges: tuple[float, ...] = ()
    levels: tuple[str, ...] = ()
    rare: tuple[str, ...] | None = ()
    seen_once: int = 0
    seen_twice: int = 0
    counts: tuple[int, ...]


class DataProfile(Record):
    """The features of the rows that a version learned from, as counts; kept beside the version."""

    schema_version: int = 1
    model_name: str
    window: Window
    rows: int
    features: tuple[FeatureProfile, ...]
    made_at: UtcTime


class FeatureHistogram(Record):
    """Rows per bin of one feature, reference and live window; the last bin is that of missing values.

    `unseen` is the number of live rows whose category the reference never had; None for numbers, and when unknown.
    `seen_once` and `seen_twice` are the numbers of categories with so many reference rows.
    `stands_still` says that all live values are one and the same, although there are some.
    """

    feature: str
    reference: tuple[int, ...]
    live: tuple[int, ...]
    unseen: int | None = None
    seen_once: int = 0
    seen_twice: int = 0
    stands_still: bool = False


class DriftEvidence(Record):
    """Histograms of the features, or why there are none: the reference is unusable, or the live data are broken."""

    histograms: tuple[FeatureHistogram, ...] = ()
    unusable: str | None = None
    broken: str | None = None
