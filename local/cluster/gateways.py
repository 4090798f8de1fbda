"""The controller of all gateways: says in the status of each HTTPRoute whether it is in force."""

from .agenda import Agenda
from .objects import HTTP_ROUTES, SERVICES, Json, timestamp
from .store import Store

CONTROLLER = "example.com/gateway"


class Gateways:
    """Accepts every HTTPRoute, and resolves its backends to Services.

    Tests may let it be late by `lag_seconds`, be `asleep`, or refuse filters that are `unsupported`.
    """

    def __init__(self, store: Store, agenda: Agenda) -> None:
        self._store, self._agenda = store, agenda
        self._said: dict[str, list[Json]] = {}
        self.lag_seconds = 0.0
        self.asleep = False
        self.unsupported: frozenset[str] = frozenset()

    def look_later(self) -> None:
        """An HTTPRoute or a Service has changed."""
        self._agenda.later(self.lag_seconds, self.look)

    def look(self) -> None:
        for route in () if self.asleep else self._store.others[HTTP_ROUTES].values():
            conditions, uid = self._judge(route), route["metadata"]["uid"]
            if conditions == self._said.get(uid):
                continue
            self._said[uid] = conditions
            timed = [{**each, "lastTransitionTime": timestamp()} for each in conditions]
            parents = route["spec"].get("parentRefs", [])
            route["status"] = {
                "parents": [
                    {"parentRef": parent, "controllerName": CONTROLLER, "conditions": timed} for parent in parents
                ]
            }
            self._store.save(route)

    def _judge(self, route: Json) -> list[Json]:
        observed = {"observedGeneration": route["metadata"]["generation"]}
        return [{**self._accepted(route), **observed}, {**self._resolved(route), **observed}]

    def _accepted(self, route: Json) -> Json:
        kinds = {each["type"] for rule in route["spec"]["rules"] for each in rule.get("filters", [])}
        unknown = sorted(kinds & self.unsupported)
        if unknown:
            return _condition("Accepted", "False", "UnsupportedValue", f"filters are not supported: {unknown}")
        return _condition("Accepted", "True", "Accepted", "Route is accepted")

    def _resolved(self, route: Json) -> Json:
        services, here = self._store.others[SERVICES], route["metadata"]["namespace"]
        for backend in _backends(route):
            if (backend.get("namespace", here), backend["name"]) not in services:
                return _condition("ResolvedRefs", "False", "BackendNotFound", f"Service {backend['name']} not found")
        return _condition("ResolvedRefs", "True", "ResolvedRefs", "All references are resolved")


def _backends(route: Json) -> list[Json]:
    rules = route["spec"]["rules"]
    mirrors = [each["requestMirror"] for rule in rules for each in rule.get("filters", []) if "requestMirror" in each]
    return [backend for rule in rules for backend in rule.get("backendRefs", [])] + [
        mirror["backendRef"] for mirror in mirrors
    ]


def _condition(kind: str, status: str, reason: str, message: str) -> Json:
    return {"type": kind, "status": status, "reason": reason, "message": message}
