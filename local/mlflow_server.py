"""A real MLflow server on SQLite, as a child process."""

import atexit
import os
import shutil
import socket
import sqlite3
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import closing
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Self

from local.containers import Forerunner, LoggedProcess, Preparation, can_fork
from local.paths import LOCAL, env_python

_READY_SECONDS = 120.0
_LAST_WORDS = 2_000
_DATABASE = "mlflow.db"
_ENTRYPOINT = [str(env_python("dev")), "-m", "gunicorn"]
# Nobody waits for an answer when it is stopped, but clients keep connections open.
_OPTIONS = ["--threads", "8", "--keep-alive", "60", "--graceful-timeout", "0", "--no-control-socket", "--reuse-port"]
_ENVIRONMENT: Mapping[str, str] = {
    "PATH": os.defpath,
    "_MLFLOW_SERVER_ARTIFACT_ROOT": "mlflow-artifacts:/",
    "_MLFLOW_SERVER_SERVE_ARTIFACTS": "true",
    "_MLFLOW_SGI_NAME": "gunicorn",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    "GIT_PYTHON_REFRESH": "quiet",
}
_PREPARATION = Preparation(
    "import gunicorn.app.wsgiapp, gunicorn.workers.gthread, mlflow.server",
    # A fork does not copy the threads that these libraries would start.
    {"JE_ARROW_MALLOC_CONF": "background_thread:false", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    frozenset({"HOME", "_MLFLOW_SERVER_FILE_STORE", "_MLFLOW_SERVER_ARTIFACT_DESTINATION"}),
    in_any_directory=True,
)


class MlflowServer:
    """Starts in the background; call `wait_until_ready` before using it.

    `mlflow server --gunicorn-opts` imports MLflow only to start this command with these variables, which imports it a
    second time. Starting the command directly takes half the time, and is safe because the version is pinned. With
    uvicorn, the default, each request would take twice the processor time. Variables are added to its environment.

    To import MLflow takes seconds of a processor, so the servers that a process starts one after the other are forked
    from one that has done it; it is kept until this process ends.

    It also brings an empty database through all migrations since the first version of MLflow. What they made is kept
    for the next server; where artifacts are is part of it, so no variable may change that.
    """

    def __init__(self, directory: Path, port: int = 0, **variables: str) -> None:
        self._directory = directory
        self._port = port
        self._variables = variables
        self.log = directory / "mlflow.log"
        self.url: str
        self._process: LoggedProcess | None = None

    def __enter__(self) -> Self:
        self._directory.mkdir(parents=True, exist_ok=True)
        self._keeps = not _template().exists()
        if not self._keeps:
            shutil.copyfile(_template(), self._directory / _DATABASE)
        # It is not MLflow that takes the port, and not at once: a port that was only looked up could be somebody
        # else's by then.
        self._reserved = _reserve(self._port)
        self._port = self._reserved.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"
        self._forerunner = _forerunner() if can_fork() else None
        if self._forerunner is None:
            self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()
        self._reserved.close()

    def restart(self) -> None:
        """Kill it without warning, start it again at the same address, and wait until it is ready."""
        self._stop()
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        """Return once it answers a request that needs its database: it reports that it is healthy before that."""
        deadline = time.monotonic() + _READY_SECONDS
        process = self._process or self._start()
        while not self._answers():
            if not process.alive or time.monotonic() > deadline:
                raise RuntimeError(f"MLflow did not start, see {self.log}: {self._last_words()}")
            time.sleep(0.05)
        if self._keeps:
            _keep(self._directory / _DATABASE, _template())
            self._keeps = False

    def _start(self) -> LoggedProcess:
        if self._forerunner:
            self._forerunner.is_ready(_READY_SECONDS)
        command = [*_ENTRYPOINT, *_OPTIONS, "--bind", f"127.0.0.1:{self._port}", "mlflow.server:app"]
        environment = self._environment()
        process = self._process = LoggedProcess(command, environment, self._directory, self.log, self._forerunner)
        threading.Thread(target=process.wait, daemon=True).start()
        return process

    def _stop(self) -> None:
        if self._process:
            self._process.kill()
        self._process = None

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/api/2.0/mlflow/experiments/get?experiment_id=0", timeout=30):
                return True
        except OSError:
            return False

    def _last_words(self) -> str:
        return self.log.read_text(errors="replace")[-_LAST_WORDS:].strip() or "it printed nothing"

    def _environment(self) -> dict[str, str]:
        return {
            **_ENVIRONMENT,
            "HOME": str(self._directory),
            "_MLFLOW_SERVER_FILE_STORE": f"sqlite:///{self._directory / _DATABASE}",
            "_MLFLOW_SERVER_ARTIFACT_DESTINATION": str(self._directory / "artifacts"),
            **self._variables,
        }


@cache
def _forerunner() -> Forerunner:
    forerunner = Forerunner(_PREPARATION, _ENTRYPOINT, _ENVIRONMENT, str(LOCAL))
    atexit.register(forerunner.close)
    return forerunner


def _reserve(port: int) -> socket.socket:
    """A port, for a server that takes it with the same option; nothing is accepted here."""
    reserved = socket.socket()
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    reserved.bind(("127.0.0.1", port))
    return reserved


def _template() -> Path:
    return LOCAL / f"mlflow-{version('mlflow')}.db"


def _keep(database: Path, template: Path) -> None:
    """Another process may keep its own at the same time: the last one stays, and they are alike."""
    with tempfile.TemporaryDirectory(dir=template.parent) as folder:
        copy = Path(folder) / template.name
        with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
            target.execute("PRAGMA journal_mode=WAL")
        copy.rename(template)
