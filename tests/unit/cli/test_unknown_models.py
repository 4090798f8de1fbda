"""Whatever command gets the name of a model that does not exist, it says so, and what to try."""

import re
from collections.abc import Iterator

import pytest

from auto_retrain.cli.commands import arguments_of
from local.docs.command_reference import commands
from tests.unit.announced import announced
from tests.unit.cli.terminal import Terminal

NEVER_HEARD_OF = "nosuchmodel"
# What commands require beside a name; the last is one of several words.
REQUIRED = {"reason": ("--reason", "it is wrong"), "_": ("--yes",), "output": ("--output", "/dev/null")}


def commands_about_a_model() -> Iterator[tuple[str, ...]]:
    """Each command that takes the name of a model, with all that it needs; one for each word that is a choice."""
    for name, command in commands():
        arguments = {argument.name: argument for argument in arguments_of(command)}
        if "model" not in arguments or name.endswith(" init"):
            continue  # that one is about models to come
        option = ("--model",) if arguments["model"].param_type_name == "option" else ()
        words = (*name.split()[1:], *option, NEVER_HEARD_OF)
        given = [word for option, value in REQUIRED.items() if option in arguments for word in value]
        verbs = re.findall(r"\w+", arguments["action"].help.partition(":")[2]) if "action" in arguments else ()
        yield (*words, *(() if verbs else given))
        yield from ((*words, verb, *given) for verb in verbs)


COMMANDS = [*commands_about_a_model(), ("drift", NEVER_HEARD_OF, "--report"), ("drill", NEVER_HEARD_OF, "--live")]


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
