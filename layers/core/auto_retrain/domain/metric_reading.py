"""Queries to a metric source, and its readings."""

from datetime import datetime
from typing import Literal, NamedTuple

from .base import Record, UtcTime
from .holdout_profile import HoldoutProfile, ScoreCounts
from .policy.data import DataPolicy
from .policy.metric import MetricPolicy


class MetricQuery(NamedTuple):
    """The metric of one model in production, from `start` up to but excluding `end`; the labels until then are due.

    If it is published for each version apart, it is that of the `version` alone; None if it is not known which serves.
    `data` says where labels are, which a metric from the prediction log is worked out with. With `asks`, the
    scores in the log are asked for instead, which need no labels, or with what the labels say of the same answers.
    """

    model_name: str
    metric: MetricPolicy
    start: datetime
    end: datetime
    version: str | None = None
    data: DataPolicy | None = None
    asks: Literal["metric", "scores", "scores_and_labels"] = "metric"

    @property
    def source(self) -> str:
        """Which source answers it."""
        return self.metric.source if self.asks == "metric" else "logged_scores"


class MetricReading(Record):
    """The metric over the window, aggregated as its policy says; `value` is None if nothing was published.

    `rows` is the number of labelled rows behind the value, if the metric counts them; where the source knows entities,
    of which some have several rows, it is how many of them count as independent. `points` is the number of data
    points, the newest of which is for `newest_at`. `label_share` is set if the policy names a metric for it. `problem`
    says why a reading is incomplete (partial data, NaN, a warning from the source). `unknown_rows` are labelled rows of
    which nothing says how many are right; they are not among `rows`. `least_and_greatest` are the extremes of the data
    points, unless rows are counted. `by_day` has a value and its samples for each day of the window that has any, and
    `day_numbers` which days these are, the first one being 0. `scores` are set if they were asked for;
    where they were asked for alone, `day_numbers` are the days with answers, and `profile` says what the scores meant
    on the holdout.
    """

    value: float | None
    rows: int | None = None
    points: int = 0
    newest_at: UtcTime | None = None
    label_share: float | None = None
    problem: str | None = None
    unknown_rows: int = 0
    least_and_greatest: tuple[float, float] | None = None
    by_day: tuple[tuple[float, float], ...] = ()
    day_numbers: tuple[int, ...] = ()
    scores: ScoreCounts | None = None
    profile: HoldoutProfile | None = None
