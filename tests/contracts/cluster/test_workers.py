"""Several pods that train one model: they find each other, end together, and leave nothing behind."""

import sys
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from auto_retrain.adapters.kubernetes.access.client import KubernetesClient
from auto_retrain.adapters.kubernetes.access.connection import Connection
from auto_retrain.adapters.kubernetes.access.kubeconfig_tokens import FixedToken
from auto_retrain.adapters.kubernetes.access.transport import Transport
from auto_retrain.adapters.kubernetes.jobs.cluster import KubernetesCluster
from auto_retrain.adapters.kubernetes.jobs.job_body import PodSettings, build_workers_job
from auto_retrain.adapters.kubernetes.jobs.listing import cluster_job_of
from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.domain.cluster import ClusterJob, ClusterJobPhase, JobOrder, suspension_of
from auto_retrain.domain.errors import ClusterConflict, ClusterRefused
from auto_retrain.domain.installation import NEEDED, NEEDED_FOR_WORKERS, Permission
from auto_retrain.usecases.operating.doctor import check_installation
from local.cluster import LocalCluster, LocalImage, User
from local.cluster.tokens import SUBMITTER, WORKERS
from local.paths import TRAINER
from tests.unit.builders import NOON, a_policy

from .orders import TRAINING, make_order, name_of

MANIFESTS = TRAINER / "kubernetes" / "workers"
TWO = TRAINING.changed(workers=2, retries=2)
IMAGE = "registry.example/train-model:1"
# Each sends its rank to the first one, which answers with the sum; a model whose name begins with "broken" has a second
# pod that fails at once.
PROGRAM = """
import json, os, sys, time
from multiprocessing.connection import Client, Listener

rank, size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
address = os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])
if json.loads(os.environ["AUTO_RETRAIN_ORDER"])["model_name"].startswith("broken") and rank:
    sys.exit("the second half of the data is unreadable")
if rank == 0:
    with Listener(address) as listener:
        others = [listener.accept() for _ in range(size - 1)]
        total = sum(other.recv() for other in others)
        for other in others:
            other.send(total)
else:
    while True:
        try:
            with Client(address) as first:
                first.send(10 * rank)
                total = first.recv()
            break
        except ConnectionRefusedError:
            time.sleep(0.05)
print(f"worker {rank} of {size} knows {total}")
"""


def a_cluster(rules: frozenset[str], parallel_pods: int = 3) -> LocalCluster:
    images = {IMAGE: LocalImage([sys.executable, "-c", PROGRAM])}
    return LocalCluster(images, parallel_pods, tokens={"t": User("t", rules)}, retry_seconds=0.05)


def client_of(cluster: LocalCluster) -> KubernetesClient:
    return KubernetesClient(Transport(Connection(cluster.url, None, FixedToken("t"))), "auto-retrain")


def our_side(cluster: LocalCluster, parallel_jobs: int | None = None) -> KubernetesCluster:
    settings = PodSettings(IMAGE, "trainer", "scorer")
    return KubernetesCluster({"auto-retrain": client_of(cluster)}, "dev", lambda: settings, parallel_jobs)


@pytest.fixture
def cluster() -> Iterator[LocalCluster]:
    with a_cluster(SUBMITTER | WORKERS) as running:
        yield running


def the_job(ours: KubernetesCluster) -> ClusterJob:
    (job,) = ours.list_jobs().jobs
    return job


def ended(cluster: LocalCluster, ours: KubernetesCluster) -> ClusterJob:
    def has_ended() -> bool:
        return the_job(ours).phase in (ClusterJobPhase.COMPLETE, ClusterJobPhase.FAILED)

    assert cluster.wait_until(has_ended, 20)
    return the_job(ours)


def start(ours: KubernetesCluster, **order: Any) -> JobOrder:
    made = make_order("churn-1", **order)
    ours.start_job(name_of(made), [made], TWO)
    return made


def test_two_pods_talk_to_each_other_and_the_job_is_complete_when_both_have_ended(cluster: LocalCluster) -> None:
    ours = our_side(cluster)
    start(ours)
    job = ended(cluster, ours)
    assert (job.phase, job.workers, job.orders, job.pods_at_once) == (ClusterJobPhase.COMPLETE, 2, None, 2)
    assert ours.log_tail(job) == "worker 0 of 2 knows 10\n"


def test_one_pod_that_fails_ends_all_of_them_at_once_and_says_why(cluster: LocalCluster) -> None:
    ours = our_side(cluster)
    start(ours, model_name="broken")
    job = ended(cluster, ours)
    assert (job.phase, job.phase_of(None)) == (ClusterJobPhase.FAILED, ClusterJobPhase.FAILED)
    assert ours.explain_failure(job).endswith("last log line: the second half of the data is unreadable")
    assert ours.log_tail(job) == "the second half of the data is unreadable\n"
    assert cluster.wait_until(lambda: not cluster.running_pids())


def test_starting_it_twice_is_starting_it_once_and_the_service_goes_with_the_job(cluster: LocalCluster) -> None:
    ours = our_side(cluster)
    order = start(ours)
    start(ours)
    job = ended(cluster, ours)
    name = name_of(order)
    service = cluster.service(f"w-{name}")
    assert service is not None
    assert service["metadata"]["ownerReferences"][0]["name"] == name
    assert service["spec"]["clusterIP"] == "None"
    ours.delete_job(job)
    assert cluster.wait_until(lambda: cluster.service(f"w-{name}") is None)


