"""Traffic that a SageMaker endpoint divides between its production variants."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ...domain.errors import AwsRefused, TrafficConflict, TrafficRefused, TrafficUnavailable
from ...domain.policy.traffic import SagemakerTarget, TrafficTarget
from ...domain.traffic import DesiredRoute, Effect, EffectState, Route, percent
from ..aws import translated

IN_SERVICE = "InService"
_CHANGING = {"Creating", "Updating", "SystemUpdating", "RollingBack"}


class SagemakerTraffic:
    """TrafficRouter by the weights of an endpoint's variants, one for each version; the user creates the variants.

    An endpoint has no compare-and-set: what somebody else changes in the instant between our last look and our writing
    is lost. Success is the weight that SageMaker reports as current, for an endpoint in service; an answer without an
    error means nothing.
    """

    def __init__(self, client: Any) -> None:
        self._client = client

    def read(self, model_name: str, target: TrafficTarget) -> Route | None:
        return _route(self._endpoint(_sagemaker(target)), _sagemaker(target))

    def write(self, model_name: str, target: TrafficTarget, desired: DesiredRoute, seen: Route | None) -> None:
        target = _sagemaker(target)
        _refuse_mirrors(target, desired)
        endpoint = self._endpoint(target)
        if _wished(endpoint, target).follows(desired):
            return
        wished = _wished(endpoint, target)
        if seen is not None and seen.weights not in (wished.weights, _route(endpoint, target).weights):
            raise TrafficConflict(f"endpoint '{target.endpoint}' is no longer as it was read; it is to get {wished}")
        _check_can_change(endpoint, target)
        weights = _weights(endpoint, target, desired)
        changes = [{"VariantName": name, "DesiredWeight": weight} for name, weight in weights.items()]
        with _as_traffic(target):
            self._client.update_endpoint_weights_and_capacities(
                EndpointName=target.endpoint, DesiredWeightsAndCapacities=changes
            )

    def rehearse(self, model_name: str, target: TrafficTarget, desired: DesiredRoute) -> None:
        target = _sagemaker(target)
        _refuse_mirrors(target, desired)
        endpoint = self._endpoint(target)
        _weights(endpoint, target, desired)
        _check_can_change(endpoint, target)

    def verify(self, model_name: str, target: TrafficTarget, desired: DesiredRoute) -> Effect:
        target = _sagemaker(target)
        endpoint = self._endpoint(target)
        status, route, wished = _status(endpoint), _route(endpoint, target), _wished(endpoint, target)
        if not wished.follows(desired):
            return Effect(state=EffectState.CONFLICT, reason=f"the variants are to get {wished}", route=route)
        if status in _CHANGING:
            return Effect(state=EffectState.PENDING, reason=f"endpoint '{target.endpoint}' is {status}", route=route)
        if status != IN_SERVICE:
            reason = f"endpoint '{target.endpoint}' is {status}: {endpoint.get('FailureReason') or 'no reason given'}"
            return Effect(state=EffectState.FAILED, reason=reason, route=route)
        if not route.follows(desired):
            reason = f"endpoint '{target.endpoint}' is in service, but its variants get {route}"
            return Effect(state=EffectState.FAILED, reason=reason, route=route)
        return Effect(state=EffectState.IN_FORCE, route=route)

    def _endpoint(self, target: SagemakerTarget) -> dict[str, Any]:
        with _as_traffic(target):
            endpoint: dict[str, Any] = self._client.describe_endpoint(EndpointName=target.endpoint)
        return endpoint


@contextmanager
def _as_traffic(target: SagemakerTarget) -> Iterator[None]:
    """Turns errors of SageMaker into those of traffic."""
    try:
        with translated(TrafficUnavailable):
            yield
    except AwsRefused as error:
        raise TrafficRefused(f"SageMaker refuses endpoint '{target.endpoint}': {error}") from error


def _refuse_mirrors(target: SagemakerTarget, desired: DesiredRoute) -> None:
    if desired.mirrors:
        raise TrafficRefused(f"endpoint '{target.endpoint}' cannot copy requests: its variants only have weights")


def _check_can_change(endpoint: dict[str, Any], target: SagemakerTarget) -> None:
    status = _status(endpoint)
    if status in _CHANGING:
        raise TrafficUnavailable(f"endpoint '{target.endpoint}' is {status} and cannot be changed yet")
    if status != IN_SERVICE:
        raise TrafficRefused(f"endpoint '{target.endpoint}' is {status}, so its weights cannot be changed")


def _weights(endpoint: dict[str, Any], target: SagemakerTarget, desired: DesiredRoute) -> dict[str, float]:
    """The weight of every variant, also 0; raises TrafficRefused if a version that is to answer has none."""
    names = [str(variant.get("VariantName")) for variant in _variants(endpoint)]
    wanted = {target.variant.replace("{version}", version): share for version, share in desired.weights.items()}
    absent = sorted(set(wanted) - set(names))
    if absent:
        raise TrafficRefused(
            f"endpoint '{target.endpoint}' has no variant {', '.join(absent)}; its variants are {', '.join(names)}"
        )
    return {name: float(wanted.get(name, 0)) for name in names}


def _route(endpoint: dict[str, Any], target: SagemakerTarget) -> Route:
    """What the variants get now."""
    return _route_by("CurrentWeight", endpoint, target)


def _wished(endpoint: dict[str, Any], target: SagemakerTarget) -> Route:
    """What the variants are to get, by whoever wrote last."""
    return _route_by("DesiredWeight", endpoint, target)


def _route_by(field: str, endpoint: dict[str, Any], target: SagemakerTarget) -> Route:
    parts = {
        _version(str(variant.get("VariantName")), target): variant.get(field, 0) for variant in _variants(endpoint)
    }
    return Route(weights=percent(parts))


def _version(variant: str, target: SagemakerTarget) -> str:
    """The version that a variant serves; one that does not follow the template is somebody else's, by its own name."""
    before, after = target.variant.split("{version}")
    version = variant.removeprefix(before).removesuffix(after)
    return version if f"{before}{version}{after}" == variant and version.isdecimal() else variant


def _variants(endpoint: dict[str, Any]) -> list[dict[str, Any]]:
    variants: list[dict[str, Any]] = endpoint.get("ProductionVariants") or []
    return variants


def _status(endpoint: dict[str, Any]) -> str:
    return str(endpoint.get("EndpointStatus"))


def _sagemaker(target: TrafficTarget) -> SagemakerTarget:
    assert isinstance(target, SagemakerTarget)
    return target
