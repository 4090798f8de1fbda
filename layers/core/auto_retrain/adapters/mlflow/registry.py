"""The port ModelRegistry over MLflow's REST API: its client library is too large for a function."""

import hashlib
import time
from collections.abc import Iterator
from urllib.parse import SplitResult, quote, unquote, urlsplit

from ...domain.errors import RegistryRefused, RegistryUnavailable
from ...domain.files import FileDigest
from ..addresses import check_address
from .answers import (
    Document,
    DownloadUri,
    File,
    Folder,
    ModelPage,
    RunAnswer,
    RunInfo,
    Version,
    VersionAnswer,
    says_absent,
)
from .credentials import SecretCredentials
from .server import Server
from .signature import input_names

CHAMPION = "champion"
LOGGED_MODEL = "models:/"
ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts"
MAX_FILES = 10_000
# With its newest versions and their tags, a model takes a few kilobytes of an answer.
MODELS_PER_PAGE = 500
MAX_PAGES = 200
# For all files of a version, or for one that is kept: less than a function has in which to deploy it.
FILES_SECONDS = 240.0


class MlflowRegistry:
    """ModelRegistry on MLflow 3; every request sets absolute values, so it may be repeated."""

    def __init__(self, tracking_uri: str, credentials: SecretCredentials | None = None) -> None:
        check_address("MLFLOW_TRACKING_URI", tracking_uri)
        self.tracking_uri = tracking_uri.rstrip("/")
        self._server = Server(self.tracking_uri, credentials)

    def server_version(self) -> str:
        answer = self._server.request("GET", f"{self._server.address}/version")
        if answer.status != 200:
            raise self._server.refusal(answer)
        return answer.content.decode("utf-8", "replace").strip()[:40]

    def champion(self, model_name: str) -> str | None:
        answer = self._version("registered-models/alias", {"name": model_name, "alias": CHAMPION})
        return answer.version if answer else None

    def champions(self) -> dict[str, str]:
        champions, token = dict[str, str](), ""
        for _ in range(MAX_PAGES):
            parameters = {"max_results": MODELS_PER_PAGE} | ({"page_token": token} if token else {})
            answer = self._server.ask("GET", "registered-models/search", params=parameters)
            page = self._server.parsed(answer, ModelPage)
            aliases = ((model.name, alias) for model in page.registered_models for alias in model.aliases)
            champions |= {name: alias.version for name, alias in aliases if alias.alias == CHAMPION}
            token = page.next_page_token
            if not token:
                return champions
        raise RegistryUnavailable(f"MLflow lists more than {MAX_PAGES * MODELS_PER_PAGE} models")

    def set_champion(self, model_name: str, version: str) -> None:
        body = {"name": model_name, "alias": CHAMPION, "version": version}
        self._server.parsed(self._server.ask("POST", "registered-models/alias", json=body), Document)

    def version_tags(self, model_name: str, version: str) -> dict[str, str] | None:
        answer = self._version("model-versions/get", {"name": model_name, "version": version})
        return {tag.key: tag.value for tag in answer.tags} if answer else None

    def run_of(self, model_name: str, version: str) -> str | None:
        answer = self._version("model-versions/get", {"name": model_name, "version": version})
        return (answer.run_id or None) if answer else None

    def inputs(self, model_name: str, version: str) -> tuple[str, ...]:
        return input_names(b"".join(self.read_file(model_name, version, "MLmodel")))

    def storage_uri(self, model_name: str, version: str) -> str:
        parameters = {"name": model_name, "version": version}
        answer = self._server.ask("GET", "model-versions/get-download-uri", params=parameters)
        if says_absent(answer):
            raise RegistryRefused(f"'{model_name}' has no version {version}")
        return self._server.parsed(answer, DownloadUri).artifact_uri

    def has_files(self, model_name: str, version: str) -> bool:
        return bool(self._entries(self._model_id(model_name, version), ""))

    def version_files(self, model_name: str, version: str) -> dict[str, FileDigest]:
        model_id, end = self._model_id(model_name, version), time.monotonic() + FILES_SECONDS
        return {path: _digest(self._pieces(model_name, version, path, end)) for path in self._paths(model_id, end)}

    def read_file(self, model_name: str, version: str, path: str) -> Iterator[bytes]:
        yield from self._pieces(model_name, version, path, time.monotonic() + FILES_SECONDS)

    def keep_document(self, run_id: str, name: str, content: bytes) -> None:
        answer = self._server.ask("GET", "runs/get", params={"run_id": run_id})
        run = self._server.parsed(answer, RunAnswer).run.info
        if run.lifecycle_stage == "deleted":
            raise RegistryRefused(f"run {run_id} was deleted in MLflow, alone or with its experiment; restore it there")
        response = self._server.request("PUT", f"{self._artifacts_of(run, run_id)}/{quote(name)}", data=content)
        # A login page in between accepts everything as well; MLflow has nothing to say about a success.
        if response.content.strip() not in (b"", b"{}") or response.status >= 300:
            raise self._server.refusal(response)

    def _artifacts_of(self, run: RunInfo, run_id: str) -> str:
        """The address of a run's artifacts, as MLflow's client finds it, if the tracking server itself serves them.

        No other host is asked: whoever creates an experiment chooses where its artifacts are.
        """
        server, folder = urlsplit(self.tracking_uri), urlsplit(run.artifact_uri)
        base = f"{server.path}{ARTIFACTS}"
        is_known = folder.scheme == "mlflow-artifacts" or folder.path.startswith(f"{base}/")
        is_plain = not folder.query and not folder.fragment and ".." not in unquote(folder.path).split("/")
        if not (is_known and is_plain and _is_at(folder, server)):
            raise RegistryRefused(
                f"MLflow at {self.tracking_uri} does not serve the artifacts of run {run_id}: they are at "
                f"'{run.artifact_uri}'; it has to be started with --serve-artifacts and a --default-artifact-root "
                f"such as mlflow-artifacts:/"
            )
        return f"{self.tracking_uri}{ARTIFACTS}/{folder.path.removeprefix(base).strip('/')}"

    def _model_id(self, model_name: str, version: str) -> str:
        """The id of the logged model that a version consists of."""
        answer = self._version("model-versions/get", {"name": model_name, "version": version})
        if answer is None:
            raise RegistryRefused(f"'{model_name}' has no version {version}")
        return _logged_model_of(answer, f"version {version} of '{model_name}'")

    def _paths(self, model_id: str, end: float) -> list[str]:
        """All files of a logged model."""
        entries, folders = list[File](), [""]
        while folders:
            inside = self._entries(model_id, folders.pop())
            folders += [entry.path for entry in inside if entry.is_dir]
            entries += inside
            if len(entries) > MAX_FILES:
                raise RegistryRefused(f"logged model {model_id} has more than {MAX_FILES} files and folders")
            if time.monotonic() > end:
                raise RegistryUnavailable(f"MLflow takes more than {FILES_SECONDS:.0f} s to list {model_id}")
        return [entry.path for entry in entries if not entry.is_dir]

    def _entries(self, model_id: str, folder: str) -> tuple[File, ...]:
        path = f"logged-models/{quote(model_id, safe='')}/artifacts/directories"
        answer = self._server.ask("GET", path, params={"artifact_directory_path": folder} if folder else {})
        return self._server.parsed(answer, Folder).files

    def _pieces(self, model_name: str, version: str, path: str, end: float) -> Iterator[bytes]:
        parameters = {"name": model_name, "version": version, "path": path}
        return self._server.download(f"{self.tracking_uri}/model-versions/get-artifact", parameters, end)

    def _version(self, path: str, parameters: dict[str, str]) -> Version | None:
        """The requested version, or None if it does not exist."""
        answer = self._server.ask("GET", path, params=parameters)
        return None if says_absent(answer) else self._server.parsed(answer, VersionAnswer).model_version


def _digest(pieces: Iterator[bytes]) -> FileDigest:
    """Digest a file while reading it, without keeping it in memory."""
    digest, size = hashlib.sha256(), 0
    for piece in pieces:
        digest.update(piece)
        size += len(piece)
    return FileDigest(sha256=digest.hexdigest(), size=size)


def _is_at(folder: SplitResult, server: SplitResult) -> bool:
    """Whether artifacts are at the tracking server; an address without a host is relative to it."""
    scheme = server.scheme if folder.scheme == "mlflow-artifacts" else folder.scheme
    return not folder.netloc or (scheme, folder.netloc.lower()) == (server.scheme, server.netloc.lower())


def _logged_model_of(version: Version, name: str) -> str:
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
