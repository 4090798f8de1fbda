"""A watched champion and one metric by which it is judged: what is asked about it, and about its predecessor."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from ...analysis.champion_watch import read_by
from ...domain.metric_reading import MetricQuery, MetricReading
from ...domain.model_state import Serving
from ...domain.policy.judged_by_labels import judged_by_labels
from ...domain.policy.metric import MAX_STEPS, PrometheusMetric
from ...domain.policy.policy import Policy
from ...domain.serving import ServingRecord
from ...domain.watch import Level, Watch
from ...domain.windows import metric_window, metric_window_end

_DAY = timedelta(days=1)
# The older days are, the less they say about the champion after.
MAX_LEVEL_DAYS = 30


class Champion(NamedTuple):
    """A watched champion, with the policy whose metric it is judged by, one of so many.

    `is_labelled` says that the metric is from its prediction log and labels, beside that of the policy itself.
    """

    record: ServingRecord
    watch: Watch
    policy: Policy
    metrics: int = 1
    is_labelled: bool = False

    @property
    def name(self) -> str:
        return self.record.model_name

    @property
    def serving(self) -> Serving:
        number = self.record.champion.version.number if self.record.champion else ""
        return Serving(version=number, since=self.watch.since)

    @property
    def predecessor(self) -> Serving:
        return Serving(version=self.watch.predecessor, since=self.watch.predecessor_since)

    @property
    def level(self) -> Level | None:
        """That of its predecessor, unless it was read by another metric than that of today's policy."""
        level = self.watch.labelled_level if self.is_labelled else self.watch.level
        return level if level and level.read_by == read_by(self.policy, self.metrics) else None

    def window_end(self, at: datetime) -> datetime:
        """Until when labels have arrived."""
        return metric_window_end(min(at, self.watch.until), self.policy.data.label_delay_days)

    def query(self, at: datetime) -> MetricQuery | None:
        """The metric since it began to serve, in whole days; None before there is one."""
        start, end = metric_window(
            min(at, self.watch.until),
            evaluation_days=(self.watch.until - self.watch.since) // _DAY,
            label_delay_days=self.policy.data.label_delay_days,
            since=self.watch.since,
        )
        return self._query(self.serving.version, start, end) if start < end else None

    def own_days(self, reading: MetricReading, start: datetime) -> MetricReading:
        """A reading from `start` on, without the days in which the metric is not the champion's alone."""
        if self.policy.metric.names_version or not self.watch.mixed:
            return reading
        days = zip(reading.day_numbers, reading.by_day, strict=True)
        own = [each for each in days if not self.watch.is_mixed(start + each[0] * _DAY, start + (each[0] + 1) * _DAY)]
        return reading.changed(day_numbers=tuple(number for number, _ in own), by_day=tuple(day for _, day in own))

    def level_query(self) -> MetricQuery | None:
        """The metric of its predecessor, over whole days of its own time.

        A log may know it from before: a champion that was put back has served twice.
        """
        end = self.watch.since.replace(minute=0, second=0, microsecond=0)
        days = self._level_days
        if self.policy.metric.source != "prediction_log":
            days = min(days, (end - self.watch.predecessor_since) // _DAY)
        return self._query(self.watch.predecessor, end - days * _DAY, end) if days > 0 else None

    @property
    def _level_days(self) -> int:
        """The length of the evaluation window may be a single day, which would show no level."""
        metric = self.policy.metric
        if not isinstance(metric, PrometheusMetric):
            return MAX_LEVEL_DAYS
        return min(MAX_LEVEL_DAYS, int(MAX_STEPS * timedelta(minutes=metric.step_minutes) / _DAY))

    def _query(self, version: str, start: datetime, end: datetime) -> MetricQuery:
        return MetricQuery(self.name, self.policy.metric, start, end, version, self.policy.data)


def champions_of(record: ServingRecord, watch: Watch, policy: Policy) -> Iterator[Champion]:
    """One for each metric by which a champion is judged: that of its policy, and what labels say if that is another."""
    by_labels = judged_by_labels(policy)
    metrics = 2 if by_labels else 1
    yield Champion(record, watch, policy, metrics)
    if by_labels:
        yield Champion(record, watch, by_labels, metrics, is_labelled=True)
