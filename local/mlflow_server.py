"""A real MLflow server on SQLite, as a child process."""

import os
import shutil
import socket
import sqlite3
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import closing
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Self

from local import processes
from local.paths import LOCAL, env_python

_READY_SECONDS = 120.0
_STOP_SECONDS = 2.0
_LAST_WORDS = 2_000
_DATABASE = "mlflow.db"
# As `python -m gunicorn`, but what MLflow imports is not searched for garbage again and again.
_PROGRAM = "import gc; gc.set_threshold(100_000); from gunicorn.app.wsgiapp import run; run()"
# Nobody waits for an answer when it is stopped, but clients keep connections open.
_OPTIONS = ["--threads", "8", "--keep-alive", "60", "--graceful-timeout", "0", "--no-control-socket"]


class MlflowServer:
    """Starts in the background; call `wait_until_ready` before using it.

    `mlflow server --gunicorn-opts` imports MLflow only to start this command with these variables, which imports it a
    second time. Starting the command directly takes half the time, and is safe because the version is pinned. With
    uvicorn, the default, each request would take twice the processor time. Variables are added to its environment.

    It also brings an empty database through all migrations since the first version of MLflow. What they made is kept
    for the next server; where artifacts are is part of it, so no variable may change that.
    """

    def __init__(self, directory: Path, port: int = 0, **variables: str) -> None:
        self._directory = directory
        self._port = port
        self._variables = variables
        self.log = directory / "mlflow.log"
        self.url: str
        self._process: subprocess.Popen[bytes]

    def __enter__(self) -> Self:
        self._directory.mkdir(parents=True, exist_ok=True)
        self._keeps = not _template().exists()
        if not self._keeps:
            shutil.copyfile(_template(), self._directory / _DATABASE)
        self._start(self._port)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        processes.stop(self._process, _STOP_SECONDS)

    def restart(self) -> None:
        """Kill it without warning, start it again at the same address, and wait until it is ready."""
        processes.stop(self._process, grace_seconds=0)
        # A worker that was killed lets go of its port a moment after the process that started it.
        self._start(self._port, _READY_SECONDS)
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        """Return once it answers a request that needs its database: it reports that it is healthy before that."""
        deadline = time.monotonic() + _READY_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"MLflow did not start, see {self.log}: {self._last_words()}")
            time.sleep(0.05)
        if self._keeps:
            _keep(self._directory / _DATABASE, _template())
            self._keeps = False

    def _start(self, port: int, patience_seconds: float = 0.0) -> None:
        # MLflow takes seconds to bind: a port that was only looked up could be somebody else's by then.
        with _bind(port, patience_seconds) as bound:
            # Connections inherit it; without it, each answer would take 40 ms more.
            bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._port = bound.getsockname()[1]
            self.url = f"http://127.0.0.1:{self._port}"
            place = ["--bind", f"fd://{bound.fileno()}", "mlflow.server:app"]
            command: list[str | Path] = [env_python("dev"), "-c", _PROGRAM, *_OPTIONS, *place]
            self._process = processes.spawn(command, self._environment(), self._directory, self.log, [bound])

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
            "HOME": str(self._directory),
            "PATH": os.defpath,
            "_MLFLOW_SERVER_FILE_STORE": f"sqlite:///{self._directory / _DATABASE}",
            "_MLFLOW_SERVER_ARTIFACT_ROOT": "mlflow-artifacts:/",
            "_MLFLOW_SERVER_ARTIFACT_DESTINATION": str(self._directory / "artifacts"),
            "_MLFLOW_SERVER_SERVE_ARTIFACTS": "true",
            "_MLFLOW_SGI_NAME": "gunicorn",
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
            "GIT_PYTHON_REFRESH": "quiet",
            **self._variables,
        }


def _bind(port: int, patience_seconds: float) -> socket.socket:
    deadline = time.monotonic() + patience_seconds
    while True:
        try:
            return socket.create_server(("127.0.0.1", port))
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


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
