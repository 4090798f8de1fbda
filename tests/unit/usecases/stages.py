"""A world at each stage of a retraining, with the id of its job."""

import json

from auto_retrain.domain.messages.ending import ExecutionStatusChange
from auto_retrain.domain.messages.references import JobReference
from auto_retrain.usecases.data.check_data import check_data
from tests.unit.usecases.data.examined import examine
from tests.unit.usecases.data.test_check_data import Data
from tests.unit.usecases.interruptions import copied
from tests.unit.usecases.world import EXECUTION, MANUAL, World, rows


def aborted(execution: str, event: object) -> ExecutionStatusChange:
    """What EventBridge says when an execution was aborted."""
    detail = {"executionArn": execution, "status": "ABORTED", "input": json.dumps(event)}
    return ExecutionStatusChange.model_validate({"detail": detail})


ABORTED = aborted(EXECUTION, MANUAL)


def fresh() -> tuple[World, str]:
    world = World()
    world.give_champion()
    return world, ""


def opened() -> tuple[World, str]:
    world, _ = fresh()
    return world, world.open()


def running() -> tuple[World, str]:
    """A job that trains, and a person whose request waits for its end."""
    world, job_id = opened()
    world.start(job_id, "train")
    return with_waiting(world), job_id


def check_data_of(world: World, job_id: str) -> None:
    check_data(JobReference(job_id=job_id), world.ports)


@copied
def divided() -> tuple[World, str]:
    """A job whose data have two parts, which no pod has examined yet."""
    world = Data({"parts": 2})
    job_id = world.open()
    check_data_of(world, job_id)
    return world, job_id


@copied
def examined() -> tuple[World, str]:
    world, job_id = divided()
    examine(world, job_id)
    return world, job_id


def trained() -> tuple[World, str]:
    world, job_id = opened()
    world.start(job_id, "train")
    world.train(job_id)
    world.ports.cluster.finish(f"{job_id}-train-1")
    return world, job_id


@copied
def scored() -> tuple[World, str]:
    world = World()
    return world, world.scored_job(rows(500, 0.95), rows(500, 0.88))


@copied
def validated() -> tuple[World, str]:
    world, job_id = scored()
    world.validate(job_id)
    return world, job_id


@copied
def deployed() -> tuple[World, str]:
    world, job_id = validated()
    world.deploy(job_id)
    return with_waiting(world), job_id


def with_waiting(world: World) -> World:
    assert world.check({**MANUAL, "reason": "second"}, f"{EXECUTION}-second").held_by == "running_job"
    return world
