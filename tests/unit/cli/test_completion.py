"""A shell is told how to complete, and what."""

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
