"""Every command ends with an exit code that scripts can rely on, and says on stderr what is wrong."""

import shlex
import subprocess
import sys
from typing import Any

import pytest

from auto_retrain.cli.__main__ import main
from auto_retrain.cli.commands import COMMANDS, load, parse
from local.docs.command_reference import commands
from tests.unit.cli.terminal import Terminal


@pytest.mark.parametrize("model", ["Churn", "churn\n", "../churn", "", "a" * 41, "\u0441hurn", "churn "])
def test_an_impossible_model_name_is_refused_before_any_call(terminal: Terminal, model: str) -> None:
    answer = terminal.run("models", "show", model)
    assert (answer.code, answer.out) == (2, "")
    assert "is not a model name: a-z, 0-9 and inner - are allowed, at most 40" in answer.err
    assert ascii(model) in answer.err or "…" in answer.err


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
def test_a_malformed_command_exits_with_two(terminal: Terminal, command: list[str]) -> None:
    answer = terminal.run(*command)
    assert (answer.code, answer.out) == (2, "")
    assert "Usage: auto-retrain" in answer.err


def test_help_exits_with_zero(terminal: Terminal) -> None:
    assert "why-not" in terminal.ok("--help")
    assert "--dry-run" in terminal.ok("models", "apply", "--help")
    assert terminal.ok("local", "up", "--help").splitlines()[0] == "Usage: auto-retrain local up"


def test_a_command_without_a_deployment_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("TABLE_NAME", raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    assert main(["models", "list"]) == 1
    problem, hint = capsys.readouterr().err.splitlines()
    assert problem == "auto-retrain: environment variable TABLE_NAME is not set"
    assert "docs/commands.md" in hint
    assert "--endpoint local" in hint


def test_a_user_without_a_name_must_give_the_actor(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal.apply()

    def nobody() -> str:
        raise KeyError("uid not found")

    monkeypatch.setattr("getpass.getuser", nobody)
    answer = terminal.run("models", "pause", "churn", "--reason", "x")
    assert (answer.code, answer.err) == (1, "auto-retrain: --actor: required but not given; this user has no name\n")
    assert terminal.policy().version == 1


def test_a_reader_that_stops_early_is_not_an_error() -> None:
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


def test_the_command_line_starts_without_the_packages_for_data() -> None:
    absent = "import sys; sys.modules.update(numpy=None, scipy=None, pyarrow=None); import auto_retrain.cli.__main__"
    subprocess.run([sys.executable, "-c", absent], check=True)


def test_a_page_of_help_waits_for_nothing_that_it_does_not_need() -> None:
    code = (
        "import sys; from auto_retrain.cli.__main__ import main; main(['--help']); main(['nonsense']);"
        "assert not {'auto_retrain.ports', 'botocore', 'numpy', 'rich'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


@pytest.mark.parametrize(("name", "command"), list(commands()), ids=str)
def test_every_page_of_help_has_an_example_that_can_be_given(terminal: Terminal, name: str, command: Any) -> None:
    example = terminal.ok(*name.split()[1:], "--help").splitlines()[-1]
    assert example.startswith(f"Example: {name}")
    parse(shlex.split(example)[2:])


def test_every_command_has_a_line_in_the_list_of_its_group() -> None:
    for name in COMMANDS:
        command: Any = load(name)
        assert command.short_help == COMMANDS[name].summary
        assert all(verb.short_help for verb in getattr(command, "commands", {}).values())
