"""What `auto-retrain replay` prints, and its exit code."""

import json

import pytest

from auto_retrain.domain.decision_record import DecisionRecord
from auto_retrain.domain.trigger_type import TriggerType
from auto_retrain.domain.validation import Decision
from tests.unit.builders import NOON
from tests.unit.cli.terminal import Terminal
from tests.unit.usecases.world import World, rows


@pytest.fixture(autouse=True)
def world(terminal: Terminal) -> World:
    world = World()
    terminal.ports = world.ports
    return world


@pytest.fixture
def job(world: World) -> str:
    job_id = world.scored_job(rows(2000, 0.95), rows(2000, 0.88))
    world.validate(job_id)
    return job_id


def test_the_same_verdict_is_shown_with_its_hash(terminal: Terminal, world: World, job: str) -> None:
    validation = world.job(job).validation
    assert validation is not None
    opening, _, summary, digest = terminal.ok("replay", job).splitlines()
    assert opening == f"{job}: the same decision, started, with the same hash"
    assert summary == f"{job}: the same verdict, promote, with the same hash"
    assert digest == validation.validation_hash
    assert json.loads(terminal.ok("replay", job, "--json"))["differences"] == []


def test_a_different_verdict_exits_with_1_and_names_what_differs(terminal: Terminal, world: World, job: str) -> None:
    record = world.job(job)
    assert record.validation is not None
    world.ports.jobs.save(record.changed(validation=record.validation.changed(decision=Decision.REJECT)))
    answer = terminal.run("replay", job)
    assert answer.code == 1
    assert answer.out.splitlines()[2:] == [
        f"{job}: NOT the same: reject, replayed promote",
        "  the record was changed after it was sealed",
        "  decision",
    ]


def test_a_model_means_its_newest_job(terminal: Terminal, job: str) -> None:
    assert terminal.ok("replay", "churn") == terminal.ok("replay", job)


def test_the_decision_of_a_job_that_broken_data_ended_is_judged_again(terminal: Terminal, world: World) -> None:
    job_id = world.open()
    world.close(decision={"job_id": job_id}, error={"Error": "DataInvalid", "Cause": "row_ids: 4 are missing"})
    opening, digest, verdict = terminal.ok("replay", job_id).splitlines()
    assert (opening, digest) == (
        f"{job_id}: the same decision, started, with the same hash",
        world.job(job_id).decision.decision_hash,
    )
    assert verdict == (
        f"{job_id}: no verdict to judge again: Retraining churn failed: DataInvalid: row_ids: 4 are missing"
    )
    document = json.loads(terminal.ok("replay", job_id, "--json"))
    assert (document["sealed"], document["differences"], document["decision"]["differences"]) == (None, [], [])


def test_a_job_that_is_still_open_has_no_verdict_yet(terminal: Terminal, world: World) -> None:
    job_id = world.open()
    assert terminal.ok("replay", job_id).splitlines()[-1] == f"{job_id}: no verdict yet; it is still open"


def test_a_job_whose_decision_was_judged_on_nothing_that_is_kept_exits_with_2(
    terminal: Terminal, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = world.open()
    monkeypatch.setattr(world.ports.decisions, "evidence", lambda _: None)
    answer = terminal.run("replay", job_id)
    assert answer.code == 2
    assert "what it was judged on is not kept any more" in answer.out


def test_an_unknown_job_is_named(terminal: Terminal) -> None:
    answer = terminal.run("replay", "churn-none")
    assert (answer.code, answer.err) == (
        1,
        "auto-retrain: there is no job 'churn-none'; see 'auto-retrain jobs' for the newest ones\n",
    )


def test_the_decisions_about_a_model_are_judged_again(terminal: Terminal, world: World) -> None:
    world.check({"model_name": "churn", "trigger_type": "scheduled", "event_time": NOON.isoformat()})
    (decision,) = world.ports.decisions.recent("churn", 9)
    shown = "2026-03-01 12:00:00Z  scheduled: the same decision, started, with the same hash"
    assert terminal.ok("replay", "--model", "churn").splitlines() == [shown, decision.decision_hash]
    (replayed,) = json.loads(terminal.ok("replay", "--model", "churn", "--json"))
    assert replayed["recorded"] == replayed["replayed"]


def test_a_decision_of_an_earlier_release_is_said_not_to_be_judged_again(terminal: Terminal, world: World) -> None:
    world.ports.decisions.record(
        DecisionRecord(
            model_name="churn",
            key="a",
            event_time=NOON,
            recorded_at=NOON,
            trigger_type=TriggerType.SCHEDULED,
            outcome="suppressed",
            held_by="cool_down",
            reason="cool-down",
        ).sealed()
    )
    answer = terminal.run("replay", "--model", "churn")
    assert answer.code == 2
    assert answer.out.splitlines() == [
        "2026-03-01 12:00:00Z  scheduled: suppressed by cool_down, not judged again",
        "  the release that recorded it kept nothing of what it was judged on",
    ]


def test_either_a_job_or_a_model_is_replayed(terminal: Terminal) -> None:
    for arguments in ((), ("churn-0123456789", "--model", "churn")):
        answer = terminal.run("replay", *arguments)
        assert answer.code == 2
        assert "give a JOB, or --model MODEL" in answer.err
