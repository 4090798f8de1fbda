"""An InferenceService in mode Knative: two revisions, and one field with the share of the newer one.

Removing the field promotes the newer revision, and so does the next change of the model; so a canary is taken back in
two steps. With a share of 0 no request reaches it any more. Then the old address is written again beside the 0, so that
nothing that somebody changes later can bring the bad version back.
"""

from ...domain.errors import TrafficRefused
from ...domain.traffic import DesiredRoute, Route, percent
from ..kubernetes.access.reading import number_at, object_at, objects_at, text_at
from ..kubernetes.access.transport import Json
from .kserve_mark import Mark

_FAILED_LOADS = ("BlockedByFailedLoad", "InvalidSpec")


class KnativeService:
    """One InferenceService as it was read."""

    def __init__(self, name: str, body: Json, mark: Mark) -> None:
        self.body, self.mark = body, mark
        self._name = name
        self._predictor = object_at(body, "spec", "predictor")
        self._status = object_at(body, "status", "components", "predictor")
        self.generation = str(number_at(body, "metadata", "generation"))

    def __str__(self) -> str:
        return f"InferenceService '{self._name}'"

    @property
    def route(self) -> Route:
        """What its status says that it routes to."""
        parts: dict[str, float] = {}
        for entry in objects_at(self._status, "traffic"):
            version = self._version_of(text_at(entry, "revisionName"))
            parts[version] = parts.get(version, 0) + (number_at(entry, "percent") or 0)
        return Route(weights=percent(parts), generation=self.generation)

    @property
    def is_as_we_wrote_it(self) -> bool:
        return self.mark.wish in (None, {"uri": self._uri, "percent": self._percent})

    @property
    def waiting_for(self) -> str:
        """Why it is not in force yet."""
        created = text_at(self._status, "latestCreatedRevision")
        if (number_at(self.body, "status", "observedGeneration") or 0) < int(self.generation):
            return f"KServe has not seen the change of {self} yet"
        if created != text_at(self._status, "latestReadyRevision"):
            return f"revision '{created}' of {self} is not ready yet"
        return f"{self} still routes as before: {self.route}"

    def failure_of(self, desired: DesiredRoute) -> str:
        """Why what is desired will never be in force; empty if it may be."""
        status = object_at(self.body, "status", "modelStatus")
        is_loading = self.mark.version_at(self._uri) in desired.weights
        if not is_loading or text_at(status, "transitionStatus") not in _FAILED_LOADS:
            return ""
        info = object_at(status, "lastFailureInfo")
        return f"{self} cannot load '{self._uri}': {text_at(info, 'reason')}: {text_at(info, 'message')}"

    def next_change(self, desired: DesiredRoute, uris: dict[str, str]) -> Json | None:
        """The next patch on the way to what is desired; None if nothing is left to write."""
        uri, share = self._next(desired, uris)
        if (uri, share) == (self._uri, self._percent):
            return None
        created = text_at(self._status, "latestCreatedRevision")
        known = {created: self.mark.version_at(self._uri)} if created else {}
        wish = {"uri": uri, "percent": share}
        predictor = {"canaryTrafficPercent": share, "model": {"storageUri": uri}}
        return {"metadata": self.mark.noting(wish, uris, known), "spec": {"predictor": predictor}}

    def _next(self, desired: DesiredRoute, uris: dict[str, str]) -> tuple[str, int | None]:
        """Address and share that are to be written now."""
        champion = uris[desired.champion.number]
        if desired.challenger and desired.weight:
            self._check_has_rolled_out()
            return uris[desired.challenger.number], desired.weight
        if self._uri == champion:
            is_taken_back = self._percent == 0 and self._rolled_out_version == desired.champion.number
            return champion, 0 if is_taken_back else None
        if self._rolled_out_version == desired.champion.number:
            return (self._uri, 0) if self._percent != 0 else (champion, 0)
        return champion, None

    def _check_has_rolled_out(self) -> None:
        if not text_at(self._status, "latestRolledoutRevision"):
            raise TrafficRefused(f"{self} has not rolled out any revision yet, so KServe would ignore the share")

    @property
    def _rolled_out_version(self) -> str:
        return self._version_of(text_at(self._status, "latestRolledoutRevision"))

    def _version_of(self, revision: str) -> str:
        if revision and revision == text_at(self._status, "latestCreatedRevision"):
            return self.mark.version_at(self._uri)
        return self.mark.revisions.get(revision, revision or "none")

    @property
    def _uri(self) -> str:
        return text_at(self._predictor, "model", "storageUri")

    @property
    def _percent(self) -> int | None:
        return number_at(self._predictor, "canaryTrafficPercent")
