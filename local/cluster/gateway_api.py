"""HTTPRoutes as the published API of gateway.networking.k8s.io/v1 defines them: fields, defaults and bounds."""

from collections.abc import Iterator
from typing import Any

from .errors import Cause
from .objects import Json
from .schema import INT32, OBJECT_META, OPAQUE, STRING
from .validation import invalid_value

MAX_RULES = MAX_BACKENDS = 16
MAX_WEIGHT = 1_000_000

_REFERENCE = {"group": STRING, "kind": STRING, "name": STRING, "namespace": STRING, "port": INT32}
_FRACTION = {"numerator": INT32, "denominator": INT32}
_FILTER = {
    "type": STRING,
    "requestMirror": {"backendRef": _REFERENCE, "percent": INT32, "fraction": _FRACTION},
    **dict.fromkeys(
        ("requestHeaderModifier", "responseHeaderModifier", "requestRedirect", "urlRewrite", "cors", "extensionRef"),
        OPAQUE,
    ),
}
_RULE = {
    "name": STRING,
    "matches": OPAQUE,
    "filters": [_FILTER],
    "backendRefs": [{**_REFERENCE, "weight": INT32, "filters": [_FILTER]}],
    "timeouts": OPAQUE,
}
_PARENT = {**_REFERENCE, "sectionName": STRING}
HTTP_ROUTE = {
    "apiVersion": STRING,
    "kind": STRING,
    "metadata": OBJECT_META,
    "spec": {"parentRefs": [_PARENT], "hostnames": [STRING], "rules": [_RULE]},
    "status": OPAQUE,
}


def complete_route(body: Json) -> None:
    """Fill in what the server fills in."""
    for parent in body["spec"].get("parentRefs", []):
        _default(parent, group="gateway.networking.k8s.io", kind="Gateway")
    for rule in body["spec"].setdefault("rules", [{}]):
        rule.setdefault("matches", [{"path": {"type": "PathPrefix", "value": "/"}}])
        for backend in rule.get("backendRefs", []):
            _default(backend, group="", kind="Service", weight=1)
        for each in rule.get("filters", []):
            if "requestMirror" in each:
                _default(each["requestMirror"]["backendRef"], group="", kind="Service")


def problems_of_route(body: Json) -> Iterator[Cause]:
    rules = body["spec"]["rules"]
    if len(rules) > MAX_RULES:
        yield invalid_value("spec.rules", f"Too many: {len(rules)}: must have at most {MAX_RULES} items")
    for place, rule in enumerate(rules):
        yield from _problems_of_rule(f"spec.rules[{place}]", rule)


def _problems_of_rule(where: str, rule: Json) -> Iterator[Cause]:
    backends = rule.get("backendRefs", [])
    if len(backends) > MAX_BACKENDS:
        message = f"Too many: {len(backends)}: must have at most {MAX_BACKENDS} items"
        yield invalid_value(f"{where}.backendRefs", message)
    for place, backend in enumerate(backends):
        field = f"{where}.backendRefs[{place}]"
        if not 0 <= backend["weight"] <= MAX_WEIGHT:
            yield invalid_value(
                f"{field}.weight", f"Invalid value: {backend['weight']}: must be from 0 to {MAX_WEIGHT}"
            )
        yield from _problems_of_port(field, backend)
    for place, each in enumerate(rule.get("filters", [])):
        if "requestMirror" in each:
            yield from _problems_of_port(f"{where}.filters[{place}].backendRef", each["requestMirror"]["backendRef"])


def _problems_of_port(field: str, reference: Json) -> Iterator[Cause]:
    if (reference["group"], reference["kind"]) == ("", "Service") and reference.get("port") is None:
        yield invalid_value(field, 'Invalid value: "object": Must have port for Service reference')


def _default(part: Json, **values: Any) -> None:
    for name, value in values.items():
        part.setdefault(name, value)
