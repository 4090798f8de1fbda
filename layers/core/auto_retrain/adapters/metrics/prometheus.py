"""Metrics from a Prometheus server, or Amazon Managed Prometheus, many models in one range query."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from ...domain.metric_points import PointSeries, read_points
from ...domain.metric_reading import MetricQuery, MetricReading
from ...domain.policy.metric import MAX_STEPS, PrometheusMetric
from ..groups import read_in_groups
from .prometheus_api import UNEXPECTED, PrometheusApi, escaped, number_of, problem_of, unexpected

MODELS_PER_QUERY = 500
# It extrapolates at the edges of a step, so it may count slightly more right rows than labelled ones.
MAX_EXCESS = 0.05
# One point aggregates the samples within a step, and then the instances that publish them.
_GAUGES = {
    "mean": "avg by ({labels}) (avg_over_time({series}[{step}s]))",
    "latest": "avg by ({labels}) (last_over_time({series}[{step}s]))",
    "minimum": "min by ({labels}) (min_over_time({series}[{step}s]))",
    "maximum": "max by ({labels}) (max_over_time({series}[{step}s]))",
}
# Prometheus itself handles counters that were reset.
_COUNTER = "sum by ({labels}) (increase({series}[{step}s]))"


# A model and, if its metric names versions, the one that is asked about.
_Key = tuple[str, ...]


class _Answer(NamedTuple):
    """Points by model or version, and the problem that makes all of them unusable, if any."""

    by_key: dict[_Key, PointSeries]
    problem: str | None = None

    def of(self, query: MetricQuery) -> PointSeries:
        return self.by_key.get(_key_of(query), PointSeries())


class PrometheusMetricSource(PrometheusApi):
    """MetricSource on the HTTP API."""

    def read(self, queries: Sequence[MetricQuery]) -> list[MetricReading]:
        return read_in_groups(queries, _all_but_model_and_version, self._read, MODELS_PER_QUERY)

    def _read(self, _: object, alike: list[MetricQuery]) -> Iterator[MetricReading]:
        query = alike[0]
        metric = _metric_of(query)
        names = [metric.gauge] if metric.gauge else [metric.correct_total or "", metric.labelled_total or ""]
        answers = [self._series(alike, name, _COUNTER if metric.counts_rows else "") for name in names]
        shares = self._series(alike, metric.label_share, _GAUGES["mean"]) if metric.label_share else None
        for each in alike:
            yield _reading(each, answers, shares)

    def _series(self, alike: list[MetricQuery], name: str, template: str) -> _Answer:
        query = alike[0]
        metric, labels = _metric_of(query), _labels_of(query)
        step = metric.step_minutes * 60
        if metric.steps_in(query.end - query.start) > MAX_STEPS:
            return _Answer({}, f"the window has more than {MAX_STEPS} steps of {metric.step_minutes} minutes")
        expression = (template or _GAUGES[metric.aggregation]).format(
            labels=", ".join(labels), series=f"{name}{{{_matchers(alike)}}}", step=step
        )
        # A point covers the step before it, so the first one is one step after the start.
        start, end = query.start.timestamp() + step, query.end.timestamp()
        return self._ask({"query": expression, "start": f"{start}", "end": f"{end}", "step": f"{step}"}, query)

    def _ask(self, form: Mapping[str, str], query: MetricQuery) -> _Answer:
        content, problem = self.answer(form)
        return _Answer({}, problem) if problem else _parse(content, _labels_of(query), _step_of(query))


def _step_of(query: MetricQuery) -> timedelta:
    return timedelta(minutes=_metric_of(query).step_minutes)


def _metric_of(query: MetricQuery) -> PrometheusMetric:
    assert isinstance(query.metric, PrometheusMetric)
    return query.metric


def _labels_of(query: MetricQuery) -> tuple[str, ...]:
    """The labels that tell the series of an answer from each other."""
    metric = _metric_of(query)
    by_version = metric.version_label if query.version is not None else None
    return (metric.model_label, by_version) if by_version else (metric.model_label,)


def _key_of(query: MetricQuery) -> _Key:
    """The values of these labels."""
    return (query.model_name, query.version or "")[: len(_labels_of(query))]


def _all_but_model_and_version(query: MetricQuery) -> tuple[str, tuple[str, ...], datetime, datetime]:
    """One request can cover queries that have this in common."""
    return query.metric.model_dump_json(), _labels_of(query), query.start, query.end


def _matchers(alike: list[MetricQuery]) -> str:
    """Names and numbers contain no special characters of regular expressions; other values are compared literally.

    The answer may have a version that only another model was asked about; nobody takes it.
    """
    asked = zip(_labels_of(alike[0]), zip(*map(_key_of, alike), strict=True), strict=True)
    own = [f'{label}=~"{escaped("|".join(dict.fromkeys(values)))}"' for label, values in asked]
    others = [f'{name}="{escaped(value)}"' for name, value in sorted(_metric_of(alike[0]).labels.items())]
    return ",".join([*own, *others])


def _parse(content: bytes, labels: tuple[str, ...], step: timedelta) -> _Answer:
    try:
        document = json.loads(content)
        problem = problem_of(document)
        answer = _Answer({}, problem)
        for series in () if problem else document["data"]["result"]:
            _add(series, tuple(str(series["metric"][label]) for label in labels), step, answer.by_key)
    except UNEXPECTED as error:
        return _Answer({}, unexpected(error))
    return answer


def _add(series: Any, key: _Key, step: timedelta, by_key: dict[_Key, PointSeries]) -> None:
    """Whatever one series holds, those of the other models stay readable."""
    points = by_key.get(key)
    if points is not None:
        points.problems.append("it has several series")
        return
    points = by_key[key] = PointSeries()
    try:
        if "histograms" in series:
            points.problems.append("it has histograms")
        for at, value in series["values"]:
            points.add(datetime.fromtimestamp(number_of(at), UTC) - step, number_of(value))
    except UNEXPECTED as error:
        points.problems.append(unexpected(error))


def _reading(query: MetricQuery, answers: list[_Answer], shares: _Answer | None) -> MetricReading:
    problems = [answer.problem for answer in (*answers, shares) if answer and answer.problem]
    if problems:
        return MetricReading(value=None, problem="; ".join(dict.fromkeys(problems)))
    values, *counts = (answer.of(query) for answer in answers)
    of_labels = shares.of(query) if shares else None
    return read_points(query, _step_of(query), values, counts[0] if counts else None, of_labels, max_excess=MAX_EXCESS)
