"""The evidence that gates judge: metrics of challenger and champion on the holdout rows."""

from typing import Literal

from .base import Record
from .metric_kinds import Task

Interval = tuple[float, float]
Method = Literal["mcnemar_mid_p", "delong", "paired_bootstrap"]


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
    """The primary metric on the rows with one value of a column; `p_worse` is the one-sided p value of "not worse"."""

    column: str
    value: str
    rows: int
    challenger: float
    champion: float
    gain: float
    p_worse: float


class Confusion(Record):
    """Rows by actual class (outer) and predicted class (inner), both in the order of `classes`."""

    classes: tuple[str, ...]
    challenger: tuple[tuple[int, ...], ...]
    champion: tuple[tuple[int, ...], ...] | None = None


class Comparison(Record):
    """How two versions performed on identical rows; a first model has no champion to compare with.

    `improvement` is that of the primary metric, on the policy's basis. `label_share` is the share of the holdout rows
    whose label has arrived. The challenger is the best of `compared` challengers, and this is comparison number `look`
    on these rows: intervals are widened for the former, and p values must be judged with both in mind.
    `distinct_labels` stops counting at three.
    """

    task: Task = Task.CLASSIFICATION
    primary: str
    rows: int
    entities: int | None = None
    distinct_labels: int
    rarest_class_rows: int | None = None
    largest_class_share: float | None = None
    has_champion: bool
    metrics: dict[str, MetricResult]
    improvement: float | None = None
    interval: Interval | None = None
    slices: tuple[SliceResult, ...] = ()
    compared: int = 1
    look: int = 1
    label_share: float = 1.0
    known_of_champion: tuple[KnownQuality, ...] = ()

    @property
    def judged(self) -> MetricResult | None:
        """The primary metric; None if a version's predictions do not provide it."""
        return self.metrics.get(self.primary)
