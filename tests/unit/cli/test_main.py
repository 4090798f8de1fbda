"""Every command ends with a code that scripts can rely on, and says on stderr what is wrong."""

import subprocess
import sys

import pytest

from auto_retrain.cli.__main__ import main
from tests.unit.cli.terminal import Terminal

ABOUT_NOBODY = [
    ["models", "show", "nobody"],
    ["models", "pause", "nobody", "--reason", "x"],
    ["models", "resume", "nobody"],
    ["models", "remove", "nobody", "--yes"],
    ["models", "lift-quarantine", "nobody", "--reason", "x"],
    ["why", "nobody"],
    ["why-not", "nobody"],
    ["retrain", "nobody", "--reason", "x"],
    ["retrained", "nobody"],
    ["drift", "nobody"],
    ["drift", "nobody", "--report"],
]


@pytest.mark.parametrize("command", ABOUT_NOBODY, ids=" ".join)
def test_an_unknown_model_is_refused_by_name(terminal: Terminal, command: list[str]) -> None:
    told = terminal.run(*command)
    assert (told.code, told.out) == (1, "")
    assert told.err.startswith("auto-retrain: model 'nobody' has no policy")
    assert not terminal.ports.executions.started
    assert not terminal.ports.events.published


@pytest.mark.parametrize("model", ["Churn", "churn\n", "../churn", "", "a" * 41, "\u0441hurn", "churn "])
def test_a_name_that_no_model_can_have_is_refused_before_anything_is_asked(terminal: Terminal, model: str) -> None:
    told = terminal.run("models", "show", model)
    assert (told.code, told.out) == (2, "")
    assert "is no model name: a-z, 0-9 and - inside are allowed, at most 40" in told.err
    assert ascii(model) in told.err or "…" in told.err


@pytest.mark.parametrize(
    "command",
    [
        [],
        ["apply"],
        ["models"],
        ["models", "remove", "churn"],
        ["models", "remove", "churn", "--y"],
        ["models", "pause", "churn"],
        ["models", "show", "churn", "--version", "0"],
        ["models", "show", "churn", "--version", "1", "--history"],
        ["why", "churn", "--limit", "0"],
        ["why", "churn", "--limit", "1e3"],
        ["jobs", "--limit", "-1"],
        ["jobs", "--limit", "1001"],
        ["drift", "churn", "--report-id", "../../secret"],
        ["retrain", "churn", "--reason", " "],
        ["retrain", "churn", "--reason", "x" * 501],
        ["retrain", "churn", "--reason", "x", "--actor", ""],
        ["retrain", "churn", "--reason", "x", "--wait"],
    ],
    ids=" ".join,
)
def test_a_command_that_makes_no_sense_ends_with_two(terminal: Terminal, command: list[str]) -> None:
    told = terminal.run(*command)
    assert (told.code, told.out) == (2, "")
    assert "usage: auto-retrain" in told.err


def test_help_is_no_failure(terminal: Terminal) -> None:
    assert "why-not" in terminal.ok("--help")
    assert "--dry-run" in terminal.ok("models", "apply", "--help")


def test_a_deployment_that_is_not_named_is_a_refusal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("TABLE_NAME", raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    assert main(["models", "list"]) == 1
    assert capsys.readouterr().err == "auto-retrain: environment variable TABLE_NAME is not set\n"


def test_a_user_without_a_name_has_to_say_who_acts(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal.apply()

    def nobody() -> str:
        raise KeyError("uid not found")

    monkeypatch.setattr("getpass.getuser", nobody)
    told = terminal.run("models", "pause", "churn", "--reason", "x")
    assert (told.code, told.err) == (1, "auto-retrain: --actor: required but not given; this user has no name\n")
    assert terminal.policy().version == 1


def test_a_reader_that_stops_early_is_no_error() -> None:
    lines = (
        "from auto_retrain.adapters.memory import MemoryPorts",
        "from auto_retrain.cli import jobs",
        "from auto_retrain.cli.__main__ import main",
        "jobs.print_table = lambda *_: print('x' * 1_000_000)",
        "raise SystemExit(main(['jobs'], MemoryPorts()))",
    )
    process = subprocess.Popen(
        [sys.executable, "-c", "\n".join(lines)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.wait() == 0


def test_no_command_but_drift_needs_more_than_the_declared_packages() -> None:
    absent = "import sys; sys.modules.update(numpy=None, scipy=None, pyarrow=None); import auto_retrain.cli.__main__"
    subprocess.run([sys.executable, "-c", absent], check=True)
