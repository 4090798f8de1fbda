"""Everything outside that the use cases need, each as small as they need it.

Every port has a real adapter and one in memory, and one contract suite that both pass. Adapters raise only the
errors of `domain.errors`: transient ones when the outside may recover, permanent ones when it refused.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any, NamedTuple, Protocol

# Only for the type checker: whoever imports the ports must not pay for all that they speak about.
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date, datetime

    from .domain.cluster import ClusterJob, JobOrder, Obstacle
    from .domain.decision_record import DecisionRecord
    from .domain.events import JobEvent
    from .domain.files import FileDigest
    from .domain.fleet import FleetLimits, SweepMark
    from .domain.installation import Permission
    from .domain.job import RetrainingJob
    from .domain.ledger import LedgerLine
    from .domain.manifest import DataObject
    from .domain.metric_reading import MetricQuery, MetricReading
    from .domain.model_state import ModelState, Quarantine, WaitingTrigger
    from .domain.policy.policy import AppliedPolicy, Policy, PolicyStatus
    from .domain.policy.training import TrainingPolicy
    from .domain.trigger_type import TriggerType
    from .domain.windows import Window


class RowBatch(NamedTuple):
    """Some rows: numbers as one-dimensional float64 arrays with NaN for missing, categories as rows per level, and
    texts row by row, None for missing.

    Arrays are not typed here, because numpy is not in every function. The level None counts missing values, and is
    always there if there are any; of very many levels only the frequent ones are.
    """

    rows: int
    numbers: Mapping[str, Any]
    levels: Mapping[str, Mapping[str | None, int]]
    texts: Mapping[str, Sequence[str | None]] = {}


class Clock(Protocol):
    """Wall-clock time."""

    def now(self) -> datetime: ...


class PolicyStore(Protocol):
    """Policies in force, and their history."""

    def apply(
        self,
        policy: Policy,
        actor: str,
        at: datetime,
        *,
        status: PolicyStatus = ...,
        note: str = "",
        after: int | None = None,
    ) -> AppliedPolicy:
        """Put a policy in force, pause it or remove it, as the next version.

        The newest version, applied again with the same status, stays as it is. Versions go on counting after a removal.
        Raises PolicyConflict when `after` is given and is not the newest version, 0 meaning none.
        """

    def get(self, model_name: str) -> AppliedPolicy | None:
        """The newest version, paused or not; None for a model without one, and for one that was removed."""

    def history(self, model_name: str) -> list[AppliedPolicy]:
        """Every version that ever was, the newest first."""

    def fleet(self) -> Iterator[tuple[AppliedPolicy, ModelState]]:
        """Every model that has a policy with its state, in the order of their names, in few calls."""


class JobStore(Protocol):
    """Job records, and the lease by which one job owns a model."""

    def open_job(self, job: RetrainingJob, lease_expires_at: datetime) -> RetrainingJob:
        """Store a new job and take its model's lease, both or neither.

        Opening the same job again gives back the stored one. Raises LeaseHeld when another job owns the model.
        """

    def get(self, job_id: str) -> RetrainingJob | None: ...

    def save(self, job: RetrainingJob) -> RetrainingJob:
        """Store a changed job as its next revision; raises JobConflict if someone else did so first."""

    def close_job(self, job: RetrainingJob, *, retrained: bool, rejected_in_a_row: int | None = None) -> RetrainingJob:
        """Store a job in its terminal status and give its lease back, both or neither.

        `retrained` moves the model's last retraining to the job's event time; a count that is None stays as it is.
        """

    def list_active(self) -> list[RetrainingJob]:
        """Jobs that have not ended, oldest first; a job opened or closed a moment ago may be missed or too many."""

    def list_recent(self, model_name: str | None, limit: int) -> list[RetrainingJob]:
        """The newest jobs, of one model or of all, newest first."""


class ModelStates(Protocol):
    """What each model remembers between executions."""

    def get(self, model_name: str) -> ModelState: ...

    def record_drift_check(self, model_name: str, event_time: datetime) -> None:
        """Remember when the data were last checked for drift; an earlier moment than the known one changes nothing."""

    def record_retrain(self, model_name: str, event_time: datetime) -> None:
        """Remember a retraining that happened elsewhere, so that the schedule counts from there.

        An earlier moment than the known one changes nothing.
        """

    def record_breach(self, model_name: str, trigger: TriggerType, day: date) -> ModelState:
        """Remember that a trigger was met on a day, and give the state with it; the same day again changes nothing."""

    def set_quarantine(self, model_name: str, quarantine: Quarantine | None) -> bool:
        """Block a model's retraining, or free it; whether that changed anything. The first reason stays.

        Blocking for the very same reason again is taken for the same call, whose answer was lost.
        """


class WaitingTriggers(Protocol):
    """Triggers that met a model whose job was still running."""

    def add(self, waiting: WaitingTrigger) -> None:
        """Remember a trigger; one of the same key takes the place of the earlier."""

    def of(self, model_name: str) -> list[WaitingTrigger]:
        """Triggers of a model that wait, by key."""

    def remove(self, waiting: WaitingTrigger) -> None:
        """Forget a trigger; none is fine, and one of another execution that took its place stays."""


class DecisionLog(Protocol):
    """Every decision on whether to retrain a model, for people who ask why, and why not."""

    def record(self, decision: DecisionRecord) -> None:
        """Keep a decision; one with the same model, event time and key takes the place of the earlier."""

    def recent(self, model_name: str, limit: int) -> list[DecisionRecord]:
        """The newest by event time, newest first."""


class SweepLog(Protocol):
    """How far the sweep over the fleet has come."""

    def last(self) -> SweepMark | None: ...

    def save(self, mark: SweepMark) -> None:
        """Keep the newest mark; an earlier one than the kept changes nothing."""


class DeploymentLedger(Protocol):
    """What served when: the truth about production."""

    def current(self, model_name: str) -> LedgerLine | None: ...

    def append(self, line: LedgerLine) -> None:
        """Add the next line; the same again changes nothing, another under its number is a ChampionConflict."""


class MetricSource(Protocol):
    """Production metrics."""

    def read(self, queries: Sequence[MetricQuery]) -> list[MetricReading]:
        """One reading for each query, in their order, in as few calls as the source allows."""


class DataStore(Protocol):
    """Labelled data, and the documents that belong to jobs."""

    def list_partitions(self, prefix: str, window: Window) -> list[DataObject]:
        """Objects under `prefix/date=YYYY-MM-DD/` for the days of the window, by date and key."""

    def read(self, uri: str) -> bytes:
        """The bytes of a document; raises ArtifactMissing when there is none."""

    def open(self, found: DataObject) -> IO[bytes]:
        """An object as a seekable file, large ones without being in memory as a whole.

        Raises DataChanged when it is not there any more or not the one with this ETag.
        """

    def write(self, key: str, content: bytes) -> str:
        """Store a document among the artifacts and give its URI."""

    def uri(self, key: str) -> str:
        """The URI that a document stored under this key has, or would have."""


class TableReader(Protocol):
    """Columns of the labelled data."""

    def batches(
        self,
        objects: Iterable[DataObject],
        format: str,
        numeric: Sequence[str],
        categorical: Sequence[str],
        texts: Sequence[str] = (),
    ) -> Iterator[RowBatch]:
        """The rows of all objects, a batch at a time, so that memory need not grow with the window or with an object.

        Raises DataInvalid naming the column that is missing or not numeric, or the object that cannot be read or that
        is too large when unpacked.
        """


class ModelRegistry(Protocol):
    """Registered versions, and the alias that says which one is the champion."""

    @property
    def tracking_uri(self) -> str:
        """Where a training container finds the registry."""

    def champion(self, model_name: str) -> str | None: ...

    def set_champion(self, model_name: str, version: str) -> None: ...

    def version_tags(self, model_name: str, version: str) -> dict[str, str] | None:
        """Tags of a version, or None when there is no such version."""

    def version_files(self, model_name: str, version: str) -> dict[str, FileDigest]:
        """Digests of a version's files as they are now, by path; nothing of them is loaded.

        Raises RegistryRefused when there is no such version, or none whose files the registry keeps.
        """

    def keep_document(self, run_id: str, name: str, content: bytes) -> None:
        """Store a document among the artifacts of a run; the same name again takes its place.

        Raises RegistryRefused when there is no such run, or when this server does not take artifacts.
        """


class TrafficRouter(Protocol):
    """Whatever decides which version of a model answers requests."""

    def promote(self, model_name: str, version: str, instead_of: str | None) -> None:
        """Let a version answer every request, in place of the champion it was compared with; again, it changes nothing.

        Raises ChampionConflict when another version serves: somebody else put it there, and it stays.
        """


class Cluster(Protocol):
    """Kubernetes Jobs of ours."""

    def start_job(self, name: str, orders: Sequence[JobOrder], training: TrainingPolicy) -> None:
        """Create a Job whose pod carries out the orders one by one; the same one again changes nothing.

        Raises ClusterConflict if the name is someone else's, ClusterRefused for what this deployment may not run.
        """

    def start_indexed_job(
        self, name: str, orders: Sequence[JobOrder], training: TrainingPolicy, pods_at_once: int
    ) -> None:
        """Create a Job with a pod for each order, so many at once, that goes on when one of them fails.

        The orders may be those of several jobs. In all else it is like `start_job`.
        """

    def list_jobs(self) -> list[ClusterJob]:
        """All our Jobs, in one listing for each namespace whatever their number."""

    def obstacles(self, jobs: Sequence[ClusterJob]) -> dict[str, Obstacle]:
        """What keeps Jobs from running, by their names, as far as it can be told; few calls whatever their number."""

    def explain_failure(self, job: ClusterJob, order: int | None = None) -> str:
        """One sentence for people on why a Job failed, or one of its orders."""

    def log_tail(self, job: ClusterJob, lines: int = 100, order: int | None = None) -> str:
        """The last lines of the newest pod's log, or of that of one order; empty when there is none any more."""

    def delete_job(self, job: ClusterJob) -> None:
        """Delete a Job with its pods; one that is not there is fine."""

    def resume_job(self, job: ClusterJob) -> None:
        """Let a suspended Job run; one that is not there any more is fine."""

    @property
    def parallel_jobs(self) -> int | None:
        """How many Jobs may run at once in each namespace; where there is a limit, they are started suspended."""

    @property
    def namespaces(self) -> tuple[str, ...]:
        """Where Jobs may run."""

    def may(self, namespace: str, permission: Permission, for_group: str | None) -> bool:
        """Whether a group, or else the caller, may do something in a namespace.

        Raises ClusterRefused for a caller who may not ask about others.
        """


