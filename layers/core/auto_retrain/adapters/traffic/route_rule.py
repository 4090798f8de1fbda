"""One rule of an HTTPRoute: which versions it sends requests to, and how it looks when it sends others."""

import re

from ...domain.errors import TrafficRefused
from ...domain.policy.traffic import HttpRouteTarget
from ...domain.traffic import DesiredRoute, Route, percent
from ..kubernetes.access.reading import number_at, object_at, objects_at, text_at
from ..kubernetes.access.transport import Json

MAX_SERVICE_NAME = 63
_MIRROR = "RequestMirror"
# What the API fills in where nothing is given.
_DEFAULT_WEIGHT, _DEFAULT_KIND = 1, "Service"


class RouteRule:
    """The rule of an HTTPRoute that a target names.

    Backends whose names do not follow the target's template are somebody else's: they are read under their own names.
    """

    def __init__(self, body: Json, target: HttpRouteTarget) -> None:
        """Raises TrafficRefused if the HTTPRoute has no such rule, or several."""
        self._body, self._target = body, target
        self._rules = objects_at(body, "spec", "rules")
        self._place = self._find()
        rule = self._rules[self._place]
        self._backends, self._filters = objects_at(rule, "backendRefs"), objects_at(rule, "filters")

    @property
    def route(self) -> Route:
        """What the rule says, in percent."""
        parts: dict[str, float] = {}
        for backend in self._backends:
            name = self._name_of(backend)
            parts[name] = parts.get(name, 0) + _weight(backend)
        mirrors = {self._name_of(mirrored(each)): _mirror_share(each) for each in self._filters if self._is_ours(each)}
        return Route(weights=percent(parts), mirrors=mirrors, generation=generation_of(self._body))

    @property
    def problem(self) -> str:
        """Why nobody can tell what belongs to which version in this rule; empty if one can."""
        names = [text_at(backend, "name") for backend in self._backends]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            return f"{self} has two backends with one name: {', '.join(twice)}"
        unknown = sorted(name for name in map(self._name_of, self._backends) if not name.isdecimal())
        if unknown:
            return f"{self} has backends that are no '{self._target.service}': {', '.join(unknown)}"
        return ""

    def service_of(self, version: str) -> str:
        """The name of a version's Service; raises TrafficRefused if no Service can have it."""
        name = self._target.service.replace("{version}", version)
        if not (version.isascii() and version.isdecimal() and len(name) <= MAX_SERVICE_NAME):
            raise TrafficRefused(
                f"version '{version}' has no Service: '{name}' is not deployment.traffic.service with a number, in at "
                f"most {MAX_SERVICE_NAME} characters"
            )
        return name

    def following(self, desired: DesiredRoute) -> list[Json] | None:
        """All rules of the HTTPRoute as they are to be, None if they are so; raises TrafficRefused if they cannot be.

        Every weight is written, also 0. Versions that are not desired any more lose their backends.
        """
        if self.problem:
            raise TrafficRefused(self.problem)
        before = self._rules[self._place]
        after = {**before, "backendRefs": self._backends_for(desired)}
        if filters := self._filters_for(desired):
            after["filters"] = filters
        else:
            after.pop("filters", None)
        return None if after == before else [*self._rules[: self._place], after, *self._rules[self._place + 1 :]]

    def _find(self) -> int:
        name, number = self._target.rule, self._target.rule_number
        names = [text_at(rule, "name") for rule in self._rules]
        places = [place for place in range(len(names)) if number in (None, place) and name in (None, names[place])]
        if len(places) == 1:
            return places[0]
        given = ", ".join(f"{place} ('{text}')" if text else str(place) for place, text in enumerate(names)) or "none"
        raise TrafficRefused(
            f"HTTPRoute '{self._target.namespace}/{self._target.route}' has {len(places)} rules that fit; its rules "
            f"are {given}; set deployment.traffic.rule or rule_number to one of them"
        )

    def _backends_for(self, desired: DesiredRoute) -> list[Json]:
        own = {self._name_of(backend): backend for backend in self._backends}
        # A new backend is like those that are there, whatever filters they have.
        model = next(iter(own.values()), {})
        return [
            {
                **own.get(version, model),
                "name": self.service_of(version),
                "port": self._port,
                "weight": desired.weights.get(version, 0),
            }
            for version in desired.versions
        ]

    def _filters_for(self, desired: DesiredRoute) -> list[Json]:
        kept = [each for each in self._filters if not self._is_ours(each)]
        return kept + [self._mirror(version, share) for version, share in desired.mirrors.items()]

    def _mirror(self, version: str, share: int) -> Json:
        for each in self._filters:
            if self._is_ours(each) and self._name_of(mirrored(each)) == version and _mirror_share(each) == share:
                return each
        # Older releases of the API know only copies of all requests.
        part = {} if share == 100 else {"percent": share}
        return {
            "type": _MIRROR,
            "requestMirror": {"backendRef": {"name": self.service_of(version), "port": self._port}, **part},
        }

    @property
    def _port(self) -> int:
        given = self._target.port or next((number_at(backend, "port") for backend in self._backends), None)
        if given is None:
            raise TrafficRefused(f"{self} names no port yet; set deployment.traffic.port")
        return given

    def _name_of(self, backend: Json) -> str:
        """The version that a backend is for; its own name if it is not one of ours."""
        name, namespace = text_at(backend, "name"), text_at(backend, "namespace")
        kind = text_at(backend, "group") + (text_at(backend, "kind") or _DEFAULT_KIND)
        before, _, after = self._target.service.partition("{version}")
        match = re.fullmatch(f"{re.escape(before)}([0-9]+){re.escape(after)}", name, re.ASCII)
        is_here = kind == _DEFAULT_KIND and namespace in ("", self._target.namespace)
        return match[1] if match and is_here else f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"

    def _is_ours(self, each: Json) -> bool:
        """Whether a filter copies requests to one of our versions."""
        return text_at(each, "type") == _MIRROR and self._name_of(mirrored(each)).isdecimal()

    def __str__(self) -> str:
        return f"rule {self._place} of HTTPRoute '{self._target.namespace}/{self._target.route}'"


def generation_of(body: Json) -> str:
    """Identifies what an object asks for; its status, labels and annotations may change meanwhile."""
    return f"{text_at(body, 'metadata', 'uid')}/{number_at(body, 'metadata', 'generation')}"


def mirrored(each: Json) -> Json:
    """The backend that a filter copies requests to."""
    return object_at(each, "requestMirror", "backendRef")


def _weight(backend: Json) -> int:
    weight = number_at(backend, "weight")
    return _DEFAULT_WEIGHT if weight is None else weight


def _mirror_share(each: Json) -> float:
    copies = object_at(each, "requestMirror")
    share, numerator = number_at(copies, "percent"), number_at(copies, "fraction", "numerator")
    if share is not None:
        return share
    if numerator is None:
        return 100
    return round(100 * numerator / (number_at(copies, "fraction", "denominator") or 100), 2)
