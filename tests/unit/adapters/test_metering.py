"""The time of a function is put on the job that it saves."""

from auto_retrain.adapters.metering import Meter
from auto_retrain.domain.usage import FunctionUse
from tests.unit.usecases.world import World


def test_each_save_adds_the_time_since_the_one_before_and_all_are_one_call() -> None:
    seconds = iter([100.0, 101.0, 103.0])
    meter, world = Meter(lambda: next(seconds)), World()
    job = world.job(world.open())
    meter.start("check_data", 3072)
    stamped = meter.stamp(meter.stamp(job))
    assert stamped.usage.functions == {"check_data": FunctionUse(calls=1, gb_seconds=9)}


def test_the_next_invocation_is_another_call() -> None:
    seconds = iter([0.0, 1.0, 60.0, 62.0])
    meter, world = Meter(lambda: next(seconds)), World()
    job = world.job(world.open())
    for _ in range(2):
        meter.start("start_job", 512)
        job = meter.stamp(job)
    assert job.usage.functions == {"start_job": FunctionUse(calls=2, gb_seconds=1.5)}


def test_outside_of_a_function_nothing_is_measured() -> None:
    meter, world = Meter(), World()
    job = world.job(world.open())
    assert meter.stamp(job) is job
    meter.start("close_job", 512)
    meter.stop()
    assert meter.stamp(job) is job


def test_a_function_that_saves_no_job_can_tell_what_it_used() -> None:
    seconds = iter([100.0, 103.0])
    meter = Meter(lambda: next(seconds))
    assert meter.used() is None
    meter.start("profile_data", 3072)
    assert meter.used() == FunctionUse(calls=1, gb_seconds=9)
