"""One odd object is nobody else's problem: readers of the cluster's objects know what to do with anything."""

import copy
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auto_retrain.adapters.kubernetes.access.client import KubernetesClient, event_time
from auto_retrain.adapters.kubernetes.access.connection import Connection
from auto_retrain.adapters.kubernetes.access.transport import Transport
from auto_retrain.adapters.kubernetes.jobs.cluster import KubernetesCluster
from auto_retrain.adapters.kubernetes.jobs.containers import logging_container
from auto_retrain.adapters.kubernetes.jobs.explanation import (
    explain,
    failed_creation,
    failed_start,
    is_starting,
    obstacle,
    termination_message,
)
from auto_retrain.adapters.kubernetes.jobs.job_body import JOB_ID_LABEL, PodSettings
from auto_retrain.adapters.kubernetes.jobs.listing import JobUnreadable, cluster_job_of, index_of
from auto_retrain.domain.errors import ClusterRefused, ClusterUnavailable
from auto_retrain.domain.job import RetrainingJob
from tests.oddities import odd
from tests.unit.builders import NOON

from .canned import Canned, CannedServer
from .given_cluster import NAMESPACE, RUNNING, GivenCluster, WatchedWorld, ended, waiting
from .recordings import Json, load, pods_of
from .test_client import NumberedTokens, talking_to


def _recorded(ending: str, kind: str) -> list[Json]:
    bodies = [case["body"] for case in load("lifecycle") if case["case"].endswith(ending)]
    return [body for body in bodies if isinstance(body, dict) and body.get("kind") == kind]


JOBS = _recorded(": job", "Job")
for job in JOBS:
    job["metadata"]["labels"] |= {JOB_ID_LABEL: "churn-1"}
CASES = [case["case"].removesuffix(": pods") for case in load("lifecycle") if case["case"].endswith(": pods")]
PODS = [pod for case in CASES for pod in pods_of(case)]
EVENTS = [event for body in _recorded("events", "EventList") for event in body["items"]]


def any_odd(bodies: list[Json]) -> st.SearchStrategy[Any]:
    return st.sampled_from(bodies).flatmap(odd)


@settings(max_examples=400, deadline=None)
@given(any_odd(JOBS), st.lists(any_odd(PODS), max_size=2), st.lists(any_odd(EVENTS), max_size=3))
def test_whatever_a_failure_leaves_behind_is_explained_in_a_printable_sentence(
    job: Json, pods: list[Json], events: list[Json]
) -> None:
    assert explain(job, pods, events).isprintable()


@settings(max_examples=400, deadline=None)
@given(any_odd(PODS))
def test_whatever_a_pod_looks_like_it_can_be_read(pod: Json) -> None:
    obstacle(pod)
    is_starting(pod)
    index_of(pod)
    logging_container(pod)
    assert isinstance(termination_message(pod), str)


@settings(max_examples=200, deadline=None)
@given(any_odd(EVENTS))
def test_whatever_an_event_looks_like_it_can_be_read(event: Json) -> None:
    assert failed_creation(event).may_pass
    assert failed_start(event | {"reason": "FailedMount"})
    failed_start(event)
    assert isinstance(event_time(event), str)


@settings(max_examples=400, deadline=None)
@given(any_odd(JOBS))
def test_a_job_is_read_or_refused_with_a_reason(job: Json) -> None:
    job.setdefault("metadata", {})
    with suppress(JobUnreadable, KeyError):  # a Job without our label is not listed
        assert cluster_job_of(job, NAMESPACE).name


@pytest.mark.parametrize(
    "body",
    [{}, {"items": None}, {"items": [None, 1], "metadata": None}, {"items": {}, "metadata": []}, {"metadata": {}}],
)
def test_a_listing_without_items_is_empty_and_one_with_odd_items_is_not_fatal(body: Json) -> None:
    with talking_to(Canned(200, {"kind": "JobList", **body})) as world:
        assert all(item == {} for item in world.client.list_jobs("a=b"))


@pytest.mark.parametrize("text", ["[" * 100_000, "1" * 10_000, "null", "[]", '{"kind": ' + "9" * 5_000 + "}"])
def test_an_answer_that_is_no_object_makes_the_cluster_unavailable(text: str) -> None:
    with talking_to(Canned(200, text)) as world, pytest.raises(ClusterUnavailable, match="without a JobList"):
        world.client.list_jobs("a=b")


def fleet(api: GivenCluster, others: int = 4) -> WatchedWorld:
    """A world with one model whose objects may be odd, and others whose trainings run."""
    world = WatchedWorld(api)
    for number in range(others):
        _add(world, world.job(world.job_id), f"other-{number}")
    return world


def _add(world: WatchedWorld, like: RetrainingJob, job_id: str) -> None:
    assert like.pending
    pending = like.pending.model_copy(update={"kubernetes_job": f"{job_id}-train-1", "task_token": job_id})
    renamed = {"job_id": job_id, "model_name": job_id, "execution_arn": f"arn:{job_id}", "pending": pending}
    world.ports.jobs._jobs[job_id] = like.model_copy(update=renamed)
    job = copy.deepcopy(world.api.jobs[0])
    job["metadata"]["name"] = f"{job_id}-train-1"
    job["metadata"]["labels"][JOB_ID_LABEL] = job_id
    job["status"] = {"ready": 1, "active": 1, "startTime": NOON.isoformat()}
    world.api.jobs.append(job)


