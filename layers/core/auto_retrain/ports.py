"""The ports: everything outside that the use cases need, each as small as possible.

Every port has a real adapter and one in memory, and a contract suite that both pass. Adapters raise only the errors
of `domain.errors`: transient ones if the outside may recover, permanent ones if it refused.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any, NamedTuple, Protocol

# Only for the type checker: importing the ports must not import everything that they mention.
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import date, datetime

    from .domain.account import Caller, FunctionLimits, Simulated
    from .domain.analysis import RolloutEvidence
    from .domain.anchors import Anchor, StoredAnchor
    from .domain.audit_chain import AuditEntry, ChainHead
    from .domain.channels import ChannelName
    from .domain.cluster import ClusterJob, ClusterListing, JobOrder, Obstacle
    from .domain.columns import Sample
    from .domain.decision_record import DecisionRecord
    from .domain.deployment_ledger import LedgerLine
    from .domain.drill import Drill
    from .domain.events import FactEvent
    from .domain.facts.fact import Fact
    from .domain.files import FileDigest
    from .domain.fleet import FleetLimits, SweepMark
    from .domain.installation import Permission
    from .domain.job import RetrainingJob
    from .domain.layouts import Folder, Layout
    from .domain.live import LiveCounts, LiveQuery
    from .domain.manifest import DataObject
    from .domain.metric_reading import MetricQuery, MetricReading
    from .domain.model_state import BudgetNotice, LastRequest, ModelState, Quarantine, RejectedJob, Rejections
    from .domain.notification import Notification
    from .domain.policy.notify import Routing
    from .domain.policy.pod_rules import PodRules
    from .domain.policy.policy import AppliedPolicy, Policy, PolicyStatus
    from .domain.policy.traffic import TrafficTarget
    from .domain.policy.training import TrainingPolicy
    from .domain.prices import PriceList
    from .domain.serving import ServingChange, ServingRecord
    from .domain.tracing import Span, TracePoint
    from .domain.traffic import DesiredRoute, Effect, Route
    from .domain.trigger_type import TriggerType
    from .domain.waiting_trigger import WaitingTrigger
    from .domain.windows import Window


# Of a document, unless its reader allows more: what a container wrote is of any size.
MAX_DOCUMENT_BYTES = 1 << 20


class RowBatch(NamedTuple):
    """Some rows of a table.

    `numbers` are one-dimensional float64 arrays with NaN for missing values; they are untyped because not every
    function has numpy. `levels` are row counts by category: None counts missing values and is present if there are any;
    of very many categories only the frequent ones are present. `texts` are row by row, with None for missing values.
    """

    rows: int
    numbers: Mapping[str, Any]
    levels: Mapping[str, Mapping[str | None, int]]
    texts: Mapping[str, Sequence[str | None]] = {}


class Clock(Protocol):
    """Wall-clock time."""

    def now(self) -> datetime: ...


class AuditLog(Protocol):
    """The audit chain of each model: every fact about it, in order.

    What changes a store takes the facts about the change, and the store appends them in the same transaction: both or
    neither. A fact whose id is in the chain already is not appended again; its change is made all the same.
    """

    def append(self, fact: Fact) -> bool:
        """Append a fact without a change of its own; returns false if it is in the chain already."""

    def resume(self, fact: Fact, after: ChainHead, head: ChainHead | None) -> None:
        """Let a broken chain go on with a fact, as the entry after a place that its present head may not be at.

        Raises AuditConflict if the `head`, None for one that cannot be read, has changed since it was read, or if there
        is an entry in that place.
        """

    def head(self, model_name: str) -> ChainHead:
        """The head of a model's chain; that of an empty chain if there are no entries."""

    def heads(self) -> Iterator[ChainHead]:
        """The heads of all models that have entries, by name, in few calls; entries of this moment may be missing.

        A head that cannot be read is only logged.
        """

    def entries(self, model_name: str, after: int = 0) -> Iterator[AuditEntry]:
        """The entries of a model's chain after a number, in order, as they are stored, page by page.

        Raises RecordInvalid for what is no entry at all.
        """


