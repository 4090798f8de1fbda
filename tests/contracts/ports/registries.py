"""What suites on the registry share: how versions get there."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

Register = Callable[[str, str], None]


def post(url: str, path: str, body: dict[str, Any]) -> Any:
    return call(url, path, json.dumps(body).encode())


def call(url: str, path: str, body: bytes | None = None) -> Any:
    """The document that MLflow answers, None if it refuses."""
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{url}/api/2.0/mlflow/{path}", body, headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)
    except urllib.error.HTTPError:
        return None
