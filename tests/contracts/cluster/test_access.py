"""What we request of a cluster, what the Role that we ship allows, and what `doctor` checks are the same."""

import re
from ipaddress import ip_address, ip_network
from typing import Any

import pytest
import yaml

from auto_retrain.adapters.kubernetes.access.client import KubernetesClient
from auto_retrain.adapters.kubernetes.access.connection import Connection
from auto_retrain.adapters.kubernetes.access.kubeconfig_tokens import FixedToken
from auto_retrain.adapters.kubernetes.access.transport import Reply, Transport
from auto_retrain.adapters.kubernetes.jobs.cluster import KubernetesCluster
from auto_retrain.adapters.kubernetes.jobs.job_body import PodSettings
from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.domain.errors import ClusterUnavailable
from auto_retrain.domain.installation import EXCESSIVE, NEEDED, NEEDED_FOR_WORKERS, Finding, Permission
from auto_retrain.usecases.operating.doctor import check_installation
from local.cluster import LocalCluster
from local.cluster.tokens import ADMIN, SUBMITTER, User
from local.paths import TEMPLATE, TRAINER
from tests.deployment.cloudformation import Template

MANIFESTS = TRAINER / "kubernetes"
NAMESPACE = "auto-retrain"
KINDS = {"jobs": "Job", "pods": "Pod", "events": "Event"}
KINDS |= {"httproutes": "HTTPRoute", "services": "Service", "endpointslices": "EndpointSlice"}
VERBS = {"POST": "create", "DELETE": "delete", "PATCH": "patch"}
PATH = re.compile(
    r"/(?:api|apis/(?P<group>[^/]+))/v1/namespaces/ns/(?P<plural>[^/]+)(?:/(?P<name>[^/]+)(?P<below>/.+)?)?"
)


def documents(file: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((MANIFESTS / file).read_text()))


def of_kind(kind: str) -> dict[str, Any]:
    (found,) = (
        document
        for file in documents("kustomization.yaml")[0]["resources"]
        for document in documents(file)
        if document["kind"] == kind
    )
    return found


class Remembering(Transport):
    """Answers every request, and remembers which permission it needs."""

    def __init__(self) -> None:
        self.used: set[Permission] = set()

    def send(self, method: str, path: str, query: Any = None, body: Any = None) -> Reply:
        found = PATH.fullmatch(path)
        assert found, path
        verb = VERBS.get(method, "get" if found["name"] else "list")
        group = f".{found['group']}" if found["group"] else ""
        self.used.add(Permission(verb, f"{found['plural']}{found['below'] or ''}{group}"))
        kind = KINDS[found["plural"]]
        if verb == "list":
            return Reply(200, body={"kind": f"{kind}List", "items": [], "metadata": {}})
        if verb == "create":
            return Reply(0)  # no answer, so that the client looks for the Job
        return Reply(200, body={"kind": kind, "metadata": {"name": found["name"]}}, text="")


def test_the_client_requests_what_is_needed_and_nothing_else() -> None:
    transport = Remembering()
    client = KubernetesClient(transport, "ns")

    client.create_job({"metadata": {"name": "j"}})
    client.create_service({"metadata": {"name": "w-j"}})
    client.get_job("j")
    client.list_jobs("a=b")
    client.list_pods("j")
    client.list_pods_in_phase("Pending", "a=b")
    client.list_failed_creations()
    client.list_pod_warnings()
    client.list_events("j")
    client.log_tail("p", "main", 3)
    client.resume_job("j")
    client.delete_job("j")

    asking = {name for name in vars(KubernetesClient) if not name.startswith("_")}
    assert len(asking) == 12, "a new request of the client belongs into this test, the Role and NEEDED"
    assert transport.used == NEEDED | NEEDED_FOR_WORKERS


def test_the_role_that_is_installed_allows_what_is_needed_and_nothing_else() -> None:
    allowed = {
        Permission(verb, resource + (f".{group}" if group else ""))
        for rule in of_kind("Role")["rules"]
        for verb in rule["verbs"]
        for resource in rule["resources"]
        for group in rule["apiGroups"]
    }

    assert allowed == NEEDED
    assert {str(permission).replace(".batch", "") for permission in NEEDED} == SUBMITTER


def test_the_group_that_gets_the_role_is_the_one_of_the_access_entries() -> None:
    (subject,) = of_kind("RoleBinding")["subjects"]

    assert (subject["kind"], subject["name"]) == ("Group", "auto-retrain")
    assert of_kind("RoleBinding")["roleRef"]["name"] == of_kind("Role")["metadata"]["name"]


