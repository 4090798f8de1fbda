"""The model registry of an MLflow server, over REST: its client library would not fit a function."""

from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from ..domain.errors import RegistryRefused, RegistryUnavailable

CHAMPION = "champion"
TIMEOUT_SECONDS = (3.05, 10.0)
_RETRIES = Retry(total=3, backoff_factor=0.3, status_forcelist=(429, 502, 503, 504), allowed_methods=None)
_ABSENT = {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}


class MlflowRegistry:
    """ModelRegistry on MLflow 3; every request may be repeated, as all of them are absolute."""

    def __init__(self, tracking_uri: str) -> None:
        self.tracking_uri = tracking_uri.rstrip("/")
        self._session = requests.Session()
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(max_retries=_RETRIES))

    def champion(self, model_name: str) -> str | None:
        # MLflow answers 400 for an alias that is not set and 404 for a model that is not there.
        answer = self._get("registered-models/alias", {"name": model_name, "alias": CHAMPION})
        return str(answer["model_version"]["version"]) if answer else None

    def set_champion(self, model_name: str, version: str) -> None:
        body = {"name": model_name, "alias": CHAMPION, "version": version}
        response = self._send("POST", "registered-models/alias", json=body)
        if not response.ok:
            raise RegistryRefused(_message(response))

    def version_tags(self, model_name: str, version: str) -> dict[str, str] | None:
        answer = self._get("model-versions/get", {"name": model_name, "version": version})
        if answer is None:
            return None
        return {tag["key"]: tag["value"] for tag in answer["model_version"].get("tags", [])}

    def _get(self, path: str, parameters: dict[str, str]) -> Any:
        response = self._send("GET", path, params=parameters)
        if response.ok:
            return response.json()
        if response.status_code in (400, 404) and _error_code(response) in _ABSENT:
            return None
        raise RegistryRefused(_message(response))

    def _send(self, method: str, path: str, **content: Any) -> requests.Response:
        url = f"{self.tracking_uri}/api/2.0/mlflow/{path}"
        try:
            response = self._session.request(method, url, timeout=TIMEOUT_SECONDS, allow_redirects=False, **content)
        except requests.RequestException as error:
            raise RegistryUnavailable(f"MLflow at {self.tracking_uri} did not answer: {error}") from error
        if response.status_code >= 500:
            raise RegistryUnavailable(_message(response))
        return response


def _error_code(response: requests.Response) -> str:
    try:
        return str(response.json().get("error_code", ""))
    except ValueError:
        return ""


def _message(response: requests.Response) -> str:
    hint = "; is this host in its --allowed-hosts?" if response.status_code == 403 else ""
    return f"MLflow answered {response.status_code} {_error_code(response)}{hint}"
