"""Execution environments behave as Lambda's do."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from .conftest import App


def result(app: App, event: dict[str, Any]) -> Any:
    return json.loads(app.invoke(event)["Payload"].read())


def test_a_function_sees_what_was_deployed_and_nothing_else(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONLY_HERE", "not for functions")

    seen = result(app, {"do": "describe"})

    environment = seen["environment"]
    assert environment["WORD"] == "yes"
    assert environment["TABLE_NAME"] == app.outputs["TableName"]
    assert environment["MACHINE_ARN"] == app.outputs["MachineArn"]
    assert environment["AWS_ENDPOINT_URL"] == app.account.endpoint
    assert environment["AWS_LAMBDA_FUNCTION_NAME"] == seen["function_name"] == app.outputs["WorkerName"]
    assert "ONLY_HERE" not in environment
    assert "HOME" not in environment
    assert Path(seen["directory"]).name == "src"
    assert 0 < seen["remaining_ms"] <= 1000


def test_an_environment_is_used_again_and_keeps_its_state(app: App) -> None:
    first, second = result(app, {}), result(app, {})

    assert second["pid"] == first["pid"]
    assert second["invocations"] == first["invocations"] + 1


def test_concurrent_invocations_have_environments_of_their_own(app: App) -> None:
    with ThreadPoolExecutor(3) as callers:
        answers = list(callers.map(lambda _: result(app, {"do": "sleep", "seconds": 0.3}), range(3)))

    assert len({answer["pid"] for answer in answers}) == 3


def test_a_function_that_takes_too_long_is_killed(app: App) -> None:
    answer = app.invoke({"do": "sleep", "seconds": 30})

    assert answer["FunctionError"] == "Unhandled"
    error = json.loads(answer["Payload"].read())
    assert error["errorType"] == "Sandbox.Timedout"
    assert "Task timed out after 1.00 seconds" in error["errorMessage"]


def test_a_process_that_exits_is_an_error_and_the_next_invocation_works(app: App) -> None:
    error = result(app, {"do": "exit"})

    assert error["errorType"] == "Runtime.ExitError"
    assert "exit status 7" in error["errorMessage"]
    assert result(app, {})["greeting"] == "hello from the layer"


def test_a_handler_that_does_not_load_says_why(app: App) -> None:
    answer = app.client("lambda").invoke(FunctionName=app.outputs["BrokenName"])

    assert json.loads(answer["Payload"].read())["errorType"] == "Runtime.HandlerNotFound"


def test_what_a_function_prints_is_in_its_log(app: App) -> None:
    result(app, {"marker": "a marker"})

    assert "a marker" in (app.logs / "WorkerFunction.log").read_text()
