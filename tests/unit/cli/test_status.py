"""`status`, `reviews` and `explain` say in a few lines how things are, why, and what to do next."""

import json

import pytest

from auto_retrain.domain.messages.promoting import ReviewOrder
from auto_retrain.domain.model_state import LastRequest
from auto_retrain.usecases.promoting.await_review import await_review
from tests.unit.cli.terminal import POLICY, Terminal
from tests.unit.cli.test_why import SUPPRESSED
from tests.unit.usecases.training.test_experiments import Experiments
from tests.unit.usecases.world import World, rows


@pytest.fixture
def review(terminal: Terminal) -> str:
    """A job that waits for a review."""
    world = Experiments({"grid": {"depth": [1, 2]}, "review": True})
    world.train_variants(0, 1)
    world.judge(v1=rows(2000, 0.88), v2=rows(2000, 0.93), v3=rows(2000, 0.95))
    await_review(ReviewOrder(job_id=world.id, task_token="secret-token"), world.ports)
    terminal.ports = world.ports
    return world.id


def test_a_fleet_without_models_is_shown(terminal: Terminal) -> None:
    assert terminal.ok("status") == "models: none; nothing needs a person\n"


def test_the_fleet_is_shown_with_what_needs_a_person(terminal: Terminal, review: str) -> None:
    terminal.apply(POLICY.replace("churn", "fraud"))
    lines = terminal.ok("status").splitlines()
    assert lines[0] == "models: 2 unknown; one thing needs a person"
    assert "churn: version 3 waits for a review until 2026-03-03 12:00 UTC" in lines[1]
    assert lines[2] == f"    auto-retrain approve {review}"
    assert [line.split()[:2] for line in lines[-2:]] == [["churn", "unknown"], ["fraud", "unknown"]]
    shown = json.loads(terminal.ok("status", "--json"))
    assert [row["model"] for row in shown["models"]] == ["churn", "fraud"]


def test_one_model_is_shown_in_a_few_lines(terminal: Terminal, review: str) -> None:
    terminal.ports.decisions.record(SUPPRESSED)
    lines = terminal.ok("status", "churn").splitlines()
    named = {line[:15].strip(): line[16:] for line in lines}
    assert named["running job"].startswith(review)
    assert named["last decision"].startswith("2026-03-01 12:00:00Z")
    assert named["needs a person"].endswith(f"auto-retrain approve {review}")
    assert named["rollout"] == "none"
    assert {"champion", "held back by", "next due"} <= named.keys()
    assert len(lines) <= 12
    assert json.loads(terminal.ok("status", "churn", "--json"))["running_job"] == review


def test_reviews_are_listed_with_their_deadline_and_command(terminal: Terminal, review: str) -> None:
    heading, row = terminal.ok("reviews").splitlines()
    assert heading.split() == ["MODEL", "VERSION", "UNTIL", "COMMAND"]
    assert row.split("  ")[-1] == f"auto-retrain approve {review}"
    assert "2026-03-03 12:00:00Z" in row
    (listed,) = json.loads(terminal.ok("reviews", "--json"))
    assert (listed["job_id"], listed["review_until"]) == (review, "2026-03-03 12:00:00Z")
    terminal.ok("approve", review)
    assert terminal.ok("reviews") == "no challenger waits for a review\n"


def test_a_waiting_job_names_the_commands_and_the_deadline(terminal: Terminal, review: str) -> None:
    line = terminal.ok("job", review).splitlines()[1]
    assert f"until 2026-03-03 12:00:00Z ('auto-retrain approve {review}' or 'auto-retrain decline {review}" in line
    what, why, then = terminal.ok("explain", review).splitlines()
    assert "waits for a review" in what
    assert why.startswith("because: ")
    assert then == f"next: auto-retrain approve {review}"


@pytest.mark.parametrize(
    ("challenger", "what", "then"),
    [(0.97, "promoted", "next: auto-retrain rollout churn"), (0.88, "rejected", "next: it takes a better challenger")],
)
def test_a_job_is_explained_in_three_lines(terminal: Terminal, challenger: float, what: str, then: str) -> None:
    world = World()
    terminal.ports = world.ports
    job_id = world.scored_job(rows(2000, challenger), rows(2000, 0.90))
    world.validate(job_id)
    if what == "promoted":
        world.deploy(job_id)
    world.close(decision={"job_id": job_id})
    lines = terminal.ok("explain", job_id).splitlines()
    assert len(lines) == 3
    assert "accuracy" in lines[1]
    assert lines[2].startswith(then)
    assert lines[1].removeprefix("because: ") not in lines[0]
    assert json.loads(terminal.ok("explain", job_id, "--json"))["outcome"] == what
    everything = terminal.ok("explain", job_id, "--all")
    assert everything.splitlines()[:3] == lines
    assert "METRIC" in everything


def test_gains_are_shown_as_shares_of_the_champion(terminal: Terminal) -> None:
    world = World()
    terminal.ports = world.ports
    job_id = world.scored_job(rows(2000, 0.945), rows(2000, 0.90))
    world.validate(job_id)
    (line,) = [line for line in terminal.ok("job", job_id).splitlines() if line.startswith("accuracy*")]
    assert line.split()[1:4] == ["0.9450", "0.9000", "+5.0%"]
    assert line.count("%") == 3


def test_what_keeps_a_job_is_told_wherever_people_look(terminal: Terminal) -> None:
    world = World()
    terminal.ports = world.ports
    job_id = world.open()
    world.start(job_id, "train")
    reason = "the image 'no/such:image' cannot be pulled (ImagePullBackOff)"
    world.ports.jobs.save(world.job(job_id).held_up_by(reason))
    assert f"it waits        {reason}" in terminal.ok("status", "churn").splitlines()
    assert f"because: it waits: {reason}" in terminal.ok("explain", job_id).splitlines()
    assert reason in terminal.ok("jobs")
    assert f"running, and waits: {reason}" in terminal.ok("job", job_id)


def test_a_request_that_opened_no_job_does_not_hide_the_last_job(terminal: Terminal) -> None:
    world = World()
    terminal.ports = world.ports
    job_id = world.open()
    world.close(error={"Error": "DataInvalid", "Cause": "no rows"})
    terminal.ports.decisions.record(SUPPRESSED)
    request = LastRequest(key="churn-held", at=world.ports.clock.now(), held_by="cool_down")
    world.ports.states.record_request("churn", request)
    assert f"last job        {job_id} failed" in terminal.ok("status", "churn").splitlines()
    assert terminal.ok("status").splitlines()[-1].split()[:4] == ["churn", "degrading", "-", "failed"]
