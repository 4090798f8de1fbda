"""Each MLflow server has a state of its own, and none outlives the process that started it."""

import json
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from local import mlflow_server
from local.mlflow_server import MlflowServer

START_A_SERVER = """
import sys
from pathlib import Path
from local.mlflow_server import MlflowServer
with MlflowServer(Path(sys.argv[1])) as server:
    server.wait_until_ready()
    print(server.url, flush=True)
    sys.stdin.read()
"""


def ask(url: str, what: str, **body: Any) -> Any:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{url}/api/2.0/mlflow/{what}", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def answers(url: str) -> bool:
    try:
        return bool(ask(url, "experiments/search", max_results=1))
    except OSError:
        return False


def experiments(server: MlflowServer) -> list[str]:
    return sorted(each["name"] for each in ask(server.url, "experiments/search", max_results=10)["experiments"])


def test_servers_side_by_side_know_nothing_of_each_other(tmp_path: Path) -> None:
    with MlflowServer(tmp_path / "a") as a, MlflowServer(tmp_path / "b") as b:
        a.wait_until_ready()
        b.wait_until_ready()
        ask(a.url, "experiments/create", name="of a")
        a.restart()

        assert experiments(a) == ["Default", "of a"]
        assert experiments(b) == ["Default"]


def test_where_processes_cannot_be_forked_a_server_imports_mlflow_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mlflow_server, "can_fork", lambda: False)
    with MlflowServer(tmp_path) as server:
        server.wait_until_ready()
        assert experiments(server) == ["Default"]


def test_a_server_ends_when_the_process_that_started_it_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", START_A_SERVER, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        url = parent.stdout.readline().strip()
        assert answers(url)
        parent.send_signal(signal.SIGKILL)

    deadline = time.monotonic() + 10
    while answers(url):
        assert time.monotonic() < deadline