def heartbeats(world: WatchedWorld) -> set[str]:
    return {token for kind, token, _ in world.ports.executions.answers if kind == "heartbeat"}


OTHERS = {f"other-{number}" for number in range(4)}
EVENT = {
    "type": "Warning",
    "reason": "FailedCreate",
    "message": "Error creating: quota",
    "metadata": {"name": "e", "creationTimestamp": NOON.isoformat()},
}


@pytest.mark.parametrize("missing", ["reason", "type", "message", "metadata", "involvedObject"])
def test_an_event_that_lacks_a_field_costs_neither_an_answer_nor_a_heartbeat(missing: str) -> None:
    with GivenCluster() as api:
        world = fleet(api)
        world.fail()
        event = EVENT | {"involvedObject": {"kind": "Job", "name": world.name}}
        api.events = [{name: value for name, value in event.items() if name != missing}]

        outcome = world.watch()

    assert (outcome.failed, outcome.alive, outcome.problems) == (1, 4, ())
    assert Counter(kind for kind, _, _ in world.ports.executions.answers) == {"heartbeat": 4, "fail": 1}


def warning(reason: str, message: str, pod: str, minute: int = 0) -> Json:
    at = (NOON + timedelta(minutes=minute)).isoformat()
    about = {"kind": "Pod", "name": pod}
    times = {"firstTimestamp": at, "lastTimestamp": at}
    return {"type": "Warning", "reason": reason, "message": message, "involvedObject": about, "metadata": {}, **times}


def test_a_pod_whose_containers_are_being_created_for_long_is_said_to_wait_for_what_its_node_lacks() -> None:
    with GivenCluster() as api:
        world = fleet(api)
        world.give_pod("Pending", waiting("ContainerCreating"))
        world.ports.clock.advance(timedelta(minutes=20))
        silent = world.watch()
        api.events = [
            warning("FailedMount", 'secret "x" not found', f"{world.name}-x", minute=9),
            warning("FailedMount", "older", f"{world.name}-x"),
            warning("FailedMount", "of another", "other-x", minute=9),
            warning("BackOff", "nothing", f"{world.name}-x", minute=9),
        ]
        outcome = world.watch()
        world.give_pod("Running", RUNNING)
        running = world.watch()

    assert silent.waiting == running.waiting == {}
    assert outcome.waiting == {world.name: 'its pod cannot start on its node (FailedMount: secret "x" not found)'}
    assert outcome.alive == 5


POD_STATES = [
    ("Pending", waiting("ContainerCreating")),
    ("Failed", ended(1)),
    ("Pending", waiting("ImagePullBackOff")),
    ("Running", RUNNING),
]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data(), st.sampled_from(POD_STATES), st.booleans())
def test_odd_objects_of_one_model_cost_no_other_model_a_heartbeat(
    data: st.DataObject, state: tuple[str, Json], fails: bool
) -> None:
    with GivenCluster() as api:
        world = fleet(api)
        pod = world.give_pod(*state, RUNNING)
        if fails:
            world.fail()
        creation = EVENT | {"involvedObject": {"kind": "Job", "name": world.name}}
        event = data.draw(st.sampled_from([creation, warning("FailedMount", "no", f"{world.name}-x")]))
        world.ports.clock.advance(timedelta(minutes=20))
        api.jobs[0] = data.draw(odd(api.jobs[0]))
        api.pods, api.events = [data.draw(odd(pod))], [data.draw(odd(event))]
        api.pods = [pod for pod in api.pods if isinstance(pod.get("status", {}), dict)]

        world.watch()

    assert heartbeats(world) >= OTHERS


def test_a_job_that_cannot_be_read_is_counted_and_its_execution_is_told_nothing() -> None:
    with GivenCluster() as api:
        world = fleet(api)
        del api.jobs[0]["metadata"]["creationTimestamp"]
        world.ports.clock.advance(timedelta(hours=1))

        outcome = world.watch()

    problem = f"Kubernetes Job '{world.name}' cannot be read: metadata.creationTimestamp: required but not given"
    assert outcome.problems == (problem,)
    assert outcome.metrics["watch_problems"] == 1
    assert {token for _, token, _ in world.ports.executions.answers} == OTHERS


def two_namespaces(*answers: Canned) -> tuple[CannedServer, KubernetesCluster]:
    server = CannedServer(answers)
    transport = Transport(Connection(server.url, None, NumberedTokens()))
    clients = {name: KubernetesClient(transport, name, sleep=lambda _: None) for name in ("good", "bad")}
    return server, KubernetesCluster(clients, "dev", lambda: PodSettings("i:1", "trainer", "scorer"))


FORBIDDEN = Canned(403, {"reason": "Forbidden", "message": "jobs.batch is forbidden"})


def test_a_namespace_that_may_not_be_listed_hides_no_job_of_another() -> None:
    server, cluster = two_namespaces(Canned(200, {"kind": "JobList", "items": [JOBS[0]]}), FORBIDDEN)
    with server:
        listing = cluster.list_jobs()

    assert [(job.namespace, job.job_id) for job in listing.jobs] == [("good", "churn-1")]
    assert list(listing.unlisted) == ["bad"]
    assert "403 Forbidden" in listing.unlisted["bad"]


def test_when_no_namespace_can_be_listed_the_pass_fails() -> None:
    server, cluster = two_namespaces(FORBIDDEN, FORBIDDEN)
    with server, pytest.raises(ClusterRefused, match="403 Forbidden"):
        cluster.list_jobs()
