"""Checks from outside that a deployment has everything it needs, and no permissions beyond that."""

from collections.abc import Callable, Iterator

from ...domain.errors import ArtifactInvalid, AutoRetrainError
from ...domain.installation import EXCESSIVE, NEEDED, Finding, Permission
from ...ports import Ports

ABSENT_NAME = "auto-retrain-doctor"


def check_installation(ports: Ports, for_group: str | None) -> Iterator[Finding]:
    """Yield findings one by one, as each may take seconds; nothing is changed.

    Permissions are checked for the caller, or for a group of the cluster if the caller may ask about others.
    """
    yield _check("table", "job records can be read", lambda: ports.jobs.list_active())
    yield _check("artifacts", "documents of jobs can be read", lambda: _read_absent_document(ports))
    yield _check("registry", "MLflow answers", lambda: ports.registry.champion(ABSENT_NAME))
    reached = _check("cluster", "the Kubernetes API answers", lambda: ports.cluster.namespaces)
    yield reached
    for namespace in ports.cluster.namespaces if reached.is_good else ():
        yield from _permissions(namespace, for_group, ports)


def _check(subject: str, good: str, ask: Callable[[], object]) -> Finding:
    try:
        ask()
    except AutoRetrainError as error:
        return Finding(subject=subject, is_good=False, text=f"{type(error).__name__}: {error}")
    return Finding(subject=subject, is_good=True, text=good)


def _read_absent_document(ports: Ports) -> None:
    """Ask for a document that does not exist: the answer that it is missing proves the access."""
    try:
        ports.data.read(ports.data.uri(f"jobs/{ABSENT_NAME}/absent.json"))
    except ArtifactInvalid:
        return


def _permissions(namespace: str, for_group: str | None, ports: Ports) -> Iterator[Finding]:
    subject, who = f"rights in {namespace}", f"group '{for_group}'" if for_group else "you"

    def granted(permissions: frozenset[Permission]) -> set[Permission]:
        return {permission for permission in permissions if ports.cluster.may(namespace, permission, for_group)}

    try:
        missing, more = NEEDED - granted(NEEDED), granted(EXCESSIVE)
    except AutoRetrainError as error:
        yield Finding(subject=subject, is_good=None, text=f"cannot be checked: {type(error).__name__}: {error}")
        return
    lacking, beyond = _names(missing), _names(more)
    repair = "kubectl apply -k functions/train_model/kubernetes"
    yield Finding(
        subject=subject,
        is_good=not missing,
        text=f"{who} may not: {lacking}; {repair}" if missing else f"{who} may do everything that is needed",
    )
    yield Finding(
        subject=subject,
        is_good=not more,
        text=f"{who} may do more than is needed: {beyond}" if more else f"{who} may do nothing else that was probed",
    )


def _names(permissions: set[Permission] | frozenset[Permission]) -> str:
    return ", ".join(sorted(map(str, permissions)))
