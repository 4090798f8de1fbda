"""What `auto-retrain replay` prints, and its exit code."""

import json
from pathlib import Path

import pytest

from auto_retrain.domain.validation import Decision
from tests.unit.cli.terminal import Terminal
from tests.unit.usecases.world import World, rows


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def terminal(world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Terminal:
    terminal = Terminal(tmp_path, capsys)
    terminal.ports = world.ports
    return terminal


@pytest.fixture
def job(world: World) -> str:
    job_id = world.scored_job(rows(2000, 0.95), rows(2000, 0.88))
    world.validate(job_id)
    return job_id


def test_the_same_verdict_is_shown_with_its_hash(terminal: Terminal, world: World, job: str) -> None:
    validation = world.job(job).validation
    assert validation is not None
    summary, digest = terminal.ok("replay", job).splitlines()
    assert summary == f"{job}: the same verdict, promote, with the same hash"
    assert digest == validation.validation_hash
    assert json.loads(terminal.ok("replay", job, "--json"))["differences"] == []


def test_a_different_verdict_exits_with_1_and_names_what_differs(terminal: Terminal, world: World, job: str) -> None:
    record = world.job(job)
    assert record.validation is not None
    world.ports.jobs.save(record.changed(validation=record.validation.changed(decision=Decision.REJECT)))
    answer = terminal.run("replay", job)
    assert answer.code == 1
    assert answer.out.splitlines() == [
        f"{job}: NOT the same: reject, replayed promote",
        "  the record was changed after it was sealed",
        "  decision",
    ]


def test_an_unknown_job_is_named(terminal: Terminal) -> None:
    answer = terminal.run("replay", "churn-none")
    assert (answer.code, answer.err) == (
        1,
        "auto-retrain: there is no job 'churn-none'; see 'auto-retrain jobs' for the newest ones\n",
    )
