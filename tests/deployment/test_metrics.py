"""Every decision is counted by words of our own code, never by a model's name, and the lines that are counted exist.

`matches` and `value_at` read the part of CloudWatch's filter syntax that the template uses.
"""

import io
import json
import re
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, get_args
from unittest.mock import patch

import pytest

from auto_retrain import entrypoint
from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.domain.base import Record
from auto_retrain.domain.decision_record import HeldBy
from auto_retrain.domain.ending import Ending
from auto_retrain.domain.facts.ending import JobEnded
from auto_retrain.domain.facts.fact import Fact
from auto_retrain.domain.facts.training import StepEnded
from auto_retrain.domain.facts.triggering import TriggerJudged
from auto_retrain.domain.messages.ending import ClosingOutcome
from auto_retrain.domain.messages.references import JobReference
from auto_retrain.domain.messages.rolling_out import RolloutsWatched
from auto_retrain.domain.messages.training import WatchOutcome
from auto_retrain.domain.messages.triggering import SweepOutcome
from auto_retrain.domain.names import FOR_PEOPLE, JobKind
from auto_retrain.domain.status import RetrainingStatus
from auto_retrain.domain.trigger_type import TriggerType
from auto_retrain.usecases.audit.record import record
from local.paths import ROOT
from tests.deployment.cloudformation import Template
from tests.deployment.published import Metric, filters, published
from tests.unit.builders import NOON

CONTEXT = SimpleNamespace(
    function_name="a", memory_limit_in_mb=1, invoked_function_arn="arn:aws:lambda:::a", aws_request_id="1"
)
JUDGED: dict[str, Any] = {"model_name": "churn", "at": NOON, "trigger_type": "scheduled", "reason": "it is due"}
JUDGED |= {"event_time": NOON, "key": "sweep-scheduled", "decision_hash": "0" * 64}
STEP: dict[str, Any] = {"model_name": "churn", "job_id": "churn-1", "at": NOON, "step": "train", "seconds": 90}
ENDED: dict[str, Any] = {"model_name": "churn", "job_id": "churn-1", "at": NOON, "version": "2", "summary": "it serves"}
EXAMPLES: dict[str, tuple[Fact | Record, list[object]]] = {
    "HeldDecisionsFilter": (
        TriggerJudged(outcome="suppressed", held_by="cool_down", **JUDGED),
        ["suppressed", "cool_down", "1"],
    ),
    "OtherDecisionsFilter": (TriggerJudged(outcome="started", **JUDGED), ["started", "scheduled", "1"]),
    "EndingsFilter": (
        JobEnded(ending=Ending.PROMOTED, status=RetrainingStatus.COMPLETED, **ENDED),
        ["promoted", "1"],
    ),
    "FailuresFilter": (
        ClosingOutcome(next="fail", status=RetrainingStatus.FAILED, error="DataMissing", reason="no data"),
        ["DataMissing", "1"],
    ),
    "StepSecondsFilter": (StepEnded(outcome="succeeded", **STEP), ["train", "succeeded", 90]),
    "ModelsFilter": (SweepOutcome(models=12, queued=3), [12]),
    "QueuedModelsFilter": (SweepOutcome(models=12, queued=3), [3]),
    "RunningStepsFilter": (WatchOutcome(alive=4), [4]),
    "RolloutsFilter": (RolloutsWatched(rollouts=5), [5]),
}
# Lines that are like those above, but are something else.
OTHERS: list[Fact | Record] = [ClosingOutcome(next="succeed", status=RetrainingStatus.COMPLETED, error="", reason="")]
# What each dimension can be, so that a metric costs at most as much as this many; errors are the runbook's names.
WORDS = {
    "outcome": {"started", "suppressed", "not_due", "succeeded", "failed"},
    "reason": {*get_args(HeldBy), *(trigger.value for trigger in TriggerType)},
    "ending": {ending.value for ending in Ending},
    "step": {"train", "score", "report"},
}


def lines_about(subject: Fact | Record) -> list[dict[str, Any]]:
    """The lines that a function logs when it records a fact, or returns an outcome."""
    output = io.StringIO()
    with (
        patch.object(entrypoint.logger.registered_handler, "stream", output),
        patch.object(entrypoint, "_ports", lambda: None),
    ):
        entrypoint.lambda_entrypoint(use_case_about(subject))({"job_id": "churn-1"}, CONTEXT)
    return [json.loads(line) for line in output.getvalue().splitlines()]


