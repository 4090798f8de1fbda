"""Live counts from raw counters of Prometheus, many models in one query.

`increase` extrapolates beyond what was counted, so the counters' own values are subtracted here.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from ...domain.errors import AutoRetrainError
from ...domain.live import LATENCY_BASE, ArmCounts, LiveCounts, LiveQuery, latency_bucket
from ...domain.metric_points import MAX_VALUE
from ...domain.policy.metric import MAX_STEPS
from ...domain.policy.requests import PrometheusRequests
from ..groups import read_in_groups
from ..metrics.prometheus_api import UNEXPECTED, PrometheusApi, escaped, number_of, problem_of, unexpected
from .by_period import Values, compared, period_of

# An answer has a value of each of their counters for each minute.
MODELS_PER_QUERY = 50
_MINUTE = 60
_COARSE = 600
# A counter that was there within this time before the step began does not start at 0 in the step.
_BEFORE = timedelta(hours=1)
_METRICS = ("requests_total", "errors_total", "latency_bucket", "business_total")


class _Series(NamedTuple):
    """The values of one counter, by seconds since 1970, and its labels."""

    labels: dict[str, str]
    points: list[tuple[float, float]]


class PrometheusLiveSource(PrometheusApi):
    """LiveSource on range queries. A step begins at the first full minute after its start."""

    def read(self, queries: Sequence[LiveQuery]) -> list[LiveCounts]:
        return read_in_groups(queries, _counters_of, self._read, MODELS_PER_QUERY)

    def _read(self, _: object, alike: list[LiveQuery]) -> list[LiveCounts]:
        requests = _requests_of(alike[0])
        try:
            series = {
                name: self._series(getattr(requests, name), alike) for name in _METRICS if getattr(requests, name)
            }
            return [_counts(query, series) for query in alike]
        except (AutoRetrainError, _Unusable) as error:
            return [LiveCounts.unknown(str(error)) for _ in alike]

    def _series(self, name: str, alike: list[LiveQuery]) -> dict[tuple[str, str], list[_Series]]:
        """The series of each model and version; raises _Unusable if the answer cannot be trusted as a whole."""
        requests = _requests_of(alike[0])
        content, refusal = self.answer(_form(f"{name}{{{_matchers(requests, alike)}}}", alike))
        if refusal:
            raise _Unusable(refusal)
        by_arm: dict[tuple[str, str], list[_Series]] = defaultdict(list)
        for series in _parsed(content):
            labels = series.labels
            by_arm[labels.get(requests.model_label, ""), labels.get(requests.version_label, "")].append(series)
        return by_arm


class _Unusable(Exception):
    """Why nothing can be counted, in words for people."""


def _counters_of(query: LiveQuery) -> str:
    return _requests_of(query).model_dump_json()


def _requests_of(query: LiveQuery) -> PrometheusRequests:
    requests = query.policy.deployment.requests
    assert isinstance(requests, PrometheusRequests)
    return requests


def _form(expression: str, alike: list[LiveQuery]) -> dict[str, str]:
    """At full minutes; of a step of more than a week, at every tenth."""
    start = (min(query.start for query in alike) - _BEFORE).timestamp()
    end = max(query.end for query in alike).timestamp()
    step = _MINUTE if (end - start) / _MINUTE < MAX_STEPS - 1 else _COARSE
    return {"query": expression, "start": f"{start // step * step}", "end": f"{end}", "step": f"{step}"}


def _matchers(requests: PrometheusRequests, alike: list[LiveQuery]) -> str:
    models = sorted({query.policy.model for query in alike})
    versions = sorted({version for query in alike for version in (query.champion, query.challenger)})
    others = [f'{name}="{escaped(value)}"' for name, value in sorted(requests.labels.items())]
    return ",".join(
        [
            f'{requests.model_label}=~"{escaped("|".join(models))}"',
            f'{requests.version_label}=~"{escaped("|".join(map(re.escape, versions)))}"',
            *others,
        ]
    )


def _parsed(content: bytes) -> list[_Series]:
    try:
        document = json.loads(content)
        problem = problem_of(document)
        if not problem:
            return [_one(series) for series in document["data"]["result"]]
    except UNEXPECTED as error:
        problem = unexpected(error)
    raise _Unusable(problem)


def _one(series: Any) -> _Series:
    points = sorted((number_of(at), number_of(value)) for at, value in series["values"])
    return _Series({str(name): str(value) for name, value in series["metric"].items()}, points)


def _counts(query: LiveQuery, series: dict[str, dict[tuple[str, str], list[_Series]]]) -> LiveCounts:
    arms: list[ArmCounts] = []
    values: list[dict[float, Values]] = []
    for version in (query.champion, query.challenger):
        of_version = {name: by_arm.get((query.policy.model, version), []) for name, by_arm in series.items()}
        try:
            arms.append(_arm(query, of_version))
        except _Unusable as error:
            return LiveCounts.unknown(f"version {version}: {error}")
        values.append(_values(query, of_version))
    times = [at for by_arm in series["requests_total"].items() for at in _times(query, by_arm)]
    newest = min(datetime.fromtimestamp(max(times), UTC), query.end) if times else None
    return LiveCounts(champion=arms[0], challenger=arms[1], by_period=compared(*values), newest_at=newest)


def _times(query: LiveQuery, arm: tuple[tuple[str, str], list[_Series]]) -> Iterator[float]:
    (model, version), series = arm
    if model == query.policy.model and version in (query.champion, query.challenger):
        yield from (each.points[-1][0] for each in series if each.points)


def _arm(query: LiveQuery, series: dict[str, list[_Series]]) -> ArmCounts:
    requests_of = _requests_of(query)
    for name, counters in series.items():
        if not all(0 <= value <= MAX_VALUE for counter in counters for _, value in counter.points):
            raise _Unusable(f"'{getattr(requests_of, name)}' has values that are negative or not finite")
    requests = _total(query, series["requests_total"])
    errors = _total(query, series["errors_total"])
    if requests and not series["errors_total"]:
        raise _Unusable(
            f"there is no '{requests_of.errors_total}' although there were requests; publish 0 without errors"
        )
    if errors > requests + 0.5:
        raise _Unusable(f"'{requests_of.errors_total}' rose by more than '{requests_of.requests_total}'")
    return ArmCounts(
        requests=round(requests),
        errors=round(errors),
        latencies=_latencies(query, series.get("latency_bucket", [])),
        business=_total(query, series.get("business_total", [])),
        business_rows=round(requests) if series.get("business_total") else 0,
    )


def _total(query: LiveQuery, series: Iterable[_Series]) -> float:
    return sum(_rise(query, each.points) for each in series)


def _values(query: LiveQuery, series: Mapping[str, list[_Series]]) -> dict[float, Values]:
    """The user's own value by period."""
    totals, rows = (_by_period(query, series.get(name, [])) for name in ("business_total", "requests_total"))
    return {number: Values(rows[number], total) for number, total in totals.items() if number in rows}


