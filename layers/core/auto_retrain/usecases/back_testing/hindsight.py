"""What later labels say: whether a retraining was needed, and on which days the metric was beyond its limit."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from typing import NamedTuple

from ...domain.deployment_ledger import LedgerLine
from ...domain.errors import AutoRetrainError
from ...domain.judged_metric import JudgedMetric
from ...domain.metric_reading import MetricQuery, MetricReading
from ...domain.past_decision import BeyondLimit, Hindsight, Level, PastDecision
from ...domain.policy.policy import Policy
from ...domain.trigger_type import TriggerType
from ...domain.windows import Window, metric_window_end
from ...ports import MetricSource
from .past import Past

_DAY = timedelta(days=1)


class Hindsights(NamedTuple):
    """The decisions with what came after them, the metric of each day, and the days on which it was beyond its limit.

    Or why the metric cannot be read.
    """

    decisions: Sequence[PastDecision]
    levels: Sequence[Level] = ()
    beyond: Sequence[BeyondLimit] = ()
    unread: str | None = None


def judges_metric(policy: Policy) -> bool:
    return policy.triggers.enables(TriggerType.PERFORMANCE_DEGRADATION)


def look_back(
    policy: Policy, days: Window, decisions: Sequence[PastDecision], past: Past, metrics: MetricSource, now: datetime
) -> Hindsights:
    """Judge the decisions by the metric of the window after each, and each day by the window around it.

    None is read that is not due `now`: a source that keeps what it counted would keep that there are no labels.
    """
    if not judges_metric(policy):
        return Hindsights(decisions)
    starts = [each.at for each in decisions if _is_for_the_metric(each)]
    length = policy.triggers.evaluation_window
    half = length / 2
    noons = [datetime.combine(day, time(12), UTC) for day in days.days()]
    last = metric_window_end(now, policy.data.label_delay_days)
    queries = [
        *(_query(policy, at, min(at + length, last), past.champion_at(at)) for at in starts),
        *(_query(policy, noon - half, min(noon + half, last), past.champion_around(noon, half)) for noon in noons),
    ]
    try:
        readings = _read(queries, metrics)
    except AutoRetrainError as error:
        return Hindsights(decisions, unread=str(error))
    needed = {at: _needed(policy, next(readings)) for at in starts}
    judged = [each.changed(needed=needed[each.at]) if _is_for_the_metric(each) else each for each in decisions]
    values = [(noon.date(), _value(policy, next(readings))) for noon in noons]
    levels = [Level(day=day, value=value) for day, value in values if value is not None]
    beyond = [level.day for level in levels if policy.triggers.is_worse(level.value)]
    return Hindsights(judged, levels, list(_in_a_row(beyond, decisions)))


def _read(queries: Sequence[MetricQuery], metrics: MetricSource) -> Iterator[MetricReading]:
    """The reading of each; of less than a day, none of whose labels are due, there is no value."""
    due = [query.end - query.start >= _DAY for query in queries]
    readings = iter(metrics.read([query for query, is_due in zip(queries, due, strict=True) if is_due]))
    return (next(readings) if is_due else MetricReading(value=None) for is_due in due)


def _is_for_the_metric(decision: PastDecision) -> bool:
    return decision.outcome == "started" and decision.trigger_type is TriggerType.PERFORMANCE_DEGRADATION


def _query(policy: Policy, start: datetime, end: datetime, line: LedgerLine | None) -> MetricQuery:
    """The metric of what served, from full hour to full hour."""
    return MetricQuery(
        model_name=policy.model,
        version=line.version.number if line else None,
        metric=policy.metric,
        data=policy.data,
        start=start.replace(minute=0, second=0, microsecond=0),
        end=end.replace(minute=0, second=0, microsecond=0),
    )


def _needed(policy: Policy, reading: MetricReading) -> Hindsight:
    value = _value(policy, reading)
    if value is None:
        return "unknown"
    return "confirmed" if policy.triggers.is_worse(value) else "needless"


def _value(policy: Policy, reading: MetricReading) -> float | None:
    """The value, however old it is; unknown where the trigger could not judge either, such as with too few rows."""
    metric = JudgedMetric(policy, reading, reading.newest_at or datetime.max.replace(tzinfo=UTC))
    at_worst, at_best = map(metric.is_worse, metric.extremes)
    return None if metric.doubt or at_worst != at_best else reading.value


def _in_a_row(days: Sequence[date], decisions: Sequence[PastDecision]) -> Iterator[BeyondLimit]:
    starts = [each for each in decisions if each.outcome == "started"]
    # Days in a row are as far from the first one as they are down the list.
    for _, run in groupby(enumerate(days), lambda numbered: numbered[1] - numbered[0] * _DAY):
        first, *_, last = [day for _, day in run] * 2
        yield BeyondLimit(first=first, last=last).answered_by(starts)
