"""No child process outlives the process that started it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from local import processes

START_A_CHILD = """
import os, sys
from pathlib import Path
from local import processes
script = "import subprocess, sys, time; subprocess.Popen(['sleep', '60']); time.sleep(60)"
child = processes.spawn([sys.executable, "-c", script], os.environ, Path.cwd(), Path(sys.argv[1]))
print(child.pid, flush=True)
sys.stdin.read()
"""


def group_is_gone(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


def test_children_die_when_their_parent_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", START_A_CHILD, str(tmp_path / "log")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        group = int(parent.stdout.readline())
        assert not group_is_gone(group)
        parent.send_signal(signal.SIGKILL)

    deadline = time.monotonic() + 10
    while not group_is_gone(group):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_child_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    ignore = "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    log = tmp_path / "log"
    child = processes.spawn([sys.executable, "-c", ignore], os.environ, tmp_path, log)
    deadline = time.monotonic() + 10
    while "deaf" not in log.read_text():
        assert time.monotonic() < deadline

    processes.stop(child, grace_seconds=0.1)

    assert child.returncode == -signal.SIGKILL
