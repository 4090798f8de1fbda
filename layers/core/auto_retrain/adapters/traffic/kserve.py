"""Traffic that KServe divides between the versions that an InferenceService loads."""

from collections.abc import Callable
from urllib.parse import urlsplit

from ...domain.errors import TrafficConflict, TrafficRefused, TrafficUnavailable
from ...domain.policy.traffic import KserveTarget, TrafficTarget
from ...domain.traffic import DesiredRoute, Effect, EffectState, Route
from ...ports import ModelRegistry
from ..kubernetes.access.objects import Kind, ObjectClient
from ..kubernetes.access.reading import annotations_of, number_at, text_at
from .cluster_errors import cluster_as_traffic
from .kserve_knative import KnativeService
from .kserve_mark import Mark
from .kserve_standard import HTTP_ROUTES, StandardService

SERVICES = Kind("InferenceService", "apis/serving.kserve.io/v1beta1", "inferenceservices")
ANNOTATED_MODE = "serving.kserve.io/deploymentMode"
KNATIVE = {"Knative", "Serverless"}
STANDARD = {"Standard", "RawDeployment"}
# The storage that KServe's agents can read; `models:/` and `mlflow-artifacts:/` are not among them.
SCHEMES = {"s3", "gs", "hdfs", "webhdfs", "http", "https"}
ATTEMPTS = 4


class KserveTraffic:
    """TrafficRouter by the canaries of an InferenceService, in the dialect of its mode.

    KServe itself loads the versions, from where MLflow keeps their files. In mode Knative a canary is one field, in
    mode Standard a list; each ignores that of the other one, so the mode is read before anything is written. Success
    is what the status, or the HTTPRoute behind it, says that it routes to.
    """

    def __init__(self, client_for: Callable[[str], ObjectClient], registry: ModelRegistry) -> None:
        self._client_for = client_for
        self._registry = registry

    def read(self, model_name: str, target: TrafficTarget) -> Route | None:
        with cluster_as_traffic():
            return self._service(model_name, _kserve(target)).route

    def write(self, model_name: str, target: TrafficTarget, desired: DesiredRoute, seen: Route | None) -> None:
        target = _kserve(target)
        _refuse_mirrors(desired)
        with cluster_as_traffic():
            self._write(model_name, target, desired, seen.generation if seen else None)

    def rehearse(self, model_name: str, target: TrafficTarget, desired: DesiredRoute) -> None:
        target = _kserve(target)
        _refuse_mirrors(desired)
        with cluster_as_traffic():
            service = self._service(model_name, target)
            service.next_change(desired, self._uris(model_name, target, desired, service.mark))

    def verify(self, model_name: str, target: TrafficTarget, desired: DesiredRoute) -> Effect:
        with cluster_as_traffic():
            service = self._service(model_name, _kserve(target))
        route = service.route
        if route.follows(desired):
            return Effect(state=EffectState.IN_FORCE, route=route)
        if not service.is_as_we_wrote_it:
            return Effect(state=EffectState.CONFLICT, reason=f"somebody else changed it; it says {route}", route=route)
        failure = service.failure_of(desired)
        if failure:
            return Effect(state=EffectState.FAILED, reason=failure, route=route)
        return Effect(state=EffectState.PENDING, reason=service.waiting_for, route=route)

    def _write(self, model_name: str, target: KserveTarget, desired: DesiredRoute, expected: str | None) -> None:
        client, attempts = self._client_for(target.namespace), 0
        while attempts < ATTEMPTS:
            service = self._service(model_name, target)
            change = service.next_change(desired, self._uris(model_name, target, desired, service.mark))
            if change is None:
                return
            if expected is not None and service.generation != expected:
                raise TrafficConflict(f"{service} is no longer as it was read; it says {service.route}")
            changed = client.merge_object(SERVICES, service.body, change)
            if changed:
                # Some changes take two patches, the first of which takes the requests away at once.
                expected = str(number_at(changed, "metadata", "generation"))
            else:
                attempts += 1
        raise TrafficUnavailable(f"InferenceService '{target.service}' changes faster than we can change it")

    def _service(self, model_name: str, target: KserveTarget) -> KnativeService | StandardService:
        client = self._client_for(target.namespace)
        name = f"{target.namespace}/{target.service}"
        body = client.get_object(SERVICES, target.service)
        if body is None:
            raise TrafficRefused(f"there is no InferenceService '{name}' (serving.kserve.io/v1beta1)")
        mark = Mark.of(body, model_name) or self._first_mark(model_name, target)
        mode = text_at(body, "status", "deploymentMode") or annotations_of(body).get(ANNOTATED_MODE, "")
        if mode in KNATIVE:
            return KnativeService(name, body, mark)
        if mode in STANDARD:
            return StandardService(name, body, mark, client.get_object(HTTP_ROUTES, f"{target.service}-predictor"))
        raise TrafficRefused(f"InferenceService '{name}' has mode '{mode or 'unknown'}', which cannot divide requests")

    def _first_mark(self, model_name: str, target: KserveTarget) -> Mark:
        """What is known of an InferenceService that we have not written yet: whether it loads the champion."""
        champion = self._registry.champion(model_name)
        uris = {champion: self._uri_of(model_name, champion, target)} if champion else {}
        return Mark(model_name, uris)

    def _uris(self, model_name: str, target: KserveTarget, desired: DesiredRoute, mark: Mark) -> dict[str, str]:
        """Addresses of the desired versions; the way back must not need MLflow, so those that we noted come first."""
        known = mark.uris
        return {
            version: known[version] if version in known else self._uri_of(model_name, version, target)
            for version in desired.versions
        }

    def _uri_of(self, model_name: str, version: str, target: KserveTarget) -> str:
        uri = self._registry.storage_uri(model_name, version)
        address = urlsplit(uri)
        if address.scheme == "mlflow-artifacts":
            if target.artifact_root is None:
                raise TrafficRefused(
                    f"KServe cannot read '{uri}': deployment.traffic.artifact_root must name where MLflow keeps what "
                    "it serves as mlflow-artifacts:/, such as s3://bucket/path"
                )
            return f"{target.artifact_root.rstrip('/')}/{address.path.lstrip('/')}"
        if address.scheme not in SCHEMES:
            raise TrafficRefused(f"KServe cannot read '{uri}'; it can read {', '.join(sorted(SCHEMES))}")
        return uri


def _refuse_mirrors(desired: DesiredRoute) -> None:
    if desired.mirrors:
        raise TrafficRefused("KServe cannot copy requests; use shadow with the router or an HTTPRoute")


def _kserve(target: TrafficTarget) -> KserveTarget:
    assert isinstance(target, KserveTarget)
    return target
