"""`rollout` shows how a version goes into production and steps in; `rollback` takes back what serves."""

import json

import pytest

from auto_retrain.cli import rollout as command
from auto_retrain.domain.analysis import Analysis
from auto_retrain.domain.errors import RegistryUnavailable
from auto_retrain.domain.verdict import Outcome, Verdict
from tests.unit.cli.terminal import POLICY, Terminal
from tests.unit.usecases.rolling_out.rollout_world import RolloutWorld, away


@pytest.fixture(autouse=True)
def world(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> RolloutWorld:
    """Version 1 of churn serves."""
    world = RolloutWorld(monkeypatch)
    terminal.ports = world.ports
    return world


def by_ada(*words: str) -> tuple[str, ...]:
    return (*words, "--reason", "it is wrong", "--actor", "ada")


def test_a_model_without_a_rollout_says_what_serves(terminal: Terminal) -> None:
    out = terminal.ok("rollout", "churn")
    assert "no rollout" in out
    assert "champion: version 1 since" in out


def test_a_model_that_has_not_served_yet_has_no_rollout(terminal: Terminal) -> None:
    terminal.apply(POLICY.replace("churn", "fraud"))
    assert terminal.ok("rollout", "fraud").strip() == "fraud: no rollout"


def test_a_rollout_shows_its_share_and_what_its_checks_say(world: RolloutWorld, terminal: Terminal) -> None:
    world.begin()
    assert "version 2 gets 5 % since" in terminal.ok("rollout", "churn")
    verdict = Verdict(check="error_rate", outcome=Outcome.INCONCLUSIVE, reason="12 of 500 requests so far")
    world.analyses["churn"] = Analysis(verdicts=(verdict,), missing="there have been no requests since noon")
    world.watch()
    out = terminal.ok("rollout", "churn")
    assert "there have been no requests since noon" in out
    assert "error_rate  inconclusive  12 of 500 requests so far" in out


def test_json_has_the_record_and_the_evidence_but_no_task_token(world: RolloutWorld, terminal: Terminal) -> None:
    world.begin(token="secret-token")
    world.watch()
    out = terminal.ok("rollout", "churn", "--json")
    shown = json.loads(out)
    assert (shown["serving"]["rollout"]["weight"], shown["evidence"]["step"]) == (5, 0)
    assert "secret-token" not in out


@pytest.mark.parametrize(("verb", "shown"), [("pause", "ada paused it"), ("promote", "it is about to be promoted")])
def test_a_person_steps_in(world: RolloutWorld, terminal: Terminal, verb: str, shown: str) -> None:
    world.begin()
    assert f"{shown}: it is wrong" in terminal.ok(*by_ada("rollout", "churn", verb))


def test_a_paused_rollout_goes_on(world: RolloutWorld, terminal: Terminal) -> None:
    world.begin()
    terminal.ok(*by_ada("rollout", "churn", "pause"))
    assert "paused it" not in terminal.ok(*by_ada("rollout", "churn", "resume"))


def test_an_abort_says_what_serves_as_it_was_read_back(world: RolloutWorld, terminal: Terminal) -> None:
    world.begin()
    out = terminal.ok(*by_ada("rollout", "churn", "abort"))
    assert "version 1 serves; taken back: 2" in out
    assert "read back: alias 'champion' names version 1; traffic: version 1: 100 %" in out
    assert "nothing to take back" in terminal.ok(*by_ada("rollout", "churn", "abort"))


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (by_ada("rollout", "churn", "pause"), "'churn' has no rollout"),
        (by_ada("rollback", "churn"), "no good version to go back to"),
        (by_ada("rollback", "churn", "--to", "9"), "version 9 of 'churn' has never served"),
        (("rollback", "churn", "--reason", "why", "--actor", "auto-retrain"), "how the system itself is recorded"),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_reason(terminal: Terminal, words: tuple[str, ...], problem: str) -> None:
    answer = terminal.run(*words)
    assert (answer.code, answer.out) == (1, "")
    assert problem in answer.err


def test_a_reason_and_an_action_go_together(terminal: Terminal) -> None:
    for words, problem in (
        (("rollout", "churn", "pause"), "--reason: required for pause"),
        (("rollout", "churn", "--reason", "why"), "--reason and --actor go with an action"),
    ):
        answer = terminal.run(*words)
        assert (answer.code, answer.out) == (2, "")
        assert problem in answer.err


@pytest.mark.parametrize(
    "words", [("rollout", "churn", "stop"), ("rollback", "churn"), ("rollback", "churn", "--to", "v2"), ("rollout",)]
)
def test_malformed_commands_end_with_2(terminal: Terminal, words: tuple[str, ...]) -> None:
    assert terminal.run(*words).code == 2


def test_a_rollback_lets_the_version_before_serve(world: RolloutWorld, terminal: Terminal) -> None:
    world.promote()
    assert "(a rollback can name one with --to)" in terminal.run(*by_ada("rollback", "churn", "--to", "9")).err
    out = terminal.ok(*by_ada("rollback", "churn"))
    assert "version 1 serves; taken back: 2" in out
    assert world.alias() == "1"


def test_what_is_not_in_force_yet_ends_with_1_so_that_no_script_believes_it_is(
    world: RolloutWorld, terminal: Terminal
) -> None:
    world.promote()
    world.ports.registry = away(RegistryUnavailable)
    answer = terminal.run(*by_ada("rollback", "churn"))
    assert answer.code == 1
    assert "version 1 serves; taken back: 2" in answer.out
    assert "not in force yet, and repeated every minute" in answer.out


def test_following_ends_with_the_rollout(
    world: RolloutWorld, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.begin()
    naps = iter((lambda: None, world.roll_back))
    monkeypatch.setattr(command.time, "sleep", lambda _: next(naps)())
    out = terminal.ok("rollout", "churn", "--follow")
    assert out.count("version 2 gets 5 %") == 2
    assert "no rollout; the last one ended" in out


def test_words_in_another_order_are_refused_with_the_right_one(terminal: Terminal) -> None:
    answer = terminal.run("rollout", "abort", "churn", "--reason", "x")
    assert answer.code == 2
    assert "the model comes first, as in 'rollout churn abort'" in answer.err
