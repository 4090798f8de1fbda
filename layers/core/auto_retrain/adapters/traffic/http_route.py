"""Traffic that a Gateway API HTTPRoute divides between the Services of the versions."""

import json
from collections.abc import Callable

from ...domain.errors import TrafficConflict, TrafficRefused, TrafficUnavailable
from ...domain.policy.traffic import HttpRouteTarget, TrafficTarget
from ...domain.traffic import DesiredRoute, Effect, EffectState, Route
from ..kubernetes.access.objects import Kind, ObjectClient
from ..kubernetes.access.reading import annotations_of, labels_of, objects_at, text_at, value_at
from ..kubernetes.access.transport import Json
from .cluster_errors import cluster_as_traffic
from .route_rule import RouteRule, generation_of
from .route_status import problem_of

HTTP_ROUTES = Kind("HTTPRoute", "apis/gateway.networking.k8s.io/v1", "httproutes")
SERVICES = Kind("Service", "api/v1", "services")
ENDPOINT_SLICES = Kind("EndpointSlice", "apis/discovery.k8s.io/v1", "endpointslices")
_ARGO = "rollouts.argoproj.io/"
# A gateway may write the status while we change the rule; that is no conflict.
ATTEMPTS = 4


class HttpRouteTraffic:
    """TrafficRouter by the weights, and the mirror filter, of one rule of an HTTPRoute.

    `client_for` makes a client for a namespace. The HTTPRoute, its gateway and the Services are the user's: we change
    the backends of the one rule, and keep in an annotation what we wrote. A route is in force when it says what is
    desired and every gateway has accepted this generation of it; a gateway that ignores a part of it cannot be told
    from here, only from the requests themselves.
    """

    def __init__(self, client_for: Callable[[str], ObjectClient]) -> None:
        self._client_for = client_for

    def read(self, model_name: str, target: TrafficTarget) -> Route | None:
        with cluster_as_traffic():
            target = _http_route(target)
            return RouteRule(self._body(target), target).route

    def write(self, model_name: str, target: TrafficTarget, desired: DesiredRoute, seen: Route | None) -> None:
        with cluster_as_traffic():
            self._write(model_name, _http_route(target), desired, seen.generation if seen else None)

    def rehearse(self, model_name: str, target: TrafficTarget, desired: DesiredRoute) -> None:
        with cluster_as_traffic():
            target = _http_route(target)
            _prepare(self._client_for(target.namespace), self._body(target), target, desired)

    def verify(self, model_name: str, target: TrafficTarget, desired: DesiredRoute) -> Effect:
        with cluster_as_traffic():
            target = _http_route(target)
            body = self._body(target)
        rule = RouteRule(body, target)
        route = rule.route
        if rule.problem or not route.follows(desired):
            is_ours = annotations_of(body).get(_mark_of(model_name)) == _words(route)
            text = f"the HTTPRoute still says what we wrote before: {route}" if is_ours else f"it says {route}"
            state = EffectState.PENDING if is_ours else EffectState.CONFLICT
            return Effect(state=state, reason=rule.problem or text, route=route)
        state, reason = problem_of(body) or (EffectState.IN_FORCE, "")
        return Effect(state=state, reason=reason, route=route)

    def _body(self, target: HttpRouteTarget) -> Json:
        body = self._client_for(target.namespace).get_object(HTTP_ROUTES, target.route)
        if body is None:
            raise TrafficRefused(
                f"there is no HTTPRoute '{target.namespace}/{target.route}' (gateway.networking.k8s.io/v1)"
            )
        return body

    def _write(self, model_name: str, target: HttpRouteTarget, desired: DesiredRoute, expected: str | None) -> None:
        client = self._client_for(target.namespace)
        for _ in range(ATTEMPTS):
            body = self._body(target)
            rules = _prepare(client, body, target, desired, expected)
            if rules is None:
                return
            expected = generation_of(body)
            mark = _words(Route(weights=desired.weights, mirrors=desired.mirrors))
            change = {"metadata": {"annotations": {_mark_of(model_name): mark}}, "spec": {"rules": rules}}
            if client.merge_object(HTTP_ROUTES, body, change):
                return
        raise TrafficUnavailable(f"{RouteRule(body, target)} changes faster than we can change it")


def _prepare(
    client: ObjectClient, body: Json, target: HttpRouteTarget, desired: DesiredRoute, expected: str | None = None
) -> list[Json] | None:
    """The rules to be written, None if they stand there already; raises if they may not be, or not yet."""
    rule = RouteRule(body, target)
    rules = rule.following(desired)
    if rules is None:
        return None
    _refuse_foreign(body)
    if expected not in (None, generation_of(body)):
        raise TrafficConflict(f"{rule} is no longer as it was read; it says {rule.route}")
    _check_newcomers(client, rule, desired)
    return rules


def _refuse_foreign(body: Json) -> None:
    """Raise TrafficRefused if another controller would undo what we write."""
    name = text_at(body, "metadata", "name")
    for owner in objects_at(body, "metadata", "ownerReferences"):
        if owner.get("controller") is True:
            raise TrafficRefused(
                f"HTTPRoute '{name}' belongs to {text_at(owner, 'kind')} '{text_at(owner, 'name')}', whose controller "
                "would undo every change"
            )
    # Argo Rollouts owns no HTTPRoute, and marks the ones that it is changing.
    if any(key.startswith(_ARGO) for key in (*labels_of(body), *annotations_of(body))):
        raise TrafficRefused(f"HTTPRoute '{name}' is being changed by Argo Rollouts")
    if value_at(body, "metadata", "deletionTimestamp"):
        raise TrafficRefused(f"HTTPRoute '{name}' is being deleted")


def _check_newcomers(client: ObjectClient, rule: RouteRule, desired: DesiredRoute) -> None:
    """Make sure that versions which get no requests yet can answer them.

    Those that get some already are not looked at, so nothing keeps a bad version from being taken back.
    """
    now = rule.route
    for version in desired.versions:
        wanted = version in desired.weights or version in desired.mirrors
        if wanted and version not in now.weights and version not in now.mirrors:
            _check_service(client, rule.service_of(version), version)


def _check_service(client: ObjectClient, service: str, version: str) -> None:
    if client.get_object(SERVICES, service) is None:
        raise TrafficRefused(f"version {version} cannot get requests: there is no Service '{service}'")
    slices = client.list_objects(ENDPOINT_SLICES, f"kubernetes.io/service-name={service}")
    # An endpoint that does not say whether it is ready counts as ready.
    endpoints = [endpoint for each in slices for endpoint in objects_at(each, "endpoints")]
    if all(value_at(endpoint, "conditions", "ready") is False for endpoint in endpoints):
        raise TrafficUnavailable(
            f"version {version} cannot get requests yet: no endpoint of Service '{service}' is ready"
        )


def _mark_of(model_name: str) -> str:
    return f"auto-retrain/{model_name}"


def _words(route: Route) -> str:
    """A route as we note it in the annotation."""
    return json.dumps({"weights": dict(route.weights), "mirrors": dict(route.mirrors)}, sort_keys=True)


def _http_route(target: TrafficTarget) -> HttpRouteTarget:
    assert isinstance(target, HttpRouteTarget)
    return target
