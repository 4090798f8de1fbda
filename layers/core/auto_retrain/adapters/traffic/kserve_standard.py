"""An InferenceService in mode Standard: a list of canaries, to which an HTTPRoute gives their shares.

Some releases of KServe create canaries without routing to them, and their status only repeats what was asked for; so
only the HTTPRoute tells what is in force.
"""

from ...domain.traffic import DesiredRoute, Route, percent
from ..kubernetes.access.objects import Kind
from ..kubernetes.access.reading import number_at, object_at, objects_at, text_at
from ..kubernetes.access.transport import Json
from .kserve_mark import Mark

HTTP_ROUTES = Kind("HTTPRoute", "apis/gateway.networking.k8s.io/v1", "httproutes")


class StandardService:
    """One InferenceService as it was read, and its HTTPRoute, if there is one."""

    def __init__(self, name: str, body: Json, mark: Mark, http_route: Json | None) -> None:
        self.body, self.mark = body, mark
        self._name, self._http_route = name, http_route
        self._predictor = object_at(body, "spec", "predictor")
        self._canaries = objects_at(body, "spec", "canary")
        self.generation = str(number_at(body, "metadata", "generation"))

    def __str__(self) -> str:
        return f"InferenceService '{self._name}'"

    @property
    def route(self) -> Route:
        """What its HTTPRoute says; without one, everything goes to the stable version."""
        stable = self.mark.version_at(self._uri)
        parts: dict[str, float] = {}
        for backend in self._backends:
            version = self._version_behind(text_at(backend, "name"), stable)
            weight = number_at(backend, "weight")
            parts[version] = parts.get(version, 0) + (1 if weight is None else weight)
        return Route(weights=percent(parts or {stable: 1}), generation=self.generation)

    @property
    def is_as_we_wrote_it(self) -> bool:
        return self.mark.wish in (None, self._as_written)

    @property
    def waiting_for(self) -> str:
        """Why it is not in force yet."""
        idle = [name for name in map(_name_of, self._canaries) if not self._is_ready(name)]
        return f"canary {', '.join(idle)} of {self} is not ready yet" if idle else f"{self} still routes as before"

    def failure_of(self, desired: DesiredRoute) -> str:
        """Why what is desired will never be in force; empty if it may be."""
        names = [_name_of(canary) for canary in self._canaries]
        if desired.weight == 0 or not names or not all(map(self._is_ready, names)):
            return ""
        if any(self._is_behind(name, backend) for name in names for backend in self._backends):
            return ""
        return (
            f"this KServe has made canary {', '.join(names)} of {self} but does not route to it: it needs a later "
            "release, with the Gateway API enabled; or use the http_route or router target"
        )

    def next_change(self, desired: DesiredRoute, uris: dict[str, str]) -> Json | None:
        """The patch that writes what is desired; None if that is what it says."""
        predictor: Json = {"model": {"storageUri": uris[desired.champion.number]}}
        if self._uri != uris[desired.champion.number]:
            # With a name of its own the new version starts beside the old one, which answers until it is ready.
            predictor["name"] = _canary_name(desired.champion.number)
        canaries = [self._canary(desired, uris)] if desired.challenger and desired.weight else []
        wish = {"uri": predictor["model"]["storageUri"], "canaries": [_said_by(each) for each in canaries]}
        if wish == self._as_written:
            return None
        spec = {"predictor": predictor, "canary": canaries}
        return {"metadata": self.mark.noting(wish, uris, {}), "spec": spec}

    def _canary(self, desired: DesiredRoute, uris: dict[str, str]) -> Json:
        assert desired.challenger is not None
        number = desired.challenger.number
        model = {**object_at(self._predictor, "model"), "storageUri": uris[number]}
        # Without a number of replicas there would be none at a small share.
        predictor = {"name": _canary_name(number), "minReplicas": 1, "model": model}
        return {"trafficPercent": desired.weight, "predictor": predictor}

    def _version_behind(self, backend: str, stable: str) -> str:
        for canary in self._canaries:
            if self._is_behind(_name_of(canary), {"name": backend}):
                return self.mark.version_at(text_at(canary, "predictor", "model", "storageUri"))
        return stable

    def _is_behind(self, canary: str, backend: Json) -> bool:
        return text_at(backend, "name") == f"{text_at(self.body, 'metadata', 'name')}-{canary}-predictor"

    def _is_ready(self, canary: str) -> bool:
        statuses = objects_at(self.body, "status", "canaryStatuses")
        return any(text_at(each, "name") == canary and each.get("ready") is True for each in statuses)

    @property
    def _as_written(self) -> Json:
        return {"uri": self._uri, "canaries": [_said_by(each) for each in self._canaries]}

    @property
    def _backends(self) -> list[Json]:
        rules = objects_at(self._http_route, "spec", "rules")
        return objects_at(rules[0], "backendRefs") if rules else []

    @property
    def _uri(self) -> str:
        return text_at(self._predictor, "model", "storageUri")


def _canary_name(version: str) -> str:
    return f"v{version}"


def _name_of(canary: Json) -> str:
    return text_at(canary, "predictor", "name")


def _said_by(canary: Json) -> list[str | int | None]:
    """What we compare of a canary."""
    uri = text_at(canary, "predictor", "model", "storageUri")
    return [_name_of(canary), uri, number_at(canary, "trafficPercent")]
