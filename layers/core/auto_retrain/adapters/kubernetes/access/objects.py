"""Objects of any kind that somebody else owns, through the Kubernetes API."""

from typing import NamedTuple
from urllib.parse import quote

from .api import NOT_FOUND, ApiClient, object_in
from .reading import object_at, text_at
from .transport import Json

_CONFLICT = 409


class Kind(NamedTuple):
    """A kind of object that lives in namespaces, and the path of its API, such as `apis/batch/v1`."""

    name: str
    api: str
    plural: str


class ObjectClient(ApiClient):
    """Objects of one namespace, read and changed but never created."""

    def get_object(self, kind: Kind, name: str) -> Json | None:
        """An object, or None if there is none of this name, or no such kind."""
        reply = self._get(self._path(kind, name))
        return None if reply.code == NOT_FOUND else object_in(reply, kind.name)

    def list_objects(self, kind: Kind, selector: str) -> list[Json]:
        return self._list(f"{kind.name}List", self._path(kind), {"labelSelector": selector})

    def merge_object(self, kind: Kind, seen: Json, change: Json) -> Json | None:
        """Change an object that was read before (RFC 7396); None if it is no longer as it was seen, or gone.

        A repetition whose first attempt took effect although its reply was lost finds it changed, too.
        """
        metadata = {**object_at(change, "metadata"), "resourceVersion": text_at(seen, "metadata", "resourceVersion")}
        body, path = {**change, "metadata": metadata}, self._path(kind, text_at(seen, "metadata", "name"))
        query = {"fieldManager": "auto-retrain", "fieldValidation": "Strict"}
        reply = self._retry(lambda: self._transport.send("PATCH", path, query, body))
        return None if reply.code in (_CONFLICT, NOT_FOUND) else object_in(reply, kind.name)

    def _path(self, kind: Kind, name: str = "") -> str:
        objects = f"/{kind.api}/namespaces/{quote(self._namespace, safe='')}/{kind.plural}"
        return f"{objects}/{quote(name, safe='')}" if name else objects
