"""The registry, metrics, executions, events, channels and the clock in memory."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from threading import RLock
from typing import Any

from ...domain.account import Caller, FunctionLimits, Simulated
from ...domain.digest import sha256_of
from ...domain.errors import EventInvalid, RegistryRefused
from ...domain.events import FactEvent
from ...domain.files import FileDigest
from ...domain.metric_reading import MetricQuery, MetricReading
from ...domain.notification import Notification
from ...domain.prices import PriceList, list_prices
from ..clock import SystemClock
from ..mlflow.signature import input_names


class MemoryClock:
    """A clock that stands still until it is moved."""

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def advance(self, by: timedelta) -> None:
        self._now += by


class RunningClock(MemoryClock):
    """A clock that goes on from a moment like any other, never shows one moment twice, and can be moved on.

    Raises EventInvalid for a moment without a time zone.
    """

    def __init__(self, start: datetime | None = None) -> None:
        if start is not None and start.tzinfo is None:
            raise EventInvalid(f"at = {start.isoformat()}: has no time zone; give it one, such as tzinfo=UTC")
        self._real, self._lock = SystemClock(), RLock()
        began = self._real.now()
        super().__init__(start or began)
        self._ahead = self._now - began

    def now(self) -> datetime:
        with self._lock:
            # A request is named after its moment, so two at once must not share one.
            self._now = max(self._real.now() + self._ahead, self._now + timedelta(microseconds=1))
            return self._now

    def advance(self, by: timedelta) -> None:
        with self._lock:
            self._ahead += by


class MemoryAccount:
    """An account whose caller and functions may do everything, unless told otherwise."""

    def __init__(self) -> None:
        self.seconds_ahead = 0.0
        self.emulator: str | None = None
        self.own = Simulated()
        self.roles: dict[str, Simulated] = {}
        self.limits = FunctionLimits(at_once=1000, unreserved=1000, free_bytes=70 << 30)
        self.quotas: dict[str, float] = {}

    def caller(self) -> Caller:
        arn = "arn:aws:iam::000000000000:user/test"
        return Caller(arn=arn, region="none", seconds_ahead=self.seconds_ahead, emulator=self.emulator)

    def permissions(self, caller: Caller) -> Simulated:
        return self.own

    def function_roles(self) -> Iterator[tuple[str, Simulated]]:
        return iter(self.roles.items())

    def function_limits(self) -> FunctionLimits:
        return self.limits

    def quota(self, service: str, code: str) -> float:
        return self.quotas.get(service, 1e6)


class MemoryRegistry:
    """ModelRegistry in dictionaries."""

    tracking_uri = "http://registry.invalid"

    def __init__(self) -> None:
        self._versions: dict[tuple[str, str], dict[str, str]] = {}
        self._files: dict[tuple[str, str], dict[str, bytes]] = {}
        self._champions: dict[str, str] = {}
        self._runs: dict[tuple[str, str], str] = {}
        self.documents: dict[str, dict[str, bytes]] = {}

    def start_run(self, run_id: str) -> None:
        """Begin a run, as a training container would."""
        self.documents.setdefault(run_id, {})

    def register(self, model_name: str, version: str, run_id: str | None = None, **tags: str) -> None:
        """Register a version, as a training container would."""
        self._versions[model_name, version] = tags
        if run_id:
            self._runs[model_name, version] = run_id
        self.write_file(model_name, version, "MLmodel", f"{model_name} {version}".encode())

    def write_file(self, model_name: str, version: str, path: str, content: bytes) -> None:
        """Write or overwrite a file of a version, as anyone with write access to the registry's storage could."""
        self._files.setdefault((model_name, version), {})[path] = content

    def delete_files(self, model_name: str, version: str) -> None:
        """Delete all files of a version."""
        self._files[model_name, version] = {}

    def delete(self, model_name: str, version: str) -> None:
        """Delete a version as a person would; an alias on it goes with it."""
        del self._versions[model_name, version]
        if self._champions.get(model_name) == version:
            del self._champions[model_name]

    def server_version(self) -> str:
        return "3.0.0"

    def champion(self, model_name: str) -> str | None:
        return self._champions.get(model_name)

    def champions(self) -> dict[str, str]:
        return dict(self._champions)

    def set_champion(self, model_name: str, version: str) -> None:
        if (model_name, version) not in self._versions:
            raise RegistryRefused(f"'{model_name}' has no version {version}")
        self._champions[model_name] = version

    def inputs(self, model_name: str, version: str) -> tuple[str, ...]:
        return input_names(b"".join(self.read_file(model_name, version, "MLmodel")))

    def version_tags(self, model_name: str, version: str) -> dict[str, str] | None:
        return self._versions.get((model_name, version))

    def run_of(self, model_name: str, version: str) -> str | None:
        return self._runs.get((model_name, version)) if (model_name, version) in self._versions else None

    def storage_uri(self, model_name: str, version: str) -> str:
        if (model_name, version) not in self._versions:
            raise RegistryRefused(f"'{model_name}' has no version {version}")
        return f"s3://models/{model_name}/{version}"

    def has_files(self, model_name: str, version: str) -> bool:
        return bool(self.version_files(model_name, version))

    def version_files(self, model_name: str, version: str) -> dict[str, FileDigest]:
        if (model_name, version) not in self._versions:
            raise RegistryRefused(f"'{model_name}' has no version {version}")
        files = self._files[model_name, version].items()
        return {path: FileDigest(sha256=sha256_of(content), size=len(content)) for path, content in files}

    def read_file(self, model_name: str, version: str, path: str) -> Iterator[bytes]:
        if (model_name, version) not in self._versions:
            raise RegistryRefused(f"'{model_name}' has no version {version}")
        if path not in self._files[model_name, version]:
            raise RegistryRefused(f"version {version} of '{model_name}' has no file '{path}'")
        yield self._files[model_name, version][path]

    def keep_document(self, run_id: str, name: str, content: bytes) -> None:
        if run_id not in self.documents:
            raise RegistryRefused(f"there is no run '{run_id}'")
        self.documents[run_id][name] = content


