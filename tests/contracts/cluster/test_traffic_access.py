"""What moving requests needs of a cluster, what its Role allows, and what `doctor` checks are the same."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import yaml

from auto_retrain.adapters.kubernetes.access.api import ApiClient
from auto_retrain.adapters.kubernetes.access.client import KubernetesClient
from auto_retrain.adapters.kubernetes.access.connection import Connection
from auto_retrain.adapters.kubernetes.access.kubeconfig_tokens import FixedToken
from auto_retrain.adapters.kubernetes.access.objects import ObjectClient
from auto_retrain.adapters.kubernetes.access.transport import Transport
from auto_retrain.adapters.kubernetes.jobs.cluster import KubernetesCluster
from auto_retrain.adapters.kubernetes.jobs.job_body import PodSettings
from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.adapters.traffic.http_route import ENDPOINT_SLICES, HTTP_ROUTES, SERVICES
from auto_retrain.domain.errors import StoreUnavailable
from auto_retrain.domain.installation import EXCESSIVE, NEEDED_FOR_TRAFFIC, TRAFFIC_GROUP, Finding, Permission
from auto_retrain.usecases.operating.doctor import check_installation
from local.cluster import LocalCluster, User
from local.cluster.tokens import ADMIN, KSERVE, SUBMITTER, TRAFFIC
from local.paths import ROOT
from tests.unit.builders import NOON, a_policy

from .test_access import Remembering

MANIFESTS = ROOT / "functions" / "train_model" / "kubernetes" / "traffic"
HTTP_ROUTE = {"adapter": "http_route", "namespace": "serving", "route": "churn", "service": "churn-v{version}"}
NEEDED = NEEDED_FOR_TRAFFIC["http_route"]


def documents(file: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((MANIFESTS / file).read_text()))


def test_the_adapter_requests_what_is_needed_and_nothing_else() -> None:
    transport = Remembering()
    client = ObjectClient(transport, "ns")
    route = client.get_object(HTTP_ROUTES, "churn")
    assert route
    client.merge_object(HTTP_ROUTES, route, {"spec": {}})
    client.get_object(SERVICES, "churn-v18")
    client.list_objects(ENDPOINT_SLICES, "a=b")

    asking = {name for name in vars(ObjectClient) | vars(ApiClient) if not name.startswith("_")}
    assert len(asking) == 4, "a new request of the client belongs into this test, the Roles and NEEDED_FOR_TRAFFIC"
    assert transport.used == NEEDED


@pytest.mark.parametrize(
    ("file", "adapter", "local"), [("http-route.yaml", "http_route", TRAFFIC), ("kserve.yaml", "kserve", KSERVE)]
)
def test_the_role_allows_what_is_needed_and_nothing_else(file: str, adapter: str, local: frozenset[str]) -> None:
    role, binding = documents(file)
    needed = NEEDED_FOR_TRAFFIC[adapter]
    allowed = {
        Permission(verb, resource + (f".{group}" if group else ""))
        for rule in role["rules"]
        for verb in rule["verbs"]
        for resource in rule["resources"]
        for group in rule["apiGroups"]
    }

    assert allowed == needed
    assert {str(permission).partition(".")[0] for permission in needed} == local
    assert binding["roleRef"]["name"] == role["metadata"]["name"]
    assert [subject["name"] for subject in binding["subjects"]] == [TRAFFIC_GROUP]
    assert not needed & EXCESSIVE


def test_each_manifest_is_listed_and_in_the_namespace_that_is_replaced() -> None:
    (kustomization,) = documents("kustomization.yaml")
    files = {file.name for file in MANIFESTS.glob("*.yaml")} - {"kustomization.yaml"}

    assert set(kustomization["resources"]) == files
    for file in files:
        assert {each["metadata"]["namespace"] for each in documents(file)} == {kustomization["namespace"]}


@contextmanager
def findings_with(rules: frozenset[str]) -> Iterator[Callable[..., list[Finding]]]:
    """The doctor in front of a cluster whose traffic group has these rights."""
    groups = {"auto-retrain": User("g", SUBMITTER), TRAFFIC_GROUP: User("t", rules)}
    namespaces = ("auto-retrain", "serving")
    with LocalCluster({}, tokens={"admin": ADMIN}, groups=groups, namespaces=namespaces) as cluster:
        client = KubernetesClient(Transport(Connection(cluster.url, None, FixedToken("admin"))), "auto-retrain")
        ours = KubernetesCluster({"auto-retrain": client}, "dev", lambda: PodSettings("image", "trainer", "scorer"))
        ports = MemoryPorts(cluster=ours)

        def look(*targets: dict[str, Any]) -> list[Finding]:
            for number, target in enumerate(targets):
                policy = a_policy(model=f"m{number}", deployment={"strategy": "all_at_once", "traffic": target})
                ports.policies.apply(policy, "ann", NOON)
            findings = check_installation(ports, "auto-retrain")
            return [finding for finding in findings if finding.subject == "rights in serving"]

        yield look


def test_rights_for_traffic_are_asked_for_once_a_namespace_and_only_where_a_policy_needs_them() -> None:
    with findings_with(TRAFFIC) as look:
        assert look({"adapter": "alias"}, {"adapter": "router"}) == []
        assert [finding.is_good for finding in look(HTTP_ROUTE, HTTP_ROUTE)] == [True, True]


def test_missing_and_excessive_rights_for_traffic_are_named() -> None:
    with findings_with(TRAFFIC - {"patch httproutes"} | {"get secrets"}) as look:
        texts = " | ".join(f"{finding.text}; {finding.remedy}" for finding in look(HTTP_ROUTE))

    assert f"group '{TRAFFIC_GROUP}' may not: patch httproutes.gateway.networking.k8s.io" in texts
    assert "kubectl apply -k functions/train_model/kubernetes/traffic" in texts
    assert f"group '{TRAFFIC_GROUP}' may do more than is needed: get secrets" in texts


def test_policies_that_cannot_be_read_leave_the_rights_for_traffic_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    ports = MemoryPorts()

    def fail(unreadable: list[str]) -> Any:
        raise StoreUnavailable("DynamoDB is away")

    monkeypatch.setattr(ports.policies, "fleet", fail)
    (finding,) = [each for each in check_installation(ports, None) if each.subject == "rights of policies"]

    assert (finding.is_good, finding.text) == (None, "cannot be checked: StoreUnavailable: DynamoDB is away")
