"""No process, connection or file of the local cluster stays behind, however it ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from .conftest import Kubectl, open_cluster

# A program with a child that detaches itself twice, as a daemon does: a new session, and a parent that is gone.
_DAEMON = """
import os
if os.fork():
    os._exit(0)
os.setsid()
print('pid', os.getpid(), flush=True)
print('ready', flush=True)
os.execlp('sleep', 'sleep', '600')
"""
WITH_DAEMON = ["sh", "-c", f'echo pid $$; python3 -c "{_DAEMON}"; sleep 600']

_SERVER = """
import sys
from tests.contracts.cluster.conftest import Kubectl, open_cluster
from tests.contracts.cluster.test_processes import WITH_DAEMON
with open_cluster() as cluster:
    kubectl = Kubectl(cluster)
    kubectl.run("daemon", *WITH_DAEMON)
    kubectl.wait_for_log("daemon", "ready")
    print(*cluster.running_pids(), flush=True)
    print(kubectl.logs("daemon")[0], "end", sep="", flush=True)
    sys.stdin.read()
"""


def _is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        # The second one is for a process that ended after the file was opened.
        return False
    return state != "Z"


def _pids(log: str) -> list[int]:
    return [int(line.split()[1]) for line in log.splitlines() if line.startswith("pid")]


def _soon(holds: Callable[[], bool]) -> bool:
    end = time.monotonic() + 10
    while not holds() and time.monotonic() < end:
        time.sleep(0.01)
    return holds()


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_closing_the_cluster_ends_every_process_of_its_containers() -> None:
    with open_cluster() as cluster:
        kubectl = Kubectl(cluster)
        kubectl.run("daemon", *WITH_DAEMON)
        kubectl.wait_for_log("daemon", "ready")
        pids = [*cluster.running_pids(), *_pids(kubectl.logs("daemon")[0])]
        assert len(pids) == 3
        assert all(map(_is_running, pids))

    assert not any(map(_is_running, pids))


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=lambda number: number.name)
def test_killing_the_cluster_ends_every_process_of_its_containers(number: signal.Signals) -> None:
    command = [sys.executable, "-c", _SERVER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        shims = [int(pid) for pid in server.stdout.readline().split()]
        pids = shims + _pids("".join(iter(server.stdout.readline, "end\n")))
        assert len(pids) == 3

        server.send_signal(number)

        assert _soon(lambda: not any(map(_is_running, pids)))


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_container_ends_with_its_first_process(kubectl: Kubectl) -> None:
    kubectl.run("leftover", "sh", "-c", "sleep 600 & echo pid $!; exit 4")
    kubectl.wait_for("leftover", "Failed")

    assert not any(map(_is_running, _pids(kubectl.logs("leftover")[0])))


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_container_ends_with_the_shim_that_holds_it(kubectl: Kubectl) -> None:
    kubectl.run("shimless", "sh", "-c", "echo pid $$; exec sleep 600")
    kubectl.wait_for_log("shimless", "pid")
    (pid,) = _pids(kubectl.logs("shimless")[0])

    os.kill(_parent(pid), signal.SIGKILL)

    assert _soon(lambda: not _is_running(pid))
    kubectl.wait_for("shimless", "Failed")


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def test_a_pod_has_room_for_temporary_files_that_goes_with_it(kubectl: Kubectl) -> None:
    kubectl.run("scratch", "sh", "-c", "touch $TMPDIR/file; ls $TMPDIR; echo $TMPDIR")
    kubectl.wait_for("scratch", "Complete")

    name, directory = kubectl.logs("scratch")[0].split()
    assert name == "file"
    assert not Path(directory).exists()


def test_a_flood_of_output_keeps_its_end(kubectl: Kubectl) -> None:
    flood = "for _ in range(30_000): print('y' * 99)\nprint('last')"
    kubectl.run("flood", "python3", "-c", flood)
    kubectl.wait_for("flood", "Complete")

    log = kubectl.logs("flood")[0]
    assert len(log) == 1 << 20
    assert log.endswith("y\nlast\n")


def test_logs_are_also_written_to_files_when_a_directory_is_given(tmp_path: Path) -> None:
    with open_cluster(log_dir=tmp_path) as cluster:
        kubectl = Kubectl(cluster)
        kubectl.run("filed", "echo", "hello")
        kubectl.wait_for("filed", "Complete")
        name = kubectl.pods("filed")[0]["metadata"]["name"]

    assert (tmp_path / f"{name}.log").read_text() == "hello\n"


def test_closing_the_cluster_closes_the_connections_that_clients_keep_open() -> None:
    cluster = open_cluster()
    cluster.start()
    with requests.Session() as session:
        assert session.get(f"{cluster.url}/version", timeout=5).ok
        cluster.close()
        with pytest.raises(requests.ConnectionError):
            session.get(f"{cluster.url}/version", timeout=5)
