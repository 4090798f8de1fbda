"""A function that is forked from a process with its layers imported is what it would be as a process of its own."""

import json
import socket
import subprocess
import sys
from typing import Any

import pytest

from local.aws.function import Function
from local.aws.preparations import start_forerunners
from local.aws.sandbox import Sandbox
from local.containers import Forerunner
from local.containers.programs import forerunner as program

from .conftest import App

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="functions are forked on Linux only")

# Each process or invocation has its own.
_OWN = {"AWS_LAMBDA_RUNTIME_API", "TMPDIR", "_X_AMZN_TRACE_ID"}


@pytest.fixture(scope="module")
def worker(app: App) -> Function:
    return app.account.functions._pools[app.outputs["WorkerName"]].function


@pytest.fixture(scope="module")
def forerunner(app: App, worker: Function) -> Forerunner:
    functions = [pool.function for pool in app.account.functions._pools.values()]
    forerunner = start_forerunners(functions, app.account.endpoint)[worker.layers]
    assert forerunner.is_ready(within_seconds=30)
    return forerunner


def seen_by(function: Function, app: App, forerunner: Forerunner | None) -> dict[str, Any]:
    """What a function sees of itself, in a process of its own or forked."""
    sandbox = Sandbox(function, app.account.endpoint, forerunner)
    try:
        answer = sandbox.invoke(b'{"do": "describe"}')
    finally:
        sandbox.kill()
        sandbox.join()
    assert not answer.failed, answer.payload
    seen: dict[str, Any] = json.loads(answer.payload)
    return seen


def test_a_fork_sees_what_a_process_of_its_own_sees(app: App, worker: Function, forerunner: Forerunner) -> None:
    plain, forked = seen_by(worker, app, None), seen_by(worker, app, forerunner)

    for seen in (plain, forked):
        assert set(seen["environment"]) >= _OWN
        seen["environment"] = {name: value for name, value in seen["environment"].items() if name not in _OWN}
        del seen["remaining_ms"]
        del seen["modules"]
    assert forked == plain


def test_a_fork_has_no_modules_but_those_of_its_own_layers(app: App, worker: Function, forerunner: Forerunner) -> None:
    seen = seen_by(worker, app, forerunner)

    files = {name: file for name, file in seen["modules"].items() if file}
    folders = tuple(folder for folder in seen["search_path"] if folder)
    assert {name for name, file in files.items() if not file.startswith(folders)} == set()
    assert files["greeting"].startswith(str(worker.layers[0]))


def test_a_fork_is_killed_as_a_process_of_its_own_is(app: App, worker: Function, forerunner: Forerunner) -> None:
    sandbox = Sandbox(worker, app.account.endpoint, forerunner)
    assert not sandbox.invoke(b"{}").failed

    sandbox.kill()
    sandbox.join()

    assert not sandbox.alive
    assert "signal: 9" in sandbox.invoke(b"{}").payload.decode()


def test_a_forerunner_whose_owner_has_gone_ends_without_a_word() -> None:
    ours, theirs = socket.socketpair()
    command = [sys.executable, program.__file__, str(theirs.fileno()), "import time; time.sleep(0.3)", "-m", "json"]
    process = subprocess.Popen(command, pass_fds=(theirs.fileno(),), stderr=subprocess.PIPE, text=True)
    theirs.close()
    ours.sendall(b"half a request")  # what is left unread makes the end of a connection an error
    ours.close()
    _, said = process.communicate(timeout=30)
    assert (process.returncode, said) == (0, "")