def test_everything_is_installed_in_one_namespace_that_enforces_pod_security() -> None:
    names = {
        document["metadata"].get("namespace", document["metadata"]["name"])
        for file in documents("kustomization.yaml")[0]["resources"]
        for document in documents(file)
    }

    assert names == {NAMESPACE} == {documents("kustomization.yaml")[0]["namespace"]}
    assert of_kind("Namespace")["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_training_and_scoring_have_an_account_each_without_a_token() -> None:
    accounts = [document for document in documents("access.yaml") if document["kind"] == "ServiceAccount"]
    assert [account["automountServiceAccountToken"] for account in accounts] == [False, False]
    parameters = Template(TEMPLATE).document["Parameters"]
    defaults = [parameters[name]["Default"] for name in ("JobServiceAccount", "ScoringServiceAccount")]
    assert [account["metadata"]["name"] for account in accounts] == defaults


@pytest.mark.parametrize("file", ["network.yaml", "network-ipv6.yaml"])
def test_pods_accept_no_connections(file: str) -> None:
    (policy,) = documents(file)
    assert policy["spec"]["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in policy["spec"]
    assert policy["spec"]["podSelector"] == {}


@pytest.mark.parametrize(
    ("file", "address", "port"),
    [
        ("network.yaml", "169.254.170.23", 80),  # EKS Pod Identity
        ("network.yaml", "52.218.0.1", 443),
        ("network.yaml", "10.1.2.3", 443),
        ("network.yaml", "10.1.2.3", 5000),
        ("network-ipv6.yaml", "fd00:ec2::23", 80),
        ("network-ipv6.yaml", "2600:1f13::1", 443),
        ("network-ipv6.yaml", "fd12:3456::1", 443),
        ("network-ipv6.yaml", "fd12:3456::1", 5000),
    ],
)
def test_pods_reach_aws_and_mlflow(file: str, address: str, port: int) -> None:
    assert reaches(file, address, port)


@pytest.mark.parametrize("port", [80, 443, 5000])
@pytest.mark.parametrize(
    ("file", "address"),
    [
        ("network.yaml", "169.254.169.254"),  # the node's metadata
        ("network.yaml", "169.254.170.2"),
        ("network-ipv6.yaml", "fd00:ec2::254"),
        ("network-ipv6.yaml", "fe80::1"),
    ],
)
def test_pods_cannot_reach_the_credentials_of_their_node(file: str, address: str, port: int) -> None:
    assert not reaches(file, address, port)


@pytest.mark.parametrize(("file", "family"), [("network.yaml", 4), ("network-ipv6.yaml", 6)])
def test_a_policy_has_one_family_of_addresses_because_the_plugin_of_eks_fails_on_two(file: str, family: int) -> None:
    networks = [ip_network(cidr) for _, block in blocks_of(file) for cidr in (block["cidr"], *block.get("except", []))]
    assert {network.version for network in networks} == {family}


def blocks_of(file: str) -> list[tuple[set[int], dict[str, Any]]]:
    """Blocks of addresses that pods may connect to, with the ports."""
    (policy,) = documents(file)
    return [
        ({port["port"] for port in rule["ports"]}, target["ipBlock"])
        for rule in policy["spec"]["egress"]
        for target in rule["to"]
        if "ipBlock" in target
    ]


def reaches(file: str, address: str, port: int) -> bool:
    return any(
        port in ports
        and ip_address(address) in ip_network(block["cidr"])
        and not any(ip_address(address) in ip_network(cidr) for cidr in block.get("except", []))
        for ports, block in blocks_of(file)
    )


def test_pods_request_something_by_default_so_that_the_quota_counts_them() -> None:
    hard = of_kind("ResourceQuota")["spec"]["hard"]
    (limit,) = of_kind("LimitRange")["spec"]["limits"]

    assert {"pods", "count/jobs.batch", "requests.cpu", "requests.memory"} <= hard.keys()
    assert {"cpu", "memory"} <= limit["defaultRequest"].keys()


def look(cluster: LocalCluster, token: str, group: str | None) -> dict[str, Finding]:
    client = KubernetesClient(Transport(Connection(cluster.url, None, FixedToken(token))), NAMESPACE)
    ours = KubernetesCluster({NAMESPACE: client}, "dev", lambda: PodSettings("image", "trainer", "scorer"))
    findings = list(check_installation(MemoryPorts(cluster=ours), group))
    return {finding.text: finding for finding in findings if finding.subject == f"rights in {NAMESPACE}"}


def test_exactly_the_needed_rights_are_good_for_the_group_and_for_a_caller() -> None:
    tokens = {"admin": ADMIN, "us": User("us")}
    with LocalCluster({}, tokens=tokens) as cluster:
        for token, group in (("admin", "auto-retrain"), ("us", None)):
            assert [finding.is_good for finding in look(cluster, token, group).values()] == [True, True]


def test_missing_and_excessive_rights_are_named() -> None:
    rules = (SUBMITTER - {"delete jobs", "get pods/log"}) | {"get secrets", "create pods/exec"}
    with LocalCluster({}, tokens={"admin": ADMIN}, groups={"auto-retrain": User("g", rules)}) as cluster:
        findings = look(cluster, "admin", "auto-retrain")

    texts = " | ".join(f"{finding.text}; {finding.remedy}" for finding in findings.values())
    assert "group 'auto-retrain' may not: delete jobs.batch, get pods/log; kubectl apply" in texts
    assert "group 'auto-retrain' may do more than is needed: create pods/exec, get secrets" in texts


def test_an_unknown_group_has_no_rights() -> None:
    with LocalCluster({}, tokens={"admin": ADMIN}) as cluster:
        missing, more = look(cluster, "admin", "somebody").values()

    assert (missing.is_good, more.is_good) == (False, True)
    assert all(str(permission) in missing.text for permission in NEEDED)


def test_an_administrator_has_too_many_rights_to_run_this() -> None:
    with LocalCluster({}, tokens={"admin": ADMIN}) as cluster:
        _, more = look(cluster, "admin", None).values()

    assert more.is_good is False
    assert "* *" in more.text


def test_a_caller_that_may_not_ask_about_others_gets_the_reason() -> None:
    with LocalCluster({}, tokens={"us": User("us")}) as cluster:
        (finding,) = look(cluster, "us", "auto-retrain").values()

    assert finding.is_good is None
    assert "cannot be checked: ClusterRefused: the Kubernetes API answered 403 Forbidden" in finding.text


def test_an_unknown_caller_gets_no_answer() -> None:
    with LocalCluster({}) as cluster:
        transport = Transport(Connection(cluster.url, None, FixedToken("unknown")))
        client = KubernetesClient(transport, NAMESPACE, sleep=lambda _: None)
        with pytest.raises(ClusterUnavailable, match="401"):
            client.may(NAMESPACE, Permission("list", "pods"), None)


def test_no_needed_right_counts_as_excessive() -> None:
    assert not NEEDED & EXCESSIVE
