"""A decision that opened no job has one name, wherever people meet it, and `explain` and `audit show` know it."""

import json

import pytest

from auto_retrain.domain.decision_record import DecisionRecord
from auto_retrain.domain.trigger_type import TriggerType
from auto_retrain.usecases.reporting.fleet_page import overview
from auto_retrain.usecases.triggering.record_decision import record_decision
from tests.unit.builders import NOON
from tests.unit.cli.terminal import Terminal
from tests.unit.usecases.world import MANUAL, World, rows

SECOND = "arn:aws:states:eu-central-1:123456789012:execution:retraining:second"


@pytest.fixture
def world(terminal: Terminal) -> World:
    world = World()
    terminal.ports = world.ports
    return world


@pytest.fixture
def held(world: World) -> str:
    """The name of the decision on a request that had to wait for a running job."""
    world.open()
    world.check(execution=SECOND)
    return world.ports.decisions.recent("churn", 1)[0].name


def by_the_sweep(day: int) -> DecisionRecord:
    return DecisionRecord(
        model_name="churn",
        key="sweep-scheduled",
        event_time=NOON.replace(day=day),
        recorded_at=NOON,
        trigger_type=TriggerType.SCHEDULED,
        outcome="suppressed",
        held_by="paused",
        reason=f"paused since {day} March",
    )


def test_a_request_that_opened_no_job_is_explained_in_three_lines(terminal: Terminal, held: str) -> None:
    what, why, then = terminal.ok("explain", held).splitlines()
    assert what == (
        "churn: manual retraining that ada asked for at 2026-03-01 12:00:00Z: held back by running job, "
        "so no job was opened"
    )
    assert why.startswith("because: job 'churn-")
    assert then == "next: auto-retrain why-not churn"
    document = json.loads(terminal.ok("explain", held, "--json"))
    assert (document["name"], document["job_id"], document["outcome"]) == (held, None, "suppressed")


def test_decisions_of_the_sweep_have_a_name_for_each_occasion(terminal: Terminal, world: World) -> None:
    for day in (1, 2):
        record_decision(by_the_sweep(day), None, world.ports)
    second, first = (each["name"] for each in json.loads(terminal.ok("why", "churn", "--json")))
    assert "paused since 1 March" in terminal.ok("explain", first, "--all")
    assert "paused since 2 March" in terminal.ok("explain", second)
    (fact,) = json.loads(terminal.ok("audit", "show", second, "--json"))
    assert "paused since 2 March" in fact["sentence"]


def test_the_name_of_a_decision_is_the_same_everywhere(terminal: Terminal, world: World, held: str) -> None:
    assert f"  decision: {held}" in terminal.ok("why", "churn").splitlines()
    assert f"({held})" in terminal.ok("why-not", "churn")
    assert "suppressed by running_job" in terminal.ok("audit", "show", held)
    (row,) = overview(world.ports).rows
    assert (row.decision, row.page) == (held, f"requests/churn/{held}.html")
    assert f"auto-retrain explain {held}" in world.ports.data.read(world.ports.data.uri(row.page)).decode()


def test_a_decision_that_opened_a_job_has_the_name_of_that_job(terminal: Terminal, world: World) -> None:
    job_id = world.open()
    (decision,) = world.ports.decisions.recent("churn", 9)
    assert decision.name == job_id == world.job(job_id).decision.name
    assert json.loads(terminal.ok("explain", job_id, "--json"))["outcome"] == "pending"


def test_what_held_a_request_back_is_told_with_the_name_of_the_decision(terminal: Terminal) -> None:
    terminal.apply()
    terminal.ok("models", "pause", "churn", "--reason", "audit", "--actor", "bob")
    answer = terminal.run("retrain", "churn", "--reason", "x", "--actor", "ada")
    (name,) = [line.split()[1] for line in answer.out.splitlines() if line.startswith("decision")]
    ((execution, event),) = terminal.ports.executions.started.items()
    assert event["actor"] == MANUAL["actor"]
    world = World()
    world.ports = terminal.ports
    world.check(event, f"arn:aws:states:eu-central-1:123456789012:execution:retraining:{execution}")
    assert "because: paused: audit" in terminal.ok("explain", name)
    asked, held = terminal.ok("audit", "show", name).splitlines()[1:]
    assert "ada requested a retraining of churn: x" in asked
    assert "suppressed by paused" in held


def test_a_name_that_nobody_has_says_where_to_look(terminal: Terminal) -> None:
    answer = terminal.run("explain", "churn-0123456789")
    assert answer.code == 1
    assert "there is neither a job nor a decision 'churn-0123456789'" in answer.err
    assert "'auto-retrain why MODEL'" in answer.err


def test_an_improvement_that_nothing_can_reach_names_the_field_and_what_to_set(
    terminal: Terminal, world: World
) -> None:
    job_id = world.scored_job(rows(2000, 0.97), rows(2000, 0.96))
    world.validate(job_id)
    world.close(decision={"job_id": job_id})
    why = terminal.ok("explain", job_id).splitlines()[1]
    assert "set validation.improvement_basis to error_reduction, which asks for 0.9620, or to non_inferior" in why


def test_the_name_of_a_model_shows_what_was_recorded_about_its_newest_job(terminal: Terminal) -> None:
    world = World()
    terminal.ports = world.ports
    job_id = world.open()
    assert terminal.ok("audit", "show", "churn") == terminal.ok("audit", "show", job_id)


@pytest.mark.parametrize("command", [("explain",), ("audit", "show")], ids=" ".join)
def test_a_name_of_nothing_and_a_model_without_a_job_are_told_apart(
    terminal: Terminal, command: tuple[str, ...]
) -> None:
    terminal.apply()
    assert "there is neither a job nor a decision 'other'" in terminal.run(*command, "other").err
    assert "model 'churn' has no job yet; see 'auto-retrain why-not churn'" in terminal.run(*command, "churn").err
