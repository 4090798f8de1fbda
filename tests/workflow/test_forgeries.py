"""What a training pod or a scoring pod lies about promotes nothing, and the refusal names it."""

import json
from typing import Any

import pytest

from tests.workflow.world import World


@pytest.mark.parametrize(
    ("forge", "error", "reason"),
    [
        ("labels", "ArtifactInvalid", "the row ids or labels of its 2000 rows are not those that were frozen"),
        ("row ids", "ArtifactInvalid", "the row ids or labels of its 2000 rows are not those that were frozen"),
        ("image", "ArtifactInvalid", "says that it was trained in 'evil.example.com/miner:1', but job"),
    ],
)
def test_a_pod_that_lies_is_refused(world: World, forge: str, error: str, reason: str) -> None:
    model = world.given_model()
    ended = world.retrain(model, forge=forge)
    assert (ended.status, ended.error) == ("FAILED", error)
    assert reason in ended.cause
    assert world.registry.champion(model) is None


def test_predictions_of_another_job_are_refused(world: World) -> None:
    better = world.retrain(world.given_model(), accuracy=0.99)
    assert better.job is not None
    of = _result_of(world, better.job.output_of("score"))["predictions"]["1"]

    model = world.given_model()
    ended = world.retrain(model, accuracy=0.5, forge="predictions of another job", of=of)

    assert (ended.status, ended.error) == ("FAILED", "ArtifactInvalid")
    assert f"names '{of['uri']}', which is not a part of its output" in ended.cause
    assert world.registry.champion(model) is None


def test_no_training_pod_knows_where_scores_are_expected(world: World) -> None:
    model = world.given_model()
    ended = world.retrain(model)
    assert ended.job is not None
    secret = ended.job.output_of("score")
    environment = world.stack.cluster.environment_of(f"{ended.job.job_id}-train-1")
    assert secret not in json.dumps(environment)
    assert ended.job.output_of("train") in environment["AUTO_RETRAIN_ORDER"]


def _result_of(world: World, output: str) -> Any:
    bucket = world.stack.outputs["ArtifactsBucketName"]
    body = world.stack.client("s3").get_object(Bucket=bucket, Key=f"{output}result.json")["Body"]
    return json.loads(body.read())
