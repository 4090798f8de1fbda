"""What a retraining used is counted from what its pods report, and never beyond the time that has passed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_retrain.domain.policy.training import Capacity, TrainingPolicy
from auto_retrain.domain.results import ContainerResult
from auto_retrain.domain.usage import ContainerUse, PodUse, Usage, amount_of

POD = PodUse(pods=2, cpu=2, gib=4, gpus=1, capacity=Capacity.SPOT)
reports = st.lists(st.none() | st.builds(ContainerUse, seconds=st.floats(0, 1e6), stored_bytes=st.integers(0, 2**50)))


@pytest.mark.parametrize(("text", "amount"), [("500m", 0.5), ("3", 3), ("2Gi", 2 * 2**30), ("64Mi", 2**26)])
def test_a_quantity_is_read_as_kubernetes_reads_it(text: str, amount: float) -> None:
    assert amount_of(text) == amount


def test_an_order_takes_its_resources_from_the_policy() -> None:
    training = TrainingPolicy(cpu="500m", memory="3Gi", gpus=1, capacity=Capacity.SPOT)
    (use,) = Usage().ordering("train", training, 4).pods.values()
    assert (use.pods, use.cpu, use.gib, use.gpus, use.capacity) == (4, 0.5, 3, 1, "spot")
    assert use.seconds is None


def test_hours_are_resources_times_the_seconds_of_all_pods() -> None:
    report = ContainerUse(seconds=1800, stored_bytes=5)
    use = POD.ended([report, report], 7200)
    assert (use.cpu_hours, use.gib_hours, use.gpu_hours) == (2, 4, 1)
    assert (use.at_most, use.stored_bytes) == (False, 10)


def test_a_pod_without_a_report_counts_until_its_end_was_noticed() -> None:
    use = POD.ended([ContainerUse(seconds=10, stored_bytes=0), None], 100)
    assert (use.seconds, use.at_most) == (110, True)


@given(reports, st.floats(0, 1e6))
def test_no_pod_counts_longer_than_the_time_that_has_passed(given: list[ContainerUse | None], elapsed: float) -> None:
    seconds = POD.ended(given, elapsed).seconds
    assert seconds is not None
    assert 0 <= seconds <= len(given) * elapsed + 0.1


def test_a_step_that_was_broken_off_counts_all_its_pods_and_one_that_ended_is_left_alone() -> None:
    ordered = Usage(pods={"train": POD})
    assert ordered.broken_off("train", 60).pods["train"].seconds == 120
    ended = ordered.step_ended("train", [ContainerUse(seconds=1, stored_bytes=0)], 60)
    assert ended.broken_off("train", 60) == ended
    assert Usage().broken_off("score", 60) == Usage()


@pytest.mark.parametrize("odd", [{"seconds": -1, "stored_bytes": 0}, {"seconds": "nan"}, {"seconds": 1}, [], 7, None])
def test_an_odd_report_counts_as_none_and_refuses_no_result(odd: object) -> None:
    assert ContainerResult.model_validate({"schema_version": 1, "job_id": "churn-1", "use": odd}).use is None


def test_pods_that_train_together_ran_as_long_as_the_one_that_says_so() -> None:
    usage = Usage().ordering("train", TrainingPolicy(workers=3), 3)
    reports = usage.report_of_all("train", ContainerUse(seconds=60.0, stored_bytes=1000))
    ended = usage.step_ended("train", reports, 90.0).pods["train"]
    assert (ended.seconds, ended.stored_bytes, ended.at_most) == (180.0, 1000, False)
    unknown = usage.step_ended("train", usage.report_of_all("train", None), 90.0).pods["train"]
    assert (unknown.seconds, unknown.at_most) == (270.0, True)
