"""The command line finds the stack of this machine from any folder below the one that it was started in."""

import json
import os
import socket
import subprocess
from pathlib import Path

import pytest

from auto_retrain.cli import local_stack
from auto_retrain.cli.__main__ import main
from local.address_file import published
from local.usual_ports import free_or_any
from tests.unit.cli.terminal import Terminal

# Larger than any process id.
NOBODY = 2**30
ADDRESSES = {"AWS": "http://127.0.0.1:9"}
ENVIRONMENT = {
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    "AWS_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "TABLE_NAME": "the-local-table",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder two levels below the root of a repository, and an environment that is restored."""
    monkeypatch.setattr(os, "environ", {**os.environ, "AWS_PROFILE": "production"})
    below = tmp_path / "models" / "churn"
    below.mkdir(parents=True)
    (tmp_path / ".local").mkdir()
    monkeypatch.chdir(below)
    return tmp_path


def test_the_stack_is_found_while_it_runs_and_only_then(folder: Path, terminal: Terminal) -> None:
    assert terminal.run("local", "status").code == 1
    with published(ENVIRONMENT, ADDRESSES, folder / ".local/stack.json"):
        shown = terminal.ok("local", "status")
        assert "AWS         http://127.0.0.1:9" in shown
        assert "export AUTO_RETRAIN_LOCAL=1" in shown
        local_stack.use_local_stack()
    assert os.environ["TABLE_NAME"] == "the-local-table"
    assert "AWS_PROFILE" not in os.environ
    assert "no local stack runs" in terminal.run("local", "status").out
    assert terminal.ok("local", "down") == "no local stack runs\n"


def test_a_shell_that_evaluates_what_is_printed_has_the_variables_of_the_stack_alone(
    folder: Path, terminal: Terminal
) -> None:
    with published({**ENVIRONMENT, "TABLE_NAME": "it's $HOME"}, ADDRESSES, folder / ".local/stack.json"):
        printed = terminal.ok("local", "env")
    script = f"{printed}\nenv -0"
    shell = {"AWS_PROFILE": "production", "TABLE_NAME": "of the cloud", "AUTO_RETRAIN_LOCAL": "1"}
    seen = subprocess.run(["sh", "-c", script], env=shell, capture_output=True, text=True, check=True).stdout.split(
        "\0"
    )
    assert {"TABLE_NAME=it's $HOME", "AWS_ACCESS_KEY_ID=local"} <= set(seen)
    # Commands find the stack by its variables then, in any folder.
    assert not [each for each in seen if each.startswith(("AWS_PROFILE", "AUTO_RETRAIN_LOCAL"))]
    answer = terminal.run("local", "env")
    assert (answer.code, answer.out) == (1, "")
    assert "no stack runs" in answer.err


def left_by(pid: int) -> str:
    return json.dumps({"pid": pid, "addresses": {}, "environment": {}})


# The number of a process that was killed may by now be that of another one.
@pytest.mark.parametrize(
    "document", ["", "{", left_by(NOBODY), left_by(os.getpid())], ids=["nothing", "a half", "nobody", "somebody else"]
)
def test_what_a_stack_left_that_was_killed_counts_as_none(folder: Path, terminal: Terminal, document: str) -> None:
    (folder / ".local/stack.json").write_text(document)
    assert terminal.run("local", "status").code == 1


@pytest.mark.parametrize(("words", "variable"), [(("--endpoint", "local"), "0"), ((), "1")])
def test_without_a_stack_the_endpoint_says_how_to_start_one(
    folder: Path,
    words: tuple[str, ...],
    variable: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(os.environ, "AUTO_RETRAIN_LOCAL", variable)
    assert main([*words, "jobs"]) == 1
    error = capsys.readouterr().err
    assert "--endpoint local: no stack runs" in error
    assert "'auto-retrain local up' or 'make local'" in error


def test_another_endpoint_is_refused(terminal: Terminal) -> None:
    answer = terminal.run("--endpoint", "cloud", "jobs")
    assert (answer.code, "--endpoint: 'cloud' is not one of 'local'" in answer.err) == (2, True)


def test_up_needs_the_repository_and_its_environment(folder: Path, terminal: Terminal) -> None:
    assert "comes with the repository of auto-retrain" in terminal.run("local", "up").err
    (folder / "local").mkdir()
    (folder / "local/run.py").touch()
    assert "run 'make setup build-local' in" in terminal.run("local", "up").err


def test_a_stack_that_does_not_start_says_why(folder: Path, terminal: Terminal) -> None:
    (folder / "local").mkdir()
    (folder / "local/run.py").touch()
    python = folder / local_stack.python_of(folder)
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\necho nothing is built yet >&2\nexit 1\n")
    python.chmod(0o755)
    answer = terminal.run("local", "up")
    assert answer.code == 1
    assert "stack.log: nothing is built yet" in answer.err


def test_a_port_that_is_taken_is_not_asked_for() -> None:

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert free_or_any(port) == 0
    assert free_or_any(port) == port
