"""Requests to the Kubernetes API, repeated until it is certain whether they took effect."""

import random
import time
from collections.abc import Callable, Mapping

from ....domain.errors import ClusterRefused, ClusterUnavailable
from ....domain.installation import Permission
from .reading import objects_at, text_at, value_at
from .transport import Json, Reply, Transport

ATTEMPTS = 4
FIRST_DELAY_SECONDS = 0.25
# If the server asks for a longer delay, the state machine retries; a function must not sleep that long.
MAX_DELAY_SECONDS = 5.0
# No attempt begins later than this, so that a function notices a hung server before its own timeout.
PATIENCE_SECONDS = 20.0
PAGE_SIZE = 1000

NOT_FOUND = 404


class ApiClient:
    """What every client of a namespace does alike.

    Raises ClusterUnavailable for transient errors after a few attempts, ClusterRefused for permanent ones.
    """

    def __init__(
        self,
        transport: Transport,
        namespace: str,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._transport, self._sleep, self._clock, self._chance = transport, sleep, clock, chance
        self._namespace = namespace

    def may(self, namespace: str, permission: Permission, group: str | None) -> bool:
        """Whether a group has a permission in any namespace, or we ourselves if no group is given."""
        kind = "SubjectAccessReview" if group else "SelfSubjectAccessReview"
        action = {"resourceAttributes": {"namespace": namespace, **_attributes(permission)}}
        # Every caller is also in the second group.
        subject = {"groups": [group, "system:authenticated"]} if group else {}
        review = {"apiVersion": "authorization.k8s.io/v1", "kind": kind, "spec": {**action, **subject}}
        path = f"/apis/authorization.k8s.io/v1/{kind.lower()}s"
        answer = object_in(self._retry(lambda: self._transport.send("POST", path, body=review)), kind)
        return value_at(answer, "status", "allowed") is True

    def _list(self, kind: str, path: str, query: Mapping[str, str]) -> list[Json]:
        items: list[Json] = []
        page = {"limit": str(PAGE_SIZE), **query}
        while True:
            body = object_in(self._get(path, page), kind)
            items += objects_at(body, "items")
            following = text_at(body, "metadata", "continue")
            if not following:
                return items
            page["continue"] = following

    def _get(self, path: str, query: Mapping[str, str] | None = None) -> Reply:
        return self._retry(lambda: self._transport.send("GET", path, query))

    def _retry(self, exchange: Callable[[], Reply]) -> Reply:
        """Repeat an exchange a few times, as long as its reply is a transient error."""
        end = self._clock() + PATIENCE_SECONDS
        for attempt in range(1, ATTEMPTS + 1):
            reply = exchange()
            if not (reply.is_transient or exists(reply)):
                return reply
            delay = max(reply.retry_after, self._delay(attempt))
            if attempt == ATTEMPTS or delay > MAX_DELAY_SECONDS or self._clock() + delay > end:
                break
            self._sleep(delay)
        raise ClusterUnavailable(str(reply))

    def _delay(self, attempt: int) -> float:
        """Doubles with each attempt, minus up to half at random, so that many callers do not return at once."""
        full: float = FIRST_DELAY_SECONDS * 2 ** (attempt - 1)
        return full * (1 - self._chance() / 2)


def _attributes(permission: Permission) -> dict[str, str]:
    """A permission such as `list pods/log` or `create jobs.batch` as fields of a review."""
    resource, _, subresource = permission.resource.partition("/")
    name, _, group = resource.partition(".")
    fields = {"verb": permission.verb, "group": group, "resource": name, "subresource": subresource}
    return {field: value for field, value in fields.items() if value}


def exists(reply: Reply) -> bool:
    return reply.reason == "AlreadyExists"


def accepted(reply: Reply) -> Reply:
    if not reply.ok:
        raise ClusterRefused(str(reply))
    return reply


def object_in(reply: Reply, kind: str) -> Json:
    """The object in a successful reply; a proxy in between may report success and send something else."""
    body = accepted(reply).body
    if body.get("kind") != kind:
        raise ClusterUnavailable(f"the Kubernetes API answered {reply.code} without a {kind}")
    return body
