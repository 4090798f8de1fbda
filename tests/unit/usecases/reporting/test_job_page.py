"""A job's page is stored when the job ends, however it ends, and no outcome depends on it."""

import pytest

from auto_retrain.domain.ending import Ending
from auto_retrain.domain.errors import DataUnavailable
from auto_retrain.domain.messages.references import ScheduledEvent
from auto_retrain.domain.messages.rolling_out import RollbackRequest
from auto_retrain.usecases.rolling_out.roll_back import roll_back
from auto_retrain.usecases.watching.watch_jobs import watch_jobs
from tests.unit.usecases.rollout_stages import promoted
from tests.unit.usecases.world import World, rows


def page_of(world: World, job_id: str) -> str:
    return world.ports.data.read(f"s3://artifacts/jobs/{job_id}/job.html").decode()


def ended(accuracy: float, **state: object) -> tuple[World, str]:
    """A job that was compared with a champion of accuracy 0.88, and closed."""
    world = World()
    job_id = world.scored_job(rows(500, accuracy), rows(500, 0.88))
    if world.validate(job_id).next == "deploy":
        world.deploy(job_id)
    world.close(decision={"job_id": job_id}, **state)
    return world, job_id


@pytest.mark.parametrize(
    ("accuracy", "error", "ending"),
    [
        (0.95, {}, Ending.PROMOTED),
        (0.89, {}, Ending.REJECTED),
        (0.89, {"error": {"Error": "TrainingFailed", "Cause": "exit code 1"}}, Ending.FAILED),
    ],
)
def test_a_job_leaves_a_page_however_it_ends(accuracy: float, error: dict[str, object], ending: Ending) -> None:
    world, job_id = ended(accuracy, **error)
    assert world.job(job_id).ending is ending
    assert f"badge {ending}" in page_of(world, job_id)


def test_a_job_that_failed_before_it_trained_leaves_a_page() -> None:
    world = World()
    job_id = world.open()
    world.close(decision={"job_id": job_id}, error={"Error": "DataMissing", "Cause": "no training data"})
    assert "before any step in the cluster" in page_of(world, job_id)


def test_a_store_that_is_away_changes_no_outcome_and_the_watcher_stores_the_page_later(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world = World()
    job_id = world.open()

    def away(*_: object) -> str:
        raise DataUnavailable("S3 did not answer")

    with monkeypatch.context() as patched:
        patched.setattr(world.ports.data, "write", away)
        outcome = world.close(decision={"job_id": job_id}, error={"Error": "DataMissing", "Cause": "no rows"})
    assert (outcome.next, outcome.error) == ("fail", "DataMissing")
    assert f"the page about job '{job_id}' was not stored: S3 did not answer" in caplog.text
    assert not world.job(job_id).announced
    watch_jobs(ScheduledEvent(), world.ports)
    assert world.job(job_id).announced
    assert "DataMissing" in page_of(world, job_id)


def test_a_page_that_cannot_be_made_holds_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    job_id = world.open()

    def broken(*_: object) -> str:
        raise ZeroDivisionError

    monkeypatch.setattr(world.ports.data, "uri", broken)
    monkeypatch.setattr(world.ports.data, "write", broken)
    world.close(decision={"job_id": job_id}, error={"Error": "DataMissing", "Cause": "no rows"})
    assert world.job(job_id).announced


def test_the_page_about_a_job_with_a_rollout_shows_its_weights_and_leads_to_the_rollout() -> None:
    world, job_id = promoted()
    page = page_of(world, job_id)
    for shown in (
        "Weight set to 5 %",
        "Weight set to 25 %",
        "Became the champion",
        "href='rollout.html'",
        "<polyline",
        ">100</text>",
    ):
        assert shown in page


def test_the_page_about_a_champion_that_is_taken_back_later_says_so() -> None:
    world, job_id = promoted()
    request = RollbackRequest(model_name="churn", actor="ada", reason="customers complain")
    roll_back(request, world.ports)
    page = page_of(world, job_id)
    assert "badge rolled_back" in page
    assert "<strong>Taken back</strong>" in page
    assert "customers complain" in page
