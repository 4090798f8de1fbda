"""Metrics from a Prometheus server, or Amazon Managed Prometheus, many models in one range query."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

import requests

from ...domain.errors import MetricsUnavailable, SettingInvalid
from ...domain.metric_points import PointSeries, read_points
from ...domain.metric_reading import MetricQuery, MetricReading
from ...domain.policy.metric import MAX_STEPS, PrometheusMetric
from ..addresses import KEEPS_SECRETS, check_address, keeps_secrets
from ..http import Session, exchange

MODELS_PER_QUERY = 500
# It extrapolates at the edges of a step, so it may count slightly more right rows than labelled ones.
MAX_EXCESS = 0.05
_MAY_PASS = frozenset({408, 429, 500, 502, 503, 504})
_MAX_MESSAGE_LENGTH = 300
# Some servers answer with what they have at hand, and say so beside the values: VictoriaMetrics in `isPartial`.
_PARTIAL = frozenset({"partial", "ispartial", "partialresponse"})
_MESSAGES = ("error", "warnings", "infos")
_UNEXPECTED = (ValueError, LookupError, TypeError, AttributeError, RecursionError, OverflowError)
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


class _Answer(NamedTuple):
    """Points by model, and the problem that makes all of them unusable, if any."""

    of_model: dict[str, PointSeries]
    problem: str | None = None

    def of(self, model_name: str) -> PointSeries:
        return self.of_model.get(model_name, PointSeries())


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
        answers = [self._series(query, name, _COUNTER if metric.counts_rows else "", models) for name in names]
        shares = self._series(query, metric.label_share, _GAUGES["mean"], models) if metric.label_share else None
        for each in alike:
            yield _reading(each, answers, shares)

    def _series(self, query: MetricQuery, name: str, template: str, models: list[str]) -> _Answer:
        metric = _metric_of(query)
        step = metric.step_minutes * 60
        if metric.steps_in(query.end - query.start) > MAX_STEPS:
            return _Answer({}, f"the window has more than {MAX_STEPS} steps of {metric.step_minutes} minutes")
        expression = (template or _GAUGES[metric.aggregation]).format(
            label=metric.model_label, series=f"{name}{{{_matchers(metric, models)}}}", step=step
        )
        # A point covers the step before it, so the first one is one step after the start.
        start, end = query.start.timestamp() + step, query.end.timestamp()
        return self._ask({"query": expression, "start": f"{start}", "end": f"{end}", "step": f"{step}"}, query)

    def _ask(self, form: Mapping[str, str], query: MetricQuery) -> _Answer:
        status, content = self._post(urlencode(form).encode())
        if status in _MAY_PASS:
            raise MetricsUnavailable(f"Prometheus answered {status}: {_message(content)}")
        if status != 200:
            return _Answer({}, f"Prometheus answered {status}: {_message(content)}")
        return _parse(content, _metric_of(query).model_label, _step_of(query))

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
    return _quoted(text)


def _step_of(query: MetricQuery) -> timedelta:
    return timedelta(minutes=_metric_of(query).step_minutes)


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


def _parse(content: bytes, label: str, step: timedelta) -> _Answer:
    try:
        document = json.loads(content)
        problem = _problem_of(document)
        answer = _Answer({}, problem)
        for series in () if problem else document["data"]["result"]:
            _add(series, str(series["metric"][label]), step, answer.of_model)
    except _UNEXPECTED as error:
        return _Answer({}, _unexpected(error))
    return answer


def _problem_of(document: Any) -> str | None:
    """What makes the whole answer unusable, if anything does."""
    if document["status"] != "success":
        return f"Prometheus answered with the status {_quoted(document['status'])}"
    kind = document["data"]["resultType"]
    if kind != "matrix":
        return f"Prometheus answered with a {_quoted(kind)} instead of a matrix"
    for part in (document, document["data"]):
        if any(value for name, value in part.items() if name.replace("_", "").lower() in _PARTIAL):
            return "Prometheus answered with a part of the data only"
    messages = [document.get(name) for name in _MESSAGES]
    lists = [message if isinstance(message, list) else [message] for message in messages if message]
    return _quoted("; ".join(str(text) for each in lists for text in each)) or None


def _add(series: Any, model: str, step: timedelta, of_model: dict[str, PointSeries]) -> None:
    """Whatever one series holds, those of the other models stay readable."""
    points = of_model.get(model)
    if points is not None:
        points.problems.append("it has several series")
        return
    points = of_model[model] = PointSeries()
    try:
        if "histograms" in series:
            points.problems.append("it has histograms")
        for at, value in series["values"]:
            points.add(datetime.fromtimestamp(_number(at), UTC) - step, _number(value))
    except _UNEXPECTED as error:
        points.problems.append(_unexpected(error))


def _number(value: Any) -> float:
    # float() takes both for numbers.
    if isinstance(value, bool) or "_" in str(value):
        raise TypeError
    return float(value)


def _quoted(text: Any) -> str:
    return " ".join(str(text).split())[:_MAX_MESSAGE_LENGTH]


def _unexpected(error: Exception) -> str:
    return f"Prometheus answered in an unexpected format ({type(error).__name__})"


def _reading(query: MetricQuery, answers: list[_Answer], shares: _Answer | None) -> MetricReading:
    problems = [answer.problem for answer in (*answers, shares) if answer and answer.problem]
    if problems:
        return MetricReading(value=None, problem="; ".join(dict.fromkeys(problems)))
    values, *counts = (answer.of(query.model_name) for answer in answers)
    of_labels = shares.of(query.model_name) if shares else None
    return read_points(query, _step_of(query), values, counts[0] if counts else None, of_labels, max_excess=MAX_EXCESS)
