"""Hooks of CloudWatch: metrics, and the alarms on them."""

import copy
from typing import Any
from unittest.mock import patch

from moto.cloudwatch.models import CloudWatchBackend, Dimension

from local.aws.alarms import Alarms
from local.aws.dispatcher import Dispatcher
from local.aws.hooks.hook import Hook
from local.aws.metrics import data_of


def evaluate_alarms(dispatcher: Dispatcher) -> Hook:
    """AWS evaluates alarms as time passes.

    moto never does; here they are evaluated when data arrive.
    """
    original, alarms = CloudWatchBackend.put_metric_data, Alarms(dispatcher.publish)

    def put_metric_data(self: CloudWatchBackend, namespace: str, metric_data: list[dict[str, Any]]) -> None:
        original(self, namespace, metric_data)
        alarms.data_arrived(self, namespace, {datum["MetricName"] for datum in metric_data})

    return patch.object(CloudWatchBackend, "put_metric_data", put_metric_data)


def read_exactly_one_metric() -> Hook:
    """AWS identifies a metric by its namespace, its name and exactly these dimensions.

    moto mixes namespaces if dimensions are given, and all dimensions if none are.
    """
    original = CloudWatchBackend.get_metric_data

    def get_metric_data(
        self: CloudWatchBackend, queries: list[dict[str, Any]], *arguments: Any, **options: Any
    ) -> list[Any]:
        if not all("MetricStat" in query for query in queries):
            return list(original(self, queries, *arguments, **options))
        # Each query sees a backend that holds nothing but its metric.
        views = [(_only(self, query["MetricStat"]["Metric"]), query) for query in queries]
        return [result for view, query in views for result in original(view, [query], *arguments, **options)]

    return patch.object(CloudWatchBackend, "get_metric_data", get_metric_data)


def _only(backend: CloudWatchBackend, metric: dict[str, Any]) -> CloudWatchBackend:
    dimensions = [Dimension(dimension["Name"], dimension["Value"]) for dimension in metric.get("Dimensions", [])]
    data = data_of(backend, metric["Namespace"], metric["MetricName"], dimensions)
    view = copy.copy(backend)
    view.get_all_metrics = lambda: data
    return view
