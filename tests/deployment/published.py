"""The metrics that the product publishes: by code in the embedded format, and by counting lines of the log."""

import ast
from collections.abc import Iterator
from typing import Any, NamedTuple

from local.paths import CORE
from tests.deployment.cloudformation import Template

NAMESPACE = "AutoRetrain/Pipeline"
MESSAGES = CORE / "auto_retrain" / "domain" / "messages"


class Metric(NamedTuple):
    """A metric, and the names of its dimensions in their order."""

    name: str
    dimensions: tuple[str, ...]


def published(template: Template) -> set[Metric]:
    return {Metric(name, ("service",)) for name in embedded()} | set(counted(template))


def embedded() -> set[str]:
    """Names of the counts in the messages that functions return; the entrypoint publishes them."""
    trees = [ast.parse(path.read_text()) for path in MESSAGES.glob("*.py")]
    bodies = [
        node
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name == "metrics"
    ]
    counts = [node for body in bodies for node in ast.walk(body) if isinstance(node, ast.Dict)]
    return {str(ast.literal_eval(key)) for each in counts for key in each.keys if key}


def counted(template: Template) -> Iterator[Metric]:
    for metric_filter in filters(template).values():
        (transformation,) = metric_filter["MetricTransformations"]
        assert transformation["MetricNamespace"] == NAMESPACE
        yield Metric(transformation["MetricName"], tuple(each["Key"] for each in transformation["Dimensions"]))


def filters(template: Template) -> dict[str, dict[str, Any]]:
    return template.of_type("AWS::Logs::MetricFilter")
