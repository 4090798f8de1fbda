"""The operations on objects that are only stored, and acted on by whoever watches them: create, get, list, patch."""

import copy
import json
import uuid
from collections.abc import Callable, Collection, Iterable
from typing import Any

from .decoding import unknown_fields
from .errors import Cause, already_exists, bad_request, conflict, invalid, not_found, unsupported_media_type
from .exchange import Answer, Request
from .lists import answer_list
from .objects import NAMESPACES, Json, Resource, timestamp
from .schema import Schema
from .store import Store

_MERGE_PATCH = "application/merge-patch+json"
_MODIFIED = "the object has been modified; please apply your changes to the latest version and try again"
# What the server sets; a caller cannot change it.
_OF_THE_SERVER = ("uid", "creationTimestamp", "generation", "resourceVersion", "namespace", "name")


def _nothing(_: Json) -> Iterable[Cause]:
    return ()


class ObjectsApi:
    """What a caller may do with the objects of one kind.

    `schema` tells unknown fields, `complete` fills in defaults, `problems` are causes to refuse an object; `on_change`
    is called after each change, under the lock of the cluster. The status is written by controllers only.
    """

    def __init__(
        self,
        store: Store,
        resource: Resource,
        namespaces: Collection[str],
        *,
        schema: Schema = None,
        complete: Callable[[Json], None] = lambda body: None,
        problems: Callable[[Json], Iterable[Cause]] = _nothing,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        self._store, self._resource, self._namespaces = store, resource, namespaces
        self._schema, self._complete, self._problems, self._on_change = schema, complete, problems, on_change

    @property
    def _objects(self) -> dict[tuple[str, str], Json]:
        return self._store.others[self._resource]

    def create(self, request: Request) -> Answer:
        body = _parse(request.body)
        if (body.get("kind"), body.get("apiVersion")) != (self._resource.kind, self._resource.api_version):
            raise bad_request(f"the object provided is no {self._resource.kind} of {self._resource.api_version}")
        name = body.get("metadata", {}).get("name", "")
        if request.namespace not in self._namespaces:
            raise not_found(NAMESPACES, request.namespace)
        if (request.namespace, name) in self._objects:
            raise already_exists(self._resource, name, deleting=False)
        self._check(body, request)
        body.pop("status", None)
        body["metadata"] |= {
            "namespace": request.namespace,
            "uid": str(uuid.uuid4()),
            "creationTimestamp": timestamp(),
            "generation": 1,
        }
        return Answer(201, self._keep(body))

    def get(self, request: Request) -> Answer:
        return Answer(200, self._find(request))

    def list(self, request: Request) -> Answer:
        bodies = [self._objects[place] for place in sorted(self._objects) if place[0] == request.namespace]
        return answer_list(request, self._resource, bodies, ("metadata.name",), self._store.version)

    def patch(self, request: Request) -> Answer:
        """Merge a change into an object (RFC 7396); with a resourceVersion only if it is still the present one."""
        if request.content_type != _MERGE_PATCH:
            raise unsupported_media_type()
        before, change = self._find(request), _parse(request.body)
        expected = change.get("metadata", {}).get("resourceVersion")
        if expected not in (None, before["metadata"]["resourceVersion"]):
            raise conflict(self._resource, request.name, _MODIFIED)
        after = merged(before, {key: value for key, value in change.items() if key != "status"})
        after["metadata"] |= {name: before["metadata"][name] for name in _OF_THE_SERVER if name in before["metadata"]}
        self._check(after, request)
        if after == before:
            return Answer(200, before)
        if after.get("spec") != before.get("spec"):
            after["metadata"]["generation"] += 1
        return Answer(200, self._keep(after))

    def delete(self, request: Request) -> Answer:
        self._find(request)
        del self._objects[(request.namespace, request.name)]
        self._on_change()
        return Answer(200, {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"})

    def _check(self, body: Json, request: Request) -> None:
        unknown = unknown_fields(body, self._schema) if self._schema else []
        if unknown and request.query.get("fieldValidation") == "Strict":
            where = f'{self._resource.kind} in version "{self._resource.api_version.split("/")[-1]}"'
            problem = f"strict decoding error: {', '.join(unknown)}"
            raise bad_request(f"{where} cannot be handled as a {self._resource.kind}: {problem}")
        self._complete(body)
        if causes := list(self._problems(body)):
            raise invalid(self._resource.kind, self._resource.group, request.name, causes)

    def _keep(self, body: Json) -> Json:
        self._objects[(body["metadata"]["namespace"], body["metadata"]["name"])] = body
        self._store.save(body)
        self._on_change()
        return body

    def _find(self, request: Request) -> Json:
        body = self._objects.get((request.namespace, request.name))
        if body is None:
            raise not_found(self._resource, request.name)
        return body


def merged(before: Any, change: Any) -> Any:
    """A value after a merge patch: null removes a field, and lists are replaced as a whole."""
    if not isinstance(change, dict):
        return copy.deepcopy(change)
    after = dict(copy.deepcopy(before)) if isinstance(before, dict) else {}
    for key, value in change.items():
        if value is None:
            after.pop(key, None)
        else:
            after[key] = merged(after.get(key), value)
    return after


def _parse(body: bytes) -> Json:
    try:
        return dict(json.loads(body))
    except (ValueError, TypeError) as error:
        raise bad_request(f"error decoding the body: {error}") from error
