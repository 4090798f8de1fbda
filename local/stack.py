"""Everything that auto-retrain needs, on one machine: AWS, a cluster and MLflow, with the built template deployed."""

import fcntl
import gc
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Self

from auto_retrain.settings import Settings
from local.cluster import LocalCluster, LocalImage
from local.mlflow_server import MlflowServer
from local.paths import BUILT_TEMPLATE, LOCAL
from local.trainer_image import TRAIN_MODEL
from local.usual_ports import USUAL_PORTS, free_or_any

STACK = LOCAL / "stack"
STACK_NAME = "auto-retrain-local"
DATA_BUCKET = "local-data"
TRAINER_IMAGE = "auto-retrain/train-model:local"
_CLUSTER = "local"


class StackUnavailable(Exception):
    """The stack cannot start; the message says what to do."""


class LocalStack:
    """A context manager; there can be one at a time in a process. Permissions are not enforced.

    With `live_schedules` the sweep runs by the clock. The watchers always do, and more often than in the cloud; the one
    of Jobs also whenever a Job has ended or waits to be resumed.
    `time_scale` is the fraction of their time that Wait states and retry delays take; timeouts stay as they are.
    `images` are known to the cluster besides the trainer's own. `reroute` is given "aws", "cluster" or "mlflow" and the
    address of that server, and returns the address that functions use instead. With `usual_ports` the servers are where
    people look for them, if these ports are free. `environment` is what points the command line at the stack.
    """

    def __init__(
        self,
        directory: Path = STACK,
        *,
        parameters: Mapping[str, str] | None = None,
        images: Mapping[str, LocalImage] | None = None,
        time_scale: float = 1.0,
        watch_interval_seconds: float = 1.0,
        live_schedules: bool = False,
        parallel_pods: int = 2,
        report: Callable[[str], None] = print,
        reroute: Callable[[str, str], str] = lambda server, address: address,
        usual_ports: bool = False,
    ) -> None:
        self.directory = directory
        self.logs = directory / "logs"
        self.data_bucket = DATA_BUCKET
        self._parameters = dict(parameters or {})
        self._images = dict(images or {})
        self._time_scale = time_scale
        self._watch_interval_seconds = watch_interval_seconds
        self._live_schedules = live_schedules
        self._parallel_pods = parallel_pods
        self._report = report
        self._reroute = reroute
        self._usual_ports = usual_ports
        self._undo = ExitStack()

    def __enter__(self) -> Self:
        started = time.monotonic()
        if not BUILT_TEMPLATE.exists():
            raise StackUnavailable("nothing is built yet: run `make build-local` first")
        with ExitStack() as undo, _without_garbage_collection():
            undo.enter_context(_only_user_of(self.directory))
            self._start(undo)
            self._undo = undo.pop_all()
        self._report(f"stack: ready after {time.monotonic() - started:.1f} s")
        return self

    def __exit__(self, *_: object) -> None:
        self._undo.close()

    def _start(self, undo: ExitStack) -> None:
        self._mlflow = undo.enter_context(MlflowServer(self.directory / "mlflow", self._port("mlflow")))
        self.mlflow_url = self._mlflow.url
        self._report(f"stack: MLflow is starting on {self.mlflow_url}")
        # Importing moto takes seconds, in which MLflow goes on starting.
        from local.aws.account import LocalAccount

        self._account = undo.enter_context(
            LocalAccount(self.logs, self._time_scale, partial(self._reroute, "aws"), self._port("aws"))
        )
        self.aws_endpoint = self._account.endpoint
        self._report(f"stack: AWS is on {self.aws_endpoint}")
        self._start_cluster(undo)
        self._deploy()
        self._mlflow.wait_until_ready()
        self._account.functions.warm()
        # Each pass takes time of the few processors. The end of a Job is not waited for: it wakes its watcher.
        intervals = {"WatchScheduleRule": 1.0, "RolloutScheduleRule": 3.0}
        watchers = {rule: factor * self._watch_interval_seconds for rule, factor in intervals.items()}
        self._account.schedules.start(watchers, self._live_schedules)

    def _start_cluster(self, undo: ExitStack) -> None:
        from local.aws.environment import aws_settings

        settings = aws_settings(self.aws_endpoint)
        keys = {settings["AWS_ACCESS_KEY_ID"]: settings["AWS_SECRET_ACCESS_KEY"]}
        images = {
            name: replace(image, env={**image.env, **settings})
            for name, image in {TRAINER_IMAGE: TRAIN_MODEL, **self._images}.items()
        }
        wake_watcher = partial(self._account.schedules.fire_early, "WatchScheduleRule")
        self.cluster = LocalCluster(
            images,
            self._parallel_pods,
            self.logs / "pods",
            name=_CLUSTER,
            aws_keys=keys,
            wake_watcher=wake_watcher,
            port=self._port("cluster"),
        )
        self.cluster_url = undo.enter_context(self.cluster).url
        self._report(f"stack: the cluster is on {self.cluster_url}")

    def _port(self, server: str) -> int:
        """The usual port of a server, if people should find it there and it is free; 0 is any that is free."""
        return free_or_any(USUAL_PORTS[server]) if self._usual_ports else 0

    def _deploy(self) -> None:
        from local.aws.environment import aws_settings

        self.client("s3").create_bucket(Bucket=self.data_bucket)
        deployed = self._account.deploy(BUILT_TEMPLATE, STACK_NAME, self._template_parameters())
        self.outputs = deployed.outputs
        variables = {name: value for each in deployed.functions for name, value in each.variables.items()}
        # Functions differ only in which of them they get.
        settings = {name: value for name, value in variables.items() if name.lower() in Settings.model_fields}
        self.environment = aws_settings(self.aws_endpoint) | settings
        self._report(f"stack: {len(deployed.functions)} functions are deployed, their logs are in {self.logs}")

    def _template_parameters(self) -> dict[str, str]:
        return {
            "Stage": "local",
            "MlflowTrackingUri": self._reroute("mlflow", self.mlflow_url),
            "DataBucketName": self.data_bucket,
            "ClusterName": _CLUSTER,
            "ClusterEndpoint": self._reroute("cluster", self.cluster_url),
            "TrainerImage": TRAINER_IMAGE,
        } | self._parameters

    def client(self, service: str) -> Any:
        """A boto3 client of the emulated account."""
        return self._account.client(service)

    def kill_functions(self) -> None:
        """Kill every function that is running, without warning."""
        self._account.functions.kill_busy()

    def cut_power(self) -> None:
        """Kill every function that is running, every pod and MLflow at once; what AWS and Kubernetes keep is kept."""
        self.kill_functions()
        self.cluster.lose_node()
        self._mlflow.restart()

    def fire_schedule(self, logical_id: str, at: datetime) -> None:
        """Fire a scheduled rule as of that moment; `wait_until_idle` waits for all that follows."""
        self._account.dispatcher.fire_schedule(logical_id, at)

    def wait_until_idle(self, timeout: float) -> None:
        """Wait until no execution, event or asynchronous invocation is under way; TimeoutError names what still is."""
        self._account.activity.wait_until_idle(timeout)


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """A start imports half a million objects that stay: searching them for garbage would take a fifth of its time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextmanager
def _only_user_of(directory: Path) -> Iterator[None]:
    """An empty directory that no other running stack uses."""
    directory.parent.mkdir(parents=True, exist_ok=True)
    with directory.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StackUnavailable(f"another local stack is running in {directory}") from None
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir()
        yield
