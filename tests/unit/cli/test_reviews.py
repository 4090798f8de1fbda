"""People check a job and decide whether its challenger may serve."""

import json
from datetime import timedelta

import pytest

from auto_retrain.domain.messages.ending import ClosingRequest
from auto_retrain.domain.messages.promoting import ReviewOrder
from auto_retrain.usecases.ending.close_job import close_job
from auto_retrain.usecases.promoting.await_review import await_review
from tests.unit.cli.terminal import Terminal
from tests.unit.usecases.training.test_experiments import Experiments
from tests.unit.usecases.world import rows


@pytest.fixture
def job(terminal: Terminal) -> str:
    """A job of three variants, one of which failed, that waits for a review."""
    world = Experiments({"grid": {"depth": [1, 2, 3]}, "review": True})
    world.train_variants(0, 2)
    world.ports.data.write(f"jobs/{world.id}/train/1/log.txt", b"too\x1b[31m deep\n")
    world.judge(v1=rows(2000, 0.88), v2=rows(2000, 0.93), v4=rows(2000, 0.95))
    await_review(ReviewOrder(job_id=world.id, task_token="secret-token"), world.ports)
    terminal.ports = world.ports
    return world.id


def test_a_job_is_shown_with_its_variants_and_what_it_waits_for(terminal: Terminal, job: str) -> None:
    lines = terminal.ok("job", job).splitlines()
    assert lines[0] == f"{job}  manual  validation  2026-03-01 12:00:00Z"
    assert lines[1].startswith("version 4 waits for a review until 2026-03-03 12:00:00Z ('auto-retrain approve ")
    assert ": accuracy 0.9500 is at least 5.0% above" in lines[1]
    assert ["accuracy*", "0.9500", "0.8800", "+0.07"][:3] in [line.split()[:3] for line in lines]
    assert "accuracy_floor: met: accuracy 0.9500 reaches the floor 0.85" in lines
    assert [line.split()[:4] for line in lines[-3:]] == [
        ["0", "2", "0.9300", "+5.7%"],
        ["1", "-", "-", "-"],
        ["2*", "4", "0.9500", "+8.0%"],
    ]
    assert "failed: too\\x1b[31m deep" in lines[-2]


def test_a_job_that_was_skipped_or_trained_all_the_same_says_why(terminal: Terminal, job: str) -> None:
    stored = terminal.ports.jobs.get(job)
    assert stored is not None
    assert stored.data_check is not None
    overridden = stored.data_check.changed(overridden="trained because ada forced it, although few rows")
    terminal.ports.jobs._jobs[job] = stored.checked(overridden)
    assert "chance of a promotion: trained because ada forced it, although few rows" in terminal.ok("job", job)
    skipped = stored.checked(stored.data_check.changed(skipped="not trained: few rows"))
    terminal.ports.jobs._jobs[job] = skipped.changed(status="completed", ending="skipped")
    lines = terminal.ok("job", job).splitlines()
    assert lines[:2] == [f"{job}  manual  skipped  2026-03-01 12:00:00Z", "churn was not trained: few rows"]


def test_a_job_as_json_has_everything_but_the_token(terminal: Terminal, job: str) -> None:
    output = terminal.ok("job", job, "--json")
    assert json.loads(output)["variants"][2]["trained"]["number"] == "4"
    assert "secret-token" not in output


def test_a_challenger_is_approved_once(terminal: Terminal, job: str) -> None:
    for _ in range(2):
        output = terminal.ok("approve", job, "--actor", "grace", "--reason", "fine")
        assert output == f"{job}: version 4 approved by grace\n"
    refused = terminal.run("decline", job, "--reason", "no")
    assert (refused.code, "was already approved by grace" in refused.err) == (1, True)


def test_a_challenger_is_declined_with_a_reason(terminal: Terminal, job: str) -> None:
    assert "--reason" in terminal.run("decline", job).err
    assert (
        terminal.ok("decline", job, "--actor", "grace", "--reason", "unfair") == f"{job}: version 4 declined by grace\n"
    )


def test_an_unknown_job_is_named(terminal: Terminal) -> None:
    assert "there is no job 'churn-0'" in terminal.run("approve", "churn-0").err
    assert "is not a job id" in terminal.run("job", "../churn").err


def test_a_model_instead_of_a_job_is_refused_with_the_id_of_its_newest_job(terminal: Terminal, job: str) -> None:
    refused = terminal.run("approve", "churn")
    assert (refused.code, refused.err) == (
        1,
        f"auto-retrain: 'churn' is a model, not a job; its newest job is '{job}'\n",
    )


@pytest.mark.parametrize("command", ["job", "approve", "replay"])
def test_a_model_without_a_job_is_named(terminal: Terminal, command: str) -> None:
    terminal.apply()
    assert "model 'churn' has no job yet" in terminal.run(command, "churn").err


def test_a_job_that_has_ended_shows_how(terminal: Terminal, job: str) -> None:
    terminal.ok("decline", job, "--actor", "grace", "--reason", "unfair")
    terminal.ports.clock.advance(timedelta(minutes=1))
    close_job(ClosingRequest(execution_arn="any", state={"decision": {"job_id": job}}), terminal.ports)
    assert "churn version 4 was not deployed: grace declined it: unfair" in terminal.ok("job", job)
