"""A shell is told how to complete, and what."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from auto_retrain.cli.commands import COMPLETION
from tests.unit.cli.terminal import Terminal


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_a_shell_asks_this_program(shell: str, terminal: Terminal) -> None:
    script = terminal.ok("completion", shell)
    assert f"{COMPLETION}=complete_{shell}" in script
    assert "auto-retrain" in script


def test_an_unknown_shell_is_refused(terminal: Terminal) -> None:
    answer = terminal.run("completion", "tcsh")
    assert answer.code == 2
    assert "SHELL: 'tcsh' must be one of: bash, zsh, fish" in answer.err


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("auto-retrain repl", {"replay"}),
        ("auto-retrain models re", {"resume", "remove"}),
        ("auto-retrain jobs --l", {"--limit"}),
    ],
)
def test_words_are_completed(
    typed: str, offered: set[str], terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    for shell in ("bash", "zsh", "fish"):
        monkeypatch.setenv(COMPLETION, f"complete_{shell}")
        monkeypatch.setenv("COMP_WORDS", typed)
        monkeypatch.setenv("COMP_CWORD", str(typed.count(" ")))
        monkeypatch.setenv("_TYPER_COMPLETE_ARGS", typed)
        monkeypatch.setenv("_TYPER_COMPLETE_FISH_ACTION", "get-args")
        answer = terminal.ok()
        assert all(word in answer for word in offered), shell
        assert "approve" not in answer


# What each shell is asked after it has read its script: the words that may follow what was typed.
ASKED = {
    "bash": "COMP_WORDS=(auto-retrain repl); COMP_CWORD=1; _auto_retrain_completion auto-retrain; echo ${COMPREPLY[@]}",
    "zsh": "_arguments() { print -- $@ }; words=(auto-retrain repl); CURRENT=2; _auto_retrain_completion",
    "fish": "complete --do-complete 'auto-retrain repl'",
}


@pytest.mark.parametrize("shell", [shell for shell in ASKED if shutil.which(shell)])
def test_a_shell_that_has_read_its_script_completes(shell: str, terminal: Terminal, tmp_path: Path) -> None:
    program = tmp_path / "auto-retrain"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m auto_retrain.cli "$@"\n')
    program.chmod(0o755)
    script = f"{terminal.ok('completion', shell)}\n{ASKED[shell]}\n"
    path = f"{tmp_path}:{os.environ['PATH']}"
    answer = subprocess.run(
        [shell, "-c", script],
        env={"PATH": path, "PYTHONPATH": ":".join(sys.path), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (answer.stderr, "replay" in answer.stdout) == ("", True)
    assert "approve" not in answer.stdout
