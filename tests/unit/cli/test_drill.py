"""`drill` rehearses a rollback and shows what each step took."""

import json
from datetime import timedelta

import pytest

from auto_retrain.pipeline import AutoRetrainPipeline
from tests.unit.cli.terminal import Terminal
from tests.unit.usecases.rolling_out.rollout_world import RolloutWorld


@pytest.fixture(autouse=True)
def world(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> RolloutWorld:
    """Version 2 of churn serves, and version 1 did before."""
    world = RolloutWorld(monkeypatch)
    world.promote()
    world.ports.clock.advance(timedelta(hours=1))
    terminal.ports = world.ports
    return world


def test_a_good_drill_says_that_a_rollback_would_work(terminal: Terminal) -> None:
    out = terminal.ok("drill", "churn", "--actor", "ada")
    assert out.splitlines() == [
        "STEP     SECONDS  OUTCOME",
        "record   0.00     good",
        "files    0.00     good",
        "alias    0.00     good",
        "traffic  0.00     good",
        "churn: a rollback from version 2 to version 1 would work",
    ]


def test_a_live_drill_goes_there_and_back_and_both_are_in_the_ledger(world: RolloutWorld, terminal: Terminal) -> None:
    out = terminal.ok("drill", "churn", "--live", "--actor", "ada")
    assert out.endswith("churn: a rollback from version 2 to version 1 works\n")
    assert (world.weights(), world.alias()) == ({"2": 100}, "2")
    ledger = terminal.ok("ledger", "churn", "--limit", "3").splitlines()
    assert ["the drill ended" in ledger[1], "1       a drill, in place of 2" in ledger[3]] == [True, True]
    assert "promoted instead of 1" in ledger[5]


def test_a_drill_that_fails_makes_the_exit_code_1(world: RolloutWorld, terminal: Terminal) -> None:
    world.traffic.arms = {"2"}
    answer = terminal.run("drill", "churn", "--actor", "ada", "--json")
    drill = json.loads(answer.out)
    assert (answer.code, drill["target"], drill["live"]) == (1, "1", False)
    assert drill["steps"][3]["problem"] == "TrafficRefused: version 1 cannot get requests: nothing serves it"


def test_what_is_in_the_way_of_a_live_drill_is_said(world: RolloutWorld, terminal: Terminal) -> None:
    world.begin(challenger="3")
    answer = terminal.run("drill", "churn", "--live", "--actor", "ada")
    assert (answer.code, answer.out) == (1, "")
    assert answer.err == ("auto-retrain: 'churn' cannot be drilled live now: a rollout of version 3 is under way\n")


def test_python_drills_like_the_command_line(world: RolloutWorld) -> None:
    drill = AutoRetrainPipeline(world.ports, actor="ada").drill("churn", live=True)
    assert (drill.problem, drill.live, drill.actor) == (None, True, "ada")
