"""Writes a proposed policy as YAML, with the reason of each proposal beside it."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ..domain.columns import Sample
from ..domain.layouts import Layout
from ..domain.metric_kinds import Task
from ..domain.policy.metric import CloudWatchMetric
from ..domain.policy.triggers import TriggerConfig
from ..domain.text import listed, one_line
from .metrics import is_share
from .roles import CONSTANT, Choice, Roles
from .traffic import Routing

# More columns than these are written in several lines.
_LINE_LENGTH = 100
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NOT_TEXT = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}
_MAX_LISTED = 8
MORE_ROWS = "give some hundred rows with --sample"
# From here on always predicting the largest class looks good.
_LARGE_CLASS = 0.9


class Subject(NamedTuple):
    """What is proposed for: a model, its owner, where its data are, and the metric in production if it is known.

    `to_check` is what was noticed before, for people to look at.
    """

    model_name: str
    owner: str
    prefix: str
    metric: Mapping[str, Any] | None
    stage: str
    layout: Layout = Layout.DATE
    date_column: Choice | None = None
    to_check: tuple[str, ...] = ()
    routing: Routing | None = None


class Proposal(NamedTuple):
    """A policy as text, and what a person has to look at, in sentences that begin with the field.

    `rbac` is what its functions may do in the cluster besides, if they need anything there.
    """

    text: str
    to_check: tuple[str, ...]
    rbac: str | None = None


def write_proposal(subject: Subject, sample: Sample, roles: Roles) -> Proposal:
    """The policy that fits the roles; where nothing is known, the field has its default or a guess, and is listed."""
    routing = subject.routing
    of_routing = routing.to_check if routing else ()
    to_check = (
        *_guesses(subject, roles),
        *subject.to_check,
        *_few_rows(sample, roles),
        *_unknowns(subject, roles),
        *_constants(sample, roles),
        *of_routing,
    )
    lines = [
        f"# Proposed by auto-retrain init from {sample.rows} rows of {one_line(sample.name)}{_and_older(sample)}.",
        "# Please look at:",
        *(f"# - {one_line(sentence)}" for sentence in to_check),
        "",
        f"model: {subject.model_name}",
        f"owner: {_text(subject.owner)}",
        *_triggers(subject, roles.task),
        *_metric(subject),
        *_data(subject, sample, roles),
        *_validation(sample, roles),
        *_deployment(subject),
        *_alarm(subject, roles.task),
    ]
    return Proposal("\n".join(lines) + "\n", to_check, routing.rbac if routing else None)


def _and_older(sample: Sample) -> str:
    return f" and {sample.older} older file{'s' if sample.older > 1 else ''}" if sample.older else ""


def _few_rows(sample: Sample, roles: Roles) -> Iterator[str]:
    if sample.few:
        names = [column.value for column in roles.left_out if column.reason != CONSTANT]
        without = f": {listed(names, _MAX_LISTED)} {'is' if len(names) == 1 else 'are'} left out" if names else ""
        yield f"data: {sample.few}{without}; {MORE_ROWS}"


def _guesses(subject: Subject, roles: Roles) -> Iterator[str]:
    for field, choice in (
        ("label", roles.label),
        ("row_id", roles.row_id),
        ("positive_label", roles.positive_label),
        ("date_column", subject.date_column),
    ):
        if choice and choice.is_guess:
            yield f"data.{field} = {choice.value}: {choice.reason}"


def _unknowns(subject: Subject, roles: Roles) -> Iterator[str]:
    yield "data.label_delay_days = 0: how long labels take is not known"
    if subject.metric is None and roles.task is Task.CLASSIFICATION:
        yield "metric: nothing judges the model in production until its accuracy is published there"
    if not _is_judged_by_share(subject, roles.task):
        yield "triggers.performance_metric_threshold: the limit is not known, so this trigger is off"


def _constants(sample: Sample, roles: Roles) -> Iterator[str]:
    """Columns that may vary in other rows, such as the month in a sample of one day."""
    names = [column.value for column in roles.left_out if column.reason == CONSTANT]
    if names:
        without, same = listed(names, _MAX_LISTED), f"the same in all {sample.rows} rows of the sample"
        yield f"data.numeric, data.categorical: without {without}, {same}; if they vary, give more with --sample"


def _is_judged_by_share(subject: Subject, task: Task) -> bool:
    metric = subject.metric or {"name": CloudWatchMetric().name}
    return is_share(str(metric.get("name") or metric.get("gauge")), task)


def _triggers(subject: Subject, task: Task) -> Iterator[str]:
    yield "triggers:"
    yield '  schedule_expression: "0 0 * * 0"  # Sundays, as a fallback'
    yield "  time_zone: UTC"
    if not _is_judged_by_share(subject, task):
        yield "  # To judge the metric: set the three fields below, and add performance_degradation here."
        yield "  enabled: [data_drift, scheduled]"
        yield "  # performance_metric_scale: number"
        yield "  # performance_metric_direction: lower_is_better"
        yield "  # performance_metric_threshold: …"


def _metric(subject: Subject) -> Iterator[str]:
    if subject.metric is None:
        return
    yield "metric:"
    for field, value in subject.metric.items():
        yield f"  {field}: {_flow(value)}"


def _data(subject: Subject, sample: Sample, roles: Roles) -> Iterator[str]:
    yield "data:"
    yield f"  prefix: {_text(subject.prefix)}  # folder in the data bucket"
    if subject.layout is not Layout.DATE:
        how = "one table" if subject.date_column else "as its folders are called"
        yield f"  layout: {subject.layout.value}  # {how}"
    if subject.date_column:
        yield f"  date_column: {_text(subject.date_column.value)}  # {one_line(subject.date_column.reason)}"
    yield f"  format: {sample.format}"
    yield f"  row_id: {_text(roles.row_id.value)}  # {one_line(roles.row_id.reason)}"
    yield f"  label: {_text(roles.label.value)}  # {one_line(roles.label.reason)}"
    if roles.task is not Task.CLASSIFICATION:
        yield f"  task: {roles.task.value}  # the label is a number"
    if roles.positive_label:
        yield f"  positive_label: {json.dumps(roles.positive_label.value)}  # {one_line(roles.positive_label.reason)}"
    if roles.entity:
        yield f"  entity: {_text(roles.entity.value)}  # {one_line(roles.entity.reason)}"
    yield from _columns("slices", roles.slices)
    yield from _columns("numeric", roles.numeric)
    yield from _columns("categorical", roles.categorical)
    if roles.left_out:
        yield "  # Left out:"
        yield from (f"  # - {one_line(column.value)}: {one_line(column.reason)}" for column in roles.left_out)
    yield "  label_delay_days: 0"


def _columns(field: str, columns: Sequence[Choice]) -> Iterator[str]:
    if not columns:
        return
    yield f"  {field}:"
    width = max(len(_text(column.value)) for column in columns)
    for column in columns:
        yield f"    - {_text(column.value):{min(width, _LINE_LENGTH)}}  # {one_line(column.reason)}"


def _validation(sample: Sample, roles: Roles) -> Iterator[str]:
    label = next((column for column in sample.columns if column.name == roles.label.value), None)
    if label is None or roles.task is not Task.CLASSIFICATION or not label.levels:
        return
    largest, rows = label.levels[0]
    share = rows / max(label.present, 1)
    if share >= _LARGE_CLASS:
        yield "validation:"
        yield f"  # Class {one_line(json.dumps(largest))} has {100 * share:.0f} % of the rows, so accuracy says little."
        yield "  primary_metric: balanced_accuracy"


def _deployment(subject: Subject) -> Iterator[str]:
    if subject.routing is None:
        return
    yield "deployment:"
    yield "  # Without a strategy, a challenger that passes gets all requests at once: docs/rollouts.md has the others."
    yield "  traffic:"
    for field, value in subject.routing.target.items():
        yield f"    {field}: {_text(value)}"


def _alarm(subject: Subject, task: Task) -> Iterator[str]:
    metric = subject.metric or {}
    if metric.get("source") != "cloudwatch" or not _is_judged_by_share(subject, task):
        return
    threshold = TriggerConfig.model_fields["performance_metric_threshold"].default
    yield ""
    yield "# An alarm that has the metric judged at once, not only once a day:"
    yield from _command(
        "aws cloudwatch put-metric-alarm",
        f"--alarm-name auto-retrain-{subject.stage}-model-{subject.model_name}",
        f"--namespace {_quoted(metric['namespace'])} --metric-name {_quoted(metric['name'])}",
        f"--dimensions Name=Model,Value={subject.model_name}",
        f"--statistic Average --period 86400 --evaluation-periods 1 --threshold {threshold}",
        "--comparison-operator LessThanThreshold --treat-missing-data notBreaching",
    )


def _command(*parts: str) -> Iterator[str]:
    *first, last = parts
    yield from (f"#   {part} \\" for part in first)
    yield f"#   {last}"


def _quoted(text: str) -> str:
    return "'" + one_line(text).replace("'", "'\\''") + "'"


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_text(name)}: {_text(text)}" for name, text in value.items()) + "}"
    return _text(value)


def _text(text: str) -> str:
    """A text as YAML; in quotes if it could be anything else."""
    return text if _PLAIN.fullmatch(text) and text.lower() not in _NOT_TEXT else json.dumps(text)
