"""The model registry of an MLflow server, over REST: its client library is too large for a function."""

import hashlib
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from ..domain.errors import RegistryRefused, RegistryUnavailable
from ..domain.files import FileDigest
from .aws import CONNECTIONS

CHAMPION = "champion"
LOGGED_MODEL = "models:/"
SERVED_ARTIFACTS = "mlflow-artifacts:"
CHUNK_BYTES = 1 << 20
TIMEOUT_SECONDS = (3.05, 10.0)
# Few, because the state machine retries for minutes.
_RETRIES = Retry(total=2, backoff_factor=0.1, status_forcelist=(429, 502, 503, 504), allowed_methods=None)
_ALIAS_NOT_SET = re.compile(r"registered model alias .* not found", re.IGNORECASE)


class MlflowRegistry:
    """ModelRegistry on MLflow 3; every request sets absolute values, so it may be repeated."""

    def __init__(self, tracking_uri: str) -> None:
        self.tracking_uri = tracking_uri.rstrip("/")
        self._session = requests.Session()
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(max_retries=_RETRIES, pool_maxsize=CONNECTIONS))

    def champion(self, model_name: str) -> str | None:
        answer = self._get("registered-models/alias", {"name": model_name, "alias": CHAMPION})
        return str(answer["version"]) if answer else None

    def set_champion(self, model_name: str, version: str) -> None:
        body = {"name": model_name, "alias": CHAMPION, "version": version}
        response = self._send("POST", "registered-models/alias", json=body)
        self._document(response)

    def version_tags(self, model_name: str, version: str) -> dict[str, str] | None:
        answer = self._get("model-versions/get", {"name": model_name, "version": version})
        if answer is None:
            return None
        return {tag["key"]: tag["value"] for tag in answer.get("tags", [])}

    def version_files(self, model_name: str, version: str) -> dict[str, FileDigest]:
        answer = self._get("model-versions/get", {"name": model_name, "version": version})
        if answer is None:
            raise RegistryRefused(f"'{model_name}' has no version {version}")
        source = str(answer.get("source", ""))
        if not source.startswith(LOGGED_MODEL):
            raise RegistryRefused(
                f"version {version} of '{model_name}' is not a logged model of this MLflow: its source is '{source}'"
            )
        paths = self._paths_below(source.removeprefix(LOGGED_MODEL), "")
        return {path: self._digest(model_name, version, path) for path in paths}

    def keep_document(self, run_id: str, name: str, content: bytes) -> None:
        answer = self._document(self._send("GET", "runs/get", params={"run_id": run_id}))
        folder = str(answer.get("run", {}).get("info", {}).get("artifact_uri", ""))
        if not folder.startswith(SERVED_ARTIFACTS):
            raise RegistryRefused(f"MLflow does not serve the artifacts of run {run_id}: they are at '{folder}'")
        path = quote(f"{folder.removeprefix(SERVED_ARTIFACTS).strip('/')}/{name}")
        response = self._request("PUT", f"{self.tracking_uri}/api/2.0/mlflow-artifacts/artifacts/{path}", data=content)
        self._accept(response)

    def _paths_below(self, model_id: str, directory: str) -> Iterator[str]:
        response = self._send(
            "GET",
            f"logged-models/{quote(model_id, safe='')}/artifacts/directories",
            params={"artifact_directory_path": directory} if directory else {},
        )
        for entry in self._document(response).get("files", []):
            if entry.get("is_dir"):
                yield from self._paths_below(model_id, entry["path"])
            else:
                yield entry["path"]

    def _digest(self, model_name: str, version: str, path: str) -> FileDigest:
        """Digest a file while reading it, without keeping it in memory."""
        parameters = {"name": model_name, "version": version, "path": path}
        url, digest, size = f"{self.tracking_uri}/model-versions/get-artifact", hashlib.sha256(), 0
        try:
            with self._session.get(
                url, params=parameters, timeout=TIMEOUT_SECONDS, stream=True, allow_redirects=False
            ) as response:
                self._accept(response)
                for chunk in response.iter_content(CHUNK_BYTES):
                    digest.update(chunk)
                    size += len(chunk)
        except requests.RequestException as error:
            raise RegistryUnavailable(f"MLflow at {self.tracking_uri} did not answer: {error}") from error
        return FileDigest(sha256=digest.hexdigest(), size=size)

    def _accept(self, response: requests.Response) -> None:
        if response.status_code >= 500:
            raise RegistryUnavailable(_message(response))
        if response.status_code >= 400:
            raise RegistryRefused(_message(response))
        if response.status_code >= 300:
            raise self._not_mlflow(response)

    def _get(self, path: str, parameters: dict[str, str]) -> Any:
        """The requested version, or None if it does not exist."""
        response = self._send("GET", path, params=parameters)
        if _says_absent(response):
            return None
        document = self._document(response)
        if "model_version" not in document:
            raise self._not_mlflow(response)
        return document["model_version"]

    def _document(self, response: requests.Response) -> dict[str, Any]:
        if response.status_code >= 400:
            raise RegistryRefused(_message(response))
        # A proxy or login page in between answers with a redirect or an HTML page.
        document = _json(response)
        if response.status_code >= 300 or document is None:
            raise self._not_mlflow(response)
        return document

    def _not_mlflow(self, response: requests.Response) -> RegistryUnavailable:
        return RegistryUnavailable(f"not an MLflow server at {self.tracking_uri}? It answered {response.status_code}")

    def _send(self, method: str, path: str, **content: Any) -> requests.Response:
        return self._request(method, f"{self.tracking_uri}/api/2.0/mlflow/{path}", **content)

    def _request(self, method: str, url: str, **content: Any) -> requests.Response:
        try:
            response = self._session.request(method, url, timeout=TIMEOUT_SECONDS, allow_redirects=False, **content)
        except requests.RequestException as error:
            raise RegistryUnavailable(f"MLflow at {self.tracking_uri} did not answer: {error}") from error
        if response.status_code >= 500:
            raise RegistryUnavailable(_message(response))
        return response


def _says_absent(response: requests.Response) -> bool:
    """MLflow answers 404 for a model or version that does not exist, and 400 for an alias that is not set."""
    code, message = _error(response)
    if response.status_code == 404:
        return code == "RESOURCE_DOES_NOT_EXIST"
    alias_not_set = code == "INVALID_PARAMETER_VALUE" and _ALIAS_NOT_SET.match(message) is not None
    return response.status_code == 400 and alias_not_set


def _json(response: requests.Response) -> dict[str, Any] | None:
    try:
        document = response.json()
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _error(response: requests.Response) -> tuple[str, str]:
    document = _json(response) or {}
    return str(document.get("error_code", "")), str(document.get("message", ""))


def _message(response: requests.Response) -> str:
    hint = "; is this host in its --allowed-hosts?" if response.status_code == 403 else ""
    return f"MLflow answered {response.status_code} {' '.join(_error(response))}{hint}"