def _by_period(query: LiveQuery, series: Iterable[_Series]) -> dict[float, float]:
    """By the number of the period in which a counter rose; one that is under way is left out."""
    seconds, total = period_of(query.end - query.start).total_seconds(), defaultdict[float, float](float)
    for each in series:
        for at, rise in _rises(query, each.points):
            total[-(-at // seconds)] += rise
    return {number: rise for number, rise in total.items() if number * seconds <= query.end.timestamp()}


def _rise(query: LiveQuery, points: list[tuple[float, float]]) -> float:
    return sum(rise for _, rise in _rises(query, points))


def _rises(query: LiveQuery, points: list[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """How far a counter rose in the step until each moment, never more than was counted.

    After a restart it counts from 0 again; what was counted between the last value before a restart and the restart is
    lost. A counter that was there before the step, but not when it began, counts from its first value in the step.
    """
    begin, end = -(-query.start.timestamp() // _MINUTE) * _MINUTE, query.end.timestamp()
    before = [value for at, value in points if at <= begin]
    inside = [(at, value) for at, value in points if begin < at <= end]
    is_continuous = any(begin - _COARSE < at <= begin for at, _ in points)
    last = before[-1] if is_continuous else inside[0][1] if before and inside else 0.0
    for at, value in inside:
        yield at, value - last if value >= last else value
        last = value


def _latencies(query: LiveQuery, series: list[_Series]) -> dict[int, int]:
    """Requests by bucket of ours; all of one bucket of the histogram are taken for as slow as its upper bound."""
    upto: Counter[float] = Counter()
    for each in series:
        upto[_bound(each)] += _rise(query, each.points)  # type: ignore[assignment]
    scale = 1000 if _requests_of(query).latency_unit == "seconds" else 1
    buckets: Counter[int] = Counter()
    counted, slowest = 0, 0.0
    for bound, rise in sorted(upto.items()):
        if round(rise) < counted:
            raise _Unusable(f"'{_requests_of(query).latency_bucket}' has other bounds on some instances")
        slowest = bound * scale if bound != float("inf") else slowest * LATENCY_BASE
        buckets[latency_bucket(slowest)] += round(rise) - counted
        counted = round(rise)
    return {bucket: count for bucket, count in sorted(buckets.items()) if count}


def _bound(series: _Series) -> float:
    try:
        return float(series.labels["le"])
    except (KeyError, ValueError) as error:
        raise _Unusable("a latency histogram has a series without the bound 'le'") from error
