"""The controller of KServe: gives each InferenceService the status, and in mode Standard the HTTPRoute, that it would.

After the rules of KServe 0.20 and of its main branch: what a mode does not know is ignored without a word, a canary
that is not ready gets no requests, and the newest ready revision keeps serving while a newer one cannot load.
"""

import copy
import uuid
from collections import defaultdict

from .agenda import Agenda
from .objects import HTTP_ROUTES, INFERENCE_SERVICES, Json, timestamp
from .schema import INT32, OBJECT_META, OPAQUE, STRING
from .store import Store

_MODEL = {"modelFormat": OPAQUE, "storageUri": STRING, "protocolVersion": STRING, "runtime": STRING}
_PREDICTOR = {"name": STRING, "minReplicas": INT32, "canaryTrafficPercent": INT32, "model": _MODEL}
INFERENCE_SERVICE = {
    "apiVersion": STRING,
    "kind": STRING,
    "metadata": OBJECT_META,
    "spec": {"predictor": _PREDICTOR, "canary": [{"trafficPercent": INT32, "predictor": _PREDICTOR}]},
    "status": OPAQUE,
}
_MODE = "serving.kserve.io/deploymentMode"


class KserveController:
    """Acts on each change of an InferenceService.

    Tests may let it be `asleep`, let addresses be `broken` so that they never load, or let it `route_canaries` not at
    all, as a release did.
    """

    def __init__(self, store: Store, agenda: Agenda) -> None:
        self._store, self._agenda = store, agenda
        self._revisions: dict[str, list[Json]] = defaultdict(list)
        self.asleep = False
        self.broken: set[str] = set()
        self.route_canaries = True

    def look_later(self) -> None:
        self._agenda.soon(self.look)

    def look(self) -> None:
        for service in () if self.asleep else list(self._store.others[INFERENCE_SERVICES].values()):
            before, mode = copy.deepcopy(service.get("status")), service["metadata"]["annotations"][_MODE]
            status = service.setdefault("status", {"deploymentMode": mode})
            status["observedGeneration"] = service["metadata"]["generation"]
            (self._reconcile_knative if mode == "Knative" else self._reconcile_standard)(service, status)
            if status != before:
                self._store.save(service)

    def _reconcile_knative(self, service: Json, status: Json) -> None:
        predictor = status.setdefault("components", {}).setdefault("predictor", {})
        revisions = self._revisions[service["metadata"]["uid"]]
        template = {
            name: value for name, value in service["spec"]["predictor"].items() if name != "canaryTrafficPercent"
        }
        if not revisions or revisions[-1]["template"] != template:
            name = f"{service['metadata']['name']}-{len(revisions) + 1:05}"
            revisions.append({"name": name, "template": template})
        newest = revisions[-1]
        uri, share = newest["template"]["model"]["storageUri"], service["spec"]["predictor"].get("canaryTrafficPercent")
        predictor["latestCreatedRevision"] = newest["name"]
        status["modelStatus"] = self._model_status(uri)
        if uri not in self.broken:
            predictor["latestReadyRevision"] = newest["name"]
        predictor["traffic"] = _traffic(predictor, share)
        if predictor["traffic"][0]["percent"] == 100:
            predictor["latestRolledoutRevision"] = predictor["traffic"][0]["revisionName"]

    def _reconcile_standard(self, service: Json, status: Json) -> None:
        name, canaries = service["metadata"]["name"], service["spec"].get("canary", [])
        status["modelStatus"] = self._model_status(service["spec"]["predictor"]["model"]["storageUri"])
        status["canaryStatuses"] = [
            {
                "name": canary["predictor"]["name"],
                "ready": canary["predictor"]["model"]["storageUri"] not in self.broken,
                "trafficPercent": canary["trafficPercent"],
            }
            for canary in canaries
        ]
        routed = [each for each in status["canaryStatuses"] if each["ready"]] if self.route_canaries else []
        shares = {f"{name}-predictor": 100 - sum(each["trafficPercent"] for each in routed)}
        shares |= {f"{name}-{each['name']}-predictor": each["trafficPercent"] for each in routed}
        backends = [{"name": backend, "port": 80, "weight": weight} for backend, weight in shares.items()]
        self._keep_route(service, f"{name}-predictor", [{"backendRefs": backends}])

    def _keep_route(self, service: Json, name: str, rules: list[Json]) -> None:
        namespace, owner = service["metadata"]["namespace"], service["metadata"]["name"]
        about = {"name": name, "namespace": namespace, "uid": str(uuid.uuid4()), "creationTimestamp": timestamp()}
        owners = [{"kind": "InferenceService", "name": owner, "controller": True}]
        kind = {"apiVersion": HTTP_ROUTES.api_version, "kind": HTTP_ROUTES.kind}
        new = {**kind, "metadata": {**about, "generation": 0, "ownerReferences": owners}}
        route = self._store.others[HTTP_ROUTES].setdefault((namespace, name), new)
        if route.get("spec") != (spec := {"rules": rules}):
            route["spec"] = spec
            route["metadata"]["generation"] += 1
            self._store.save(route)

    def _model_status(self, uri: str) -> Json:
        if uri not in self.broken:
            return {"transitionStatus": "UpToDate", "states": {"targetModelState": "Loaded"}}
        info = {"reason": "ModelLoadFailed", "message": f"no model at {uri}", "location": "pod"}
        return {"transitionStatus": "BlockedByFailedLoad", "lastFailureInfo": info}


def _traffic(predictor: Json, share: int | None) -> list[Json]:
    """What the Knative service routes to: the newest ready revision, and beside it the one that was rolled out."""
    rolled_out, ready = predictor.get("latestRolledoutRevision"), predictor.get("latestReadyRevision", "")
    latest = {"revisionName": ready, "latestRevision": True, "percent": 100}
    if share is None or not rolled_out or share == 100:
        return [latest]
    previous = {"revisionName": rolled_out, "latestRevision": False, "tag": "prev", "percent": 100 - share}
    return [{**latest, "percent": share}, previous]
