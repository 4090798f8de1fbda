"""`auto-retrain local …`, and where `--endpoint local` finds the stack that runs on this machine."""

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from ..domain.errors import EventInvalid
from ..domain.text import one_line
from ..local_stack import FILE, RunningStack, find_stack, is_alive, repository_of
from .commands import LOCAL, Commands

# What the stack prints, below the root of the repository.
LOG = Path(".local") / "stack.log"
START_SECONDS, STOP_SECONDS = 180, 30

commands = Commands("local")


def use_local_stack() -> None:
    """Point this process at the running local stack; raises EventInvalid if there is none."""
    found = _required()
    for name in _of_the_cloud():
        del os.environ[name]
    os.environ.update(found.environment)


@commands.add("up", "local up", "start the stack in the background")
def up() -> int:
    """Start the local stack in the background and show how to reach it; needs the repository of auto-retrain, and `make
    setup build-local` once. A stack that runs already is shown."""
    if _running() is None:
        _start(repository_of(Path.cwd()))
    return _show()


@commands.add("down", "local down", "stop the stack")
def down() -> int:
    """Stop the local stack and everything that runs in it; nothing is kept."""
    found = _running()
    if found is None:
        print("no local stack runs")
        return 0
    os.kill(found.pid, signal.SIGTERM)
    for _ in _ticks(STOP_SECONDS):
        if not is_alive(found.pid):
            print("the local stack has stopped")
            return 0
    print(f"auto-retrain: process {found.pid} still stops after {STOP_SECONDS} s", file=sys.stderr)
    return 1


@commands.add("status", "local status", "show whether the stack runs, and where")
def status() -> int:
    """Show the addresses of the local stack. Exits with 1 if none runs."""
    return _show()


@commands.add("env", "local env", "print what points a shell at the stack")
def env() -> None:
    """Print what points a shell, and every program that is started in it, at the local stack, for
    eval "$(auto-retrain local env)"."""
    variables = _required().environment
    # With the variables no file is looked for, so that commands work in any folder.
    for name in sorted({LOCAL, *_of_the_cloud()} - set(variables)):
        print(f"unset {name}")
    for name, value in sorted(variables.items()):
        print(f"export {name}={shlex.quote(value)}")


def _of_the_cloud() -> set[str]:
    """Variables that point at AWS itself, such as a profile."""
    return {name for name in os.environ if name.startswith("AWS_")}


def _show() -> int:
    found = _running()
    if found is None:
        print("no local stack runs; start one with 'auto-retrain local up'")
        return 1
    for name, address in found.addresses.items():
        print(one_line(f"{name:11} {address}"))
    print(f"\nexport {LOCAL}=1 points the command line at it, as --endpoint local does")
    print('eval "$(auto-retrain local env)" points every program at it that is started in this shell')
    return 0


def _running() -> RunningStack | None:
    return find_stack(Path.cwd())


def _required() -> RunningStack:
    found = _running()
    if found is None:
        raise EventInvalid(
            f"--endpoint local: no stack runs: there is no {FILE} in {Path.cwd()} or above it; start one with "
            "'auto-retrain local up' or 'make local', and give the command below the folder of the repository"
        )
    return found


def python_of(root: Path) -> Path:
    """The interpreter that `make setup` installs for a version like this one's."""
    tag = f"{sys.version_info.major}.{sys.version_info.minor}"
    return root / ".local" / "envs" / tag / "dev" / "bin" / "python"


def _start(root: Path) -> None:
    python = python_of(root)
    if not python.exists():
        raise EventInvalid(f"local up: there is no {python}; run 'make setup build-local' in {root} first")
    log = root / LOG
    with log.open("wb") as output:
        # A session of its own, so that Ctrl-C here does not stop it.
        process = subprocess.Popen(
            [python, "-m", "local", "run"], cwd=root, stdout=output, stderr=output, start_new_session=True
        )
    for _ in _ticks(START_SECONDS):
        if process.poll() is not None:
            last = log.read_text(errors="replace").strip().splitlines()[-1:] or ["it printed nothing"]
            raise EventInvalid(f"local up: the stack did not start, see {log}: {last[0]}")
        found = _running()
        if found and found.pid == process.pid:
            return
    process.terminate()
    raise EventInvalid(f"local up: the stack was not ready after {START_SECONDS} s, see {log}")


def _ticks(seconds: float) -> Iterator[None]:
    """Some moments, until so many seconds have passed."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield
        time.sleep(0.2)
