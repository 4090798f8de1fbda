"""What the page about the days after a promotion shows is what people really see."""

from pathlib import Path

import pytest

from tests.unit.cli.terminal import Terminal
from tests.unit.usecases.after_promotion.watch_world import WatchWorld

PAGE = " ".join((Path(__file__).parents[3] / "docs/after-promotion.md").read_text(encoding="utf-8").split())


@pytest.fixture
def world(terminal: Terminal) -> WatchWorld:
    world = WatchWorld()
    terminal.ports = world.ports
    return world


def is_on_the_page(text: str) -> bool:
    return " ".join(text.split()) in PAGE


def test_a_promotion_that_is_provisional_and_then_final(world: WatchWorld, terminal: Terminal) -> None:
    world.passes(24, every=6)
    assert is_on_the_page(terminal.ok("rollout", "churn"))
    world.passes(6 * 24, every=6)
    assert is_on_the_page(terminal.ok("rollout", "churn").splitlines()[-1])


def test_a_champion_that_was_taken_back(world: WatchWorld, terminal: Terminal) -> None:
    world.passes(24, every=6)
    world.degrade(to=0.85)
    world.passes(72, every=6)
    (message,) = world.messages
    assert is_on_the_page(message)
    assert is_on_the_page("\n".join(terminal.seen("ledger", "churn")[:7]))
    assert "nobody has acknowledged it" in terminal.ok("rollout", "churn")
    reason = "the export of March 3 is broken"
    known = terminal.ok("acknowledge", "churn", "--actor", "ada", "--reason", reason)
    assert is_on_the_page(known.splitlines()[-1])
    assert terminal.ok("acknowledge", "churn", "--actor", "bob") == known
    assert reason in terminal.ok("rollout", "churn", "--json")