class PolicyStore(Protocol):
    """Applied policies and their history."""

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
        """Apply, pause or remove a policy, as its next version, with the fact `PolicyApplied`.

        Applying the newest version again with the same status changes nothing. Versions keep counting after a removal.
        Raises PolicyConflict if `after` is given and is not the newest version; 0 means that there is none.
        """

    def get(self, model_name: str) -> AppliedPolicy | None:
        """The newest version, even if paused; None for a model without a policy, or whose policy was removed."""

    def newest(self, model_names: Sequence[str], unreadable: list[str] | None = None) -> dict[str, AppliedPolicy]:
        """The newest version of each model's policy, even if removed, in few calls.

        Models without any are left out, and so are those that cannot be read; what is wrong with these is added to
        `unreadable`.
        """

    def history(self, model_name: str) -> list[AppliedPolicy]:
        """Every version, newest first."""

    def fleet(self, unreadable: list[str] | None = None) -> Iterator[tuple[AppliedPolicy, ModelState]]:
        """Every model that has a policy, with its state, ordered by name; takes few calls.

        Models that cannot be read are left out; what is wrong with them is added to `unreadable`.
        """

    def listing_alarm(self, alarm: str) -> list[str]:
        """The models whose policies list a CloudWatch alarm, by name; takes few calls however large the fleet is."""

    def index_alarms(self, fleet: Iterable[AppliedPolicy], anew: Iterable[AppliedPolicy]) -> None:
        """Index the alarms of some policies `anew`, because an earlier release may have stored them without an index.

        Where no policy is indexed yet, this indexes the whole fleet.
        """


class JobStore(Protocol):
    """Job records, and the lease by which one job owns a model."""

    def open_job(
        self, job: RetrainingJob, lease_expires_at: datetime, *facts: Fact, evidence: bytes | None = None
    ) -> RetrainingJob:
        """Store a new job with the decision that opened it, and take its model's lease: all of it or nothing.

        Opening the same job again returns the stored one. Raises LeaseHeld if another job owns the model.
        """

    def get(self, job_id: str) -> RetrainingJob | None: ...

    def save(self, job: RetrainingJob, *facts: Fact) -> RetrainingJob:
        """Save a changed job as its next revision; raises JobConflict if someone else has saved one first."""

    def close_job(
        self,
        job: RetrainingJob,
        *facts: Fact,
        retrained: bool,
        rejections: Mapping[TriggerType, Rejections] | None = None,
    ) -> RetrainingJob:
        """Save a job in its terminal status and release its lease, both or neither.

        `retrained` moves the model's last retraining to the job's event time. `rejections` replace those of the
        model unless they are None. The attempt of a job that has trained nothing is remembered as such. What the job
        cost is added to the sum of the month in which it ended, once, also if another job holds the lease by now.
        """

    def list_active(self, unreadable: list[str] | None = None) -> list[RetrainingJob]:
        """Jobs that have not ended, oldest first; one opened or closed a moment ago may be missing or still listed.

        Records that cannot be read are left out; what is wrong with them is added to `unreadable`.
        """

    def list_unannounced(self, unreadable: list[str] | None = None) -> list[RetrainingJob]:
        """Jobs that have ended and are not announced; otherwise like `list_active`."""

    def list_recent(self, model_name: str | None, limit: int) -> list[RetrainingJob]:
        """The newest jobs of one model, or of all, newest first."""

    def list_since(self, since: datetime) -> Iterator[RetrainingJob]:
        """The jobs of all models that were opened since then, newest first; those that cannot be read are left out."""

    def list_of_model(self, model_name: str, since: datetime) -> Iterator[RetrainingJob]:
        """The same of one model; no others are read."""


