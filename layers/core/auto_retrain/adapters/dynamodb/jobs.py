"""Job records and leases in DynamoDB."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice, takewhile
from typing import Any

from botocore.exceptions import ClientError

from ...domain.errors import JobConflict, LeaseHeld, StoreUnavailable
from ...domain.facts.fact import Fact
from ...domain.job import RetrainingJob
from ...domain.model_state import Rejections, later, with_attempt
from ...domain.trigger_type import TriggerType
from ...ports import Clock
from ..metering import Meter
from .audit_chain import AuditChain
from .costs import cost_update, oldest_cost, update_expression
from .decisions import decision_items
from .keys import Item, key
from .refusals import check_room
from .states import IN_FLEET, DynamoModelStates, in_fleet, rejections_document, state_key, times
from .table import Table, epoch, item_of, readable, record_of

MONTHS_LISTED = 24
# So that there is always room for how it ended and why.
MAX_BYTES_BEFORE_THE_END = 380_000

_ACTIVE = "ACTIVE"
_UNANNOUNCED = "UNANNOUNCED"

_TAKE_LEASE = (
    *("active_job = :job", "lease_expires_at = :expires", "attempts = :attempts", "last_job = :last"),
    IN_FLEET,
)
_LEASE_IS_FREE = "(attribute_not_exists(active_job) OR lease_expires_at < :now)"
# The fence counts openings: if it has not changed since it was read, neither have the attempts.
_FENCE_UNCHANGED = "(attribute_not_exists(fence) OR fence = :fence)"
_UNCHANGED = "revision = :revision"
_LEASE_IS_OURS = "active_job = :job"
_NOTHING_NEWER = "(attribute_not_exists(last_retrained_at) OR last_retrained_at <= :last_retrained_at)"


class DynamoJobStore:
    """JobStore on the table."""

    def __init__(self, table: Table, clock: Clock, meter: Meter | None = None) -> None:
        self._meter = meter or Meter()
        self._table = table
        self._clock = clock
        self._states = DynamoModelStates(table)
        self._chain = AuditChain(table)

    def open_job(
        self, job: RetrainingJob, lease_expires_at: datetime, *facts: Fact, evidence: bytes | None = None
    ) -> RetrainingJob:
        job = self._meter.stamp(job)
        state = self._states.get(job.model_name)
        values: Item = {
            ":job": {"S": job.job_id},
            ":expires": epoch(lease_expires_at),
            ":attempts": times(with_attempt(state.attempts, job.event_time)),
            ":now": epoch(self._clock.now()),
            ":fence": {"N": str(state.fence)},
            ":one": {"N": "1"},
            ":last": _last(job),
            **in_fleet(job.model_name),
        }
        condition = f"{_LEASE_IS_FREE} AND {_FENCE_UNCHANGED}"
        expression = update_expression([*_TAKE_LEASE], oldest_cost(state.costs), ["fence :one"])
        actions = [
            {"Put": self._table.put_action(_item(job), "attribute_not_exists(pk)")},
            *({"Put": self._table.put_action(item)} for item in decision_items(job.decision, evidence)),
            {"Update": self._table.update_action(state_key(job.model_name), expression, condition, values)},
        ]
        try:
            self._chain.write(actions, facts)
        except ClientError as error:
            return self._settle_opening(job, error)
        return job

    def _settle_opening(self, job: RetrainingJob, error: ClientError) -> RetrainingJob:
        # After a lost answer, the SDK repeats a write that succeeded: then the record exists and is ours.
        stored = self.get(job.job_id)
        if stored:
            return stored
        owner = self._states.get(job.model_name).owner_at(self._clock.now())
        if owner:
            raise LeaseHeld(job.model_name, owner) from error
        raise StoreUnavailable(f"opening job '{job.job_id}' collided with another write") from error

    def get(self, job_id: str) -> RetrainingJob | None:
        item = self._table.get(_key(job_id))
        return record_of(item, RetrainingJob) if item else None

    def save(self, job: RetrainingJob, *facts: Fact) -> RetrainingJob:
        saved, saving = self.saving(job)
        try:
            self._chain.write([saving], facts)
        except ClientError as error:
            return self._settle_saving(saved, error)
        return saved

    def saving(self, job: RetrainingJob) -> tuple[RetrainingJob, dict[str, Any]]:
        """A job as its next revision, and the part of a transaction that saves it as `save` does."""
        saved = self._meter.stamp(job.next_revision())
        values: Item = {":revision": {"S": str(job.revision)}}
        return saved, {"Put": self._table.put_action(_item(saved), _UNCHANGED, values)}

    def close_job(
        self,
        job: RetrainingJob,
        *facts: Fact,
        retrained: bool,
        rejections: Mapping[TriggerType, Rejections] | None = None,
    ) -> RetrainingJob:
        saved, saving = self.saving(job)
        try:
            self._chain.write([saving, {"Update": self._release(job, retrained, rejections)}], facts)
        except ClientError as error:
            if self._states.get(job.model_name).active_job == job.job_id:
                return self._settle_saving(saved, error)
            # The lease has expired and another job holds it; the record must be closed all the same.
            return self._close_without_lease(job, facts)
        return saved

    def _close_without_lease(self, job: RetrainingJob, facts: Sequence[Fact]) -> RetrainingJob:
        sets, removes, adds, values = cost_update(job)
        if not adds:
            return self.save(job, *facts)
        saved, saving = self.saving(job)
        expression = update_expression(sets, removes, adds)
        adding = self._table.update_action(state_key(job.model_name), expression, None, values)
        try:
            self._chain.write([saving, {"Update": adding}], facts)
        except ClientError as error:
            return self._settle_saving(saved, error)
        return saved

    def _release(
        self, job: RetrainingJob, retrained: bool, rejections: Mapping[TriggerType, Rejections] | None
    ) -> dict[str, Any]:
        condition, changes = _LEASE_IS_OURS, {"last_job": _last(job)}
        state = self._states.get(job.model_name) if retrained or not job.has_trained else None
        if retrained and state:
            changes["last_retrained_at"] = epoch(later(job.event_time, state.last_retrained_at))
            condition += f" AND {_NOTHING_NEWER}"
        if rejections is not None:
            changes["rejections"] = rejections_document(rejections)
        if state and not job.has_trained:
            # Only whoever closes the job that holds the lease writes this.
            changes["untrained"] = times(state.untrained_with(job.event_time))
        cost = cost_update(job)
        expression = update_expression(
            [*(f"{name} = :{name}" for name in changes), *cost.sets],
            ["active_job", "lease_expires_at", *cost.removes],
            cost.adds,
        )
        values = {":job": {"S": job.job_id}, **{f":{name}": value for name, value in changes.items()}, **cost.values}
        return self._table.update_action(state_key(job.model_name), expression, condition, values)

    def _settle_saving(self, saved: RetrainingJob, error: ClientError) -> RetrainingJob:
        if self.get(saved.job_id) == saved:
            return saved
        raise JobConflict(f"job '{saved.job_id}' has changed since revision {saved.revision - 1} was read") from error

    def list_active(self, unreadable: list[str] | None = None) -> list[RetrainingJob]:
        return self._list_indexed(_ACTIVE, unreadable)

    def list_unannounced(self, unreadable: list[str] | None = None) -> list[RetrainingJob]:
        return self._list_indexed(_UNANNOUNCED, unreadable)

    def _list_indexed(self, value: str, unreadable: list[str] | None) -> list[RetrainingJob]:
        items = self._table.query("active = :active", {":active": {"S": value}}, IndexName="active_jobs")
        return list(readable(items, RetrainingJob, unreadable))

    def list_recent(self, model_name: str | None, limit: int) -> list[RetrainingJob]:
        if model_name:
            items = self._newest("by_model", "model_name", model_name, limit)
        else:
            items = (
                item for month in self._months() for item in self._newest("by_month", "created_month", month, limit)
            )
        return list(islice(readable(items, RetrainingJob), limit))

    def list_since(self, since: datetime) -> Iterator[RetrainingJob]:
        for month in takewhile(lambda each: each >= f"{since:%Y-%m}", self._months()):
            yield from self._opened_since(since, "by_month", "created_month", month)

    def list_of_model(self, model_name: str, since: datetime) -> Iterator[RetrainingJob]:
        return self._opened_since(since, "by_model", "model_name", model_name)

    def _opened_since(self, since: datetime, index: str, attribute: str, value: str) -> Iterator[RetrainingJob]:
        condition = f"{attribute} = :value AND created_at >= :since"
        values = {":value": {"S": value}, ":since": {"S": since.isoformat(timespec="microseconds")}}
        items = self._table.query(condition, values, IndexName=index, ScanIndexForward=False)
        return readable(items, RetrainingJob)

    def _newest(self, index: str, attribute: str, value: str, limit: int) -> Iterator[dict[str, Any]]:
        condition = f"{attribute} = :value"
        options = {"IndexName": index, "ScanIndexForward": False, "Limit": limit}
        return self._table.query(condition, {":value": {"S": value}}, **options)

    def _months(self) -> list[str]:
        now = self._clock.now()
        months = [now.year * 12 + now.month - 1 - back for back in range(MONTHS_LISTED)]
        return [f"{month // 12:04}-{month % 12 + 1:02}" for month in months]


def _key(job_id: str) -> Item:
    return key(f"JOB#{job_id}", "JOB")


def _last(job: RetrainingJob) -> dict[str, str]:
    return {"S": job.as_last.model_dump_json()}


def _item(job: RetrainingJob) -> Item:
    created_at = job.created_at.isoformat(timespec="microseconds")
    attributes = {
        "model_name": job.model_name,
        "created_at": created_at,
        "created_month": created_at[:7],
        "revision": str(job.revision),
    }
    item = item_of(_key(job.job_id), job, **attributes, **_indexed(job))
    if not job.status.is_terminal:
        check_room(item, MAX_BYTES_BEFORE_THE_END)
    return item


def _indexed(job: RetrainingJob) -> dict[str, str]:
    """The attribute that puts a job into the index of active jobs, which it leaves once its end is announced."""
    if not job.status.is_terminal:
        return {"active": _ACTIVE}
    return {} if job.announced else {"active": _UNANNOUNCED}
