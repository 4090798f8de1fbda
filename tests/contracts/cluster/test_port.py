"""The cluster port: one suite for the cluster in memory and for Kubernetes as the local cluster emulates it."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import pytest
import requests

from auto_retrain.adapters.kubernetes.access.client import KubernetesClient
from auto_retrain.adapters.kubernetes.access.connection import Connection
from auto_retrain.adapters.kubernetes.access.transport import Transport
from auto_retrain.adapters.kubernetes.jobs.cluster import KubernetesCluster
from auto_retrain.adapters.kubernetes.jobs.job_body import PodSettings
from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.adapters.memory.cluster import MemoryCluster
from auto_retrain.adapters.memory.outside import MemoryClock
from auto_retrain.domain.cluster import ClusterJob, ClusterJobPhase, JobOrder, Obstacle
from auto_retrain.domain.errors import ClusterConflict, ClusterRefused, PermanentError
from auto_retrain.domain.messages.references import ScheduledEvent
from auto_retrain.ports import Cluster
from auto_retrain.usecases.watching.watch_jobs import watch_jobs
from local.cluster import LocalCluster, LocalImage
from local.cluster.tokens import ADMIN

from .conftest import make_job
from .orders import TRAINING, make_order, name_of
from .recordings import ADMIN_TOKEN

NAMESPACE = "auto-retrain"
STAGE = "dev"
IMAGE = "registry.example/train-model:1"
# A container that waits until the test says how it ends, in a script named after the job.
_WAITING = """
job=$(printf %s "$AUTO_RETRAIN_ORDER" | sed 's/.*"job_id":"\\([^"]*\\)".*/\\1/')
until [ -e "$SCRIPTS/$job" ]; do sleep 0.02; done
. "$SCRIPTS/$job"
"""


class FixedToken:
    """A source with one token."""

    def token(self) -> str:
        return ADMIN_TOKEN

    def refresh(self) -> None:
        """There is only one token."""


def connect(url: str, stage: str = STAGE) -> KubernetesCluster:
    clients = {NAMESPACE: KubernetesClient(Transport(Connection(url, None, FixedToken())), NAMESPACE)}
    return KubernetesCluster(clients, stage, lambda: PodSettings(IMAGE, "trainer", "scorer"))


class World(Protocol):
    """A cluster, and the means to end its Jobs."""

    cluster: Cluster

    def finish(self, job_id: str) -> ClusterJob: ...

    def fail(self, job_id: str, log: str) -> ClusterJob:
        """Let a Job fail for good, with a log whose last line is the reason."""

    def occupy(self, name: str, job_id: str) -> None:
        """Let someone else have a Job of that name."""

    def fail_order(self, job_id: str, order: int, log: str) -> ClusterJob:
        """Let one order of a Job fail for good, with a log, and the others succeed."""

    def without_image(self, job_id: str) -> ClusterJob:
        """A Job whose image cannot be pulled."""


def find(cluster: Cluster, job_id: str) -> ClusterJob | None:
    return next((job for job in cluster.list_jobs().jobs if job.job_id == job_id), None)


def start_indexed(cluster: Cluster, job_id: str, number: int = 3, pods_at_once: int = 2) -> None:
    orders = [make_order(job_id, variant=variant) for variant in range(number)]
    cluster.start_indexed_job(name_of(orders[0]), orders, TRAINING, pods_at_once)


def a_job(name: str) -> ClusterJob:
    """A Job as it might have been listed."""
    now = datetime.now(UTC)
    return ClusterJob(
        name=name, namespace=NAMESPACE, job_id="any", kind="train", phase=ClusterJobPhase.ACTIVE, created_at=now
    )


class MemoryWorld:
    """The cluster in memory."""

    def __init__(self) -> None:
        self.cluster = MemoryCluster()

    def finish(self, job_id: str) -> ClusterJob:
        self.cluster.finish(self._seen(job_id).name)
        return self._seen(job_id)

    def fail(self, job_id: str, log: str) -> ClusterJob:
        explanation = f"the container ended with exit code 65; last log line: {log.splitlines()[-1]}"
        self.cluster.fail(self._seen(job_id).name, explanation, reason="PodFailurePolicy", log=log)
        return self._seen(job_id)

    def occupy(self, name: str, job_id: str) -> None:
        self.cluster.occupy(name, job_id)

    def fail_order(self, job_id: str, order: int, log: str) -> ClusterJob:
        self.cluster.fail_orders(self._seen(job_id).name, {order: log})
        return self._seen(job_id)

    def without_image(self, job_id: str) -> ClusterJob:
        order = make_order(job_id)
        self.cluster.start_job(name_of(order), [order], TRAINING)
        why = Obstacle(reason="the image 'absent:1' cannot be pulled", since=datetime.now(UTC), may_pass=False)
        self.cluster.obstruct(name_of(order), why)
        self.cluster.change(name_of(order), ready_pods=0)
        return self._seen(job_id)

    def _seen(self, job_id: str) -> ClusterJob:
        seen = find(self.cluster, job_id)
        assert seen
        return seen


class KubernetesWorld:
    """Kubernetes, with pods that enforce the restricted profile."""

    def __init__(self, local: LocalCluster, scripts: Path) -> None:
        self.local, self._scripts = local, scripts
        self.cluster = connect(local.url)

    def finish(self, job_id: str) -> ClusterJob:
        return self._end(job_id, "echo done; exit 0")

    def fail(self, job_id: str, log: str) -> ClusterJob:
        return self._end(job_id, f"printf '%s' '{log}'; exit 65")

    def fail_order(self, job_id: str, order: int, log: str) -> ClusterJob:
        return self._end(job_id, f"[ $JOB_COMPLETION_INDEX != {order} ] || {{ printf '%s' '{log}'; exit 65; }}; exit 0")

    def _end(self, job_id: str, script: str) -> ClusterJob:
        (self._scripts / f"{job_id}.new").write_text(script)
        (self._scripts / f"{job_id}.new").rename(self._scripts / job_id)
        ended: list[ClusterJob] = []

        def has_ended() -> bool:
            job = find(self.cluster, job_id)
            ended.extend([job] if job and job.phase is not ClusterJobPhase.ACTIVE else [])
            return bool(ended)

        assert self.local.wait_until(has_ended)
        return ended[0]

    def occupy(self, name: str, job_id: str) -> None:
        job = make_job(name, "true", suspend=True)
        job["metadata"]["labels"] = {"auto-retrain/job-id": job_id}
        url = f"{self.local.url}/apis/batch/v1/namespaces/{NAMESPACE}/jobs"
        assert requests.post(url, json=job, headers={"Authorization": f"Bearer {ADMIN_TOKEN}"}, timeout=5).ok

    def without_image(self, job_id: str) -> ClusterJob:
        order = make_order(job_id, image="absent:1")
        self.cluster.start_job(name_of(order), [order], TRAINING)
        found: list[ClusterJob] = []

        def is_stuck() -> bool:
            job = find(self.cluster, job_id)
            found.extend([job] if job and self.cluster.obstacles([job]) else [])
            return bool(found)

        assert self.local.wait_until(is_stuck)
        return found[0]


@pytest.fixture(scope="module")
def kubernetes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KubernetesWorld]:
    scripts = tmp_path_factory.mktemp("scripts")
    image = LocalImage(["sh", "-c", _WAITING], env={"SCRIPTS": str(scripts)})
    with LocalCluster({IMAGE: image}, parallel_pods=16, tokens={ADMIN_TOKEN: ADMIN}, retry_seconds=0.01) as local:
        yield KubernetesWorld(local, scripts)


@pytest.fixture(params=["memory", "kubernetes"])
def world(request: pytest.FixtureRequest) -> World:
    return MemoryWorld() if request.param == "memory" else request.getfixturevalue("kubernetes")


def test_a_started_job_is_listed_as_active(world: World) -> None:
    order = make_order("active")

    world.cluster.start_job(name_of(order), [order], TRAINING)

    job = find(world.cluster, "active")
    assert job
    assert (job.name, job.phase, job.reason) == (name_of(order), ClusterJobPhase.ACTIVE, None)
    assert abs(job.created_at - datetime.now(UTC)) < timedelta(seconds=30)


def test_starting_the_same_job_again_changes_nothing(world: World) -> None:
    order = make_order("again")
    for _ in range(3):
        world.cluster.start_job(name_of(order), [order], TRAINING)

    assert [job.job_id for job in world.cluster.list_jobs().jobs].count("again") == 1


def test_a_template_that_the_deployment_does_not_allow_starts_no_job(world: World) -> None:
    orders, cluster = [make_order("borrowed")], world.cluster
    training = TRAINING.changed(pod_template={"spec": {"serviceAccountName": "admin"}})
    refusal = r"policy of model 'churn': .*serviceAccountName: not allowed: 'admin'"

    with pytest.raises(ClusterRefused, match=refusal):
        cluster.start_job(name_of(orders[0]), orders, training)
    with pytest.raises(ClusterRefused, match=refusal):
        cluster.start_indexed_job(name_of(orders[0]), orders, training, 1)

    assert find(cluster, "borrowed") is None


def test_a_job_that_many_callers_start_at_once_is_started_once(world: World) -> None:
    order = make_order("race")
    with ThreadPoolExecutor(8) as pool:
        starts = [pool.submit(world.cluster.start_job, name_of(order), [order], TRAINING) for _ in range(16)]

    assert [start.result() for start in starts] == [None] * 16
    assert [job.job_id for job in world.cluster.list_jobs().jobs].count("race") == 1


def test_starting_a_job_that_has_ended_does_not_run_it_again(world: World) -> None:
    order = make_order("ended")
    world.cluster.start_job(name_of(order), [order], TRAINING)
    world.finish("ended")

    world.cluster.start_job(name_of(order), [order], TRAINING)

    job = find(world.cluster, "ended")
    assert job
    assert job.phase is ClusterJobPhase.COMPLETE


def test_a_job_of_someone_else_under_that_name_is_a_conflict(world: World) -> None:
    order = make_order("mine")
    world.occupy(name_of(order), "theirs")

    with pytest.raises(ClusterConflict, match="'theirs'"):
        world.cluster.start_job(name_of(order), [order], TRAINING)


def test_both_steps_of_a_job_are_listed(world: World) -> None:
    for kind in ("train", "score"):
        order = make_order("steps", kind=kind)
        world.cluster.start_job(name_of(order), [order], TRAINING)

    assert [job.name for job in world.cluster.list_jobs().jobs if job.job_id == "steps"] == [
        "steps-score-1",
        "steps-train-1",
    ]


def test_a_job_that_succeeds_is_complete(world: World) -> None:
    order = make_order("good")
    world.cluster.start_job(name_of(order), [order], TRAINING)

    assert world.finish("good").phase is ClusterJobPhase.COMPLETE


def test_orders_with_pods_of_their_own_are_one_job(world: World) -> None:
    start_indexed(world.cluster, "indexed")
    seen = find(world.cluster, "indexed")
    assert seen
    assert (seen.orders, seen.pods_at_once, seen.done) == (3, 2, ())

    ended = world.finish("indexed")

    assert (ended.phase, ended.done) == (ClusterJobPhase.COMPLETE, (0, 1, 2))


def test_orders_that_are_started_again_run_once(world: World) -> None:
    for _ in range(2):
        start_indexed(world.cluster, "indexed-again")

    assert [job.job_id for job in world.cluster.list_jobs().jobs].count("indexed-again") == 1


def test_the_orders_of_several_jobs_can_share_one(world: World) -> None:
    orders = [make_order(job_id) for job_id in ("member-a", "member-b")]
    world.cluster.start_indexed_job("batch-1", orders, TRAINING, 2)

    seen = next(job for job in world.cluster.list_jobs().jobs if job.name == "batch-1")

    assert (seen.members, seen.job_ids) == (("member-a", "member-b"), {"member-a", "member-b"})


def test_a_held_back_job_still_names_its_members(world: World) -> None:
    limited(world).start_indexed_job("batch-2", [make_order("member-c")], TRAINING, 2)
    world.cluster.parallel_jobs = None  # type: ignore[misc]

    seen = next(job for job in world.cluster.list_jobs().jobs if job.name == "batch-2")

    assert (seen.phase, seen.members, seen.waits_for_us) == (ClusterJobPhase.SUSPENDED, ("member-c",), True)


def test_a_failed_order_leaves_its_log_and_does_not_affect_the_others(world: World) -> None:
    start_indexed(world.cluster, "one-bad")

    ended = world.fail_order("one-bad", 1, "reading\ncolumn large is missing\n")

    assert (ended.phase, ended.reason, ended.done) == (ClusterJobPhase.FAILED, "FailedIndexes", (0, 2))
    assert world.cluster.log_tail(ended, order=1) == "reading\ncolumn large is missing\n"
    assert world.cluster.log_tail(ended, lines=1, order=1) == "column large is missing\n"
    assert world.cluster.log_tail(ended, order=2) == ""
    assert (ended.phase_of(1), ended.phase_of(2)) == (ClusterJobPhase.FAILED, ClusterJobPhase.COMPLETE)


def test_a_failed_job_is_explained_with_the_last_line_of_its_log(world: World) -> None:
    order = make_order("bad")
    world.cluster.start_job(name_of(order), [order], TRAINING)

    job = world.fail("bad", "reading\ncolumn large is missing\n")

    assert (job.phase, job.reason) == (ClusterJobPhase.FAILED, "PodFailurePolicy")
    explanation = world.cluster.explain_failure(job)
    assert explanation == "the container ended with exit code 65; last log line: column large is missing"


def test_the_last_lines_of_a_log_are_returned(world: World) -> None:
    order = make_order("logged")
    world.cluster.start_job(name_of(order), [order], TRAINING)
    job = world.fail("logged", "one\ntwo\nthree\n")

    assert world.cluster.log_tail(job) == "one\ntwo\nthree\n"
    assert world.cluster.log_tail(job, lines=2) == "two\nthree\n"


def test_a_job_that_cannot_run_is_reported_with_the_reason(world: World) -> None:
    job = world.without_image("stuck")

    assert (job.phase, job.ready_pods) == (ClusterJobPhase.ACTIVE, 0)
    (obstacle,) = world.cluster.obstacles([job]).values()
    assert "the image 'absent:1' cannot be pulled" in obstacle.reason
    assert not obstacle.may_pass
    assert datetime.now(UTC) - obstacle.since < timedelta(seconds=30)


def test_a_job_that_runs_meets_no_obstacle(world: World) -> None:
    order = make_order("free")
    world.cluster.start_job(name_of(order), [order], TRAINING)
    job = find(world.cluster, "free")
    assert job

    assert world.cluster.obstacles([job]) == {}


def limited(world: World, parallel_jobs: int = 1) -> Cluster:
    """The same cluster, with a limit on the Jobs that we run at once."""
    world.cluster.parallel_jobs = parallel_jobs  # type: ignore[misc]
    return world.cluster


def test_beyond_the_limit_a_job_waits_until_it_is_resumed(world: World) -> None:
    order = make_order("held")
    limited(world).start_job(name_of(order), [order], TRAINING.model_copy(update={"priority": 7}))
    world.cluster.parallel_jobs = None  # type: ignore[misc]
    job = find(world.cluster, "held")
    assert job
    assert (job.phase, job.waits_for_us, job.priority) == (ClusterJobPhase.SUSPENDED, True, 7)

    for _ in range(2):
        world.cluster.resume_job(job)

    resumed = find(world.cluster, "held")
    assert resumed
    assert not resumed.waits_for_us, "whoever suspends it from now on is a person"
    assert world.finish("held").phase is ClusterJobPhase.COMPLETE


def test_resuming_a_job_that_is_gone_does_nothing(world: World) -> None:
    world.cluster.resume_job(a_job("absent"))


def test_a_job_that_waits_for_kueue_is_left_to_kueue(kubernetes: KubernetesWorld) -> None:
    order = make_order("queued")
    limited(kubernetes).start_job(name_of(order), [order], TRAINING.model_copy(update={"queue": "team-a"}))

    job = find(kubernetes.cluster, "queued")
    kubernetes.cluster.parallel_jobs = None
    assert job
    assert (job.phase, job.waits_for_us, job.queue) == (ClusterJobPhase.SUSPENDED, False, "team-a")


def test_a_deleted_job_is_gone_with_its_log(world: World) -> None:
    order = make_order("deleted")
    world.cluster.start_job(name_of(order), [order], TRAINING)
    job = world.fail("deleted", "reason\n")

    world.cluster.delete_job(job)

    assert find(world.cluster, "deleted") is None
    assert world.cluster.log_tail(job) == ""
    assert "is gone" in world.cluster.explain_failure(job)


def test_a_running_job_can_be_deleted_and_started_anew(world: World) -> None:
    order = make_order("anew")
    world.cluster.start_job(name_of(order), [order], TRAINING)

    running = find(world.cluster, "anew")
    assert running
    world.cluster.delete_job(running)
    world.cluster.start_job(name_of(order), [order], TRAINING)

    job = find(world.cluster, "anew")
    assert job
    assert job.phase is ClusterJobPhase.ACTIVE


def test_a_missing_job_can_be_deleted_and_has_an_empty_log(world: World) -> None:
    absent = a_job("absent")

    world.cluster.delete_job(absent)

    assert world.cluster.log_tail(absent) == ""
    assert "is gone" in world.cluster.explain_failure(absent)


def test_orders_run_one_after_the_other(kubernetes: KubernetesWorld, tmp_path: Path) -> None:
    orders = [make_order("chain", output_uri="s3://artifacts/first/"), make_order("chain")]
    kubernetes.cluster.start_job(name_of(orders[-1]), orders, TRAINING)
    telling = 'printf %s "$AUTO_RETRAIN_ORDER" | sed \'s/.*output_uri":"\\([^"]*\\)".*/\\1/\''

    job = kubernetes._end("chain", f"{{ {telling}; echo; }} >> {tmp_path}/done; exit 0")

    assert job.phase is ClusterJobPhase.COMPLETE
    assert (tmp_path / "done").read_text().splitlines() == [order.output_uri for order in orders]


def test_a_first_order_that_fails_for_good_ends_the_job_with_its_message(kubernetes: KubernetesWorld) -> None:
    orders = [make_order("broken-chain"), make_order("broken-chain")]
    kubernetes.cluster.start_job(name_of(orders[-1]), orders, TRAINING)

    job = kubernetes.fail("broken-chain", "version 3 cannot be loaded\n")

    assert (job.phase, job.reason) == (ClusterJobPhase.FAILED, "PodFailurePolicy")
    explanation = kubernetes.cluster.explain_failure(job)
    assert explanation == "the container ended with exit code 65; last log line: version 3 cannot be loaded"
    assert kubernetes.cluster.log_tail(job) == "version 3 cannot be loaded\n"


def test_the_order_arrives_as_it_was_given(kubernetes: KubernetesWorld, tmp_path: Path) -> None:
    awkward = {"text": "$(HOSTNAME) $$x $y `z` \"quotes\" 'single' ünï\n", "number": 0.1}
    order = make_order("verbatim", parameters=awkward)
    kubernetes.cluster.start_job(name_of(order), [order], TRAINING)

    kubernetes._end("verbatim", f'printf %s "$AUTO_RETRAIN_ORDER" > {tmp_path}/order')

    assert JobOrder.model_validate_json((tmp_path / "order").read_text()) == order.model_copy(update={"image": IMAGE})


def test_the_failure_of_one_order_is_explained(kubernetes: KubernetesWorld) -> None:
    start_indexed(kubernetes.cluster, "explained")

    ended = kubernetes.fail_order("explained", 2, "no rows\n")

    why = kubernetes.cluster.explain_failure(ended, order=2)
    assert why == "the container ended with exit code 65; last log line: no rows"


def test_each_pod_gets_all_orders_and_its_index(kubernetes: KubernetesWorld, tmp_path: Path) -> None:
    start_indexed(kubernetes.cluster, "told")

    kubernetes._end("told", f'printf %s "$AUTO_RETRAIN_ORDER" > {tmp_path}/$JOB_COMPLETION_INDEX')

    for index in range(3):
        orders = json.loads((tmp_path / str(index)).read_text())
        assert [order["variant"] for order in orders] == [0, 1, 2]


def test_a_transient_failure_is_tried_three_times(kubernetes: KubernetesWorld, tmp_path: Path) -> None:
    order = make_order("flaky")
    kubernetes.cluster.start_job(name_of(order), [order], TRAINING)

    job = kubernetes._end("flaky", f"echo attempt >> {tmp_path}/attempts; exit 1")

    assert (job.phase, job.reason) == (ClusterJobPhase.FAILED, "BackoffLimitExceeded")
    assert (tmp_path / "attempts").read_text().count("attempt") == 3


def test_a_pod_that_loses_its_node_is_replaced(kubernetes: KubernetesWorld) -> None:
    order = make_order("spot")
    kubernetes.cluster.start_job(name_of(order), [order], TRAINING)
    for _ in range(4):
        assert kubernetes.local.wait_until(lambda: kubernetes.local.has_ready_pod("spot-train-1"))
        kubernetes.local.evict("spot-train-1")

    assert kubernetes.finish("spot").phase is ClusterJobPhase.COMPLETE


def test_running_out_of_memory_is_explained(kubernetes: KubernetesWorld) -> None:
    order = make_order("hungry")
    kubernetes.cluster.start_job(name_of(order), [order], TRAINING)
    for _ in range(3):
        assert kubernetes.local.wait_until(lambda: kubernetes.local.has_ready_pod("hungry-train-1"))
        kubernetes.local.kill_out_of_memory("hungry-train-1")

    def has_failed() -> bool:
        job = find(kubernetes.cluster, "hungry")
        return job is not None and job.phase is ClusterJobPhase.FAILED

    assert kubernetes.local.wait_until(has_failed)
    assert kubernetes.cluster.explain_failure(a_job("hungry-train-1")) == "the container ran out of memory (limit 1Gi)"


def test_a_full_node_is_an_obstacle_that_may_pass(kubernetes: KubernetesWorld) -> None:
    order = make_order("full")
    kubernetes.local.cordon()
    try:
        kubernetes.cluster.start_job(name_of(order), [order], TRAINING)
        assert kubernetes.local.wait_until(lambda: bool(kubernetes.cluster.obstacles([a_job(name_of(order))])))
        obstacle = kubernetes.cluster.obstacles([a_job(name_of(order))])[name_of(order)]
    finally:
        kubernetes.local.cordon(False)

    assert obstacle.reason.startswith("its pod cannot be scheduled")
    assert obstacle.may_pass


def test_a_job_that_gets_no_pod_is_explained_by_its_event(kubernetes: KubernetesWorld) -> None:
    # Created directly, because the Jobs that we send always get a pod.
    job = make_job("podless", "true")
    url = f"{kubernetes.local.url}/apis/batch/v1/namespaces/{NAMESPACE}/jobs"
    assert requests.post(url, json=job, headers={"Authorization": f"Bearer {ADMIN_TOKEN}"}, timeout=5).ok
    assert kubernetes.local.wait_until(lambda: bool(kubernetes.cluster.obstacles([a_job("podless")])))

    obstacle = kubernetes.cluster.obstacles([a_job("podless")])["podless"]

    assert "its pod cannot be created: Error creating" in obstacle.reason
    assert obstacle.may_pass


def test_obstacles_of_many_jobs_take_three_listings(
    kubernetes: KubernetesWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    send = Transport.send

    def counting(self: Transport, method: str, path: str, *further: object, **named: object) -> object:
        sent.append(f"{method} {path}")
        return send(self, method, path, *further, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(Transport, "send", counting)

    kubernetes.cluster.obstacles([a_job(f"absent-{number}") for number in range(1000)])

    core = f"/api/v1/namespaces/{NAMESPACE}"
    assert sent == [f"GET {core}/pods", f"GET {core}/pods", f"GET {core}/events"]


def test_a_namespace_that_the_deployment_does_not_use_is_refused_by_name(kubernetes: KubernetesWorld) -> None:
    training = TRAINING.model_copy(update={"namespace": "kube-system"})

    with pytest.raises(ClusterRefused, match=r"training\.namespace = 'kube-system': this deployment uses only"):
        kubernetes.cluster.start_job("any-train-1", [make_order("any")], training)


def test_a_job_that_someone_else_deleted_is_no_longer_listed(kubernetes: KubernetesWorld) -> None:
    order = make_order("dropped")
    kubernetes.cluster.start_job(name_of(order), [order], TRAINING)

    kubernetes.local.drop_job("dropped-train-1")

    assert find(kubernetes.cluster, "dropped") is None


def test_the_watcher_of_another_stage_neither_sees_nor_deletes_our_jobs(kubernetes: KubernetesWorld) -> None:
    order = make_order("staged")
    kubernetes.cluster.start_job(name_of(order), [order], TRAINING)
    later = datetime.now(UTC) + timedelta(days=1)
    theirs = MemoryPorts(clock=MemoryClock(later), cluster=connect(kubernetes.local.url, "prod"))

    report = watch_jobs(ScheduledEvent(time=later), theirs)

    assert theirs.cluster.list_jobs().jobs == []
    assert report.deleted == 0
    assert find(kubernetes.cluster, "staged")


def test_long_listings_are_complete(kubernetes: KubernetesWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    orders = [make_order(f"many-{number}") for number in range(7)]
    for order in orders:
        kubernetes.cluster.start_job(name_of(order), [order], TRAINING)
    monkeypatch.setattr("auto_retrain.adapters.kubernetes.access.api.PAGE_SIZE", 3)

    listed = {job.job_id for job in kubernetes.cluster.list_jobs().jobs}

    assert {order.job_id for order in orders} <= listed


def test_a_name_that_kubernetes_does_not_accept_is_refused(kubernetes: KubernetesWorld) -> None:
    with pytest.raises(PermanentError, match="422 Invalid"):
        kubernetes.cluster.start_job("x" * 64, [make_order("long")], TRAINING)
