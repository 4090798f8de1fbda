"""Evidence of a comparison: metrics over the holdout rows, which gates judge."""

from typing import Literal

from .base import Record
from .metric_kinds import Task

Interval = tuple[float, float]
Method = Literal["mcnemar_mid_p", "delong", "paired_bootstrap"]


class MetricResult(Record):
    """One metric of the challenger, of the champion, and by how much the challenger is better.

    `gain` and its bounds are in the unit of the metric, positive where the challenger is better; intervals are
    two-sided 95 %; `gain_bound` is the gain's one-sided lower bound, with the confidence that the policy asks for.
    `p_value` is the one-sided one of "not better", found by `method`. All but the challenger's part is None without a
    champion.
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
    """What two models did on identical rows; without a champion for a first model.

    `improvement` is that of the primary metric on the policy's basis. `label_share` is the share of the holdout rows
    whose label had arrived. `compared` challengers were looked at, of which this one is the best, and it is the
    `look`th time that anything was compared on these rows: intervals are widened for the first, and p values have to
    be judged with both in mind. `distinct_labels` counts no further than three.
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

    @property
    def judged(self) -> MetricResult | None:
        """The primary metric; None when one of the models does not give what it takes."""
        return self.metrics.get(self.primary)
