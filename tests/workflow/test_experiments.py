"""Several trainings of one job, through the real state machine, watcher and registry."""

from typing import Any

from auto_retrain.domain.job import RetrainingJob
from auto_retrain.domain.names import job_id
from auto_retrain.domain.status import RetrainingStatus
from tests.workflow.world import ALL_THE_WAY, NOW, Ended, World


def try_out(world: World, model: str, **variants: Any) -> Ended:
    """A person requests several trainings."""
    event = {"model_name": model, "actor": "tests", "reason": "which is best", "event_time": NOW.isoformat()}
    return world.run({**event, "force": True, **variants})


def test_the_best_variant_of_a_grid_is_deployed(world: World) -> None:
    model = world.given_model()
    world.given_champion(model, accuracy=0.88)

    ended = try_out(world, model, grid={"accuracy": [0.9, 0.96, 0.93]})

    assert (ended.status, ended.path) == ("SUCCEEDED", ALL_THE_WAY)
    assert ended.job is not None
    assert ended.job.validation is not None
    assert [variant.value for variant in ended.job.validation.variants] == [0.9, 0.96, 0.93]
    assert (ended.job.validation.accuracy, ended.job.deployed) == (0.96, True)
    assert world.registry.champion(model) == ended.job.challenger_version == ended.job.variants[1].version


def test_a_variant_that_cannot_be_trained_is_reported_and_the_others_go_on(world: World) -> None:
    model = world.given_model()
    world.given_champion(model, accuracy=0.88)

    ended = try_out(world, model, variants=[{"accuracy": 0.95}, {"exit_code": 65}, {"accuracy": 0.9}])

    assert ended.job is not None
    assert (ended.job.status, ended.job.deployed) == (RetrainingStatus.COMPLETED, True)
    assert [variant.error for variant in ended.job.variants] == [None, "the column 'plan' is missing", None]
    log = world.stack.client("s3").get_object(
        Bucket=world.stack.outputs["ArtifactsBucketName"], Key=f"jobs/{ended.job.job_id}/train/1/log.txt"
    )
    assert log["Body"].read() == b"the column 'plan' is missing\n"


def test_a_retraining_fails_when_no_variant_can_be_trained(world: World) -> None:
    model = world.given_model()

    ended = try_out(world, model, variants=[{"exit_code": 65, "a": 1}, {"exit_code": 65, "a": 2}])

    assert (ended.status, ended.error) == ("FAILED", "TrainingFailed")
    assert "the column 'plan' is missing" in ended.cause
    assert world.is_free(model)


def start_reviewed(world: World, model: str) -> tuple[str, RetrainingJob]:
    """An execution, and its job that waits for a review."""
    event = {"model_name": model, "actor": "tests", "reason": "which is best", "event_time": NOW.isoformat()}
    arn = world.start({**event, "force": True, "review": True, "grid": {"accuracy": [0.94, 0.96]}})
    name = job_id(model, arn)

    def waits() -> bool:
        job = world.jobs.get(name)
        return job is not None and job.pending_review is not None

    world.wait_for("a job that waits for its review", waits)
    job = world.jobs.get(name)
    assert job is not None
    return arn, job


def test_the_best_variant_serves_once_a_person_has_approved_it(world: World) -> None:
    model = world.given_model()
    world.given_champion(model, accuracy=0.88)
    arn, job = start_reviewed(world, model)
    assert world.registry.champion(model) == "1"

    command = world.run_command("approve", job.job_id, "--actor", "grace")

    assert command.returncode == 0, command.stderr
    world.stack.wait_until_idle(90)
    ended = world.ended(arn)
    assert ended.path == [*ALL_THE_WAY[:8], "AwaitReview", "ChooseReviewed", *ALL_THE_WAY[8:]]
    assert ended.job is not None
    assert ended.job.review is not None
    assert (ended.job.deployed, ended.job.review.actor) == (True, "grace")
    assert world.registry.champion(model) == ended.job.challenger_version


def test_a_declined_challenger_ends_green_and_changes_nothing(world: World) -> None:
    model = world.given_model()
    world.given_champion(model, accuracy=0.88)
    arn, job = start_reviewed(world, model)

    command = world.run_command("decline", job.job_id, "--reason", "unfair", "--actor", "grace")

    assert command.returncode == 0, command.stderr
    world.stack.wait_until_idle(90)
    ended = world.ended(arn)
    assert (ended.status, ended.job.status if ended.job else None) == ("SUCCEEDED", RetrainingStatus.COMPLETED)
    assert world.registry.champion(model) == "1"
    assert world.is_free(model)
