"""Metrics from a Prometheus server, or Amazon Managed Prometheus, many models in one range query."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

import requests

from ...domain.errors import MetricsUnavailable, SettingInvalid
from ...domain.metric_reading import MetricQuery, MetricReading
from ...domain.policy.metric import PrometheusMetric
from ..addresses import KEEPS_SECRETS, check_address, keeps_secrets
from ..http import Session, exchange

MODELS_PER_QUERY = 500
# A server refuses queries for more points per series.
MAX_POINTS = 11_000
# The sum of any number of them is still finite.
MAX_VALUE = 1e100
_MAY_PASS = frozenset({408, 429, 500, 502, 503, 504})
_MAX_MESSAGE_LENGTH = 300
# One point aggregates the samples within a step, and then the instances that publish them.
_GAUGES = {
    "mean": "avg by ({label}) (avg_over_time({series}[{step}s]))",
    "latest": "avg by ({label}) (last_over_time({series}[{step}s]))",
    "minimum": "min by ({label}) (min_over_time({series}[{step}s]))",
    "maximum": "max by ({label}) (max_over_time({series}[{step}s]))",
}
# Prometheus itself handles counters that were reset.
_COUNTER = "sum by ({label}) (increase({series}[{step}s]))"

Sign = Callable[[str, bytes, Mapping[str, str]], Mapping[str, str]]
Points = dict[float, float]


class _Series(NamedTuple):
    """Points by model, and the problem that makes them unusable, if any."""

    points: Mapping[str, Points]
    problem: str | None


class PrometheusMetricSource:
    """MetricSource on the HTTP API; `sign` returns the headers of a signed request."""

    def __init__(self, url: str, sign: Sign | None = None) -> None:
        check_address("PROMETHEUS_URL", url)
        # A signed request holds a session token.
        if sign and not keeps_secrets(url):
            raise SettingInvalid("PROMETHEUS_URL", url, f"{KEEPS_SECRETS}, because its requests are signed")
        self._url = f"{url.rstrip('/')}/api/v1/query_range"
        self._sign = sign
        self._session = Session()
        # Ignore the environment's proxies and netrc files.
        self._session.trust_env = False

    def read(self, queries: Sequence[MetricQuery]) -> list[MetricReading]:
        readings: dict[int, MetricReading] = {}
        for numbers in _alike(queries):
            for first in range(0, len(numbers), MODELS_PER_QUERY):
                chunk = numbers[first : first + MODELS_PER_QUERY]
                readings.update(zip(chunk, self._read([queries[number] for number in chunk]), strict=True))
        return [readings[number] for number in range(len(queries))]

    def _read(self, alike: list[MetricQuery]) -> Iterator[MetricReading]:
        query, models = alike[0], [each.model_name for each in alike]
        metric = _metric_of(query)
        names = [metric.gauge] if metric.gauge else [metric.correct_total or "", metric.labelled_total or ""]
        series = [self._series(query, name, _COUNTER if metric.counts_rows else "", models) for name in names]
        shares = self._series(query, metric.label_share, _GAUGES["mean"], models) if metric.label_share else None
        for model in models:
            yield _reading(metric, model, series, shares)

    def _series(self, query: MetricQuery, name: str, template: str, models: list[str]) -> _Series:
        metric = _metric_of(query)
        step = metric.step_minutes * 60
        if (query.end - query.start).total_seconds() / step > MAX_POINTS:
            return _Series({}, f"the window has more than {MAX_POINTS} steps of {metric.step_minutes} minutes")
        expression = (template or _GAUGES[metric.aggregation]).format(
            label=metric.model_label, series=f"{name}{{{_matchers(metric, models)}}}", step=step
        )
        # A point covers the step before it, so the first one is one step after the start.
        start, end = query.start.timestamp() + step, query.end.timestamp()
        return self._ask({"query": expression, "start": f"{start}", "end": f"{end}", "step": f"{step}"}, metric)

    def _ask(self, form: Mapping[str, str], metric: PrometheusMetric) -> _Series:
        status, content = self._post(urlencode(form).encode())
        if status in _MAY_PASS:
            raise MetricsUnavailable(f"Prometheus answered {status}: {_message(content)}")
        if status != 200:
            return _Series({}, f"Prometheus answered {status}: {_message(content)}")
        return _parse(content, metric.model_label)

    def _post(self, body: bytes) -> tuple[int, bytes]:
        headers: Mapping[str, str] = {"Content-Type": "application/x-www-form-urlencoded"}
        if self._sign:
            headers = self._sign(self._url, body, headers)
        try:
            answer = exchange(self._session, "POST", self._url, data=body, headers=headers)
        except requests.RequestException as error:
            raise MetricsUnavailable(f"Prometheus did not answer: {error}") from error
        return answer.status, answer.content


def _message(content: bytes) -> str:
    try:
        text = str(json.loads(content)["error"])
    except (ValueError, KeyError, TypeError, RecursionError):
        text = content.decode(errors="replace")
    return " ".join(text.split())[:_MAX_MESSAGE_LENGTH]


def _metric_of(query: MetricQuery) -> PrometheusMetric:
    assert isinstance(query.metric, PrometheusMetric)
    return query.metric


def _alike(queries: Sequence[MetricQuery]) -> list[list[int]]:
    """Indexes of queries that differ only in the model, in groups that one request can cover."""
    groups: dict[tuple[str, datetime, datetime], list[int]] = defaultdict(list)
    for number, query in enumerate(queries):
        groups[query.metric.model_dump_json(), query.start, query.end].append(number)
    return list(groups.values())


def _matchers(metric: PrometheusMetric, models: list[str]) -> str:
    """Model names contain no special characters of regular expressions; other values are compared literally."""
    others = [f'{name}="{_escaped(value)}"' for name, value in sorted(metric.labels.items())]
    return ",".join([f'{metric.model_label}=~"{_escaped("|".join(models))}"', *others])


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _parse(content: bytes, label: str) -> _Series:
    try:
        document = json.loads(content)
        data = document["data"]
        if document["status"] != "success" or data["resultType"] != "matrix":
            kind = str(data["resultType"])[:_MAX_MESSAGE_LENGTH]
            return _Series({}, f"Prometheus answered with a {kind} instead of a matrix")
        points = {
            series["metric"].get(label, ""): {_moment(at): float(value) for at, value in series["values"]}
            for series in data["result"]
        }
        warnings = [str(warning) for warning in document.get("warnings") or []]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        return _Series({}, f"Prometheus answered in an unexpected format ({type(error).__name__})")
    return _Series(points, "; ".join(warnings)[:_MAX_MESSAGE_LENGTH] or None)


def _moment(seconds: Any) -> float:
    """A time stamp; raises an error for one outside of the calendar."""
    moment = float(seconds)
    datetime.fromtimestamp(moment, UTC)
    return moment


def _reading(metric: PrometheusMetric, model: str, series: list[_Series], shares: _Series | None) -> MetricReading:
    all_series = [*series, *([shares] if shares else [])]
    problems = [one.problem for one in all_series if one.problem]
    points = [dict(one.points.get(model, {})) for one in all_series]
    if not all(abs(value) <= MAX_VALUE for by_step in points for value in by_step.values()):
        problems.append(f"it has values that are not finite numbers of at most {MAX_VALUE:g}")
    # A step without labelled rows says nothing about accuracy.
    steps = sorted(at for at in points[0] if not metric.counts_rows or points[1].get(at, 0) > 0)
    if problems or not steps:
        return MetricReading(value=None, points=len(steps), problem="; ".join(dict.fromkeys(problems)) or None)
    labels = points[-1].values() if shares else ()
    rows = sum(points[1][at] for at in steps) if metric.counts_rows else None
    right = [points[0][at] for at in steps]
    return MetricReading(
        # Extrapolation at the edges of a step may count slightly more correct rows than rows.
        value=min(sum(right) / rows, 1.0) if rows else _aggregate(metric, right),
        rows=round(rows) if rows else None,
        points=len(steps),
        newest_at=datetime.fromtimestamp(steps[-1], UTC),
        label_share=sum(labels) / len(labels) if labels else None,
    )


def _aggregate(metric: PrometheusMetric, values: list[float]) -> float:
    if metric.aggregation == "latest":
        return values[-1]
    return {"mean": sum(values) / len(values), "minimum": min(values), "maximum": max(values)}[metric.aggregation]