class ModelStates(Protocol):
    """The state of each model between executions."""

    def get(self, model_name: str) -> ModelState: ...

    def record_drift_check(self, model_name: str, event_time: datetime) -> None:
        """Record when the data were last checked for drift; an earlier time than the recorded one changes nothing."""

    def record_retrain(self, model_name: str, event_time: datetime, *facts: Fact) -> None:
        """Record a retraining that happened elsewhere, so that the schedule counts from then on.

        An earlier time than the recorded one changes nothing, and is no fact.
        """

    def record_breach(self, model_name: str, trigger: TriggerType, day: date) -> ModelState:
        """Record a day on which a trigger was met, and return the new state; repeating a day changes nothing."""

    def record_rejection(self, model_name: str, trigger: TriggerType, job: RejectedJob, in_a_row: int) -> None:
        """Let a trigger back off because of a job whose version was taken back; repeating it changes nothing.

        `in_a_row` is how many champions of this model failed, which counts if more than the rejections since the last
        deployment. Raises StoreUnavailable if somebody else has changed the rejections meanwhile.
        """

    def set_quarantine(self, model_name: str, quarantine: Quarantine | None, *facts: Fact) -> bool:
        """Set or lift a model's quarantine; returns whether this changed anything. The first reason stays.

        Setting it again for the very same reason counts as a repeat of a call whose response was lost.
        """

    def record_moved_alias(self, model_name: str, difference: str | None, *facts: Fact) -> None:
        """Record which difference between alias and ledger people were notified of; None if there is none any more."""

    def record_request(self, model_name: str, request: LastRequest) -> None:
        """The newest request of a person that opened no job."""

    def record_budget_notice(self, model_name: str, notice: BudgetNotice) -> None:
        """What people were last told of a budget that holds a model."""

    def record_drill(self, model_name: str, drill: Drill, *facts: Fact) -> None:
        """Record the last drill of a model's rollback, good or not; it replaces the one before."""


class WaitingTriggers(Protocol):
    """Triggers that fired while their model's job was still running."""

    def add(self, waiting: WaitingTrigger) -> None:
        """Add a trigger; it replaces an earlier one with the same key."""

    def of(self, model_name: str) -> list[WaitingTrigger]:
        """The waiting triggers of a model, ordered by key."""

    def remove(self, waiting: WaitingTrigger) -> None:
        """Remove a trigger if it is there; one of another execution that has replaced it stays."""

    def claim(self, waiting: WaitingTrigger, by: str) -> bool:
        """Whether one may act on a waiting trigger; of several that ask, one may, and is told so again if it repeats.

        A claim ends after an hour: whoever made it has died. Nobody may act on a trigger that does not wait any more,
        or that another execution's trigger has replaced.
        """


class DecisionLog(Protocol):
    """Every decision on whether to retrain a model, for people who ask why or why not."""

    def record(self, decision: DecisionRecord, *facts: Fact, evidence: bytes | None = None) -> None:
        """Store a sealed decision and what it was judged on; it replaces one with the same model, event time and key.

        The same one again, by its hash, changes nothing.
        """

    def stored(self, decision: DecisionRecord) -> DecisionRecord | None:
        """The stored decision with the same model, event time and key."""

    def evidence(self, decision: DecisionRecord) -> bytes | None:
        """What a decision was judged on, as it was stored; None if nothing was kept."""

    def recent(self, model_name: str, limit: int) -> list[DecisionRecord]:
        """The newest decisions by event time, newest first."""

    def newest_first(self, model_name: str) -> Iterator[DecisionRecord]:
        """All that are kept, read as far as somebody asks for the next one."""


class PriceSource(Protocol):
    """What things cost."""

    def current(self) -> PriceList:
        """The prices that count now; never raises: no outcome depends on them."""


class SweepLog(Protocol):
    """How far the sweep over the fleet has got."""

    def last(self) -> SweepMark | None: ...

    def save(self, mark: SweepMark) -> None:
        """Store the newest mark, of the same moment the last one; an earlier one changes nothing."""