def test_a_service_of_somebody_else_is_left_alone(cluster: LocalCluster) -> None:
    ours, name = our_side(cluster), f"w-{name_of(make_order('churn-1'))}"
    client_of(cluster).create_service({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": {}})
    with pytest.raises(ClusterConflict, match="belongs to something else"):
        start(ours)


def test_nothing_stays_behind_where_the_others_could_not_be_found() -> None:
    with a_cluster(SUBMITTER) as cluster:
        ours = our_side(cluster)
        with pytest.raises(ClusterRefused, match='cannot create resource "services"'):
            start(ours)
        assert cluster.wait_until(lambda: ours.list_jobs().jobs == [])
        assert cluster.most_running_pods == 0


def test_where_slots_are_counted_the_pods_wait_for_as_many_as_they_are(cluster: LocalCluster) -> None:
    ours = our_side(cluster, parallel_jobs=4)
    start(ours)
    assert cluster.wait_until(lambda: the_job(ours).phase is ClusterJobPhase.SUSPENDED)
    assert (the_job(ours).waits_for_us, the_job(ours).pods_at_once) == (True, 2)
    ours.resume_job(the_job(ours))
    assert ended(cluster, ours).phase is ClusterJobPhase.COMPLETE


@pytest.mark.parametrize("was_resumed", [True, False])
def test_started_again_it_is_resumed_unless_it_was_before_so_that_it_stays_suspended_if_somebody_suspended_it(
    cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch, was_resumed: bool
) -> None:
    ours = our_side(cluster)
    if not was_resumed:
        monkeypatch.setattr(KubernetesClient, "resume_job", lambda *_: None)  # we died before
    name = name_of(start(ours))
    body = client_of(cluster).get_job(name)
    assert body is not None
    seen = {**body, "spec": {**body["spec"], "suspend": True}}
    resumed: list[str] = []
    monkeypatch.setattr(KubernetesClient, "create_job", lambda *_: seen)
    monkeypatch.setattr(KubernetesClient, "resume_job", lambda _, name: resumed.append(name))
    start(ours)
    assert resumed == ([] if was_resumed else [name])
    assert suspension_of(cluster_job_of(seen, "auto-retrain")) == "someone suspended it"


def test_scoring_takes_one_pod(cluster: LocalCluster) -> None:
    ours = our_side(cluster)
    start(ours, kind="score")
    assert the_job(ours).workers == 1


def test_the_body_says_what_torch_reads_and_has_no_retries() -> None:
    body = build_workers_job("churn-1-train-1", make_order("churn-1"), TWO, "dev", PodSettings(IMAGE, "a", "b"))
    spec, pod = body["spec"], body["spec"]["template"]
    assert (spec["completions"], spec["parallelism"], spec["completionMode"], spec["backoffLimit"]) == (
        2,
        2,
        "Indexed",
        0,
    )
    assert pod["spec"]["subdomain"] == "w-churn-1-train-1"
    given = {each["name"]: each.get("value") for each in pod["spec"]["containers"][0]["env"]}
    assert given["MASTER_ADDR"] == "churn-1-train-1-0.w-churn-1-train-1"
    assert (given["MASTER_PORT"], given["WORLD_SIZE"]) == ("29500", "2")
    assert "RANK" in given
    assert (
        body["metadata"]["labels"]["auto-retrain/workers"] == pod["metadata"]["labels"]["auto-retrain/workers"] == "2"
    )


def documents(file: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((MANIFESTS / file).read_text()))


def test_the_role_allows_what_is_needed_besides_and_nothing_else() -> None:
    role, binding = documents("access.yaml")
    (rule,) = role["rules"]
    allowed = {Permission(verb, resource) for verb in rule["verbs"] for resource in rule["resources"]}
    assert allowed == NEEDED_FOR_WORKERS
    assert {str(permission) for permission in allowed} == WORKERS
    assert [subject["name"] for subject in binding["subjects"]] == ["auto-retrain"]
    (kustomization,) = documents("kustomization.yaml")
    files = {file.name for file in MANIFESTS.glob("*.yaml")} - {"kustomization.yaml"}
    assert set(kustomization["resources"]) == files


def test_pods_that_train_together_may_reach_each_other_and_nobody_else_them() -> None:
    (policy,) = documents("network.yaml")
    workers = {"matchExpressions": [{"key": "auto-retrain/workers", "operator": "Exists"}]}
    assert policy["spec"]["podSelector"] == workers
    assert policy["spec"]["ingress"] == [{"from": [{"podSelector": workers}]}]


def missing_rights(ports: MemoryPorts) -> list[tuple[str, str | None]]:
    findings = [each for each in check_installation(ports, None) if "may not" in each.text]
    return [(finding.text, finding.remedy) for finding in findings]


def test_the_doctor_asks_for_services_only_where_several_pods_train_a_model() -> None:
    ports = MemoryPorts()
    ports.cluster.granted = set(NEEDED)
    assert missing_rights(ports) == []
    ports.policies.apply(a_policy(training={"workers": 2}), "ada", NOON)
    remedy = "kubectl apply -k functions/train_model/kubernetes/workers"
    assert missing_rights(ports) == [("you may not: create services, get services", remedy)]


def test_the_doctor_says_once_for_each_namespace_what_is_more_than_needed() -> None:
    ports = MemoryPorts()
    (namespace,) = ports.cluster.namespaces
    target = {"adapter": "http_route", "namespace": namespace, "route": "churn", "service": "churn-v{version}"}
    ports.policies.apply(
        a_policy(training={"workers": 2}, deployment={"strategy": "all_at_once", "traffic": target}), "ada", NOON
    )
    ports.cluster.granted.add(Permission("get", "secrets"))
    findings = [each for each in check_installation(ports, None) if each.subject == f"rights in {namespace}"]
    assert [finding.text for finding in findings] == [
        "you may do everything that is needed",
        "you may do more than is needed: get secrets",
    ]
