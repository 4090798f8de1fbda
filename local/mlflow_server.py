"""A real MLflow server on SQLite, as a child process."""

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Self

from local import processes
from local.paths import env_python

_READY_SECONDS = 120.0
_STOP_SECONDS = 2.0
_LAST_WORDS = 2_000


class MlflowServer:
    """Starts in the background; call `wait_until_ready` before using it.

    `mlflow server` imports MLflow only to start this command with these variables, which imports it a second time.
    Starting the command directly takes half the time, and is safe because the version is pinned. Variables are added to
    its environment.
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
        self._start(self._port)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        processes.stop(self._process, _STOP_SECONDS)

    def restart(self) -> None:
        """Kill it without warning, start it again at the same address, and wait until it is ready."""
        processes.stop(self._process, grace_seconds=0)
        self._start(self._port)
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        """Return once it answers a request that needs its database: it reports that it is healthy before that."""
        deadline = time.monotonic() + _READY_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"MLflow did not start, see {self.log}: {self._last_words()}")
            time.sleep(0.05)

    def _start(self, port: int) -> None:
        # MLflow takes seconds to bind: a port that was only looked up could be somebody else's by then.
        with socket.create_server(("127.0.0.1", port)) as bound:
            # uvicorn takes an inherited socket for a Unix one and leaves this out: 40 ms more for each answer.
            bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._port = bound.getsockname()[1]
            self.url = f"http://127.0.0.1:{self._port}"
            options = ["--fd", str(bound.fileno()), "--workers", "1", "mlflow.server.fastapi_app:app"]
            command: list[str | Path] = [env_python("dev"), "-m", "uvicorn", *options]
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
            "_MLFLOW_SERVER_FILE_STORE": f"sqlite:///{self._directory / 'mlflow.db'}",
            "_MLFLOW_SERVER_ARTIFACT_ROOT": "mlflow-artifacts:/",
            "_MLFLOW_SERVER_ARTIFACT_DESTINATION": str(self._directory / "artifacts"),
            "_MLFLOW_SERVER_SERVE_ARTIFACTS": "true",
            "_MLFLOW_SGI_NAME": "uvicorn",
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
            "GIT_PYTHON_REFRESH": "quiet",
            **self._variables,
        }
