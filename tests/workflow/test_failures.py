"""Every failure ends red, with a reason that a person understands, and frees the model."""

import json
from typing import Any

import pytest

from auto_retrain.domain.status import RetrainingStatus
from tests.workflow.world import NOW, Ended, World


def assert_closed_as_failed(world: World, model: str, ended: Ended) -> None:
    assert ended.status == "FAILED"
    assert ended.path[-3:] == ["CloseJob", "ChooseEnding", "Failed"]
    assert ended.job is not None
    assert ended.job.status is RetrainingStatus.FAILED
    assert ended.job.error == ended.cause
    assert world.is_free(model)
    assert world.registry.champion(model) in {None, "1"}


def test_a_failed_container_is_reported_with_its_own_message(world: World) -> None:
    model = world.given_model()
    ended = world.retrain(model, exit_code=65)
    assert_closed_as_failed(world, model, ended)
    assert ended.error == "TrainingFailed"
    assert "the column 'plan' is missing" in ended.cause
    assert ended.job is not None
    artifacts = world.stack.outputs["ArtifactsBucketName"]
    log = world.stack.client("s3").get_object(Bucket=artifacts, Key=f"jobs/{ended.job.job_id}/train/log.txt")
    assert log["Body"].read() == b"the column 'plan' is missing\n"


def test_a_person_who_moves_the_champion_meanwhile_wins(world: World) -> None:
    model = world.given_model()
    world.given_champion(model, accuracy=0.88)
    world.retrain(model, accuracy=0.5)
    ended = world.retrain(model, accuracy=0.95, champion_moved_to="2")
    assert ended.status == "FAILED"
    assert "ChampionConflict" in ended.cause
    assert world.registry.champion(model) == "2"
    assert world.is_free(model)


def test_a_container_that_moves_the_champion_by_itself_is_noticed_although_its_job_ends_green(world: World) -> None:
    model = world.given_model()
    world.given_champion(model, accuracy=0.88)
    world.retrain(model, accuracy=0.5)
    ended = world.retrain(model, accuracy=0.5, champion_moved_to="2")
    assert ended.status == "SUCCEEDED"
    assert ended.job is not None
    assert not ended.job.deployed
    assert world.registry.champion(model) == "2"
    assert world.has_announced(model, f"{model}-alias-moved-1-2")


def test_an_execution_that_is_aborted_leaves_no_lease_behind(world: World) -> None:
    model = world.given_model()
    arn = world.start({"model_name": model, "actor": "tests", "reason": "to be aborted", "event_time": NOW.isoformat()})
    world.wait_for("the job to run", lambda: (world.states.get(model).active_job or "") != "")
    world.abort(arn)
    world.stack.wait_until_idle(90)
    ended = world.ended(arn)
    assert ended.status == "ABORTED"
    assert ended.job is not None
    assert ended.job.status is RetrainingStatus.FAILED
    assert world.is_free(model)
    assert world.retrain(model).status == "SUCCEEDED"


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({}, "model_name: required but not given; send"),
        ("churn", "the input must be a JSON object, not str; send"),
        ({"model_name": "nobody-knows", "actor": "a", "reason": "b"}, "has no policy"),
        (
            {"time": NOW.isoformat(), "detail": {"alarmName": "disk", "state": {"value": "ALARM"}}},
            "alarm 'disk' names no model",
        ),
    ],
)
def test_an_invalid_event_fails_in_the_first_state_and_the_cause_says_what_to_send(
    world: World, event: Any, reason: str
) -> None:
    ended = world.run(event)
    assert ended.status == "FAILED"
    assert ended.path == ["CheckTriggers", "CloseJob", "ChooseEnding", "Failed"]
    assert reason in ended.cause
    assert "stackTrace" not in ended.cause
    assert "Traceback" not in json.dumps(ended.decision)
