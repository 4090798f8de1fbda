"""Checks from outside that a deployment has everything it needs, and no permissions beyond that."""

from collections.abc import Callable, Iterator
from functools import cache

from ...domain.errors import ArtifactInvalid, AutoRetrainError, SettingMissing
from ...domain.installation import Finding
from ...ports import Ports
from .check_account import check_account
from .check_channels import check_channels
from .check_cluster_rights import check_cluster_rights
from .check_data_places import check_data_places
from .check_logs import check_logs
from .check_metrics import check_metrics
from .check_parts import check_parts

SUPPORTED_MLFLOW = ("3",)
ABSENT_NAME = "auto-retrain-doctor"


def check_installation(ports: Ports, for_group: str | None, send: bool = False) -> Iterator[Finding]:
    """Yield findings one by one, as each may take seconds; nothing is changed, and a message sent only if asked for.

    Permissions in the cluster are checked for the caller, or for a group if the caller may ask about others.
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
    yield from check_parts(fleet, ports)
    to_cluster = "kubectl get --raw /readyz, and see your access entry; docs/commands.md says which variables to set"
    reached = _check("cluster", "the Kubernetes API answers", lambda: ports.cluster.namespaces, to_cluster)
    yield reached
    if reached.is_good:
        yield from check_cluster_rights(for_group, fleet, ports)


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
