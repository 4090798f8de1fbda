"""Lists of objects: selected by labels and fields, page by page when a limit is given."""

import base64
import json
from collections.abc import Collection, Iterable

from .errors import bad_request
from .exchange import Answer, Request
from .objects import Json, Resource
from .selectors import by_fields, by_labels


def answer_list(
    request: Request, resource: Resource, objects: Iterable[Json], fields: Collection[str], version: int
) -> Answer:
    """One page of the objects that the query selects; pages follow the order of names."""
    if request.query.get("watch", "0") not in ("0", "false"):
        raise bad_request("the local cluster has no watch")
    has_labels = by_labels(request.query.get("labelSelector", ""))
    has_fields = by_fields(request.query.get("fieldSelector", ""), fields, resource.kind)
    after = _continued_after(request.query.get("continue", ""))
    selected = [item for item in objects if has_labels(item) and has_fields(item) and item["metadata"]["name"] > after]
    limit = int(request.query.get("limit", 0)) or len(selected)
    shown = [
        {key: value for key, value in item.items() if key not in ("kind", "apiVersion")} for item in selected[:limit]
    ]
    metadata: Json = {"resourceVersion": str(version)}
    if len(selected) > limit:
        metadata["continue"] = _continue_token(shown[-1]["metadata"]["name"])
        metadata["remainingItemCount"] = len(selected) - limit
    body = {"kind": f"{resource.kind}List", "apiVersion": resource.api_version, "metadata": metadata, "items": shown}
    return Answer(200, body)


def _continue_token(name: str) -> str:
    return base64.urlsafe_b64encode(json.dumps({"v": "meta.k8s.io/v1", "start": name}).encode()).decode()


def _continued_after(token: str) -> str:
    if not token:
        return ""
    try:
        return str(json.loads(base64.urlsafe_b64decode(token))["start"])
    except (ValueError, KeyError, TypeError) as error:
        raise bad_request(f"invalid continue token: {error}") from error
