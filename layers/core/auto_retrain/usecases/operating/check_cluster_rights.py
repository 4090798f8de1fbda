"""Checks what may be done in each namespace of the cluster, and that nothing else may be."""

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from ...domain.errors import AutoRetrainError
from ...domain.installation import (
    EXCESSIVE,
    NEEDED,
    NEEDED_FOR_TRAFFIC,
    NEEDED_FOR_WORKERS,
    TRAFFIC_GROUP,
    Finding,
    Permission,
)
from ...domain.policy.policy import Policy
from ...domain.policy.traffic import HttpRouteTarget, KserveTarget
from ...ports import Ports
from .each_model import FOR_POLICIES, ReadFleet

_MANIFESTS = "functions/train_model/kubernetes"


class _Place(NamedTuple):
    """A namespace, and who acts there: a group, or the caller."""

    namespace: str
    group: str | None


# By the manifests that grant them.
_Needs = dict[str, set[Permission]]


def check_cluster_rights(for_group: str | None, fleet: ReadFleet, ports: Ports) -> Iterator[Finding]:
    """Yield what the caller or a group lacks in each namespace, and once what it may do beyond.

    What several workers or some traffic targets need is asked for only where a policy has them.
    """
    needs: dict[_Place, _Needs] = defaultdict(lambda: defaultdict(set))
    for namespace in ports.cluster.namespaces:
        needs[_Place(namespace, for_group)][_MANIFESTS] |= NEEDED
    try:
        for applied, _ in fleet():
            for place, manifests, permissions in _needed_for(applied.policy, for_group, ports):
                needs[place][manifests] |= permissions
    except AutoRetrainError as error:
        yield Finding.unknown("rights of policies", error, FOR_POLICIES)
    for place, needed in sorted(needs.items(), key=lambda item: (item[0].namespace, item[0].group or "")):
        yield from _check_place(place, needed, ports)


def _needed_for(
    policy: Policy, for_group: str | None, ports: Ports
) -> Iterator[tuple[_Place, str, frozenset[Permission]]]:
    if policy.training.workers > 1:
        namespace = policy.training.namespace or ports.cluster.namespaces[0]
        yield _Place(namespace, for_group), f"{_MANIFESTS}/workers", NEEDED_FOR_WORKERS
    target = policy.deployment.traffic
    if isinstance(target, HttpRouteTarget | KserveTarget):
        place = _Place(target.namespace, TRAFFIC_GROUP if for_group else None)
        yield place, f"{_MANIFESTS}/traffic", NEEDED_FOR_TRAFFIC[target.adapter]


def _check_place(place: _Place, needed: _Needs, ports: Ports) -> Iterator[Finding]:
    subject, who = f"rights in {place.namespace}", f"group '{place.group}'" if place.group else "you"
    known = set[Permission]().union(*needed.values())
    try:
        granted = {each for each in known | EXCESSIVE if ports.cluster.may(place.namespace, each, place.group)}
    except AutoRetrainError as error:
        remedy = "ask for create subjectaccessreviews.authorization.k8s.io, or see your own rights with --self"
        yield Finding.unknown(subject, error, remedy)
        return
    for manifests, permissions in needed.items():
        if missing := permissions - granted:
            text, remedy = f"{who} may not: {_names(missing)}", f"kubectl apply -k {manifests}"
            yield Finding(subject=subject, is_good=False, text=text, remedy=remedy)
    if known <= granted:
        yield Finding(subject=subject, is_good=True, text=f"{who} may do everything that is needed")
    more = granted - known
    yield Finding(
        subject=subject,
        is_good=not more,
        text=f"{who} may do more than is needed: {_names(more)}"
        if more
        else f"{who} may do nothing else that was probed",
        remedy=f"find what binds {who} besides: kubectl -n {place.namespace} get rolebindings -o wide"
        if more
        else None,
    )


def _names(permissions: set[Permission]) -> str:
    return ", ".join(sorted(map(str, permissions)))
