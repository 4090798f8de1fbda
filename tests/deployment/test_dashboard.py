"""The dashboard shows every metric of the product, and none that does not exist."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.deployment.cloudformation import Template
from tests.deployment.published import NAMESPACE, Metric, published

# Metrics that are not on it, each with the reason.
NOT_SHOWN = {
    "skipped_jobs": "the ending skipped of the metric endings counts the same jobs",
    "audit_anchored": "only its silence matters, and AnchorSilenceAlarm on the dashboard says so",
}
OF_AWS = {
    "AWS/States": ("StateMachineArn",),
    "AWS/Lambda": ("FunctionName",),
    "AWS/SQS": ("QueueName",),
    "AWS/DynamoDB": ("TableName",),
}
SEARCH = re.compile(r"SEARCH\('\{([\w/,]+)\} MetricName=\"(\w+)\" service=\"(.+?)\"', '(\w+)', \d+\)")
WIDTH = 24
SERVICE = "auto-retrain-${Stage}"


@pytest.fixture(scope="module")
def widgets(template: Template) -> list[dict[str, Any]]:
    body = template.of_type("AWS::CloudWatch::Dashboard")["Dashboard"]["DashboardBody"]["Fn::Sub"]
    loaded: list[dict[str, Any]] = json.loads(body)["widgets"]
    return loaded


def shown(widgets: list[dict[str, Any]]) -> Iterator[tuple[str, Metric, list[str]]]:
    """Namespace, metric and values of the dimensions of each line of each graph."""
    for widget in widgets:
        for line in widget["properties"].get("metrics", ()):
            if isinstance(line[0], dict):
                searched = SEARCH.fullmatch(line[0]["expression"])
                assert searched, line
                schema, name, service, _ = searched.groups()
                namespace, *dimensions = schema.split(",")
                yield namespace, Metric(name, tuple(dimensions)), [service]
            else:
                namespace, name, *pairs = [part for part in line if isinstance(part, str)]
                yield namespace, Metric(name, tuple(pairs[::2])), pairs[1::2]


def test_every_metric_of_ours_on_it_is_published(template: Template, widgets: list[dict[str, Any]]) -> None:
    ours = {metric for namespace, metric, _ in shown(widgets) if namespace == NAMESPACE}
    assert sorted(ours - published(template)) == []


def test_every_metric_that_is_published_is_on_it_or_has_a_reason(
    template: Template, widgets: list[dict[str, Any]]
) -> None:
    ours = {metric.name for namespace, metric, _ in shown(widgets) if namespace == NAMESPACE}
    assert {metric.name for metric in published(template)} - ours == set(NOT_SHOWN)
    assert all(len(reason.split()) >= 6 for reason in NOT_SHOWN.values())


def test_it_shows_this_stage_and_resources_of_this_stack(template: Template, widgets: list[dict[str, Any]]) -> None:
    for namespace, metric, values in shown(widgets):
        if namespace == NAMESPACE:
            assert values == [SERVICE]
        else:
            assert metric.dimensions == OF_AWS[namespace]
            (resource,) = re.fullmatch(r"\$\{(\w+)(?:\.QueueName)?\}", values[0]).groups()  # type: ignore[union-attr]
            assert resource in template.resources


def test_it_shows_the_state_of_every_alarm(template: Template, widgets: list[dict[str, Any]]) -> None:
    (alarms,) = (widget["properties"]["alarms"] for widget in widgets if widget["type"] == "alarm")
    assert sorted(alarms) == sorted(f"${{{name}.Arn}}" for name in template.of_type("AWS::CloudWatch::Alarm"))


def test_it_shows_how_long_every_function_of_the_state_machine_takes(
    template: Template, widgets: list[dict[str, Any]]
) -> None:
    waits = {"AwaitReviewFunction", "AwaitRolloutFunction"}  # they only register a token
    machine = template.resources["RetrainingStateMachine"]["Properties"]["DefinitionSubstitutions"]
    timed = {values[0].strip("${}") for _, metric, values in shown(widgets) if metric.name == "Duration"}
    assert timed == {name.removesuffix("Arn") for name in machine} - waits


def test_widgets_have_titles_and_do_not_overlap(widgets: list[dict[str, Any]]) -> None:
    taken: set[tuple[int, int]] = set()
    for widget in widgets:
        assert widget["type"] == "text" or widget["properties"]["title"]
        across, down = range(widget["x"], widget["x"] + widget["width"]), range(widget["height"])
        cells = {(column, widget["y"] + row) for column in across for row in down}
        assert max(across) < WIDTH
        assert not cells & taken
        taken |= cells
