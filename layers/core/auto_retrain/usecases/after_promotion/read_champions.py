"""Reads the metric in production of all watched champions together, and once the level of each predecessor."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from ...analysis.champion_watch import CHECK, judge_champion, level_of, read_by
from ...domain.errors import ServingConflict
from ...domain.metric_reading import MetricQuery, MetricReading
from ...domain.model_state import Serving
from ...domain.policy.metric import MAX_STEPS, PrometheusMetric
from ...domain.policy.policy import AppliedPolicy, Policy
from ...domain.serving import ServingRecord
from ...domain.verdict import Outcome, Verdict
from ...domain.watch import Level, Watch
from ...domain.windows import metric_window, metric_window_end
from ...ports import Ports
from ..in_parts import ask_in_parts
from ..isolation import attempt, problem_of

_DAY = timedelta(days=1)
# The older days are, the less they say about the champion after.
MAX_LEVEL_DAYS = 30
# For each source, for the metric and for the level.
SPLITTING_TIME = timedelta(seconds=30)


class Champion(NamedTuple):
    """A watched champion, with the policy by which it is judged."""

    record: ServingRecord
    watch: Watch
    policy: Policy

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
        level = self.watch.level
        return level if level and level.read_by == read_by(self.policy) else None

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
        """The metric of its predecessor, over whole days of its own time."""
        end = self.watch.since.replace(minute=0, second=0, microsecond=0)
        days = min(self._level_days, (end - self.watch.predecessor_since) // _DAY)
        return self._query(self.watch.predecessor, end - days * _DAY, end) if days > 0 else None

    @property
    def _level_days(self) -> int:
        """The length of the evaluation window may be a single day, which would show no level."""
        metric = self.policy.metric
        if not isinstance(metric, PrometheusMetric):
            return MAX_LEVEL_DAYS
        return min(MAX_LEVEL_DAYS, int(MAX_STEPS * timedelta(minutes=metric.step_minutes) / _DAY))

    def _query(self, version: str, start: datetime, end: datetime) -> MetricQuery:
        return MetricQuery(model_name=self.name, version=version, metric=self.policy.metric, start=start, end=end)


_Asked = tuple[Champion, MetricQuery]


def judge_all(
    records: Sequence[ServingRecord],
    policies: Mapping[str, AppliedPolicy],
    at: datetime,
    problems: list[str],
    pool: Executor,
    ports: Ports,
) -> dict[str, Verdict]:
    """A verdict on each watched champion that has served for a day, by model; a few calls for each source."""
    champions = [
        Champion(record, record.watch, policies[record.model_name].policy)
        for record in records
        if record.watch and record.model_name in policies
    ]
    asked = _asked(champions, partial(Champion.query, at=at), problems)
    readings = _read(asked, problems, ports)
    unknown = [each for each, _ in asked if each.name in readings and each.level is None]
    levels = _read_levels(unknown, problems, pool, ports)
    verdicts: dict[str, Verdict] = {}
    for each, query in asked:
        if each.name in readings:
            level = each.level or levels.get(each.name)
            judging = partial(_judge, each, level, readings[each.name], query.start, at)
            verdict = attempt(judging, each.name, problems)
            verdicts |= {each.name: verdict} if verdict else {}
    return verdicts


def _judge(
    champion: Champion, level: Level | str | None, reading: MetricReading, start: datetime, at: datetime
) -> Verdict:
    if not isinstance(level, Level):
        reason = f"the level of version {champion.watch.predecessor} is unknown: {level or 'it could not be read'}"
        return Verdict(check=CHECK, outcome=Outcome.INCONCLUSIVE, reason=reason)
    own = champion.own_days(reading, start)
    verdict = judge_champion(champion.policy, level, own, champion.window_end(at), champion.serving)
    mixed = len(reading.by_day) - len(own.by_day)
    if not mixed:
        return verdict
    left_out = f"days left out, because others answered requests as well: {mixed}"
    return verdict.changed(reason=f"{verdict.reason}; {left_out}")


def _read_levels(
    champions: Sequence[Champion], problems: list[str], pool: Executor, ports: Ports
) -> dict[str, Level | str]:
    """What each predecessor's level was, or why that is unknown; a level is kept, so it is read only once."""
    asked = _asked(champions, Champion.level_query, problems)
    queries = {each.name: query for each, query in asked}
    readings = _read(asked, problems, ports)
    levels: dict[str, Level | str] = {each.name: "it served for less than a day" for each in champions}
    levels |= dict.fromkeys(queries, "it could not be read")
    for each in champions:
        if each.name in readings:
            reading, query = readings[each.name], queries[each.name]
            judging = partial(level_of, each.policy, reading, query.end, each.predecessor)
            levels[each.name] = attempt(judging, f"level of {each.name}", problems) or "it could not be judged"
    list(pool.map(partial(_attempt_keep, levels, problems, ports), [each for each, _ in asked]))
    return levels


def _attempt_keep(levels: Mapping[str, Level | str], problems: list[str], ports: Ports, champion: Champion) -> None:
    keeping = partial(_keep, champion, levels[champion.name], ports)
    attempt(keeping, f"level of {champion.name}", problems)


def _keep(champion: Champion, level: Level | str, ports: Ports) -> None:
    if isinstance(level, Level):
        try:
            ports.ledger.note(champion.record.watched_against(level))
        except ServingConflict:
            return  # somebody else is at work on it; the next look reads the level again


def _asked(
    champions: Sequence[Champion], query_of: Callable[[Champion], MetricQuery | None], problems: list[str]
) -> list[_Asked]:
    """The champions with the query of each, if it has one."""
    queries = [(each, attempt(partial(query_of, each), each.name, problems)) for each in champions]
    return [(each, query) for each, query in queries if query]


def _read(asked: Sequence[_Asked], problems: list[str], ports: Ports) -> dict[str, MetricReading]:
    """Readings by model, source by source: one that is away, or a model at fault, does not keep back the others."""
    readings: dict[str, MetricReading] = {}
    for source in dict.fromkeys(query.metric.source for _, query in asked):
        part = [each for each in asked if each[1].metric.source == source]
        answered, failed = ask_in_parts(part, partial(_read_part, ports), SPLITTING_TIME, ports.clock)
        readings |= {champion.name: reading for (champion, _), reading in answered}
        if failed and not answered:
            problems.append(problem_of(f"metrics of {source}", failed[0][1]))  # once, if it is silent to everybody
        else:
            problems += [problem_of(_metrics_of(unread), error) for unread, error in failed]
    return readings


def _read_part(ports: Ports, part: Sequence[_Asked]) -> list[MetricReading]:
    return ports.metrics.read([query for _, query in part])


def _metrics_of(part: Sequence[_Asked]) -> str:
    others = f" and {len(part) - 1} others" if len(part) > 1 else ""
    return f"metrics of {part[0][0].name}{others}"