class Executions(Protocol):
    """Executions of the retraining state machine."""

    def start(self, name: str, event: Mapping[str, Any]) -> str | None:
        """Start an execution and give its ARN, or None when one of that name exists already.

        While that one runs, the same input may also give its ARN again: nothing is started twice either way.
        """

    def succeed(self, task_token: str, output: Mapping[str, Any]) -> None: ...

    def fail(self, task_token: str, error: str, cause: str) -> None: ...

    def heartbeat(self, task_token: str) -> bool:
        """Keep a waiting state alive; false when nobody waits for the token any more, which the two above let pass."""

    def has_ended(self, execution_arn: str) -> bool:
        """Whether an execution does not run any more; one that is not known has ended long ago."""


class EventBus(Protocol):
    """Facts for whoever listens."""

    def publish(self, event: JobEvent) -> None: ...


class Notifier(Protocol):
    """People."""

    def send(self, text: str) -> None:
        """Tell them, or raise NotificationFailed."""


class NotificationLog(Protocol):
    """Which events people were told about."""

    def claim(self, event_id: str, owner: str, until: datetime) -> bool:
        """True when the owner may tell, alone until then; false when people were told.

        Raises NotificationFailed while the claim of another owner runs: whether they tell is not known yet.
        """

    def confirm(self, event_id: str, until: datetime) -> None:
        """Remember until then that people were told."""

    def release(self, event_id: str) -> None:
        """Give a claim back, because telling failed."""


class Ports(Protocol):
    """All of them together; each is built when it is first used."""

    @property
    def clock(self) -> Clock: ...
    @property
    def policies(self) -> PolicyStore: ...
    @property
    def jobs(self) -> JobStore: ...
    @property
    def states(self) -> ModelStates: ...
    @property
    def waiting(self) -> WaitingTriggers: ...
    @property
    def decisions(self) -> DecisionLog: ...
    @property
    def sweeps(self) -> SweepLog: ...
    @property
    def limits(self) -> FleetLimits: ...
    @property
    def ledger(self) -> DeploymentLedger: ...
    @property
    def metrics(self) -> MetricSource: ...
    @property
    def data(self) -> DataStore: ...
    @property
    def tables(self) -> TableReader: ...
    @property
    def registry(self) -> ModelRegistry: ...
    @property
    def traffic(self) -> TrafficRouter: ...
    @property
    def cluster(self) -> Cluster: ...
    @property
    def executions(self) -> Executions: ...
    @property
    def events(self) -> EventBus: ...
    @property
    def notifier(self) -> Notifier: ...
    @property
    def notifications(self) -> NotificationLog: ...