class DeploymentLedger(Protocol):
    """What serves each model, and every change of it: the truth about production."""

    def serving(self, model_name: str) -> ServingRecord:
        """The serving record; that of a model promoted by an earlier release is made from its newest ledger line.

        A model that we know nothing of has an empty record, of revision 0.
        """

    def current(self, model_name: str) -> LedgerLine | None:
        """The line that put the present champion there, if it has windows: if one of our jobs trained it."""

    def write(
        self,
        change: ServingChange,
        job: RetrainingJob | None = None,
        lease_until: datetime | None = None,
        facts: Sequence[Fact] = (),
    ) -> ServingRecord:
        """Store the next record with its ledger line, and all that follows from it: all of it or nothing.

        The record gets the next revision. With a `job`, that is saved, too; its lease must be held, and is extended
        until `lease_until` if that is given. With a new champion the model's state names the version, and the days on
        which triggers were met before are forgotten: they were those of another version. Repeating it changes nothing.
        Raises ServingConflict if someone else has written the record first, JobConflict the same for the job, and
        PromotionRefused if the job has ended or does not hold the lease of its model.
        """

    def note(self, record: ServingRecord, *facts: Fact) -> ServingRecord:
        """Store a record that changes nothing that serves, as its next revision, without a ledger line.

        Raises ServingConflict if someone else has written it first.
        """

    def lines(self, model_name: str, limit: int) -> list[LedgerLine]:
        """The newest lines, newest first."""

    def list_open(self, unreadable: list[str] | None = None) -> list[tuple[ServingRecord, RolloutEvidence | None]]:
        """The records that somebody must look at again (see `is_open`), with the evidence of their rollouts.

        By model name, in few calls however many there are. One written a moment ago may be missing or still listed.
        Records that cannot be read are left out; what is wrong with them is added to `unreadable`.
        """

    def list_watched(self, unreadable: list[str] | None = None) -> list[ServingRecord]:
        """The records whose champion is watched, or of whose failure people do not know yet (see `is_watched`).

        Otherwise like `list_open`; a model that is not watched costs nothing.
        """

    def evidence(self, model_name: str) -> RolloutEvidence | None:
        """The evidence of the present or last rollout."""

    def keep_evidence(self, evidence: Sequence[RolloutEvidence]) -> None:
        """Store what rollouts have shown, in few calls however many there are; repeating it changes nothing."""


class AnchorStore(Protocol):
    """The anchors of audit chains, where nobody can change or delete them."""

    def add(self, anchor: Anchor) -> None:
        """Store the next anchor; raises AnchorConflict if there is one with its sequence already."""

    def newest(self) -> StoredAnchor | None: ...

    def history(self) -> Iterator[StoredAnchor]:
        """All anchors, oldest first, each as it was stored first, whatever was put in its place later."""


class LiveSource(Protocol):
    """Counts of what happened to real requests during a rollout."""

    def read(self, queries: Sequence[LiveQuery]) -> list[LiveCounts]:
        """One answer per query, in order, in as few calls as the source allows; never raises for one of several.

        What cannot be read is an answer with a `problem`.
        """


class MetricSource(Protocol):
    """Metrics of models in production."""

    def read(self, queries: Sequence[MetricQuery]) -> list[MetricReading]:
        """One reading per query, in order, in as few calls as the source allows."""


class PredictionFiles(Protocol):
    """Where serving stores the files of its prediction log."""

    def put(self, key: str, content: bytes, about: Mapping[str, str]) -> None:
        """Store a file, with facts about it for people; repeating it changes nothing.

        Raises DataUnavailable if trying again may help, and AwsRefused if not.
        """


class DataStore(Protocol):
    """Labelled data, and the documents of jobs."""

    def list_partitions(
        self, prefix: str, window: Window, layout: Layout = ..., date_column: str | None = None
    ) -> list[DataObject]:
        """Objects of the days of the window, by date and key; no empty ones.

        The default layout is that of `prefix/date=YYYY-MM-DD/`. With a date column any object may have rows of any day,
        so each is listed for each day.
        """

    def look_below(self, prefix: str) -> Folder:
        """What is directly below a prefix, at most a thousand names."""

    def read(self, uri: str, max_bytes: int = ...) -> bytes:
        """The bytes of a document.

        Raises ArtifactMissing if it does not exist, and ArtifactInvalid, before it is read, if it has more bytes.
        """

    def open(self, item: DataObject) -> IO[bytes]:
        """An object as a seekable file; large ones are not loaded into memory as a whole.

        Raises DataChanged if it no longer exists or no longer has this ETag.
        """

    def write(self, key: str, content: bytes) -> str:
        """Store a document among the artifacts and return its URI."""

    def write_once(self, key: str, content: bytes) -> bool:
        """Store a document unless there is one under this key; whether it was stored. Of several at once, one is."""

    def keep(self, key: str, file: FileDigest, pieces: Iterable[bytes]) -> str:
        """Store a file of any size among the artifacts, and return its URI.

        If this very content is there already, none of its pieces is asked for. Raises ArtifactInvalid, and stores
        nothing, if the pieces are not what the digest says.
        """

    def prune(self, prefix: str, keep: Collection[str]) -> None:
        """Delete all folders directly below a prefix of the artifacts, except those to be kept."""

    def uri(self, key: str) -> str:
        """The URI that a document has, or would have, under this key."""


