"""Checks from outside that a deployment has everything it needs, and no permissions beyond that."""

from collections.abc import Callable, Iterator
from functools import cache

from ...domain.errors import ArtifactInvalid, AutoRetrainError, SettingMissing
from ...domain.installation import (
    EXCESSIVE,
    NEEDED,
    NEEDED_FOR_TRAFFIC,
    NEEDED_FOR_WORKERS,
    TRAFFIC_GROUP,
    Finding,
    Permission,
)
from ...domain.policy.traffic import HttpRouteTarget, KserveTarget
from ...ports import Ports
from .check_account import check_account
from .check_channels import check_channels
from .check_data_places import check_data_places
from .check_logs import check_logs
from .check_metrics import check_metrics
from .each_model import FOR_POLICIES, ReadFleet

SUPPORTED_MLFLOW = ("3",)
ABSENT_NAME = "auto-retrain-doctor"
MANIFESTS = "functions/train_model/kubernetes"


def check_installation(ports: Ports, for_group: str | None, send: bool = False) -> Iterator[Finding]:
    """Yield findings one by one, as each may take seconds; nothing is changed, and a message sent only if asked for.

    Permissions are checked for the caller, or for a group of the cluster if the caller may ask about others. What only
    some traffic targets need is asked for only where a policy names such a target.
    """
    fleet = cache(lambda: list(ports.policies.fleet([])))
    yield from check_account(ports)
    yield _check("table", "job records can be read", lambda: ports.jobs.list_active(), _compare("TABLE_NAME"))
    readable = "documents of jobs can be read"
    yield _check("artifacts", readable, lambda: _read_absent_document(ports), _compare("ARTIFACTS_BUCKET"))
    yield _prices(ports)
    yield from check_channels(fleet, ports, send)
    yield _registry(ports)
    yield from check_data_places(fleet, ports)
    yield from check_metrics(fleet, ports)
    yield from check_logs(fleet, ports)
    to_cluster = "kubectl get --raw /readyz, and see your access entry; docs/commands.md says which variables to set"
    reached = _check("cluster", "the Kubernetes API answers", lambda: ports.cluster.namespaces, to_cluster)
    yield reached
    if not reached.is_good:
        return
    for namespace in ports.cluster.namespaces:
        yield from _permissions(namespace, NEEDED, MANIFESTS, for_group, ports)
    yield from _worker_permissions(for_group, fleet, ports)
    yield from _traffic_permissions(TRAFFIC_GROUP if for_group else None, fleet, ports)


def _check(subject: str, good: str, ask: Callable[[], object], remedy: str) -> Finding:
    try:
        ask()
    except AutoRetrainError as error:
        return Finding(subject=subject, is_good=False, text=f"{type(error).__name__}: {error}", remedy=remedy)
    return Finding(subject=subject, is_good=True, text=good)


def _compare(variable: str) -> str:
    return f"compare {variable} with the outputs of the stack, and your rights with docs/operating.md#who-needs-what"


def _prices(ports: Ports) -> Finding:
    """Whether the list of prices that was asked for is the one that is used."""
    used = ports.prices.current()
    if used.problem:
        remedy = "put a list as docs/costs.md describes under that key, or give the parameter PricesObject another one"
        text = f"list prices are used, because yours cannot be read: {used.problem}"
        return Finding(subject="prices", is_good=False, text=text, remedy=remedy)
    return Finding(
        subject="prices", is_good=True, text=f"prices as of {used.prices.as_of} in {used.prices.region} are used"
    )


