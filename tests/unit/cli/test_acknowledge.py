"""`acknowledge` ends the reminders about a champion that failed; `rollout` says whether a promotion is final."""

import pytest

from auto_retrain.pipeline import AutoRetrainPipeline
from tests.unit.cli.terminal import Terminal
from tests.unit.usecases.after_promotion.watch_world import WatchWorld


@pytest.fixture(autouse=True)
def world(terminal: Terminal) -> WatchWorld:
    """Version 2 of churn was promoted at noon."""
    world = WatchWorld()
    terminal.ports = world.ports
    return world


def test_a_rollout_says_whether_the_promotion_is_provisional_or_final(world: WatchWorld, terminal: Terminal) -> None:
    assert "provisional: watched until" in terminal.ok("rollout", "churn")
    assert "promoted instead of 1, provisional until 2026-03-08 12:00:00Z" in terminal.ok("ledger", "churn")
    assert "version 2 is now in production, provisionally until 2026-03-08 12:00 UTC" in world.job().summary()
    world.passes(8 * 24, every=24)
    out = terminal.ok("rollout", "churn")
    assert "provisional" not in out
    assert "final since" in out
    assert "not worse by more than the margin and chance" in out


def test_a_champion_that_failed_is_shown_until_somebody_acknowledges_it(world: WatchWorld, terminal: Terminal) -> None:
    world.degrade()
    world.passes(72, every=6)
    assert "nobody has acknowledged it ('auto-retrain acknowledge churn')" in terminal.ok("rollout", "churn")
    out = terminal.ok("acknowledge", "churn", "--actor", "ada", "--reason", "I look into it")
    assert "churn: version 2 was taken back at" in out
    assert "acknowledged by ada at" in out
    assert "acknowledged by ada" in terminal.ok("acknowledge", "churn", "--actor", "bob")
    assert "nobody has acknowledged it" not in terminal.ok("rollout", "churn")


def test_there_is_nothing_to_acknowledge_for_a_healthy_model(terminal: Terminal) -> None:
    answer = terminal.run("acknowledge", "churn", "--actor", "ada")
    assert (answer.code, answer.out) == (1, "")
    assert "no champion of 'churn' has failed" in answer.err


def test_python_acknowledges_like_the_command_line(world: WatchWorld) -> None:
    world.degrade()
    world.passes(72, every=6)
    alert = AutoRetrainPipeline(world.ports, actor="ada").acknowledge("churn", reason="I look into it")
    assert alert.acknowledged
    assert (alert.acknowledged.actor, alert.acknowledged.reason) == ("ada", "I look into it")