class TableReader(Protocol):
    """Columns of the labelled data."""

    def with_their_days(self, objects: Sequence[DataObject]) -> list[DataObject]:
        """Those that may have rows of their day, by what the files themselves say of their date column.

        Objects without a date column stay. Raises DataInvalid naming a column that is missing or has no dates.
        """

    def batches(
        self,
        objects: Iterable[DataObject],
        format: str,
        numeric: Sequence[str],
        categorical: Sequence[str],
        texts: Sequence[str] = (),
    ) -> Iterator[RowBatch]:
        """The rows of all objects, a batch at a time, so that memory does not grow with the window or an object.

        Raises DataInvalid naming the column that is missing or not numeric, or the object that is unreadable or too
        large when unpacked.
        """


class SampleReader(Protocol):
    """The columns of a table, as its first rows show them."""

    def read(self, name: str, file: IO[bytes], older: Iterable[IO[bytes]] = ()) -> Sample:
        """Look at a CSV or Parquet file, which `name` calls in messages, and at older ones if it has few rows.

        An older one that has not the same format and columns is left out.
        Raises DataInvalid if it is neither, has no rows, or has two columns of one name.
        """


class ModelRegistry(Protocol):
    """Registered versions, and the alias of the champion."""

    @property
    def tracking_uri(self) -> str:
        """The address of the registry for training containers."""

    def server_version(self) -> str:
        """The release of the registry's server."""

    def champion(self, model_name: str) -> str | None: ...

    def champions(self) -> dict[str, str]:
        """The version of each model that has a champion, in a few calls for the whole registry."""

    def set_champion(self, model_name: str, version: str) -> None: ...

    def version_tags(self, model_name: str, version: str) -> dict[str, str] | None:
        """The tags of a version; None if it does not exist."""

    def run_of(self, model_name: str, version: str) -> str | None:
        """The run that a version belongs to; None if the version or its run is unknown."""

    def inputs(self, model_name: str, version: str) -> tuple[str, ...]:
        """The columns in the signature of a version; none if it has no signature, or one without names.

        Raises as `version_files`.
        """

    def storage_uri(self, model_name: str, version: str) -> str:
        """Where the registry keeps the files of a version, for whoever loads them from there.

        Raises RegistryRefused if the version does not exist.
        """

    def has_files(self, model_name: str, version: str) -> bool:
        """Whether a version has any files; they are listed, not read. Raises as `version_files`."""

    def version_files(self, model_name: str, version: str) -> dict[str, FileDigest]:
        """Digests of a version's files as they are now, by path; no model is loaded.

        Raises RegistryRefused if the version does not exist or its files are not in the registry.
        """

    def read_file(self, model_name: str, version: str, path: str) -> Iterator[bytes]:
        """The content of one of a version's files, piece by piece.

        The first piece raises RegistryRefused if the version or the file does not exist.
        """

    def keep_document(self, run_id: str, name: str, content: bytes) -> None:
        """Store a document among the artifacts of a run, replacing one with the same name.

        Raises RegistryRefused if the run does not exist or the server does not accept artifacts.
        """


