"""Serving records, the ledger and the evidence of rollouts in memory; thread-safe."""

from collections.abc import Sequence
from datetime import datetime

from ...domain.analysis import RolloutEvidence
from ...domain.deployment_ledger import LedgerLine, serving_after
from ...domain.errors import JobConflict
from ...domain.facts.fact import Fact
from ...domain.job import RetrainingJob
from ...domain.lease import check_lease
from ...domain.serving import ServingChange, ServingRecord, changed_meanwhile, record_from
from ...ports import Clock
from .jobs import MemoryJobStore, MemoryModelStates


class MemoryLedger:
    """DeploymentLedger in dictionaries."""

    def __init__(self, clock: Clock, jobs: MemoryJobStore, states: MemoryModelStates) -> None:
        self._clock = clock
        self._jobs = jobs
        self._states = states
        self._records: dict[str, ServingRecord] = {}
        self._lines: dict[str, list[LedgerLine]] = {}
        self._evidence: dict[str, RolloutEvidence] = {}

    def serving(self, model_name: str) -> ServingRecord:
        return self._records.get(model_name) or record_from(model_name, self.lines(model_name, 2))

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
        with self._states.lock:
            saved = record.next_revision()
            if line in self._lines.get(record.model_name, []):
                return saved
            self._check(record, job)
            self._states.audit.extend(facts)
            if job is not None:
                self._jobs.save(job)
            self._records[record.model_name] = saved
            self._lines.setdefault(record.model_name, []).append(line)
            self._follow(line, job, lease_until)
            return saved

    def _check(self, record: ServingRecord, job: RetrainingJob | None) -> None:
        stored = self._jobs.get(job.job_id) if job else None
        if job is not None:
            check_lease(stored or job, self._states.get(job.model_name), self._clock.now())
        self._check_revision(record)
        if job is not None and (stored is None or stored.revision != job.revision):
            raise JobConflict(f"job '{job.job_id}' has changed since it was read")

    def note(self, record: ServingRecord, *facts: Fact) -> ServingRecord:
        with self._states.lock:
            saved = record.next_revision()
            if self._records.get(record.model_name) != saved:
                self._check_revision(record)
                self._states.audit.extend(facts)
                self._records[record.model_name] = saved
            return saved

    def lines(self, model_name: str, limit: int) -> list[LedgerLine]:
        return self._lines.get(model_name, [])[::-1][:limit]

    def list_open(self, unreadable: list[str] | None = None) -> list[tuple[ServingRecord, RolloutEvidence | None]]:
        records = [record for _, record in sorted(self._records.items()) if record.is_open]
        return [(record, record.evidence_among(self._evidence)) for record in records]

    def list_watched(self, unreadable: list[str] | None = None) -> list[ServingRecord]:
        return [record for _, record in sorted(self._records.items()) if record.is_watched]

    def evidence(self, model_name: str) -> RolloutEvidence | None:
        return self._evidence.get(model_name)

    def keep_evidence(self, evidence: Sequence[RolloutEvidence]) -> None:
        for each in evidence:
            self._evidence[each.model_name] = each

    def add(self, line: LedgerLine) -> None:
        """Add a line as if its job had deployed."""
        record = self.serving(line.model_name)
        promoted = record.changed(champion=line, previous=record.champion, sequence=line.sequence)
        self._records[line.model_name] = promoted.next_revision()
        self._lines.setdefault(line.model_name, []).append(line)

    def serve(self, line: LedgerLine) -> None:
        """Add a line, which the state of the model follows as if a deployment had written it."""
        with self._states.lock:
            self.add(line)
            self._follow(line, None, None)

    def _check_revision(self, record: ServingRecord) -> None:
        if self.serving(record.model_name).revision != record.revision:
            raise changed_meanwhile(record)

    def _follow(self, line: LedgerLine, job: RetrainingJob | None, lease_until: datetime | None) -> None:
        state = self._states.get(line.model_name)
        if line.is_new_champion:
            state = state.changed(deployed=serving_after(line), breaches={}, moved_alias=None)
        if job is not None and lease_until is not None:
            state = state.changed(lease_expires_at=lease_until)
        self._states.set(state)
