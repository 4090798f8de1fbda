"""The model registry of an MLflow server, over REST: its client library is too large for a function."""

import hashlib
import math
import re
import time
from collections.abc import Iterator
from typing import Any, TypeVar
from urllib.parse import SplitResult, quote, urlsplit

import requests
from pydantic import ConfigDict, Field, ValidationError

from ..domain.base import Record
from ..domain.errors import RegistryRefused, RegistryUnavailable
from ..domain.files import FileDigest
from .http import MAX_ANSWER_BYTES, TIMEOUT_SECONDS, Answer, Session, exchange, pieces

CHAMPION = "champion"
LOGGED_MODEL = "models:/"
ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts"
MAX_FILES = 10_000
# For all files of a version: less than a function has in which to deploy it.
FILES_SECONDS = 240.0
# After each attempt. Few, because the state machine retries for minutes.
_DELAYS_SECONDS = (0.1, 0.2, math.inf)
# No attempt begins later than this, whatever pause the server asks for.
PATIENCE_SECONDS = 5.0
_BUSY = frozenset({408, 429, 502, 503, 504})
MAX_MESSAGE_LENGTH = 500
_HINTS = {403: "; is this host in its --allowed-hosts?"}
_ALIAS_NOT_SET = re.compile(r"registered model alias .* not found", re.IGNORECASE)


class _Document(Record):
    """The part of an answer that we need."""

    model_config = ConfigDict(extra="ignore")


class _Error(_Document):
    error_code: str = ""
    message: str = ""


class _Tag(_Document):
    key: str
    value: str = ""


class _Version(_Document):
    version: str = Field(pattern="^[0-9]{1,18}$")
    source: str = ""
    tags: tuple[_Tag, ...] = ()


class _VersionAnswer(_Document):
    model_version: _Version


class _RunInfo(_Document):
    artifact_uri: str
    lifecycle_stage: str = "active"


class _Run(_Document):
    info: _RunInfo


class _RunAnswer(_Document):
    run: _Run


class _File(_Document):
    path: str
    is_dir: bool = False


class _Folder(_Document):
    files: tuple[_File, ...] = ()


Expected = TypeVar("Expected", bound=_Document)


