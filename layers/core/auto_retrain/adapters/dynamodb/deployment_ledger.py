"""Serving records and the deployment ledger in DynamoDB: one item per model, and one per change, never changed."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from botocore.exceptions import ClientError

from ...domain.analysis import RolloutEvidence
from ...domain.deployment_ledger import LedgerLine, serving_after
from ...domain.errors import JobConflict, StoreUnavailable
from ...domain.facts.fact import Fact
from ...domain.job import RetrainingJob
from ...domain.lease import check_lease
from ...domain.serving import ServingChange, ServingRecord, changed_meanwhile, record_from
from ...ports import Clock
from ..metering import Meter
from .audit_chain import AuditChain
from .jobs import DynamoJobStore
from .keys import Item, model_key
from .rollout_evidence import IN_INDEX, WATCHED, DynamoEvidence, is_evidence, rollout_over
from .states import DynamoModelStates, follow_change, state_key
from .table import Table, item_of, readable, record_of


class DynamoLedger:
    """DeploymentLedger on the table."""

    def __init__(self, table: Table, clock: Clock, meter: Meter | None = None) -> None:
        self._table = table
        self._clock = clock
        self._jobs = DynamoJobStore(table, clock, meter)
        self._states = DynamoModelStates(table)
        self._evidence = DynamoEvidence(table)
        self._chain = AuditChain(table)

    def serving(self, model_name: str) -> ServingRecord:
        stored = self._table.get(_serving_key(model_name))
        return record_of(stored, ServingRecord) if stored else record_from(model_name, self.lines(model_name, 2))

    def current(self, model_name: str) -> LedgerLine | None:
        return self.serving(model_name).trained_champion

    def write(
        self,
        change: ServingChange,
        job: RetrainingJob | None = None,
        lease_until: datetime | None = None,
        facts: Sequence[Fact] = (),
    ) -> ServingRecord:
        record, line = change
        actions = [
            {"Put": self._table.put_action(*self._unless_changed(record))},
            {"Put": self._table.put_action(item_of(_line_key(line), line), "attribute_not_exists(pk)")},
        ]
        if job is not None:
            actions.append(self._jobs.saving(job)[1])
        if job is not None or line.is_new_champion:
            actions.append({"Update": self._state_follows(line, job, lease_until)})
        if record.rollout is None:
            actions.append({"Update": self._table.update_action(*rollout_over(record.model_name))})
        try:
            self._chain.write(actions, facts)
        except ClientError as error:
            self._settle(change, job, error)
        return record.next_revision()

    def _unless_changed(self, record: ServingRecord) -> tuple[Item, str, Item | None]:
        """The item of the next revision, on condition that the present one is still there."""
        item = item_of(_serving_key(record.model_name), record.next_revision(), revision=str(record.revision + 1))
        if record.is_open:
            item |= IN_INDEX
        elif record.is_watched:
            item |= WATCHED
        if record.revision == 0:
            return item, "attribute_not_exists(pk)", None
        return item, "revision = :revision", {":revision": {"S": str(record.revision)}}

    def _state_follows(
        self, line: LedgerLine, job: RetrainingJob | None, lease_until: datetime | None
    ) -> dict[str, Any]:
        serving = serving_after(line) if line.is_new_champion else None
        owner = (job.job_id, self._clock.now()) if job else None
        return self._table.update_action(
            state_key(line.model_name), *follow_change(line.model_name, serving, owner, lease_until)
        )

    def _settle(self, change: ServingChange, job: RetrainingJob | None, error: ClientError) -> None:
        """Do nothing if the write succeeded and only its answer was lost; raise what was in its way otherwise."""
        record, line = change
        written = self._table.get(_line_key(line))
        if written and record_of(written, LedgerLine) == line:
            return
        stored = self._jobs.get(job.job_id) if job else None
        if job is not None:
            check_lease(stored or job, self._states.get(line.model_name), self._clock.now())
        if self.serving(record.model_name).revision != record.revision:
            raise changed_meanwhile(record) from error
        if job is not None and (stored is None or stored.revision != job.revision):
            raise JobConflict(f"job '{job.job_id}' has changed since it was read") from error
        raise StoreUnavailable(f"a change of what serves '{record.model_name}' collided with another write") from error

    def note(self, record: ServingRecord, *facts: Fact) -> ServingRecord:
        saved = record.next_revision()
        try:
            self._chain.write([{"Put": self._table.put_action(*self._unless_changed(record))}], facts)
        except ClientError as error:
            if self.serving(record.model_name) != saved:
                raise changed_meanwhile(record) from error
        return saved

    def lines(self, model_name: str, limit: int) -> list[LedgerLine]:
        values: Item = {":pk": {"S": f"MODEL#{model_name}"}, ":prefix": {"S": "DEPLOYMENT#"}}
        condition = "pk = :pk AND begins_with(sk, :prefix)"
        items = self._table.query(condition, values, ScanIndexForward=False, Limit=limit, ConsistentRead=True)
        return [record_of(item, LedgerLine) for item in islice(items, limit)]

    def list_open(self, unreadable: list[str] | None = None) -> list[tuple[ServingRecord, RolloutEvidence | None]]:
        items = list(self._indexed(IN_INDEX))
        records = readable((item for item in items if not is_evidence(item)), ServingRecord, unreadable)
        evidence = readable(filter(is_evidence, items), RolloutEvidence, unreadable)
        by_model = {each.model_name: each for each in evidence}
        return [
            (record, record.evidence_among(by_model)) for record in sorted(records, key=lambda each: each.model_name)
        ]

    def list_watched(self, unreadable: list[str] | None = None) -> list[ServingRecord]:
        items = (item for partition in (WATCHED, IN_INDEX) for item in self._indexed(partition))
        kept = readable((item for item in items if not is_evidence(item)), ServingRecord, unreadable)
        # One that moved from one partition to the other meanwhile is in both.
        records = {each.model_name: each for each in kept}
        return [record for _, record in sorted(records.items()) if record.is_watched]

    def _indexed(self, partition: Item) -> Iterator[Item]:
        return self._table.query("active = :active", {":active": partition["active"]}, IndexName="active_jobs")

    def evidence(self, model_name: str) -> RolloutEvidence | None:
        return self._evidence.of(model_name)

    def keep_evidence(self, evidence: Sequence[RolloutEvidence]) -> None:
        self._evidence.keep(evidence)


def _serving_key(model_name: str) -> Item:
    return model_key(model_name, "SERVING")


def _line_key(line: LedgerLine) -> Item:
    return model_key(line.model_name, f"DEPLOYMENT#{line.sequence:06}")
