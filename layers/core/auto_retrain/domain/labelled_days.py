"""What the labels said of the answers of whole days, version by version, and the reading of a metric from them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from math import sqrt
from typing import Self

from .base import Record, UtcTime
from .digest import canonical_json, sha256_of
from .layouts import Layout
from .metric_reading import MetricQuery, MetricReading
from .policy.data import DataPolicy
from .policy.metric import PredictionLogMetric
from .windows import utc_days

# What comes so long after the labels of a day were due does not count any more.
SETTLING = timedelta(days=3)
# How soon a day is looked at again that lacks labels: hourly looks at a large log would be dear.
RETRY = timedelta(hours=6)
# A window has 365 at most, and that before a promotion 30.
MAX_DAYS = 400

_DAY = timedelta(days=1)


class VersionDay(Record):
    """The answers of one version on a day that have a label, out of all that it gave.

    `independent` is how many rows tell as much as these, because those of an entity are alike. `good` are right; for a
    regression, `loss` sums the absolute or squared errors.
    """

    answered: int
    labelled: int = 0
    independent: float = 0.0
    good: int = 0
    loss: float = 0.0


class LabelledDay(Record):
    """A UTC day as it was when it was last compared with its files, and why it could not be counted, if so.

    `files` stands for the names and contents of all files of the log and of the labels. Until `known_until` labels were
    due when it was compared.
    """

    day: date
    files: str
    known_until: UtcTime
    versions: Mapping[str, VersionDay] = {}
    problem: str | None = None

    def is_current(self, end: datetime, min_share: float) -> bool:
        """Whether its files need not be looked at by somebody to whom the labels until a moment are due.

        One with a broken file is looked at each time. Before it settles, so is one that lacks labels, or answers, but
        not each time; and afterwards one that has none at all, because its log or labels may be written later.
        """
        settles = start_of(self.day) + _DAY + SETTLING
        has_settled, share = self.known_until >= settles, self._label_share
        if self.problem is not None or (end >= settles and not has_settled):
            return False
        is_enough = share > 0 and (has_settled or share >= min_share)
        return is_enough or end < self.known_until + RETRY

    @property
    def _label_share(self) -> float:
        answered = sum(each.answered for each in self.versions.values())
        return sum(each.labelled for each in self.versions.values()) / answered if answered else 0.0


class LabelledDays(Record):
    """All counted days of a model's log, for as long as it is read in the same way."""

    schema_version: int = 1
    days: tuple[LabelledDay, ...] = ()

    def with_days(self, days: Mapping[date, LabelledDay]) -> Self:
        """With some days in the place of what was known of them; the oldest are forgotten."""
        known = {each.day: each for each in self.days} | dict(days)
        return self.changed(days=tuple(known[day] for day in sorted(known)[-MAX_DAYS:]))


def way_of_reading(metric: PredictionLogMetric, data: DataPolicy) -> str:
    """A digest of all that decides what is counted; numbers that were counted in another way tell nothing."""
    place = data.place_of_labels
    # Earlier releases knew one layout and did not name it; what they counted is not counted again.
    layout = "" if place.layout is Layout.DATE else f" {place.layout} {place.date_column}"
    rest = f"{data.task} {data.label_delay_days}{layout}".encode()
    return sha256_of(canonical_json(metric) + canonical_json(place, leave_out={"layout", "date_column"}) + rest)[:16]


def start_of(day: date) -> datetime:
    """Its first moment."""
    return datetime.combine(day, time(), UTC)


def read_days(query: MetricQuery, known: Mapping[date, LabelledDay]) -> MetricReading:
    """The metric of a version over the UTC days that end in the window; one that is not known is a problem.

    A version that did not answer on a day has no point for it, nor has one of whose answers none has a label.
    """
    days = utc_days(query.start, query.end)
    problem = _problem(days, known)
    if problem:
        return MetricReading(value=None, problem=problem)
    version = query.version or ""
    own = {day: known[day].versions[version] for day in days if version in known[day].versions}
    labelled = {day: each for day, each in own.items() if each.labelled}
    answered = sum(each.answered for each in own.values())
    share = sum(each.labelled for each in labelled.values()) / answered if answered else None
    if not labelled:
        return MetricReading(value=None, label_share=share)
    newest = max(labelled)
    values = [(value_of(query, [each]), each.independent) for each in labelled.values()]
    is_counted, shown = query.metric.counts_rows, [value for value, _ in values]
    return MetricReading(
        value=value_of(query, labelled.values()),
        rows=int(sum(rows for _, rows in values)) if is_counted else None,
        points=len(values),
        newest_at=query.end if newest == days[-1] else start_of(newest) + _DAY,
        label_share=share,
        by_day=tuple(values),
        day_numbers=tuple((day - days[0]).days for day in labelled),
        least_and_greatest=None if is_counted else (min(shown), max(shown)),
    )


def _problem(days: Sequence[date], known: Mapping[date, LabelledDay]) -> str | None:
    missing = [day for day in days if day not in known]
    if missing:
        return f"{len(missing)} of {len(days)} days of the prediction log are not counted yet"
    broken = [known[day] for day in days if known[day].problem]
    others = f"; and {len(broken) - 1} more days" if len(broken) > 1 else ""
    return f"the prediction log of {broken[0].day}: {broken[0].problem}{others}" if broken else None


def value_of(query: MetricQuery, days: Collection[VersionDay]) -> float:
    """The metric of all answers of some days that have a label."""
    labelled = sum(each.labelled for each in days)
    if query.metric.counts_rows:
        return sum(each.good for each in days) / labelled
    mean = sum(each.loss for each in days) / labelled
    return sqrt(mean) if query.metric.name == "rmse" else mean
