"""A reading of a model's metric, what it is about, and why it cannot be judged, if so."""

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from .metric_reading import MetricReading
from .model_state import Serving
from .policy.policy import Policy

# Where rows are not counted, nothing tells chance from decay but a window that has every day of the week.
MIN_DAYS_UNCOUNTED = 7

_DAY = timedelta(days=1)


class JudgedMetric(NamedTuple):
    """A reading up to the end of its window, and the version that has served in it, if that is known."""

    policy: Policy
    reading: MetricReading
    window_end: datetime
    serving: Serving | None = None

    @property
    def is_share(self) -> bool:
        return self.policy.triggers.performance_metric_scale == "share"

    @property
    def higher_is_better(self) -> bool:
        return self.policy.triggers.higher_is_better

    def is_worse(self, value: float) -> bool:
        return self.policy.triggers.is_worse(value)

    def is_possible(self, value: float) -> bool:
        return math.isfinite(value) and (not self.is_share or 0 <= value <= 1)

    @property
    def name(self) -> str:
        return f"labelled {self.policy.metric.name}" if self._is_logged else self.policy.metric.name

    @property
    def of_version(self) -> str:
        """For sentences: whose metric it is and, if that is less than the whole window, since when."""
        if self.serving is None:
            return ""
        version = f" of version {self.serving.version}"
        served_enough = self._served >= self.policy.triggers.evaluation_window_days * _DAY
        whole = served_enough or self.policy.metric.names_version
        return version if whole else f"{version}, which has served since {_minute(self.serving.since)},"

    def named(self, value: float) -> str:
        """The metric, its value and whose it is."""
        return f"{self.name} {f'{value:.4f}' if self.is_share else f'{value:.6g}'}{self.of_version}"

    @property
    def extremes(self) -> tuple[float, float]:
        """The worst and the best value that the metric may have, whatever was right where that was not counted."""
        value, known, unknown = self.reading.value or 0.0, self.reading.rows or 0, self.reading.unknown_rows
        if not unknown:
            return value, value
        least, greatest = (value * known / (known + unknown), (value * known + unknown) / (known + unknown))
        return (least, greatest) if self.higher_is_better else (greatest, least)

    @property
    def not_its_own(self) -> str | None:
        """Why the reading is not that of the version that serves, or of too short a time of it, if so."""
        config, metric = self.policy.triggers, self.policy.metric
        if self.serving is None:
            unknown = "the metric is read by version, and it is not known which version serves"
            return f"{unknown} until one is deployed" if metric.names_version else None
        needed = 1 if metric.counts_rows else min(MIN_DAYS_UNCOUNTED, config.evaluation_window_days)
        if (metric.counts_rows and metric.names_version) or self._served >= needed * _DAY:
            return None
        days = f"{max(self._served // _DAY, 0)} whole days of it are in the window ({needed} needed)"
        return f"version {self.serving.version} has served since {_minute(self.serving.since)}: {days}"

    @property
    def doubt(self) -> str | None:
        """Why the metric cannot be judged, if so."""
        return next(self._doubts(), None)

    def _doubts(self) -> Iterator[str]:
        if self.reading.problem is not None:
            yield f"the metric is unreliable: {self.reading.problem}"
        if self.reading.value is None or self.reading.points == 0:
            yield self._without_value
        yield from self._about_its_values()
        yield from self._about_its_points()
        yield from self._about_its_rows()

    @property
    def _without_value(self) -> str:
        if not self._is_logged:
            return f"no {self.name}{self.of_version} was published in the window"
        if self.reading.label_share is None:
            return f"the prediction log has no answers{self.of_version} in the window"
        return f"none of the logged answers{self.of_version} in the window has a label"

    def _about_its_values(self) -> Iterator[str]:
        allowed = "between 0 and 1" if self.is_share else "a finite number"
        value, points = self.reading.value, self.reading.least_and_greatest or ()
        if value is not None and not self.is_possible(value):
            yield f"{self.name} {value:.6g} is not {allowed}{_in_percent(value)}"
        for point in points:
            if not self.is_possible(point):
                yield f"a data point of {self.name} is {point:.6g}, which is not {allowed}{_in_percent(point)}"

    def _about_its_points(self) -> Iterator[str]:
        needed, hours = self.policy.triggers.min_data_points, self.policy.triggers.max_staleness_hours
        points, newest = self.reading.points, self.reading.newest_at
        if points < needed:
            yield f"only {points} data points{self.of_version} are in the window ({needed} needed)"
        if newest is None or newest < self.window_end - timedelta(hours=hours):
            when = f"from {newest.isoformat()}" if newest else "of unknown age"
            yield f"the newest data point is {when}: not within {hours} hours of the window's end"

    def _about_its_rows(self) -> Iterator[str]:
        share, needed = self.reading.label_share, self.policy.data.min_label_share
        if self.policy.metric.knows_label_share and (share is None or not share >= needed):
            part = "an unknown share" if share is None else f"only {share:.1%}"
            yield f"{part} of the labels has arrived ({needed:.1%} needed)"
        rows, least = self.reading.rows, self.policy.triggers.min_rows
        if rows is not None and rows + self.reading.unknown_rows < least:
            kind = "independent labelled rows" if self._is_logged else "labelled rows"
            labelled = f"{rows + self.reading.unknown_rows} {kind}{self.of_version}"
            yield f"only {labelled} are in the window ({least} needed)"

    @property
    def _is_logged(self) -> bool:
        """Whether it is from the prediction log and its labels."""
        return self.policy.metric.source == "prediction_log"

    @property
    def _served(self) -> timedelta:
        """How long the version has served at the end of the window."""
        return self.window_end - self.serving.since if self.serving else timedelta.max


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%MZ}"


def _in_percent(value: float) -> str:
    return f"; is it in percent? Publish {value / 100:.6g}" if 1 < value <= 100 else ""