class TrafficRouter(Protocol):
    """Whatever decides which version of a model answers requests.

    All methods take the target that the policy names. They raise TrafficUnavailable if it could not be reached and
    TrafficRefused if it does not exist, or cannot do what is desired.
    """

    def read(self, model_name: str, target: TrafficTarget) -> Route | None:
        """What is in force now, as the target itself says; None for a target without weights of its own."""

    def check(self, model_name: str, target: TrafficTarget, desired: DesiredRoute) -> None:
        """Raise what `write` would raise now, a conflict apart, and change nothing."""

    def write(self, model_name: str, target: TrafficTarget, desired: DesiredRoute, seen: Route | None) -> None:
        """Make the target follow what is desired; repeating it changes nothing.

        Raises TrafficConflict, where the target can tell, if it is no longer as it was `seen`.
        """

    def verify(self, model_name: str, target: TrafficTarget, desired: DesiredRoute) -> Effect:
        """What became of it: in force only if the target shows these very versions and shares."""


class Cluster(Protocol):
    """Our Kubernetes Jobs."""

    def start_job(self, name: str, orders: Sequence[JobOrder], training: TrainingPolicy) -> None:
        """Create a Job whose pod carries out the orders one by one; repeating this changes nothing.

        Raises ClusterConflict if the name belongs to something else, ClusterRefused if the deployment may not run it or
        its rules for pod templates refuse it.
        """

    def start_indexed_job(
        self,
        name: str,
        orders: Sequence[JobOrder],
        training: TrainingPolicy,
        pods_at_once: int,
        before: Sequence[JobOrder] = (),
    ) -> None:
        """Create a Job with one pod per order, `pods_at_once` of them in parallel, that continues when a pod fails.

        The orders can belong to several jobs. If there are orders `before`, one for each of the others and all for
        another image, each pod carries out its own of these first. Otherwise like `start_job`.
        """

    def list_jobs(self) -> ClusterListing:
        """All our Jobs, with one listing per namespace however many there are.

        Raises ClusterUnavailable or ClusterRefused only if no namespace could be listed.
        """

    def obstacles(self, jobs: Sequence[ClusterJob]) -> dict[str, Obstacle]:
        """What keeps Jobs from running or ending, by name, if known; takes few calls however many there are."""

    def explain_failure(self, job: ClusterJob, order: int | None = None) -> str:
        """Why a Job or one of its orders failed, in one sentence for people."""

    def log_tail(self, job: ClusterJob, lines: int = 100, order: int | None = None) -> str:
        """The last lines of the log of the newest pod, or of one order; empty if it no longer exists."""

    def delete_job(self, job: ClusterJob) -> None:
        """Delete a Job and its pods if it exists."""

    def resume_job(self, job: ClusterJob) -> None:
        """Resume a suspended Job if it still exists; if somebody suspends it again, it no longer waits for us."""

    @property
    def default_image(self) -> str:
        """The image of pods whose policy names none."""

    @property
    def parallel_jobs(self) -> int | None:
        """How many Jobs can run at once in each namespace; if there is a limit, Jobs are created suspended."""

    @property
    def namespaces(self) -> tuple[str, ...]:
        """The namespaces where Jobs can run."""

    def may(self, namespace: str, permission: Permission, for_group: str | None) -> bool:
        """Whether a group, or by default the caller, has a permission in a namespace.

        Raises ClusterRefused if the caller may not ask about others.
        """


class Executions(Protocol):
    """Executions of the retraining state machine."""

    def start(self, name: str, event: Mapping[str, Any]) -> str | None:
        """Start an execution and return its ARN, or None if one with this name already exists.

        While that one is running, the same input may also return its ARN; nothing is started twice either way.
        """

    def succeed(self, task_token: str, output: Mapping[str, Any]) -> None: ...

    def fail(self, task_token: str, error: str, cause: str) -> None: ...

    def heartbeat(self, task_token: str) -> bool:
        """Keep a waiting state alive; false if nothing waits for the token any more, which the two above ignore."""

    def has_ended(self, execution_arn: str) -> bool:
        """Whether an execution has ended; an unknown one ended long ago."""


class EventBus(Protocol):
    """The bus on which every fact is published as an event."""

    def publish(self, event: FactEvent) -> None: ...


