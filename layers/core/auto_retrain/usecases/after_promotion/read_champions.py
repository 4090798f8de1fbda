"""Reads the metrics of all watched champions together, and once the level of each predecessor; and judges them."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from datetime import datetime, timedelta
from functools import partial

from ...analysis.champion_watch import CHECK, judge_champion, level_of
from ...domain.errors import ServingConflict
from ...domain.metric_reading import MetricQuery, MetricReading
from ...domain.policy.policy import AppliedPolicy
from ...domain.serving import ServingRecord
from ...domain.verdict import Outcome, Verdict
from ...domain.watch import Level
from ...ports import Ports
from ..in_parts import ask_in_parts
from ..isolation import attempt, problem_of
from .champion import Champion, champions_of
from .combine import combined

# For each source, for the metric and for the level.
SPLITTING_TIME = timedelta(seconds=30)

# A model, and whether it is judged by its labels beside another metric.
_Key = tuple[str, bool]
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
        champion
        for record in records
        if record.watch and record.model_name in policies
        for champion in champions_of(record, record.watch, policies[record.model_name].policy)
    ]
    asked = _asked(champions, partial(Champion.query, at=at), problems)
    readings = _read(asked, problems, ports)
    unknown = [each for each, _ in asked if _key(each) in readings and each.level is None]
    levels = _read_levels(unknown, problems, pool, ports)
    verdicts: dict[str, list[Verdict | None]] = defaultdict(list)
    for each, query in asked:
        reading, level = readings.get(_key(each)), each.level or levels.get(_key(each))
        judging = partial(_judge, each, level, reading, query.start, at) if reading else None
        verdicts[each.name].append(attempt(judging, each.name, problems) if judging else None)
    together = {name: combined(each) for name, each in verdicts.items()}
    return {name: verdict for name, verdict in together.items() if verdict}


def _key(champion: Champion) -> _Key:
    return champion.name, champion.is_labelled


def _judge(
    champion: Champion, level: Level | str | None, reading: MetricReading, start: datetime, at: datetime
) -> Verdict:
    if not isinstance(level, Level):
        reason = f"the level of version {champion.watch.predecessor} is unknown: {level or 'it could not be read'}"
        return Verdict(check=CHECK, outcome=Outcome.INCONCLUSIVE, reason=reason)
    own, end = champion.own_days(reading, start), champion.window_end(at)
    verdict = judge_champion(champion.policy, level, own, end, champion.serving, champion.metrics)
    mixed = len(reading.by_day) - len(own.by_day)
    if not mixed:
        return verdict
    left_out = f"days left out, because others answered requests as well: {mixed}"
    return verdict.changed(reason=f"{verdict.reason}; {left_out}")


def _read_levels(
    champions: Sequence[Champion], problems: list[str], pool: Executor, ports: Ports
) -> dict[_Key, Level | str]:
    """What each predecessor's level was, or why that is unknown; a level is kept, so it is read only once."""
    asked = _asked(champions, Champion.level_query, problems)
    queries = {_key(each): query for each, query in asked}
    readings = _read(asked, problems, ports)
    levels: dict[_Key, Level | str] = {_key(each): "it served for less than a day" for each in champions}
    levels |= dict.fromkeys(queries, "it could not be read")
    for each in champions:
        if _key(each) in readings:
            reading, query = readings[_key(each)], queries[_key(each)]
            judging = partial(level_of, each.policy, reading, query.end, each.predecessor, each.metrics)
            levels[_key(each)] = attempt(judging, f"level of {each.name}", problems) or "it could not be judged"
    list(pool.map(partial(_attempt_keep, levels, problems, ports), {each.name: each for each, _ in asked}.values()))
    return levels


def _attempt_keep(levels: Mapping[_Key, Level | str], problems: list[str], ports: Ports, champion: Champion) -> None:
    name = champion.name
    level, labelled = (levels.get((name, is_labelled)) for is_labelled in (False, True))
    keeping = partial(_keep, champion.record, level, labelled, ports)
    attempt(keeping, f"level of {name}", problems)


def _keep(record: ServingRecord, level: Level | str | None, labelled: Level | str | None, ports: Ports) -> None:
    known, known_labelled = (each if isinstance(each, Level) else None for each in (level, labelled))
    if known or known_labelled:
        try:
            ports.ledger.note(record.watched_against(known, known_labelled))
        except ServingConflict:
            return  # somebody else is at work on it; the next look reads the level again


def _asked(
    champions: Sequence[Champion], query_of: Callable[[Champion], MetricQuery | None], problems: list[str]
) -> list[_Asked]:
    """The champions with the query of each, if it has one."""
    queries = [(each, attempt(partial(query_of, each), each.name, problems)) for each in champions]
    return [(each, query) for each, query in queries if query]


def _read(asked: Sequence[_Asked], problems: list[str], ports: Ports) -> dict[_Key, MetricReading]:
    """Readings by model, source by source: one that is away, or a model at fault, does not keep back the others."""
    readings: dict[_Key, MetricReading] = {}
    for source in dict.fromkeys(query.metric.source for _, query in asked):
        part = [each for each in asked if each[1].metric.source == source]
        answered, failed = ask_in_parts(part, partial(_read_part, ports), SPLITTING_TIME, ports.clock)
        readings |= {_key(champion): reading for (champion, _), reading in answered}
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
