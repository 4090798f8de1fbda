"""What a deployment needs from its environment, and the findings of a check."""

from typing import NamedTuple, Self

from .base import Record


class Permission(NamedTuple):
    """An action that can be allowed in a namespace; a resource has its API group after a dot, as in `jobs.batch`."""

    verb: str
    resource: str

    def __str__(self) -> str:
        return f"{self.verb} {self.resource}"


def _permissions(verbs: str, *resources: str) -> set[Permission]:
    return {Permission(verb, resource) for verb in verbs.split() for resource in resources}


# What the cluster client uses; a test compares this list with the client and with the Role that we ship.
NEEDED = frozenset(
    _permissions("create get list patch delete", "jobs.batch")
    | _permissions("list", "pods", "events")
    | _permissions("get", "pods/log")
)
# What it uses besides for trainings with several workers.
NEEDED_FOR_WORKERS = frozenset(_permissions("create get", "services"))
# The same for each kind of traffic target in the cluster, in its own namespace.
NEEDED_FOR_TRAFFIC = {
    "http_route": frozenset(
        _permissions("get patch", "httproutes.gateway.networking.k8s.io")
        | _permissions("get", "services")
        | _permissions("list", "endpointslices.discovery.k8s.io")
    ),
    "kserve": frozenset(
        _permissions("get patch", "inferenceservices.serving.kserve.io")
        | _permissions("get", "httproutes.gateway.networking.k8s.io")
    ),
}
# The group in the cluster of the functions that move requests; they are others than those that start pods.
TRAFFIC_GROUP = "auto-retrain-traffic"
# Permissions that could do harm if the functions had more than they need.
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
    """The result of one check; `is_good` is None if it could not be determined. `remedy` is what to do about it.

    What is not `needed` may stay unknown, such as limits that the caller may not ask about.
    """

    subject: str
    is_good: bool | None
    text: str
    remedy: str | None = None
    needed: bool = True

    @classmethod
    def unknown(cls, subject: str, error: Exception, remedy: str) -> Self:
        """A check that could not be made."""
        text = f"cannot be checked: {type(error).__name__}: {error}"
        return cls(subject=subject, is_good=None, text=text, remedy=remedy)

    @classmethod
    def not_known(cls, subject: str, why: str, remedy: str | None = None) -> Self:
        """A check that a deployment does without, and that could not be made."""
        return cls(subject=subject, is_good=None, text=f"not known: {why}", remedy=remedy, needed=False)

    @property
    def passes(self) -> bool:
        """Whether nothing has to be done about it."""
        return self.is_good or (self.is_good is None and not self.needed)
