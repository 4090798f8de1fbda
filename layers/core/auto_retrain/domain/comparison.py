"""The evidence that gates judge: metrics of challenger and champion on the holdout rows."""

from math import pi
from typing import Literal, NamedTuple

from pydantic import Field

from .base import Record
from .metric_kinds import Task

Interval = tuple[float, float]
Method = Literal["mcnemar_mid_p", "delong", "sign_flips", "paired_bootstrap"]


ErrorBudget = Literal["comparison", "year"]
COMPARISONS_A_YEAR = 52


def share_of_error(budget: ErrorBudget, compared: int, look: int, champion_look: int | None) -> float:
    """The share of the allowed error probability that one of `compared` challengers may use up.

    All comparisons on the same rows share it. With a budget for a year, so do all those with the same champion: half of
    it is spent by inverse squares, 6 / (pi² j²) for the jth, so that the first ones hardly need more than usual; the
    other half evenly over 52, so that no champion becomes unbeatable. Whatever the comparisons have in common, 52 of
    them err no more often than one may (Bonferroni). Source: K. Lan and D. DeMets, "Discrete sequential boundaries for
    clinical trials", Biometrika 70 (1983).
    """
    share = 1 / look
    if budget == "year" and champion_look:
        share = min(share, max(3 / (pi * champion_look) ** 2, 0.5 / COMPARISONS_A_YEAR))
    return share / compared


class MetricResult(Record):
    """One metric of challenger and champion, and the gain of the challenger.

    `gain` and its bounds are in units of the metric, positive where the challenger is better. Intervals are two-sided
    95 %; `gain_bound` is the one-sided lower bound of the gain at the policy's confidence. `p_value` is the one-sided
    p value of "not better", computed by `method`. Without a champion only the challenger's value and interval are set.
    """

    value: float
    interval: Interval | None = None
    champion: float | None = None
    champion_interval: Interval | None = None
    gain: float | None = None
    gain_interval: Interval | None = None
    gain_bound: float | None = None
    p_value: float | None = None
    method: Method | None = None


class KnownQuality(Record):
    """How good a champion was before this comparison: one metric, with its two-sided 95 % interval if that is known.

    It comes from the comparison that promoted it, from the production metric that a trigger of this job judged, or from
    the last comparison that it took part in as the champion.
    """

    source: Literal["promotion", "production", "comparison"]
    metric: str
    value: float
    interval: Interval | None = None


class SliceResult(Record):
    """The primary metric on the rows with one value of a column; `p_worse` is the one-sided p value of "not worse".

    `entities` is their effective number, where rows belong to entities.
    """

    column: str
    value: str
    rows: int
    challenger: float
    champion: float
    gain: float
    p_worse: float
    # Left out where there is none, so that what was sealed before keeps its hash.
    entities: float | None = Field(default=None, exclude_if=lambda entities: entities is None)


class SmallSlice(NamedTuple):
    """A part of the rows with too few of them to be compared."""

    column: str
    value: str
    rows: int


class SmallSlices(NamedTuple):
    """Parts that were not compared, the largest of each column, how many more there are, and the rows they need."""

    largest: tuple[SmallSlice, ...] = ()
    more: int = 0
    needed: int = 0


class Confusion(Record):
    """Rows by actual class (outer) and predicted class (inner), both in the order of `classes`."""

    classes: tuple[str, ...]
    challenger: tuple[tuple[int, ...], ...]
    champion: tuple[tuple[int, ...], ...] | None = None


class Comparison(Record):
    """How two versions performed on identical rows; a first model has no champion to compare with.

    `improvement` is that of the primary metric, on the policy's basis. `label_share` is the share of the holdout rows
    whose label has arrived. The challenger is the best of `compared` challengers, and this is comparison number `look`
    on these rows, and number `champion_look` with this champion: intervals are widened for the first of these, and
    p values must be judged with all in mind.
    `distinct_labels` stops counting at three. `effective_entities` is how many of equal size would be as much evidence.
    Of `slices_left_out` nothing is known: a column has too many values, or the metric is not defined on the rows.
    """

    task: Task = Task.CLASSIFICATION
    primary: str
    rows: int
    entities: int | None = None
    effective_entities: float | None = None
    distinct_labels: int
    rarest_class_rows: int | None = None
    largest_class_share: float | None = None
    has_champion: bool
    metrics: dict[str, MetricResult]
    improvement: float | None = None
    interval: Interval | None = None
    slices: tuple[SliceResult, ...] = ()
    slices_left_out: int = 0
    compared: int = 1
    look: int = 1
    champion_look: int | None = None
    label_share: float = 1.0
    known_of_champion: tuple[KnownQuality, ...] = ()

    @property
    def judged(self) -> MetricResult | None:
        """The primary metric; None if a version's predictions do not provide it."""
        return self.metrics.get(self.primary)
