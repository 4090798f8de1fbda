"""What a deployment needs around it, and what was found when it was looked at."""

from typing import NamedTuple

from .base import Record


class Permission(NamedTuple):
    """Something that a caller may do in a namespace; a resource has its group behind a dot, as in `jobs.batch`."""

    verb: str
    resource: str

    def __str__(self) -> str:
        return f"{self.verb} {self.resource}"


def _permissions(verbs: str, *resources: str) -> set[Permission]:
    return {Permission(verb, resource) for verb in verbs.split() for resource in resources}


# What the client of the cluster asks for; a test holds the two, and the Role that is shipped, against each other.
NEEDED = frozenset(
    _permissions("create get list patch delete", "jobs.batch")
    | _permissions("list", "pods", "events")
    | _permissions("get", "pods/log")
)
# What somebody could do harm with, if the functions were allowed more than they need.
_PROBED = frozenset(
    _permissions("get list create update patch delete", "secrets", "configmaps", "pods", "serviceaccounts")
    | _permissions("create", "pods/exec", "pods/attach", "pods/portforward", "pods/eviction", "serviceaccounts/token")
    | _permissions("create update patch delete", "deployments.apps", "daemonsets.apps", "cronjobs.batch")
    | _permissions("create update patch delete", "roles.rbac.authorization.k8s.io")
    | _permissions("create update patch delete", "rolebindings.rbac.authorization.k8s.io")
    | _permissions("create bind escalate", "clusterroles.rbac.authorization.k8s.io")
    | _permissions("update deletecollection", "jobs.batch")
    | _permissions("impersonate", "users", "groups")
    | _permissions("*", "*")
)
EXCESSIVE = _PROBED - NEEDED


class Finding(Record):
    """One thing that was looked at; `is_good` None means that it could not be told."""

    subject: str
    is_good: bool | None
    text: str
