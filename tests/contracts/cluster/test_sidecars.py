"""Containers that others inject into our pods are never taken for ours."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from auto_retrain.adapters.kubernetes.jobs.explanation import obstacle
from auto_retrain.domain.policy.pod_template import CONTAINER
from tests.unit.builders import NOON

from .given_cluster import RUNNING, GivenCluster, WatchedWorld, ended, waiting
from .recordings import Json

KINDS = pytest.mark.parametrize("native", [True, False], ids=["native", "classic"])


@pytest.fixture
def world() -> Iterator[WatchedWorld]:
    with GivenCluster() as api:
        yield WatchedWorld(api)


@KINDS
@pytest.mark.parametrize("sidecar", [RUNNING, ended(137), ended(143), ended(0, "Completed")])
def test_the_cause_the_last_line_and_the_saved_log_are_those_of_our_container(
    world: WatchedWorld, native: bool, sidecar: Json
) -> None:
    world.api.logs = {CONTAINER: "epoch 1\nallocating", "istio-proxy": "Envoy proxy is NOT ready"}
    world.give_pod("Failed", ended(137, "OOMKilled"), sidecar, native)
    world.fail()

    world.watch()

    assert world.answer() == "fail the container ran out of memory (limit 2Gi); last log line: allocating"
    assert world.log() == "epoch 1\nallocating"


@KINDS
@pytest.mark.parametrize("reason", ["ImagePullBackOff", "ErrImagePull", "CreateContainerConfigError"])
def test_an_image_that_cannot_be_pulled_beside_a_running_sidecar_is_given_up(
    world: WatchedWorld, native: bool, reason: str
) -> None:
    world.give_pod("Pending", waiting(reason), RUNNING, native)
    world.ports.clock.advance(timedelta(minutes=30))

    outcome = world.watch()

    assert (outcome.failed, reason in outcome.waiting[world.name]) == (1, True)
    assert "istio" not in world.answer()


def test_a_classic_sidecar_that_keeps_a_finished_training_is_named_then_and_at_the_deadline(
    world: WatchedWorld,
) -> None:
    world.give_pod("Running", ended(0, "Completed"), RUNNING)
    world.ports.clock.advance(timedelta(minutes=40))

    outcome = world.watch()

    kept = "it has ended with exit code 0, but its pod is kept by containers that were injected: 'istio-proxy'"
    assert (outcome.alive, outcome.waiting) == (1, {world.name: kept})
    world.api.pods = []
    world.fail("DeadlineExceeded")
    assert world.watch().problems == ()
    assert world.answer() == f"fail it ran longer than its deadline of 7200 seconds; {kept}"


def test_the_log_of_a_kept_training_is_saved_before_its_deadline(world: WatchedWorld) -> None:
    world.api.logs = {CONTAINER: "fitted\n", "istio-proxy": "noise"}
    world.give_pod("Running", ended(0, "Completed"), RUNNING)
    world.ports.clock.advance(timedelta(minutes=119))

    world.watch()

    assert world.log() == "fitted\n"


def test_a_native_sidecar_does_not_keep_a_pod(world: WatchedWorld) -> None:
    pod = world.give_pod("Running", ended(0, "Completed"), RUNNING, native=True)

    assert obstacle(pod) is None


@KINDS
def test_a_training_beside_a_sidecar_that_is_not_ready_meets_no_obstacle(world: WatchedWorld, native: bool) -> None:
    pod = world.give_pod("Running", RUNNING, RUNNING, native)

    assert obstacle(pod) is None


def test_a_sidecar_that_cannot_start_does_not_stop_a_training_that_runs(world: WatchedWorld) -> None:
    world.give_pod("Pending", RUNNING, waiting("ImagePullBackOff"))
    world.ports.clock.advance(timedelta(minutes=30))

    assert (world.watch().alive, world.answer()) == (1, "heartbeat")


def test_an_injected_container_that_keeps_ours_from_starting_is_named(world: WatchedWorld) -> None:
    world.give_pod("Pending", waiting("PodInitializing"), waiting("ImagePullBackOff"), native=True)
    world.ports.clock.advance(timedelta(minutes=30))

    world.watch()

    cause = "the image 'istio/proxy:1' of the injected container 'istio-proxy' cannot be pulled (ImagePullBackOff: m)"
    assert world.answer() == f"fail {cause}, for at least 10 minutes"


def test_an_injected_container_that_fails_a_finished_training_is_named_and_the_log_is_ours(world: WatchedWorld) -> None:
    world.api.logs = {CONTAINER: "fitted", "istio-proxy": "noise"}
    world.give_pod("Failed", ended(0, "Completed"), ended(1))
    world.fail()

    world.watch()

    assert world.answer() == "fail the injected container 'istio-proxy' ended with exit code 1; last log line: fitted"
    assert world.log() == "fitted"


def test_an_injected_container_that_fails_before_ours_starts_is_told_with_its_log(world: WatchedWorld) -> None:
    world.api.logs = {"istio-proxy": "no certificate"}
    world.give_pod("Failed", waiting("PodInitializing"), ended(1), native=True)
    world.fail()

    world.watch()

    cause = "the injected container 'istio-proxy' ended with exit code 1"
    assert world.answer() == f"fail {cause}; last log line: no certificate"


VERDICTS = [
    ("Evicted", 'Usage of EmptyDir volume "scratch" exceeds the limit "1Gi".'),
    ("Evicted", "Pod ephemeral local storage usage exceeds the total limit of containers 1Gi."),
    ("Terminated", "Pod was terminated in response to imminent node shutdown."),
    ("DeadlineExceeded", "Pod was active on the node longer than the specified deadline"),
    ("UnexpectedAdmissionError", "Allocate failed due to no healthy devices present"),
]


@pytest.mark.parametrize(("reason", "message"), VERDICTS)
def test_the_verdict_on_a_pod_is_told_instead_of_the_exit_code_that_it_led_to(
    world: WatchedWorld, reason: str, message: str
) -> None:
    pod = world.give_pod("Failed", ended(137))
    pod["status"] |= {"reason": reason, "message": message}
    pod["status"]["conditions"].append({"type": "DisruptionTarget", "status": "True", "reason": "TerminationByKubelet"})
    world.fail()

    world.watch()

    assert world.answer() == f"fail the cluster ended its pod ({reason}: {message})"


@pytest.mark.parametrize(("minutes", "answer"), [(9, "heartbeat"), (10, "fail")])
def test_the_second_image_of_a_pod_has_ten_minutes_of_its_own(world: WatchedWorld, minutes: int, answer: str) -> None:
    pod = world.give_pod("Pending", waiting("ImagePullBackOff"))
    first_end = NOON + timedelta(hours=1)
    first = {"terminated": {"exitCode": 0, "finishedAt": first_end.isoformat()}}
    pod["spec"]["initContainers"] = [{"name": f"{CONTAINER}-1", "image": "champion:1"}]
    pod["status"]["initContainerStatuses"] = [{"name": f"{CONTAINER}-1", "state": first}]
    world.ports.clock.advance(timedelta(hours=1, minutes=minutes))

    world.watch()

    assert world.answer().split()[0] == answer
