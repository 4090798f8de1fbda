"""Looks from outside whether everything that a deployment needs is there, and nothing that it may do too much."""

from collections.abc import Callable, Iterator

from ...domain.errors import ArtifactInvalid, AutoRetrainError
from ...domain.installation import EXCESSIVE, NEEDED, Finding, Permission
from ...ports import Ports

NOBODY = "auto-retrain-doctor"


def check_installation(ports: Ports, for_group: str | None) -> Iterator[Finding]:
    """Findings one by one, as each may take seconds; nothing is changed anywhere.

    Permissions are those of a group of the cluster, which takes somebody who may ask about others, or of the caller.
    """
    yield _look("table", "job records can be read", lambda: ports.jobs.list_active())
    yield _look("artifacts", "documents of jobs can be read", lambda: _read_nothing(ports))
    yield _look("registry", "MLflow answers", lambda: ports.registry.champion(NOBODY))
    reached = _look("cluster", "the Kubernetes API answers", lambda: ports.cluster.namespaces)
    yield reached
    for namespace in ports.cluster.namespaces if reached.is_good else ():
        yield from _permissions(namespace, for_group, ports)


def _look(subject: str, good: str, ask: Callable[[], object]) -> Finding:
    try:
        ask()
    except AutoRetrainError as error:
        return Finding(subject=subject, is_good=False, text=f"{type(error).__name__}: {error}")
    return Finding(subject=subject, is_good=True, text=good)


def _read_nothing(ports: Ports) -> None:
    """Ask for a document that is not there: to be told so is all that this needs."""
    try:
        ports.data.read(ports.data.uri(f"jobs/{NOBODY}/absent.json"))
    except ArtifactInvalid:
        return


def _permissions(namespace: str, for_group: str | None, ports: Ports) -> Iterator[Finding]:
    subject, who = f"rights in {namespace}", f"group '{for_group}'" if for_group else "you"

    def granted(permissions: frozenset[Permission]) -> set[Permission]:
        return {found for found in permissions if ports.cluster.may(namespace, found, for_group)}

    try:
        missing, more = NEEDED - granted(NEEDED), granted(EXCESSIVE)
    except AutoRetrainError as error:
        yield Finding(subject=subject, is_good=None, text=f"cannot be told: {type(error).__name__}: {error}")
        return
    lacking, beyond = _names(missing), _names(more)
    repair = "kubectl apply -k functions/train_model/kubernetes"
    yield Finding(
        subject=subject,
        is_good=not missing,
        text=f"{who} may not: {lacking}; {repair}" if missing else f"{who} may do all that is needed",
    )
    yield Finding(
        subject=subject,
        is_good=not more,
        text=f"{who} may do more than is needed: {beyond}" if more else f"{who} may do nothing that was probed beyond",
    )


def _names(permissions: set[Permission] | frozenset[Permission]) -> str:
    return ", ".join(sorted(map(str, permissions)))
