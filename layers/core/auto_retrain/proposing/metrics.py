"""What a person says of the metric in production, as a section of a policy."""

import re
from typing import Any

from ..domain.errors import EventInvalid
from ..domain.explain import shown
from ..domain.metric_kinds import Task

_SERIES = re.compile(r"\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(?:\{(.*)\})?\s*")
_LABEL = re.compile(r'\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*')
# What is the better the lower it is.
_ERRORS = re.compile(r"(^|_)(error|errors|loss|mae|mse|rmse|mape|brier)(_|$)")


def cloudwatch_metric(text: str) -> dict[str, Any]:
    """`NAMESPACE/NAME` as a metric; raises EventInvalid. The dimension Model is the model's name."""
    namespace, slash, name = text.rpartition("/")
    if not (slash and namespace and name):
        raise EventInvalid(f"--cloudwatch {shown(text)}: give namespace and name, such as AutoRetrain/Models/accuracy")
    return {"source": "cloudwatch", "namespace": namespace, "name": name}


def prometheus_gauge(query: str, model_name: str) -> dict[str, Any]:
    """A selector of one series as a metric; the label that names the model is found by its value.

    Raises EventInvalid for anything but a name with labels: what is calculated needs a recording rule with a name.
    """
    series = _SERIES.fullmatch(query)
    labels = _labels(series[2]) if series else None
    if series is None or labels is None:
        raise EventInvalid(
            f"--prometheus {shown(query)}: give the name of a gauge and its labels, such as "
            f'model_accuracy{{model="{model_name}"}}; what is calculated needs a recording rule'
        )
    metric: dict[str, Any] = {"source": "prometheus", "gauge": series[1]}
    naming = [label for label, value in labels.items() if value == model_name]
    if naming:
        metric["model_label"] = naming[0]
    others = {label: value for label, value in labels.items() if label not in naming[:1]}
    return {**metric, **({"labels": others} if others else {})}


def _labels(text: str | None) -> dict[str, str] | None:
    """The labels of a selector; None for what is not `name="value"`, such as a pattern."""
    labels: dict[str, str] = {}
    rest = (text or "").strip()
    while rest:
        label = _LABEL.match(rest)
        if label is None or label[1] in labels:
            return None
        labels[label[1]] = re.sub(r"\\(.)", r"\1", label[2])
        rest = rest[label.end() :]
        if rest and not rest.startswith(","):
            return None
        rest = rest.removeprefix(",").strip()
    return labels


def is_share(name: str, task: Task) -> bool:
    """Whether a metric is likely to be between 0 and 1, and the better the higher it is."""
    return task is Task.CLASSIFICATION and not _ERRORS.search(name.lower())
