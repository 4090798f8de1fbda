"""Metrics as people name them, as a section of a policy."""

import pytest

from auto_retrain.domain.errors import EventInvalid
from auto_retrain.domain.metric_kinds import Task
from auto_retrain.domain.policy.metric import CloudWatchMetric, PrometheusMetric
from auto_retrain.proposing.metrics import cloudwatch_metric, is_share, prometheus_gauge


def test_the_label_with_the_name_of_the_model_names_the_model() -> None:
    metric = prometheus_gauge('accuracy{app="churn", env="prod, \\"eu\\""}', "churn")
    assert PrometheusMetric.model_validate(metric).model_label == "app"
    assert metric["labels"] == {"env": 'prod, "eu"'}


@pytest.mark.parametrize("query", ["accuracy", " accuracy{} ", "a:b_c{x='1'}".replace("'", '"')])
def test_a_gauge_needs_no_labels(query: str) -> None:
    assert "labels" not in prometheus_gauge(query, "1")
    PrometheusMetric.model_validate(prometheus_gauge(query, "1"))


@pytest.mark.parametrize(
    "query", ["", "sum(x)", "rate(x[5m])", 'x{a=~"b"}', 'x{a="b" c="d"}', 'x{a="b",a="c"}', "x{a=b}", "x > 1"]
)
def test_what_is_calculated_is_refused_with_what_to_do(query: str) -> None:
    with pytest.raises(EventInvalid, match="recording rule"):
        prometheus_gauge(query, "churn")


def test_a_metric_of_cloudwatch_is_its_namespace_and_its_name() -> None:
    metric = CloudWatchMetric.model_validate(cloudwatch_metric("My/Models/accuracy"))
    assert (metric.namespace, metric.name) == ("My/Models", "accuracy")


@pytest.mark.parametrize("text", ["accuracy", "/accuracy", "My/Models/", "/"])
def test_a_metric_without_a_namespace_is_refused(text: str) -> None:
    with pytest.raises(EventInvalid, match="--cloudwatch"):
        cloudwatch_metric(text)


@pytest.mark.parametrize(
    ("name", "task", "share"),
    [
        ("accuracy", Task.CLASSIFICATION, True),
        ("churn_log_loss", Task.CLASSIFICATION, False),
        ("error_rate", Task.CLASSIFICATION, False),
        ("r2", Task.REGRESSION, False),
    ],
)
def test_only_shares_that_are_better_the_higher_have_the_default_limit(name: str, task: Task, share: bool) -> None:
    assert is_share(name, task) is share
