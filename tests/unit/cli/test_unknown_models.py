"""Whatever command gets the name of a model that does not exist, it says so, and what to try."""

import argparse
from collections.abc import Iterator

import pytest

from auto_retrain.cli.__main__ import command_line
from tests.unit.announced import announced
from tests.unit.cli.terminal import Terminal

NEVER_HEARD_OF = "nosuchmodel"
# What commands require beside a name; the last is one of several words.
REQUIRED = {"reason": ("--reason", "it is wrong"), "yes": ("--yes",), "output": ("--output", "/dev/null")}


def commands(parser: argparse.ArgumentParser, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Each command that takes the name of a model, with all that it needs; one for each word that is a choice."""
    below = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    for action in below:
        for word, each in action.choices.items():
            yield from commands(each, (*words, word))
    names = {action.dest for action in parser._actions}
    if not below and "model" in names:
        given = [word for name, option in REQUIRED.items() if name in names for word in option]
        verbs = [verb for action in parser._actions if action.dest == "action" for verb in action.choices or ()]
        yield (*words, NEVER_HEARD_OF, *(() if verbs else given))
        yield from ((*words, NEVER_HEARD_OF, verb, *given) for verb in verbs)


COMMANDS = [*commands(command_line()), ("drift", NEVER_HEARD_OF, "--report"), ("drill", NEVER_HEARD_OF, "--live")]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_name_that_nobody_knows_is_refused_with_what_to_try(words: tuple[str, ...], terminal: Terminal) -> None:
    answer = terminal.run(*words)
    # 1 would say that a chain is broken.
    assert (answer.code, answer.out) == (2 if words[:2] == ("audit", "verify") else 1, "")
    assert f"'{NEVER_HEARD_OF}'" in answer.err
    assert "'auto-retrain models list'" in answer.err
    assert not terminal.ports.executions.started
    assert not announced(terminal.ports)


def test_every_command_is_among_them() -> None:
    known = {" ".join(words[: words.index(NEVER_HEARD_OF)]) for words in COMMANDS}
    assert {"models remove", "why", "why-not", "retrain", "drift", "jobs", "rollout", "drill", "ledger"} <= known


@pytest.mark.parametrize("words", [("rollback", "--reason", "x"), ("drill",), ("rollout", "pause", "--reason", "x")])
def test_a_model_that_has_not_served_yet_is_refused_with_what_to_try(
    words: tuple[str, ...], terminal: Terminal
) -> None:
    terminal.apply()
    answer = terminal.run(words[0], "churn", *words[1:])
    assert answer.code == 1
    assert "see 'auto-retrain jobs churn' for what was trained" in answer.err


@pytest.mark.parametrize("command", ["job", "approve", "replay"])
def test_a_job_that_nobody_knows_is_refused_with_what_to_try(command: str, terminal: Terminal) -> None:
    answer = terminal.run(command, "churn-0")
    assert (answer.code, answer.err) == (
        1,
        "auto-retrain: there is no job 'churn-0'; see 'auto-retrain jobs' for the newest ones\n",
    )
