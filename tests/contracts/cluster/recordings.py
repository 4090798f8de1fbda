"""The recorded answers of a real API server, and how to ask another server the same."""

import json
from typing import Any
from urllib.parse import quote

import requests

from auto_retrain.domain.policy.pod_template import CONTAINER
from local.paths import ROOT

Json = dict[str, Any]

_DATA = ROOT / "tests" / "data" / "kubernetes"
# What follows the one long value of the requests that were cut for their size.
_CLOSING = '"}]}]}}, "backoffLimit": 0, "suspend": true}}'

ADMIN_TOKEN = "admin-token"
TOKENS = {"admin": ADMIN_TOKEN, "norbac": "norbac-token"}


def load(name: str) -> list[Json]:
    return json.loads((_DATA / f"{name}.json").read_text())


def body_of(prefix: str, file: str = "lifecycle") -> Json:
    """The recorded body of the first case whose name has this prefix."""
    return next(case["body"] for case in load(file) if case["case"].startswith(prefix))


def pods_of(case: str) -> list[Json]:
    """The recorded pods of a case, with their container named as ours is."""
    pods: list[Json] = body_of(f"{case}: pods")["items"]
    for pod in pods:
        containers = [*pod["spec"]["containers"], *pod["status"].get("containerStatuses", [])]
        for container in containers:
            container["name"] = CONTAINER
    return pods


def replay(url: str, request: Json) -> requests.Response:
    """Send a recorded request as its caller."""
    headers = {"Content-Type": request.get("content_type", "application/json")}
    if request["as"]:
        headers["Authorization"] = f"Bearer {TOKENS.get(request['as'], request['as'])}"
    # Names were recorded as they were typed.
    path = quote(request["path"], safe="/?&=%,")
    return requests.request(request["method"], url + path, headers=headers, data=_content(request), timeout=10)


def _content(request: Json) -> bytes | None:
    if "raw" in request:
        raw = request["raw"]
        if "padded_to" in request:
            raw += "x" * (request["padded_to"] - len(raw) - len(_CLOSING)) + _CLOSING
        return raw.encode()
    if "annotation_length" in request:
        request["body"]["metadata"]["annotations"]["a"] = "v" * request["annotation_length"]
    return json.dumps(request["body"]).encode() if "body" in request else None