class MlflowRegistry:
    """ModelRegistry on MLflow 3; every request sets absolute values, so it may be repeated."""

    def __init__(self, tracking_uri: str) -> None:
        self.tracking_uri = tracking_uri.rstrip("/")
        self._session = Session()

    def champion(self, model_name: str) -> str | None:
        answer = self._version("registered-models/alias", {"name": model_name, "alias": CHAMPION})
        return answer.version if answer else None

    def set_champion(self, model_name: str, version: str) -> None:
        body = {"name": model_name, "alias": CHAMPION, "version": version}
        self._document(self._send("POST", "registered-models/alias", json=body), _Document)

    def version_tags(self, model_name: str, version: str) -> dict[str, str] | None:
        answer = self._version("model-versions/get", {"name": model_name, "version": version})
        return {tag.key: tag.value for tag in answer.tags} if answer else None

    def version_files(self, model_name: str, version: str) -> dict[str, FileDigest]:
        answer = self._version("model-versions/get", {"name": model_name, "version": version})
        if answer is None:
            raise RegistryRefused(f"'{model_name}' has no version {version}")
        model_id = _logged_model_of(answer, f"version {version} of '{model_name}'")
        end = time.monotonic() + FILES_SECONDS
        return {path: self._digest(model_name, version, path, end) for path in self._paths(model_id, end)}

    def keep_document(self, run_id: str, name: str, content: bytes) -> None:
        answer = self._send("GET", "runs/get", params={"run_id": run_id})
        run = self._document(answer, _RunAnswer).run.info
        if run.lifecycle_stage == "deleted":
            raise RegistryRefused(f"run {run_id} was deleted in MLflow, alone or with its experiment; restore it there")
        response = self._request("PUT", f"{self._artifacts_of(run, run_id)}/{quote(name)}", data=content)
        # A login page in between accepts everything as well; MLflow has nothing to say about a success.
        if response.content.strip() not in (b"", b"{}") or response.status >= 300:
            raise self._refusal(response)

    def _artifacts_of(self, run: _RunInfo, run_id: str) -> str:
        """The address of a run's artifacts, as MLflow's client finds it, if the tracking server itself serves them.

        No other host is asked: whoever creates an experiment chooses where its artifacts are.
        """
        server, folder = urlsplit(self.tracking_uri), urlsplit(run.artifact_uri)
        base = f"{server.path}{ARTIFACTS}"
        is_known = folder.scheme == "mlflow-artifacts" or folder.path.startswith(f"{base}/")
        if not is_known or folder.query or folder.fragment or not _is_at(folder, server):
            raise RegistryRefused(
                f"MLflow at {self.tracking_uri} does not serve the artifacts of run {run_id}: they are at "
                f"'{run.artifact_uri}'; it has to be started with --serve-artifacts and a --default-artifact-root "
                f"such as mlflow-artifacts:/"
            )
        return f"{self.tracking_uri}{ARTIFACTS}/{folder.path.removeprefix(base).strip('/')}"

    def _paths(self, model_id: str, end: float) -> list[str]:
        """All files of a logged model."""
        entries, folders = list[_File](), [""]
        while folders:
            inside = self._entries(model_id, folders.pop())
            folders += [entry.path for entry in inside if entry.is_dir]
            entries += inside
            if len(entries) > MAX_FILES:
                raise RegistryRefused(f"logged model {model_id} has more than {MAX_FILES} files and folders")
            if time.monotonic() > end:
                raise RegistryUnavailable(f"MLflow takes more than {FILES_SECONDS:.0f} s to list {model_id}")
        return [entry.path for entry in entries if not entry.is_dir]

    def _entries(self, model_id: str, folder: str) -> tuple[_File, ...]:
        path = f"logged-models/{quote(model_id, safe='')}/artifacts/directories"
        answer = self._send("GET", path, params={"artifact_directory_path": folder} if folder else {})
        return self._document(answer, _Folder).files

    def _digest(self, model_name: str, version: str, path: str, end: float) -> FileDigest:
        """Digest a file while reading it, without keeping it in memory."""
        parameters = {"name": model_name, "version": version, "path": path}
        digest, size = hashlib.sha256(), 0
        for piece in self._download(f"{self.tracking_uri}/model-versions/get-artifact", parameters, end):
            digest.update(piece)
            size += len(piece)
        return FileDigest(sha256=digest.hexdigest(), size=size)

    def _download(self, url: str, parameters: dict[str, str], end: float) -> Iterator[bytes]:
        try:
            with self._session.get(url, params=parameters, timeout=TIMEOUT_SECONDS, stream=True) as response:
                if response.status_code != requests.codes.ok:
                    problem = b"".join(pieces(response, end, MAX_ANSWER_BYTES))
                    raise self._refusal(Answer(response.status_code, response.headers, problem))
                yield from pieces(response, end)
        except requests.RequestException as error:
            raise self._silence(error) from error

    def _version(self, path: str, parameters: dict[str, str]) -> _Version | None:
        """The requested version, or None if it does not exist."""
        answer = self._send("GET", path, params=parameters)
        return None if _says_absent(answer) else self._document(answer, _VersionAnswer).model_version

    def _document(self, answer: Answer, kind: type[Expected]) -> Expected:
        if answer.status >= 300:
            raise self._refusal(answer)
        try:
            return kind.model_validate_json(answer.content)
        except ValidationError as error:
            raise self._not_mlflow(answer) from error

    def _refusal(self, answer: Answer) -> RegistryRefused | RegistryUnavailable:
        if answer.status < 400:
            # A proxy or login page in between answers with a redirect or an HTML page.
            return self._not_mlflow(answer)
        may_pass = answer.status >= 500 or answer.status in _BUSY
        return RegistryUnavailable(_message(answer)) if may_pass else RegistryRefused(_message(answer))

    def _not_mlflow(self, answer: Answer) -> RegistryUnavailable:
        return RegistryUnavailable(f"not an MLflow server at {self.tracking_uri}? It answered {answer.status}")

    def _silence(self, error: requests.RequestException) -> RegistryUnavailable:
        return RegistryUnavailable(f"MLflow at {self.tracking_uri} did not answer: {error}")

    def _send(self, method: str, path: str, **content: Any) -> Answer:
        return self._request(method, f"{self.tracking_uri}/api/2.0/mlflow/{path}", **content)

    def _request(self, method: str, url: str, **content: Any) -> Answer:
        """Send a request, up to three times while the server is busy, unless it asks for a long pause."""
        end = time.monotonic() + PATIENCE_SECONDS
        for delay in _DELAYS_SECONDS:
            try:
                answer = exchange(self._session, method, url, **content)
            except requests.RequestException as error:
                problem: Exception = self._silence(error)
            else:
                if answer.status not in _BUSY:
                    return answer
                problem, delay = self._refusal(answer), max(delay, answer.retry_after)
            if time.monotonic() + delay > end:
                break
            time.sleep(delay)
        raise problem


def _is_at(folder: SplitResult, server: SplitResult) -> bool:
    """Whether artifacts are at the tracking server; an address without a host is relative to it."""
    scheme = server.scheme if folder.scheme == "mlflow-artifacts" else folder.scheme
    return not folder.netloc or (scheme, folder.netloc.lower()) == (server.scheme, server.netloc.lower())


def _logged_model_of(version: _Version, name: str) -> str:
    """The id of the logged model that a version consists of."""
    model_id = version.source.removeprefix(LOGGED_MODEL)
    if not version.source.startswith(LOGGED_MODEL):
        raise RegistryRefused(
            f"{name} is not a logged model of this MLflow: its source is '{version.source}'; register what MLflow 3's "
            f"log_model has logged"
        )
    if not model_id or set("/@") & set(model_id):
        raise RegistryRefused(
            f"{name} is a copy of '{version.source}' without files of its own, so they cannot be checked; register "
            f"the model that the training itself has logged"
        )
    return model_id


def _says_absent(answer: Answer) -> bool:
    """MLflow answers 404 for a model or version that does not exist, and 400 for an alias that is not set."""
    error = _error(answer)
    if answer.status == 404:
        return error.error_code == "RESOURCE_DOES_NOT_EXIST"
    alias_not_set = error.error_code == "INVALID_PARAMETER_VALUE" and _ALIAS_NOT_SET.match(error.message) is not None
    return answer.status == 400 and alias_not_set


def _error(answer: Answer) -> _Error:
    try:
        return _Error.model_validate_json(answer.content)
    except ValidationError:
        return _Error()


def _message(answer: Answer) -> str:
    error = _error(answer)
    words = " ".join(filter(None, (error.error_code, error.message))) or "without saying why"
    hint = _HINTS.get(answer.status, "")
    return f"MLflow answered {answer.status} {words[:MAX_MESSAGE_LENGTH]}{hint}"
