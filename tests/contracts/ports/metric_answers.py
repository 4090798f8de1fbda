"""Metric sources that answer with what a test published, each in its own words, and whatever a test does to them."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Protocol

from auto_retrain.adapters.memory.outside import MemoryMetricSource
from auto_retrain.adapters.metrics.cloudwatch import CloudWatchMetricSource
from auto_retrain.adapters.metrics.prometheus import PrometheusMetricSource
from auto_retrain.domain.metric_reading import MetricQuery, MetricReading
from auto_retrain.domain.policy.policy import Policy
from tests.unit.builders import a_policy

END = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
DAYS = 20

# One value a day, the last of them for the day before the end; None where nothing was published.
Days = Sequence[float | None]
Spoil = Callable[[Any], None]


def beginnings(days: Days) -> list[tuple[datetime, float]]:
    """The beginning of each day with a value."""
    return [(END - (len(days) - number) * DAY, value) for number, value in enumerate(days) if value is not None]


class Published(Protocol):
    """A source of which tests say what was published to it."""

    def policy(self, counts_rows: bool, **sections: Any) -> Policy: ...

    def read(
        self, series: Mapping[str, Mapping[str, Days]], policy: Policy, spoil: Spoil = ...
    ) -> dict[str, MetricReading]:
        """The readings by model; the series of each are `values` and `rows` (or `values` alone) and `shares`."""

    def read_versions(
        self, averages: Mapping[tuple[str, str], Days], asked: Mapping[str, str | None]
    ) -> dict[str, MetricReading]:
        """The readings of one version of each model, where the averages of several versions are published."""


class _Pages:
    def __init__(self, answer: Callable[[list[dict[str, Any]]], dict[str, Any]]) -> None:
        self._answer = answer

    def get_metric_data(self, MetricDataQueries: list[dict[str, Any]], **_: Any) -> dict[str, Any]:  # noqa: N803
        return self._answer(MetricDataQueries)


class CloudWatch:
    """Sums and numbers of samples; a metric whose rows are not counted is one sample a day."""

    def policy(self, counts_rows: bool, **sections: Any) -> Policy:
        return a_policy(metric={"counts_rows": counts_rows, "label_share": "labelled"}, **sections)

    def read(
        self, series: Mapping[str, Mapping[str, Days]], policy: Policy, spoil: Spoil = lambda _: None
    ) -> dict[str, MetricReading]:
        def answer(queries: list[dict[str, Any]]) -> dict[str, Any]:
            page = {"MetricDataResults": [self._result(query, series) for query in queries]}
            spoil(page)
            return page

        return _readings(CloudWatchMetricSource(_Pages(answer)), series, policy)

    def read_versions(
        self, averages: Mapping[tuple[str, str], Days], asked: Mapping[str, str | None]
    ) -> dict[str, MetricReading]:
        def answer(queries: list[dict[str, Any]]) -> dict[str, Any]:
            return {"MetricDataResults": [result(query["Id"], query["MetricStat"]) for query in queries]}

        def result(name: str, stat: dict[str, Any]) -> dict[str, Any]:
            dimensions = {each["Name"]: each["Value"] for each in stat["Metric"]["Dimensions"]}
            # CloudWatch has a metric only under all of its dimensions.
            published = averages.get((dimensions["Model"], dimensions.get("Version", "")), ())
            days = beginnings([value if stat["Stat"] == "Sum" else value and 1 for value in published])
            moments, values = [at for at, _ in days], [value for _, value in days]
            return {"Id": name, "Timestamps": moments, "Values": values, "StatusCode": "Complete"}

        metric = {"counts_rows": False, "version_dimension": "Version"}
        return _readings(CloudWatchMetricSource(_Pages(answer)), asked, a_policy(metric=metric))

    def _result(self, query: dict[str, Any], series: Mapping[str, Mapping[str, Days]]) -> dict[str, Any]:
        stat = query["MetricStat"]
        model = stat["Metric"]["Dimensions"][0]["Value"]
        of_model = {"rows": [value and 1 for value in series[model]["values"]], **series[model]}
        days = beginnings(of_model[{"Sum": "values", "SampleCount": "rows", "Average": "shares"}[stat["Stat"]]])
        moments, values = [at for at, _ in days], [value for _, value in days]
        return {"Id": query["Id"], "Timestamps": moments, "Values": values, "StatusCode": "Complete"}


class Prometheus:
    """Two counters or a gauge, in steps of a day."""

    NAMES: ClassVar = {"accuracy": "values", "ok_total": "values", "all_total": "rows", "labelled": "shares"}

    def policy(self, counts_rows: bool, **sections: Any) -> Policy:
        metric = {"correct_total": "ok_total", "labelled_total": "all_total"} if counts_rows else {"gauge": "accuracy"}
        common = {"source": "prometheus", "step_minutes": 1440, "label_share": "labelled"}
        return a_policy(metric={**common, **metric}, **sections)

    def read(
        self, series: Mapping[str, Mapping[str, Days]], policy: Policy, spoil: Spoil = lambda _: None
    ) -> dict[str, MetricReading]:
        class Canned(PrometheusMetricSource):
            def _post(self, body: bytes) -> tuple[int, bytes]:
                kind = next(kind for name, kind in Prometheus.NAMES.items() if f"{name}%7B" in body.decode())
                document = _matrix({model: of_model[kind] for model, of_model in series.items() if kind in of_model})
                spoil(document)
                return 200, json.dumps(document).encode()

        return _readings(Canned("http://127.0.0.1:1"), series, policy)

    def read_versions(
        self, averages: Mapping[tuple[str, str], Days], asked: Mapping[str, str | None]
    ) -> dict[str, MetricReading]:
        class Canned(PrometheusMetricSource):
            def _post(self, body: bytes) -> tuple[int, bytes]:
                return 200, json.dumps(_matrix(averages)).encode()

        metric = {"source": "prometheus", "step_minutes": 1440, "gauge": "accuracy", "version_label": "version"}
        return _readings(Canned("http://127.0.0.1:1"), asked, a_policy(metric=metric))


class Memory:
    """The fake."""

    def read_versions(
        self, averages: Mapping[tuple[str, str], Days], asked: Mapping[str, str | None]
    ) -> dict[str, MetricReading]:
        source = MemoryMetricSource()
        for key, days in averages.items():
            values = [value for value in days if value is not None]
            source.of_versions[key] = MetricReading(value=sum(values) / len(values), points=len(values))
        return _readings(source, asked, a_policy(metric={"counts_rows": False, "version_dimension": "Version"}))


def _matrix(of_models: Mapping[str, Days] | Mapping[tuple[str, str], Days]) -> dict[str, Any]:
    result = [
        {
            "metric": {"model": key} if isinstance(key, str) else {"model": key[0], "version": key[1]},
            "values": [[(at + DAY).timestamp(), str(value)] for at, value in beginnings(days)],
        }
        for key, days in of_models.items()
        if beginnings(days)
    ]
    return {"status": "success", "data": {"resultType": "matrix", "result": result}}


def _readings(source: Any, series: Mapping[str, Any], policy: Policy) -> dict[str, MetricReading]:
    start = END - policy.triggers.evaluation_window_days * DAY
    versions = {model: about if isinstance(about, str) else None for model, about in series.items()}
    queries = [
        MetricQuery(model_name=model, version=version, metric=policy.metric, start=start, end=END)
        for model, version in versions.items()
    ]
    return dict(zip(series, source.read(queries), strict=True))
