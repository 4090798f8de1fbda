"""What the gateways say about an HTTPRoute: whether it is in force as it is now."""

from collections.abc import Iterator

from ...domain.traffic import EffectState
from ..kubernetes.access.reading import number_at, objects_at, text_at
from ..kubernetes.access.transport import Json

_NEEDED = ("Accepted", "ResolvedRefs")
_HARMFUL = ("PartiallyInvalid",)
_DEFAULTS = {"group": "gateway.networking.k8s.io", "kind": "Gateway"}
# Of a controller that has begun; everything else is final until somebody changes something.
_UNDECIDED = "Pending"

Problem = tuple[EffectState, str]


def problem_of(body: Json) -> Problem | None:
    """Why an HTTPRoute is not in force at all its gateways; None if it is.

    A condition counts only if it is about the present generation: an older one speaks of what was there before.
    """
    parents = objects_at(body, "spec", "parentRefs")
    if not parents:
        return EffectState.FAILED, "the HTTPRoute is attached to no gateway: spec.parentRefs is empty"
    problems = [problem for parent in parents for problem in _problems_at(parent, body)]
    return next((each for each in problems if each[0] is EffectState.FAILED), next(iter(problems), None))


def _problems_at(parent: Json, body: Json) -> Iterator[Problem]:
    gateway = f"{text_at(parent, 'kind') or _DEFAULTS['kind']} '{text_at(parent, 'name')}'"
    answers = [
        each
        for each in objects_at(body, "status", "parents")
        if _identity(each.get("parentRef"), body) == _identity(parent, body)
    ]
    if not answers:
        yield EffectState.PENDING, f"{gateway} has not answered yet"
    for answer in answers:
        conditions = {text_at(each, "type"): each for each in objects_at(answer, "conditions")}
        for kind in (*_NEEDED, *_HARMFUL):
            if problem := _judge(kind, conditions.get(kind), number_at(body, "metadata", "generation") or 0):
                yield problem[0], f"{gateway}: {problem[1]}"


def _judge(kind: str, condition: Json | None, generation: int) -> Problem | None:
    good = "True" if kind in _NEEDED else "False"
    if condition is None:
        return (EffectState.PENDING, f"says nothing about {kind} yet") if kind in _NEEDED else None
    observed = number_at(condition, "observedGeneration") or 0
    if observed < generation:
        return EffectState.PENDING, f"{kind} is about generation {observed}, not yet about {generation}"
    status, reason = text_at(condition, "status"), text_at(condition, "reason")
    if status == good:
        return None
    state = EffectState.PENDING if status == "Unknown" or reason == _UNDECIDED else EffectState.FAILED
    return state, f"{kind} is {status}, {reason}: {text_at(condition, 'message')}"


def _identity(reference: object, body: Json) -> tuple[object, ...]:
    """What tells one parent from another, with what the API takes where nothing is given."""
    given = reference if isinstance(reference, dict) else {}
    defaults = {**_DEFAULTS, "namespace": text_at(body, "metadata", "namespace")}
    fields = ("group", "kind", "namespace", "name", "sectionName", "port")
    return tuple(given.get(field) or defaults.get(field) for field in fields)
