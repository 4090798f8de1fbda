"""The emulated account as one object: start it, deploy into it, stop it."""

import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self
from unittest.mock import patch

from moto.moto_api._internal import moto_api_backend
from moto.server import ThreadedMotoServer
from moto.stepfunctions.parser.models import stepfunctions_parser_backends
from werkzeug.serving import BaseWSGIServer

from local.aws import hooks
from local.aws.activity import Activity
from local.aws.clients import Clients
from local.aws.deploy import DeployedStack, deploy
from local.aws.dispatcher import Dispatcher
from local.aws.environment import ACCOUNT, REGION, isolated
from local.aws.functions import Functions
from local.aws.invoker import Invoker
from local.aws.schedules import Schedules

_STOP_SECONDS = 2.0
_RUNNING = threading.Lock()


class LocalAccount:
    """A context manager; there can be one at a time in a process."""

    def __init__(
        self,
        logs: Path,
        time_scale: float = 1.0,
        reroute: Callable[[str], str] = lambda address: address,
        port: int = 0,
    ) -> None:
        """`reroute` is given the address of the account, and returns the one that functions use instead."""
        self.activity = Activity()
        self._logs = logs
        self._reroute = reroute
        self._port = port
        self.time_scale = time_scale
        self._undo = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            self._start(undo)
            self._undo = undo.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._undo.close()

    def _start(self, undo: ExitStack) -> None:
        if not _RUNNING.acquire(blocking=False):
            raise RuntimeError("moto keeps its state in globals, so accounts can run in a process only one at a time")
        undo.callback(_RUNNING.release)
        for noisy in ("werkzeug", "moto.stepfunctions", "samtranslator.metrics"):
            logging.getLogger(noisy).setLevel(logging.CRITICAL)
        undo.callback(moto_api_backend.reset)
        server = _start_server(undo, self._port)
        port = server.port
        undo.enter_context(isolated(port))
        self.endpoint = f"http://127.0.0.1:{port}"
        undo.enter_context(patch("boto3.DEFAULT_SESSION", None))
        self.clients = Clients(self.endpoint, server.app)
        self.functions = Functions(self._reroute(self.endpoint))
        self.invoker = Invoker(self.functions, self.activity, self.time_scale)
        self.dispatcher = Dispatcher(self.invoker, self.activity)
        self.schedules = Schedules(self.dispatcher)
        undo.enter_context(hooks.install(self.clients, self.invoker, self.dispatcher, self.activity, self.time_scale))
        undo.callback(self._wind_down)

    def _wind_down(self) -> None:
        self.schedules.stop()
        _abandon_executions()
        self.invoker.close()
        self.dispatcher.close()
        self.schedules.join()
        with suppress(TimeoutError):
            self.activity.wait_until_idle(_STOP_SECONDS)

    def client(self, service: str) -> Any:
        return self.clients.get(service)

    def deploy(self, template: Path, stack_name: str, parameters: Mapping[str, str]) -> DeployedStack:
        deployed = deploy(template, stack_name, dict(parameters), self._logs)
        self.functions.add(deployed.functions)
        return deployed


def _start_server(undo: ExitStack, port: int) -> BaseWSGIServer:
    server = ThreadedMotoServer("127.0.0.1", port, verbose=False)
    server.start()
    started: BaseWSGIServer | None = server._server
    assert started is not None
    undo.callback(started.server_close)
    undo.callback(server.stop)
    return started


def _abandon_executions() -> None:
    """Let no execution go on in the background; those that wait for a task token are woken up so that they notice."""
    backend: Any = stepfunctions_parser_backends[ACCOUNT][REGION]
    workers = [execution.exec_worker for machine in backend.state_machines for execution in machine.executions]
    for environment in [worker.env for worker in workers if worker and worker.env]:
        environment.set_stop(datetime.now(UTC), None, None)
        for endpoint in list(environment.callback_pool_manager._pool.values()):
            endpoint.interrupt_all()
