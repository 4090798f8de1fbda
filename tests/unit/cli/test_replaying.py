"""What `auto-retrain replay` tells, and how it ends."""

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


def test_the_same_verdict_is_told_with_its_hash(terminal: Terminal, world: World, job: str) -> None:
    validation = world.job(job).validation
    assert validation is not None
    told, hash_told = terminal.ok("replay", job).splitlines()
    assert told == f"{job}: the same verdict, promote, with the same hash"
    assert hash_told == validation.validation_hash
    assert json.loads(terminal.ok("replay", job, "--json"))["differences"] == []


def test_another_verdict_ends_with_1_and_names_what_differs(terminal: Terminal, world: World, job: str) -> None:
    record = world.job(job)
    assert record.validation is not None
    world.ports.jobs.save(record.changed(validation=record.validation.changed(decision=Decision.REJECT)))
    told = terminal.run("replay", job)
    assert told.code == 1
    assert told.out.splitlines() == [
        f"{job}: NOT the same: reject, replayed promote",
        "  the record was changed after it was sealed",
        "  decision",
    ]


def test_a_job_that_is_not_there_is_named(terminal: Terminal) -> None:
    told = terminal.run("replay", "churn-none")
    assert (told.code, told.err) == (1, "auto-retrain: there is no job 'churn-none'\n")
