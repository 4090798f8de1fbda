"""The metric of a version that was trained in a back-test, from what it answers to the labelled rows of each day."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from ...domain.holdout_profile import HoldoutProfile, ScoreCounts
from ...domain.labelled_days import LabelledDay, VersionDay, read_days
from ...domain.metric_points import PointSeries, read_points
from ...domain.metric_reading import MetricQuery, MetricReading
from ...domain.policy.metric import PredictionLogMetric
from ...domain.scored_days import ScoredDay, read_scores
from ...domain.windows import utc_days

_DAY = timedelta(days=1)


class LoggedDay(NamedTuple):
    """What a prediction log would have of a day: the metric that its labels say, and the scores."""

    value: float | None
    scores: ScoreCounts


class AnsweredDay(NamedTuple):
    """What a version answers to the rows of a day: the metric over those with a label; None without any.

    `independent` is how many rows tell as much as the labelled ones, because those of an entity are alike.
    """

    answered: int
    labelled: int
    independent: float
    value: float | None
    logged: LoggedDay | None = None


class Unanswered(NamedTuple):
    """A day on which a version answers nothing, and why."""

    problem: str


# Days without data, out of those that are asked for, are left out.
Answers = Callable[[str, Sequence[date]], Mapping[date, AnsweredDay | Unanswered]]


class TriedLog(NamedTuple):
    """What a log knows of versions: what their scores meant on their holdouts, and on which days they served."""

    profile_of: Callable[[str], HoldoutProfile | None]
    served: Callable[[str, date], bool]


class TriedMetrics:
    """MetricSource whose versions answer every day that they are asked about, whether they served then or not.

    Each is read as its own source would: `answers` says what a version would have answered, and the window of a query
    what of that is due. A query that names no version has no value, as nothing serves.
    """

    def __init__(self) -> None:
        # Without them, there is nothing to work the metric out from.
        self.answers: Answers | None = None
        # Without it, there are no scores.
        self.log: TriedLog | None = None

    def read(self, queries: Sequence[MetricQuery]) -> list[MetricReading]:
        return [self._read(query) for query in queries]

    def _read(self, query: MetricQuery) -> MetricReading:
        if query.version is None or self.answers is None:
            return MetricReading(value=None)
        told = self.answers(query.version, utc_days(query.start, query.end))
        if query.asks == "metric":
            return _metric_of(query, told)
        if self.log is None:
            return MetricReading(value=None, problem="this policy estimates nothing, so no scores are counted")
        served = {day: each for day, each in told.items() if self.log.served(query.version, day)}
        scored = _scored(query, self.log.profile_of(query.version), served)
        if query.asks == "scores":
            return scored
        labelled = _metric_of(query, {day: _as_logged(each) for day, each in served.items()})
        return labelled.changed(scores=scored.scores, problem=scored.problem or labelled.problem)


def _metric_of(query: MetricQuery, told: Mapping[date, AnsweredDay | Unanswered]) -> MetricReading:
    days = utc_days(query.start, query.end)
    answered = {day: each for day, each in told.items() if isinstance(each, AnsweredDay)}
    if isinstance(query.metric, PredictionLogMetric):
        reading = read_days(query, dict(_logged(query, days, answered)))
    else:
        reading = _published(query, days, answered)
    problem = next((each.problem for each in told.values() if isinstance(each, Unanswered)), None)
    # As in production, other days say enough.
    return reading.changed(problem=problem) if problem and reading.value is None else reading


def _scored(
    query: MetricQuery, profile: HoldoutProfile | None, told: Mapping[date, AnsweredDay | Unanswered]
) -> MetricReading:
    """On a day on which another version served, a log has nothing of this one."""
    if profile is None:
        problem = f"nothing is kept of what the scores of version {query.version} meant on its holdout"
        return MetricReading(value=None, problem=problem)
    known = {day: _scored_day(day, told.get(day)) for day in utc_days(query.start, query.end)}
    return read_scores(query, profile, known)


def _scored_day(day: date, told: AnsweredDay | Unanswered | None) -> ScoredDay:
    if isinstance(told, Unanswered):
        return ScoredDay(day=day, files="", problem=told.problem)
    return ScoredDay(day=day, files="", counts=told.logged.scores if told and told.logged else ScoreCounts())


def _as_logged(told: AnsweredDay | Unanswered) -> AnsweredDay | Unanswered:
    if isinstance(told, Unanswered):
        return told
    return told._replace(value=told.logged.value if told.logged else None)


def _logged(
    query: MetricQuery, days: Sequence[date], answered: Mapping[date, AnsweredDay]
) -> Iterator[tuple[date, LabelledDay]]:
    """As a prediction log and its labels would be counted."""
    for day in days:
        versions = {query.version or "": _counted(query, answered[day])} if day in answered else {}
        yield day, LabelledDay(day=day, files="", known_until=query.end, versions=versions)


def _counted(query: MetricQuery, day: AnsweredDay) -> VersionDay:
    known = {"answered": day.answered, "labelled": day.labelled, "independent": day.independent}
    value = day.value or 0.0
    if query.metric.counts_rows:
        return VersionDay(**known, good=round(value * day.labelled))
    loss = value**2 if query.metric.name == "rmse" else value
    return VersionDay(**known, loss=loss * day.labelled)


def _published(query: MetricQuery, days: Sequence[date], answered: Mapping[date, AnsweredDay]) -> MetricReading:
    """As a program would publish it once a day: the sum of right rows and their number, or the value itself."""
    values, counts, shares = PointSeries(), PointSeries(), PointSeries()
    for number, day in enumerate(days):
        each, at = answered.get(day), _moment(query, number)
        if each is None:
            continue
        shares.add(at, each.labelled / each.answered if each.answered else 0.0)
        if each.value is not None:
            is_counted = query.metric.counts_rows
            values.add(at, each.value * each.labelled if is_counted else each.value)
            counts.add(at, each.labelled if is_counted else 1)
    has_counts = query.metric.counts_rows or query.metric.aggregation in ("mean", "latest")
    known_shares = shares if query.metric.knows_label_share else None
    return read_points(query, _DAY, values, counts if has_counts else None, known_shares)


def _moment(query: MetricQuery, number: int) -> datetime:
    """Sources count days from the beginning of a window."""
    return query.start + number * _DAY
