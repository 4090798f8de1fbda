"""The runbook has an entry for whatever can go wrong, and none for what no longer can."""

import io
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
import yaml

from auto_retrain import entrypoint
from auto_retrain.domain import errors
from auto_retrain.domain.base import Record
from auto_retrain.domain.ending import Ending
from auto_retrain.domain.messages.references import JobReference
from local.paths import CORE, ROOT, TEMPLATE
from tests.deployment.cloudformation import Template
from tests.deployment.runbook import PAGE, entries, rows, section

ALARMS = entries("Alarms")
ERRORS = rows(section("Errors"))
OTHER_NAMES = rows(section("Names that are no classes", level=3))
TABLES = {**ERRORS, **rows(section("How a job ends"))}
# What it means, what to look at as commands to copy, and what to do.
SHAPE = re.compile(r"\n\*\*Means:\*\* [^`\n].*?\n\n```sh\n.+?\n```\n\n\*\*Do:\*\* .+?\n", re.DOTALL)
CONTEXT = SimpleNamespace(
    function_name="a", memory_limit_in_mb=1, invoked_function_arn="arn:aws:lambda:::a", aws_request_id="1"
)
# The base of all errors is never raised itself.
CLASSES = {
    name
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, errors.AutoRetrainError) and kind is not errors.AutoRetrainError
}


def names_of_step_functions() -> Iterator[str]:
    """Errors that the state machine retries by name, and those that it raises for a state that waits too long."""
    states = yaml.safe_load((ROOT / "statemachine/retraining.asl.yaml").read_text())["States"]
    for state in states.values():
        yield from (name for retry in state.get("Retry", ()) for name in retry["ErrorEquals"])
        yield from ("States.Timeout" for _ in [state] if "TimeoutSeconds" in state)
        yield from ("States.HeartbeatTimeout" for _ in [state] if "HeartbeatSeconds" in state)


def names_given_in_code() -> Iterator[str]:
    """Names of failures that are written as text where a job is closed."""
    for file in (CORE / "auto_retrain" / "usecases").rglob("*.py"):
        yield from re.findall(r'(?:Failure\(|get\("Error", |if failure else )"([A-Z]\w+)"', file.read_text())


def test_every_alarm_has_an_entry_and_every_entry_an_alarm(template: Template) -> None:
    assert set(ALARMS) == set(template.of_type("AWS::CloudWatch::Alarm"))


@pytest.mark.parametrize("alarm", ALARMS)
def test_an_alarm_says_what_it_means_what_to_look_at_and_what_to_do(alarm: str) -> None:
    assert SHAPE.fullmatch(ALARMS[alarm].rstrip("\n") + "\n")


def test_the_description_of_every_alarm_names_its_entry(template: Template) -> None:
    for name, alarm in template.of_type("AWS::CloudWatch::Alarm").items():
        assert alarm["AlarmDescription"].endswith(f" - docs/runbook.md#{name.lower()}"), name


def test_every_error_has_an_entry_and_every_entry_an_error() -> None:
    assert set(ERRORS) - set(OTHER_NAMES) == CLASSES


@pytest.mark.parametrize(
    ("heading", "kind"), [("That may pass", errors.TransientError), ("That will not", errors.PermanentError)]
)
def test_an_error_is_where_its_kind_is(heading: str, kind: type[Exception]) -> None:
    assert [name for name in rows(section(heading, level=3)) if not issubclass(getattr(errors, name), kind)] == []


def test_requests_are_refused_for_good() -> None:
    refused = rows(section("Refused requests of people", level=3))
    assert [name for name in refused if not issubclass(getattr(errors, name), errors.PermanentError)] == []


def test_every_other_name_that_a_failure_can_have_has_an_entry() -> None:
    possible = {*names_of_step_functions(), *names_given_in_code()} - CLASSES
    assert set(OTHER_NAMES) == possible


def test_every_ending_of_a_job_has_an_entry_and_every_entry_an_ending() -> None:
    assert set(rows(section("How a job ends"))) == {ending.value for ending in Ending}


@pytest.mark.parametrize("name", TABLES)
def test_a_row_says_what_it_means_what_to_look_at_and_what_to_do(name: str) -> None:
    cells = TABLES[name]
    assert len(cells) == 3
    assert all(cell.strip("| ") for cell in cells)


def test_every_function_that_events_invoke_has_an_entry_for_its_dead_letters(template: Template) -> None:
    invoked = {
        function["CodeUri"].split("/")[1] for function in template.functions.values() if "EventInvokeConfig" in function
    }
    assert set(rows(section("Dead letters"))) == invoked


def test_every_output_that_is_named_exists() -> None:
    outputs = {re.sub(r"(?<!^)(?=[A-Z])", "_", name).upper() for name in Template(TEMPLATE).document["Outputs"]}
    named = set(re.findall(r"\b[A-Z]+(?:_[A-Z]+)+_(?:NAME|URL|ARN)\b", PAGE.read_text()))
    assert named
    assert named <= outputs


def test_queries_ask_for_fields_that_log_lines_have(monkeypatch: pytest.MonkeyPatch) -> None:
    page = PAGE.read_text()
    fields = {"function_name", *re.findall(r"\$\.(\w+)", page), *re.findall(r"ispresent\((\w+)\)", page)}
    monkeypatch.setattr(entrypoint, "_ports", lambda: None)
    lines = [*lines_of_a_call_that(errors.LeaseHeld("churn", "churn-1")), *lines_of_a_call_that(errors.JobConflict())]
    assert fields <= {key for line in lines for key in line}
    assert "failed, but may be retried" in {line["message"] for line in lines}


def lines_of_a_call_that(raises: Exception) -> list[dict[str, Any]]:
    def failing(job: JobReference, ports: Any) -> Record:
        raise raises

    output = io.StringIO()
    with patch.object(entrypoint.logger.registered_handler, "stream", output), suppress(errors.AutoRetrainError):
        entrypoint.lambda_entrypoint(failing)({"job_id": "churn-1"}, CONTEXT)
    return [json.loads(line) for line in output.getvalue().splitlines()]