class Channel(Protocol):
    """A way to reach people."""

    def send(self, notification: Notification) -> None:
        """Send a message, or raise NotificationFailed; NotificationRefused if others may pass. May raise AwsRefused."""

    def check(self) -> str:
        """What is set up, in one sentence, without sending anything; raises like `send`."""


class RoutingStore(Protocol):
    """Where the policies want messages to be sent."""

    def of(self, model_name: str) -> Routing:
        """What the policy in force says; the default if there is none, or none that can be read."""


class Outbox(Protocol):
    """The messages that wait for their channel, or for others like them."""

    def add(self, channel: ChannelName, notification: Notification) -> None:
        """Keep a message; adding it again changes nothing."""

    def waiting(self, channel: ChannelName, limit: int) -> list[Notification]:
        """The messages of a channel, the oldest first."""

    def remove(self, channel: ChannelName, notification: Notification) -> None: ...


class Traces(Protocol):
    """Traces of what happens from a trigger to a promotion; nothing here ever raises or waits."""

    def current(self) -> TracePoint | None:
        """Where the present call is traced; None if it is not."""

    def put(self, spans: Sequence[Span]) -> None:
        """Add spans to their traces, or lose them."""


class NotificationLog(Protocol):
    """What people were notified of, by a name for each event and channel."""

    def claim(self, name: str, owner: str, until: datetime) -> bool:
        """True if the owner may notify people, exclusively until then; false if they were already notified.

        Raises NotificationFailed while another owner's claim runs, because it is not yet known whether that succeeds.
        """

    def confirm(self, name: str, until: datetime) -> None:
        """Record until then that people were notified."""

    def release(self, name: str) -> None:
        """Release a claim because the notification failed."""


class Account(Protocol):
    """The AWS account as whoever calls it sees it; raises AwsRefused for what the caller may not ask."""

    def caller(self) -> Caller:
        """Who calls, and how far the clocks are apart."""

    def permissions(self, caller: Caller) -> Simulated:
        """What the caller may not do of what commands do."""

    def function_roles(self) -> Iterator[tuple[str, Simulated]]:
        """By function, what its role may not do of what is written down for it; raises SettingMissing, too."""

    def function_limits(self) -> FunctionLimits:
        """How many functions may run at once, and how much code fits."""

    def quota(self, service: str, code: str) -> float:
        """A quota of the account in this region, as it applies now."""


class Ports(Protocol):
    """All ports together; each adapter is built on first use."""

    @property
    def stage(self) -> str:
        """The stage of the deployment, which is part of the names of its alarms."""

    @property
    def pages_url(self) -> str | None:
        """What people put before the path of a page among the artifacts; None if they cannot see these."""

    @property
    def is_simulated(self) -> bool:
        """Whether all this never happened: nobody hears of it, and no evidence is kept for decisions."""

    @property
    def clock(self) -> Clock: ...
    @property
    def account(self) -> Account: ...
    @property
    def audit(self) -> AuditLog: ...
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
    def pod_rules(self) -> PodRules: ...
    @property
    def prices(self) -> PriceSource: ...
    @property
    def ledger(self) -> DeploymentLedger: ...
    @property
    def anchors(self) -> AnchorStore: ...
    @property
    def metrics(self) -> MetricSource: ...
    @property
    def live(self) -> LiveSource: ...
    @property
    def data(self) -> DataStore: ...
    @property
    def tables(self) -> TableReader: ...
    @property
    def samples(self) -> SampleReader: ...
    @property
    def registry(self) -> ModelRegistry: ...
    @property
    def traffic(self) -> TrafficRouter: ...
    @property
    def cluster(self) -> Cluster: ...
    @property
    def traces(self) -> Traces: ...
    @property
    def executions(self) -> Executions: ...
    @property
    def events(self) -> EventBus: ...
    @property
    def channels(self) -> Mapping[ChannelName, Channel]:
        """The channels that the deployment has set up, by name."""

    @property
    def routing(self) -> RoutingStore: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def notifications(self) -> NotificationLog: ...
