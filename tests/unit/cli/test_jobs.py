"""The newest jobs are listed with how they ended."""

from tests.unit.cli.terminal import POLICY, Terminal
from tests.unit.usecases.world import World, rows


def test_jobs_are_listed_with_their_reason(terminal: Terminal) -> None:
    world = World()
    terminal.ports = world.ports
    job_id = world.open()
    heading, row = terminal.ok("jobs", "churn").splitlines()
    assert heading.split() == ["CREATED", "JOB", "TRIGGER", "STATUS", "REASON"]
    assert row.split() == ["2026-03-01", "12:00:00Z", job_id, "manual", "pending", *row.split()[5:]]
    assert row.endswith("requested by ada: new labels")
    terminal.apply(POLICY.replace("churn", "fraud"))
    assert terminal.ok("jobs", "fraud") == "fraud has no job yet\n"


def test_without_jobs_there_is_a_sentence_instead_of_an_empty_table(terminal: Terminal) -> None:
    assert terminal.ok("jobs") == "there are no jobs yet\n"


def test_a_job_that_has_ended_shows_how(terminal: Terminal) -> None:
    world = World()
    terminal.ports = world.ports
    job_id = world.scored_job(rows(2000, 0.95), rows(2000, 0.88))
    world.validate(job_id)
    assert "is at least 5.0% above the champion's" in terminal.ok("jobs")
    world.deploy(job_id)
    assert " deploying " in terminal.ok("jobs", "--limit", "1")
    world.close(decision={"job_id": job_id})
    assert " promoted " in terminal.ok("jobs", "--limit", "1")
    world.ports.jobs.save(world.job(job_id).changed(error="OOM\nkilled"))
    assert terminal.ok("jobs").endswith("OOM\\nkilled\n")