class MemoryPrices:
    """PriceSource with the list prices of this release, until a test sets others."""

    def __init__(self) -> None:
        self.list = PriceList(prices=list_prices())

    def current(self) -> PriceList:
        return self.list


class MemoryMetricSource:
    """MetricSource that returns the reading set for a model, or for one of its versions, and otherwise no value."""

    def __init__(self) -> None:
        self.readings: dict[str, MetricReading] = {}
        self.of_versions: dict[tuple[str, str], MetricReading] = {}

    def read(self, queries: Sequence[MetricQuery]) -> list[MetricReading]:
        return [self._read(query) or MetricReading(value=None) for query in queries]

    def _read(self, query: MetricQuery) -> MetricReading | None:
        if query.version is None or not query.metric.names_version:
            return self.readings.get(query.model_name)
        return self.of_versions.get((query.model_name, query.version))


class MemoryExecutions:
    """Executions that are only recorded, or carried out by `play` before `start` returns."""

    def __init__(self) -> None:
        self.play: Callable[[str, Mapping[str, Any]], None] | None = None
        self._lock = RLock()
        self.started: dict[str, Mapping[str, Any]] = {}
        self.answers: list[tuple[str, str, str]] = []
        self.ended: set[str] = set()

    def start(self, name: str, event: Mapping[str, Any]) -> str | None:
        with self._lock:
            if name in self.started:
                return None
            self.started[name] = event
        arn = f"arn:aws:states:eu-central-1:123456789012:execution:retraining:{name}"
        if self.play:
            self.play(arn, event)
        return arn

    def succeed(self, task_token: str, output: Mapping[str, Any]) -> None:
        self.answers.append(("succeed", task_token, str(output)))

    def fail(self, task_token: str, error: str, cause: str) -> None:
        self.answers.append(("fail", task_token, cause))

    def heartbeat(self, task_token: str) -> bool:
        self.answers.append(("heartbeat", task_token, ""))
        return True

    def has_ended(self, execution_arn: str) -> bool:
        return execution_arn in self.ended


class MemoryEventBus:
    """EventBus that keeps all events."""

    def __init__(self) -> None:
        self.published: list[FactEvent] = []

    def publish(self, event: FactEvent) -> None:
        self.published.append(event)


class MemoryChannel:
    """Channel that keeps all messages, or fails with an error while it has one."""

    def __init__(self) -> None:
        self.sent: list[Notification] = []
        self.error: Exception | None = None

    def send(self, notification: Notification) -> None:
        if self.error:
            raise self.error.with_traceback(None)  # otherwise it would grow with each message
        self.sent.append(notification)

    def check(self) -> str:
        if self.error:
            raise self.error.with_traceback(None)  # otherwise it would grow with each message
        return "messages are kept in memory"

    @property
    def texts(self) -> list[str]:
        return [notification.text for notification in self.sent]
