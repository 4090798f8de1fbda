"""People start a retraining, or record one that happened elsewhere."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.unit.cli.terminal import POLICY, Terminal


def test_an_execution_is_started_with_actor_reason_and_parameters(terminal: Terminal) -> None:
    terminal.apply()
    request = ["--reason", "new labels", "--actor", "ada", "--force"]
    parameters = ["--parameter", "max_iter=300", "--parameter", 'loss="log=loss"', "--parameter", "layers=[1, 2]"]
    output = terminal.ok("retrain", "churn", *request, *parameters)
    ((name, event),) = terminal.ports.executions.started.items()
    assert event == {
        "model_name": "churn",
        "trigger_type": "manual",
        "event_time": "2026-01-01T00:00:00Z",
        "actor": "ada",
        "reason": "new labels",
        "parameters": {"max_iter": 300, "loss": "log=loss", "layers": [1, 2]},
        "variants": [],
        "grid": {},
        "review": False,
        "force": True,
    }
    assert output.splitlines()[0].startswith("job        churn-")
    assert output.splitlines()[1] == f"execution  arn:aws:states:eu-central-1:123456789012:execution:retraining:{name}"
    assert output.splitlines()[2] == f"next: auto-retrain follow {output.split()[1]}"


def test_several_trainings_are_requested_one_by_one_or_as_a_grid(terminal: Terminal) -> None:
    for model in ("listed", "grid"):
        terminal.apply(POLICY.replace("churn", model))
    terminal.ok("retrain", "listed", "--reason", "x", "--variant", '{"depth": 3}', "--variant", '{"depth": 5}')
    terminal.ok("retrain", "grid", "--reason", "x", "--grid", "depth=[3, 5]", "--grid", 'loss=["a", "b"]')
    listed, grid = terminal.ports.executions.started.values()
    assert (listed["variants"], listed["grid"]) == ([{"depth": 3}, {"depth": 5}], {})
    assert (grid["variants"], grid["grid"]) == ([], {"depth": [3, 5], "loss": ["a", "b"]})


def test_parameters_that_the_default_trainer_does_not_take_are_warned_of(terminal: Terminal) -> None:
    terminal.apply()
    arguments = ["--parameter", "max_itr=300", "--parameter", "max_depth=3", "--grid", "tool=[0.1, 0.2]"]
    answer = terminal.run("retrain", "churn", "--reason", "x", *arguments)
    unknown = "auto-retrain: warning: churn: parameters: the default trainer takes no"
    assert answer.err == f"{unknown} 'max_itr'; did you mean 'max_iter'?\n{unknown} 'tool'; did you mean 'tol'?\n"
    assert (answer.code, len(terminal.ports.executions.started)) == (0, 1)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--variant", "depth=3"], 2, "'depth=3' is not a JSON object"),
        (["--variant", "[1]"], 2, "is not a JSON object"),
        (["--variant", '{"depth": NaN}'], 2, "is not a JSON object"),
        (["--variant", '{"depth": 3}'], 1, "the number of variants is 1; 2 to 20 are allowed"),
        (["--variant", '{"depth": 3}'] * 2, 1, "variants 0 and 1 are the same"),
        (["--variant", "{}", "--grid", "depth=[3]"], 2, "--variant and --grid cannot be given together"),
        (["--grid", "depth=3"], 1, "grid.depth = 3"),
        (["--grid", "depth=[]"], 1, "the number of variants is 0"),
        (["--grid", f"depth={list(range(21))}"], 1, "the number of variants is 21"),
    ],
)
def test_malformed_variants_are_refused(terminal: Terminal, arguments: list[str], code: int, message: str) -> None:
    terminal.apply()
    answer = terminal.run("retrain", "churn", "--reason", "x", *arguments)
    assert (answer.code, message in answer.err) == (code, True), answer.err
    assert not terminal.ports.executions.started


def test_what_holds_the_retraining_back_is_shown_at_once(terminal: Terminal) -> None:
    terminal.apply()
    terminal.ok("models", "pause", "churn", "--reason", "audit", "--actor", "bob")
    answer = terminal.run("retrain", "churn", "--reason", "x")
    decision, execution, held, way_out = answer.out.splitlines()
    assert (answer.code, decision.split()[0], execution.split()[0]) == (3, "decision", "execution")
    assert held == "held back by paused: paused: audit"
    assert way_out == "no job is opened: resume the model, or ask for it with --force"
    forced = terminal.run("retrain", "churn", "--reason", "x", "--force")
    assert "was started at the very same moment; try again" in forced.err


@pytest.mark.parametrize(
    ("parameter", "message"),
    [
        ("max_iter", "give a name and a JSON value"),
        ("=300", "give a name and a JSON value"),
        ("max_iter=", "give a name and a JSON value"),
        ("loss=log", "loss = 'log': must be JSON; quote a text"),
        ("rate=NaN", "rate = 'NaN': must be JSON"),
        ("rate=-Infinity", "must be JSON"),
        ("deep=" + "[" * 100_000, "must be JSON"),
    ],
    ids=lambda value: value[:16],
)
def test_a_parameter_that_is_not_json_is_refused(terminal: Terminal, parameter: str, message: str) -> None:
    terminal.apply()
    answer = terminal.run("retrain", "churn", "--reason", "x", "--parameter", parameter)
    assert answer.code == 2
    assert message in answer.err
    assert not terminal.ports.executions.started


@pytest.mark.parametrize("value", ["1e400", '"' + "x" * 16_000 + '"'], ids=["beyond all numbers", "too large"])
def test_a_parameter_that_an_execution_cannot_carry_is_refused(terminal: Terminal, value: str) -> None:
    terminal.apply()
    answer = terminal.run("retrain", "churn", "--reason", "x", "--parameter", f"big={value}")
    assert answer.code == 1
    assert answer.err.startswith("auto-retrain: parameters")
    assert not terminal.ports.executions.started


def test_a_parameter_given_twice_is_refused(terminal: Terminal) -> None:
    terminal.apply()
    answer = terminal.run("retrain", "churn", "--reason", "x", "--parameter", "a=1", "--parameter", "a=2")
    assert answer.code == 2
    assert "--parameter a: given more than once" in answer.err


def test_a_retraining_elsewhere_is_recorded_and_never_moved_back(terminal: Terminal) -> None:
    terminal.apply()
    assert terminal.ok("retrained", "churn") == "churn: last retrained 2026-01-01 00:00:00Z\n"
    earlier = terminal.ok("retrained", "churn", "--at", "2025-12-01T13:00:00+01:00")
    assert earlier == "churn: last retrained 2026-01-01 00:00:00Z\n"


def test_a_time_is_converted_to_utc(terminal: Terminal) -> None:
    terminal.apply()
    terminal.ok("retrained", "churn", "--at", "2025-12-01T13:00:00+01:00")
    assert terminal.ports.states.get("churn").last_retrained_at == datetime(2025, 12, 1, 12, tzinfo=UTC)


BAD_TIMES: dict[str, Any] = {
    "without a time zone": ("2025-12-01T12:00:00", "has no time zone"),
    "a day": ("2025-12-01", "has no time zone"),
    "seconds since 1970": ("1764590400", "is not a time"),
    "milliseconds since 1970": ("1764590400000", "is not a time"),
    "no such day": ("2025-02-30T00:00:00Z", "is not a time"),
    "before the calendar": ("0001-01-01T00:00:00+01:00", "outside the calendar"),
    "a word": ("yesterday", "is not a time"),
    "nothing": ("", "is not a time"),
}


@pytest.mark.parametrize("kind", BAD_TIMES)
def test_a_malformed_or_ambiguous_time_is_refused(terminal: Terminal, kind: str) -> None:
    terminal.apply()
    given, message = BAD_TIMES[kind]
    answer = terminal.run("retrained", "churn", "--at", given)
    assert answer.code == 2
    assert message in answer.err
    assert terminal.ports.states.get("churn").last_retrained_at is None


def test_a_retraining_in_the_future_is_refused(terminal: Terminal) -> None:
    terminal.apply()
    answer = terminal.run("retrained", "churn", "--at", "2026-01-01T00:00:01Z")
    assert (answer.code, "must not be in the future" in answer.err) == (1, True)
    assert terminal.ports.states.get("churn").last_retrained_at is None
