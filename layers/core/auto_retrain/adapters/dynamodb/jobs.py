"""Job records and leases in DynamoDB."""

from contextlib import suppress
from datetime import datetime
from itertools import islice
from typing import Any

from botocore.exceptions import ClientError

from ...domain.errors import JobConflict, LeaseHeld, StoreUnavailable
from ...domain.job import ModelState, RetrainingJob, later
from ...ports import Clock
from .states import state_of
from .table import Item, Table, epoch, item_of, key, model_key, readable, record_of

MONTHS_LISTED = 24

_TAKE_LEASE = (
    "SET active_job = :job, lease_expires_at = :expires, last_attempt_at = :event_time,"
    " fleet = :fleet, model_name = :model ADD fence :one"
)
_LEASE_IS_FREE = "attribute_not_exists(active_job) OR lease_expires_at < :now"
_UNCHANGED = "revision = :revision"
_RELEASE_LEASE = "REMOVE active_job, lease_expires_at"
_RELEASE_AND_REMEMBER = "SET last_retrained_at = :event_time REMOVE active_job, lease_expires_at"


class DynamoJobStore:
    """JobStore on the table."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def open_job(self, job: RetrainingJob, lease_expires_at: datetime) -> RetrainingJob:
        values: Item = {
            ":job": {"S": job.job_id},
            ":expires": epoch(lease_expires_at),
            ":event_time": epoch(later(job.event_time, self.model_state(job.model_name).last_attempt_at)),
            ":now": epoch(self._clock.now()),
            ":fleet": {"S": "FLEET"},
            ":model": {"S": job.model_name},
            ":one": {"N": "1"},
        }
        state = model_key(job.model_name, "STATE")
        try:
            self._table.transact(
                {"Put": self._table.put_action(_item(job), "attribute_not_exists(pk)")},
                {"Update": self._table.update_action(state, _TAKE_LEASE, _LEASE_IS_FREE, values)},
            )
        except ClientError as error:
            return self._settle_opening(job, error)
        return job

    def _settle_opening(self, job: RetrainingJob, error: ClientError) -> RetrainingJob:
        # A lost answer makes the SDK repeat a write that succeeded: then the record is there, and it is ours.
        stored = self.get(job.job_id)
        if stored:
            return stored
        owner = self.model_state(job.model_name).owner_at(self._clock.now())
        if owner:
            raise LeaseHeld(job.model_name, owner) from error
        raise StoreUnavailable(f"opening job '{job.job_id}' collided with another write") from error

    def get(self, job_id: str) -> RetrainingJob | None:
        item = self._table.get(_key(job_id))
        return record_of(item, RetrainingJob) if item else None

    def save(self, job: RetrainingJob) -> RetrainingJob:
        saved, values = self._next_revision(job)
        try:
            self._table.put(_item(saved), _UNCHANGED, values)
        except ClientError as error:
            return self._settle_saving(saved, error)
        return saved

    def close_job(self, job: RetrainingJob, *, retrained: bool) -> RetrainingJob:
        saved, unchanged = self._next_revision(job)
        owner: Item = {":job": {"S": job.job_id}}
        last_retrained_at = self.model_state(job.model_name).last_retrained_at if retrained else None
        moment: Item = {":event_time": epoch(later(job.event_time, last_retrained_at))} if retrained else {}
        expression = _RELEASE_AND_REMEMBER if retrained else _RELEASE_LEASE
        state = model_key(job.model_name, "STATE")
        try:
            self._table.transact(
                {"Put": self._table.put_action(_item(saved), _UNCHANGED, unchanged)},
                {"Update": self._table.update_action(state, expression, "active_job = :job", owner | moment)},
            )
        except ClientError as error:
            if self.model_state(job.model_name).active_job == job.job_id:
                return self._settle_saving(saved, error)
            # The lease ran out and is someone else's by now; the record has to be closed all the same.
            return self.save(job)
        return saved

    def _next_revision(self, job: RetrainingJob) -> tuple[RetrainingJob, Item]:
        return job.changed(revision=job.revision + 1), {":revision": {"S": str(job.revision)}}

    def _settle_saving(self, saved: RetrainingJob, error: ClientError) -> RetrainingJob:
        if self.get(saved.job_id) == saved:
            return saved
        raise JobConflict(f"job '{saved.job_id}' was changed since revision {saved.revision - 1} was read") from error

    def model_state(self, model_name: str) -> ModelState:
        return state_of(model_name, self._table.get(model_key(model_name, "STATE")))

    def record_drift_check(self, model_name: str, event_time: datetime) -> None:
        self._remember("last_drift_check_at", model_name, event_time)

    def record_retrain(self, model_name: str, event_time: datetime) -> None:
        self._remember("last_retrained_at", model_name, event_time)

    def _remember(self, attribute: str, model_name: str, moment: datetime) -> None:
        expression = f"SET {attribute} = :moment, fleet = :fleet, model_name = :model"
        is_newer = f"attribute_not_exists({attribute}) OR {attribute} < :moment"
        values: Item = {":moment": epoch(moment), ":fleet": {"S": "FLEET"}, ":model": {"S": model_name}}
        # The condition fails when a newer moment is there already, and that one stays.
        with suppress(ClientError):
            self._table.update(model_key(model_name, "STATE"), expression, is_newer, values)

    def list_active(self) -> list[RetrainingJob]:
        items = self._table.query("active = :active", {":active": {"S": "ACTIVE"}}, IndexName="active_jobs")
        return list(readable(items, RetrainingJob))

    def list_recent(self, model_name: str | None, limit: int) -> list[RetrainingJob]:
        if model_name:
            found = self._newest("by_model", "model_name", model_name, limit)
        else:
            found = (
                item for month in self._months() for item in self._newest("by_month", "created_month", month, limit)
            )
        return list(islice(readable(found, RetrainingJob), limit))

    def _newest(self, index: str, attribute: str, value: str, limit: int) -> Any:
        condition = f"{attribute} = :value"
        options = {"IndexName": index, "ScanIndexForward": False, "Limit": limit}
        return self._table.query(condition, {":value": {"S": value}}, **options)

    def _months(self) -> list[str]:
        now = self._clock.now()
        months = [now.year * 12 + now.month - 1 - back for back in range(MONTHS_LISTED)]
        return [f"{month // 12:04}-{month % 12 + 1:02}" for month in months]


def _key(job_id: str) -> Item:
    return key(f"JOB#{job_id}", "JOB")


def _item(job: RetrainingJob) -> Item:
    created_at = job.created_at.isoformat(timespec="microseconds")
    attributes = {
        "model_name": job.model_name,
        "created_at": created_at,
        "created_month": created_at[:7],
        "revision": str(job.revision),
    }
    # Only a job that has not ended is in the index of active ones.
    active = {} if job.status.is_terminal else {"active": "ACTIVE"}
    return item_of(_key(job.job_id), job, **attributes, **active)
