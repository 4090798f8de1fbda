"""Several pods train one model, through the real state machine, training program, registry and cluster."""

import os
from collections.abc import Iterator
from dataclasses import replace

import pytest

from local.paths import CORE, TRAINER
from local.stack import LocalStack
from local.trainer_image import TRAIN_MODEL
from tests.workflow.world import IMAGES, World

IMAGE = "example.com/trainer-of-sums@sha256:" + "2" * 64
OF_SUMS = replace(
    TRAIN_MODEL,
    env={**TRAIN_MODEL.env, "PYTHONPATH": os.pathsep.join(map(str, (CORE, TRAINER / "examples" / "workers")))},
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    directory = tmp_path_factory.mktemp("workflow") / "stack"
    options = {"parameters": {"TrainerImage": IMAGE}, "images": {**IMAGES, IMAGE: OF_SUMS}}
    with LocalStack(directory, **options, time_scale=0.01, watch_interval_seconds=0.2, report=lambda _: None) as stack:
        yield World(stack)


def log_of(world: World, job_id: str) -> str:
    bucket = world.stack.outputs["ArtifactsBucketName"]
    answer = world.stack.client("s3").get_object(Bucket=bucket, Key=f"jobs/{job_id}/train/log.txt")
    return str(answer["Body"].read().decode())


def test_two_workers_that_talk_to_each_other_train_one_version(world: World) -> None:
    training = {"workers": 2, "trainer": "by_sums:fit"}
    model = world.given_model(training=training)

    ended = world.retrain(model)

    assert ended.job is not None
    assert "StartScoring" in ended.path, ended.cause
    assert ended.job.challenger is not None
    assert ended.job.challenger.number == "1"
    assert "worker 0 of 2 summed 2000 of 4000 rows" in log_of(world, ended.job.job_id)
    assert ended.job.usage.pods["train"].pods == 2
    assert ended.job.usage.pods["score"].pods == 1


def test_a_trainer_that_fails_in_both_pods_ends_the_retraining_with_its_reason(world: World) -> None:
    model = world.given_model(training={"workers": 2, "trainer": "by_sums:there_is_none"})

    ended = world.retrain(model)

    assert (ended.status, ended.error) == ("FAILED", "TrainingFailed")
    assert "there_is_none" in ended.cause
    assert world.is_free(model)