def use_case_about(subject: Fact | Record) -> Callable[..., Record]:
    def use_case(job: JobReference, ports: Any) -> Record:
        if isinstance(subject, Fact):
            record(subject, MemoryPorts())
            return job
        return subject

    names = {SweepOutcome: "sweep_models", WatchOutcome: "watch_jobs", RolloutsWatched: "watch_rollouts"}
    use_case.__name__ = names.get(type(subject), "close_job" if isinstance(subject, ClosingOutcome) else "use_case")
    return use_case


def matches(pattern: str, line: dict[str, Any]) -> bool:
    terms = re.findall(r"(\$[\w.]+) (=|!=) (\"[^\"]*\"|\*)", pattern)
    assert pattern == "{ " + " && ".join(" ".join(term) for term in terms) + " }"
    return all(holds(value_at(line, path), operator, expected) for path, operator, expected in terms)


def holds(value: object, operator: str, expected: str) -> bool:
    if value is None or expected == "*":
        return value is not None
    return (value == expected.strip('"')) is (operator == "=")


def value_at(line: Any, path: str) -> object:
    for name in path.removeprefix("$.").split("."):
        line = line.get(name) if isinstance(line, dict) else None
    return line


def readings(metric_filter: dict[str, Any], lines: list[dict[str, Any]]) -> Iterator[list[object]]:
    """For each line that is counted, its dimensions and its value."""
    (transformation,) = metric_filter["MetricTransformations"]
    dimensions = [each["Value"] for each in transformation["Dimensions"]]
    value = transformation["MetricValue"]
    for line in lines:
        if matches(metric_filter["FilterPattern"], line):
            read = value_at(line, value) if value.startswith("$") else value
            yield [*(value_at(line, each) for each in dimensions), read]


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_filter_counts_its_line_once_with_its_words(template: Template, name: str) -> None:
    subject, expected = EXAMPLES[name]
    (reading,) = readings(filters(template)[name], lines_about(subject))
    assert reading == [entrypoint.logger.service, *expected]


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_filter_counts_nothing_else(template: Template, name: str) -> None:
    subject, _ = EXAMPLES[name]
    others = [other for other, _ in EXAMPLES.values() if type(other) is not type(subject)] + OTHERS
    lines = [line for other in others for line in lines_about(other)]
    assert list(readings(filters(template)[name], lines)) == []


def test_a_decision_is_counted_by_exactly_one_filter(template: Template) -> None:
    for outcome, held_by in [("started", None), ("not_due", None), ("suppressed", "cool_down")]:
        lines = lines_about(TriggerJudged(outcome=outcome, held_by=held_by, **JUDGED))
        assert sum(len(list(readings(each, lines))) for each in filters(template).values()) == 1


def test_every_filter_has_an_example(template: Template) -> None:
    assert set(EXAMPLES) == set(filters(template))


def test_every_filter_reads_the_log_of_the_functions(template: Template) -> None:
    assert all(each["LogGroupName"] == {"Ref": "FunctionLogs"} for each in filters(template).values())


def test_dimensions_are_words_of_our_own_code_and_within_the_limit(template: Template) -> None:
    for metric in published(template):
        assert metric.dimensions[0] == "service"
        assert set(metric.dimensions[1:]) <= {*WORDS, "error"}, metric
        assert len(metric.dimensions) <= 3  # of a metric filter


def test_the_manual_says_how_many_metrics_there_can_be(template: Template) -> None:
    triggers, holds_, endings = len(TriggerType), len(get_args(HeldBy)), len(Ending)
    steps = len(set(get_args(JobKind)) - FOR_PEOPLE)
    plain = sum(metric.dimensions == ("service",) for metric in published(template))
    most = {"decisions": holds_ + 2 * triggers, "endings": endings, "step_seconds": 2 * steps}
    page = (ROOT / "docs/operating.md").read_text()
    for name, number in most.items():
        assert re.search(rf"^\| `{name}` \|.*\| {number} \|$", page, re.MULTILINE), f"{name}: {number}"
    for name in (metric.name for metric in published(template)):
        assert f"`{name}`" in page
    total = plain + sum(most.values())
    assert f"at most {total} metrics, and one more for each error that occurs" in " ".join(page.split())


def test_what_is_published_is_recognised(template: Template) -> None:
    assert Metric("watch_problems", ("service",)) in published(template)
    assert Metric("decisions", ("service", "outcome", "reason")) in published(template)
