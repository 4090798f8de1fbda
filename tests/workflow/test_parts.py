"""Data in two parts, through the real state machine, training program, registry and cluster."""

import io
from collections.abc import Iterator
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from auto_retrain.domain.names import kubernetes_job_name
from auto_retrain.domain.receipt import transitions_of
from local.stack import LocalStack
from local.trainer_image import TRAIN_MODEL
from tests.workflow.world import ALL_THE_WAY, IMAGES, NOW, PATIENCE_SECONDS, World

IMAGE = "example.com/trainer-in-parts@sha256:" + "3" * 64
DAYS, ROWS = 15, 400
EXAMINED = [*ALL_THE_WAY[:4], "StartExamination", "CheckData", "ChooseTraining"]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    directory = tmp_path_factory.mktemp("workflow") / "stack"
    images = {**IMAGES, IMAGE: TRAIN_MODEL}
    options = {"parameters": {"TrainerImage": IMAGE}, "images": images}
    with LocalStack(directory, **options, time_scale=0.01, watch_interval_seconds=0.2, report=lambda _: None) as stack:
        yield World(stack)


def put_days(world: World, model: str) -> None:
    """Days whose label follows from the age, so that a model can be good enough."""
    random = np.random.default_rng(1)
    for back in range(1, DAYS + 1):
        day = NOW.date() - timedelta(days=back)
        age = random.normal(40, 10, ROWS)
        rows = {
            "id": [f"{day}-{number}" for number in range(ROWS)],
            "left": (age + random.normal(0, 0.5, ROWS) > 40).astype(int),
            "age": age,
            "plan": random.choice(["basic", "full"], ROWS),
        }
        file = io.BytesIO()
        parquet.write_table(pa.table(rows), file)
        world.put_object(model, day, file.getvalue())


def test_two_pods_examine_the_data_and_score_the_holdout_and_their_parts_decide_together(world: World) -> None:
    model = "in-two-parts"
    world.given_model(model, days=0, data={"parts": 2})
    put_days(world, model)

    ended = world.retrain(model)

    assert (ended.status, ended.path, ended.cause) == ("SUCCEEDED", [*EXAMINED, *ALL_THE_WAY[4:]], "")
    job = ended.job
    assert job is not None
    assert job.validation is not None
    assert (job.deployed, job.holdout_parts, job.usage.pods["score"].pods) == (True, 2, 2)
    assert job.validation.holdout_rows == 5 * ROWS
    assert job.data_check is not None
    assert (job.data_check.summary.training.rows, job.data_check.findings) == (10 * ROWS, ())
    assert job.data_check.holdout_labels is not None
    assert job.usage.pods["check"].pods == 2
    assert transitions_of(job) == 1 + len(ended.path)
    bucket, s3 = world.stack.outputs["ArtifactsBucketName"], world.stack.client("s3")
    written = s3.list_objects_v2(Bucket=bucket, Prefix=job.output_of("score"))["Contents"]
    assert {each["Key"].removeprefix(job.output_of("score")).split("/")[0] for each in written} == {"part-0", "part-1"}


def test_broken_data_that_a_pod_finds_end_the_retraining_as_broken_data(world: World) -> None:
    model = world.given_model(data={"parts": 2})
    world.put_day(model, NOW.date() - timedelta(days=3), without="age")

    ended = world.retrain(model)

    assert (ended.status, ended.error) == ("FAILED", "DataInvalid")
    assert ended.path[:6] == EXAMINED[:6]
    assert "data.numeric names age" in ended.cause
    assert "lacks the columns age" in ended.cause
    assert world.is_free(model)


def examining(world: World, model: str) -> tuple[str, str]:
    """An execution whose pods examine the data, and their Kubernetes Job; each takes a second to import libraries."""
    arn = world.start({"model_name": model, "actor": "tests", "reason": "a test", "event_time": NOW.isoformat()})
    world.wait_for("the job", lambda: world.states.get(model).active_job is not None)
    name = kubernetes_job_name(world.states.get(model).active_job or "", "check")
    world.wait_for("its Kubernetes Job", lambda: world.stack.cluster.has_job(name))
    world.wait_for("a pod", lambda: world.stack.cluster.has_ready_pod(name))
    return arn, name


def test_a_pod_that_dies_while_it_examines_a_part_fails_the_retraining_with_its_reason(world: World) -> None:
    model = world.given_model(data={"parts": 2}, training={"retries": 0})
    arn, name = examining(world, model)

    world.stack.cluster.kill_out_of_memory(name)

    world.stack.wait_until_idle(PATIENCE_SECONDS)
    ended = world.ended(arn)
    assert (ended.status, ended.path[4:]) == ("FAILED", ["StartExamination", "CloseJob", "ChooseEnding", "Failed"])
    assert "ran out of memory" in ended.cause
    assert world.is_free(model)


def test_a_node_that_is_lost_during_the_examination_costs_a_pod_and_no_attempt(world: World) -> None:
    model = world.given_model(days=0, data={"parts": 2}, training={"retries": 0})
    put_days(world, model)
    arn, name = examining(world, model)

    world.stack.cluster.evict(name)

    world.stack.wait_until_idle(PATIENCE_SECONDS)
    ended = world.ended(arn)
    assert (ended.status, ended.path[: len(EXAMINED)]) == ("SUCCEEDED", EXAMINED)
    assert ended.job is not None
    assert ended.job.data_check is not None
    assert ended.job.data_check.summary.training.rows == 10 * ROWS