def _registry(ports: Ports) -> Finding:
    try:
        version = ports.registry.server_version()
        ports.registry.champion(ABSENT_NAME)
    except AutoRetrainError as error:
        missing = isinstance(error, SettingMissing)
        remedy = _compare("MLFLOW_TRACKING_URI") if missing else _ask_registry(ports.registry.tracking_uri)
        text = f"{type(error).__name__}: {error}"
        return Finding(subject="registry", is_good=False, text=text, remedy=remedy)
    is_good = version.split(".")[0] in SUPPORTED_MLFLOW
    needed = "" if is_good else f"; {' or '.join(SUPPORTED_MLFLOW)} is needed"
    upgrade = None if is_good else "upgrade the MLflow server"
    return Finding(subject="registry", is_good=is_good, text=f"MLflow {version} answers{needed}", remedy=upgrade)


def _ask_registry(tracking_uri: str) -> str:
    return f"curl {tracking_uri}/version, from where you are and from the functions' subnets"


def _read_absent_document(ports: Ports) -> None:
    """Ask for a document that does not exist: the answer that it is missing proves the access."""
    try:
        ports.data.read(ports.data.uri(f"jobs/{ABSENT_NAME}/absent.json"))
    except ArtifactInvalid:
        return


def _worker_permissions(group: str | None, fleet: ReadFleet, ports: Ports) -> Iterator[Finding]:
    """Only where several pods train a model."""
    try:
        trainings = [applied.policy.training for applied, _ in fleet()]
    except AutoRetrainError as error:
        yield Finding.unknown("workers", error, FOR_POLICIES)
        return
    default = ports.cluster.namespaces[0]
    for namespace in sorted({training.namespace or default for training in trainings if training.workers > 1}):
        yield from _permissions(namespace, NEEDED_FOR_WORKERS, f"{MANIFESTS}/workers", group, ports)


def _traffic_permissions(group: str | None, fleet: ReadFleet, ports: Ports) -> Iterator[Finding]:
    try:
        needed = _needed_for_traffic(fleet)
    except AutoRetrainError as error:
        yield Finding.unknown("traffic", error, FOR_POLICIES)
        return
    for namespace, permissions in sorted(needed.items()):
        yield from _permissions(namespace, permissions, f"{MANIFESTS}/traffic", group, ports)


def _needed_for_traffic(fleet: ReadFleet) -> dict[str, frozenset[Permission]]:
    """By namespace, what the targets of all policies together need."""
    needed: dict[str, frozenset[Permission]] = {}
    for applied, _ in fleet():
        target = applied.policy.deployment.traffic
        if isinstance(target, HttpRouteTarget | KserveTarget):
            before = needed.get(target.namespace, frozenset())
            needed[target.namespace] = before | NEEDED_FOR_TRAFFIC[target.adapter]
    return needed


def _permissions(
    namespace: str, needed: frozenset[Permission], manifests: str, group: str | None, ports: Ports
) -> Iterator[Finding]:
    """What the caller or a group may do in a namespace; the `manifests` repair what is missing."""
    subject, who = f"rights in {namespace}", f"group '{group}'" if group else "you"

    def granted(permissions: frozenset[Permission]) -> set[Permission]:
        return {permission for permission in permissions if ports.cluster.may(namespace, permission, group)}

    try:
        missing, more = needed - granted(needed), granted(EXCESSIVE)
    except AutoRetrainError as error:
        remedy = "ask for create subjectaccessreviews.authorization.k8s.io, or see your own rights with --self"
        yield Finding.unknown(subject, error, remedy)
        return
    lacking, beyond = _names(missing), _names(more)
    yield Finding(
        subject=subject,
        is_good=not missing,
        text=f"{who} may not: {lacking}" if missing else f"{who} may do everything that is needed",
        remedy=f"kubectl apply -k {manifests}" if missing else None,
    )
    yield Finding(
        subject=subject,
        is_good=not more,
        text=f"{who} may do more than is needed: {beyond}" if more else f"{who} may do nothing else that was probed",
        remedy=f"find what binds {who} besides: kubectl -n {namespace} get rolebindings -o wide" if more else None,
    )


def _names(permissions: set[Permission] | frozenset[Permission]) -> str:
    return ", ".join(sorted(map(str, permissions)))
