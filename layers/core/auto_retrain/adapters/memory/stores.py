"""Policies, jobs, leases, decisions, the ledger and notifications in memory; safe to call from many threads."""

from collections.abc import Iterator
from datetime import date, datetime
from threading import RLock
from typing import Literal

from ...domain.decision_record import TriggerRecord
from ...domain.errors import ChampionConflict, JobConflict, LeaseHeld, NotificationFailed, PolicyConflict
from ...domain.fleet import SweepMark
from ...domain.job import Deployment, RetrainingJob
from ...domain.model_state import ModelState, Quarantine, WaitingTrigger, later, with_attempt, with_breach
from ...domain.policy.policy import AppliedPolicy, Policy, PolicyStatus
from ...ports import Clock


class MemoryPolicyStore:
    """PolicyStore in a dictionary; it shares states with a job store."""

    def __init__(self, jobs: "MemoryJobStore") -> None:
        self._jobs = jobs
        self._versions: dict[str, list[AppliedPolicy]] = {}
        self._lock = RLock()

    def apply(
        self,
        policy: Policy,
        actor: str,
        at: datetime,
        *,
        status: PolicyStatus = PolicyStatus.ACTIVE,
        note: str = "",
        after: int | None = None,
    ) -> AppliedPolicy:
        with self._lock:
            versions = self._versions.setdefault(policy.model, [])
            if after not in (None, len(versions)):
                raise PolicyConflict(f"policy of '{policy.model}' is at version {len(versions)} by now, not at {after}")
            if not versions or (versions[-1].policy, versions[-1].status) != (policy, status):
                versions.append(
                    AppliedPolicy(
                        policy=policy,
                        version=len(versions) + 1,
                        status=status,
                        note=note,
                        applied_at=at,
                        applied_by=actor,
                    )
                )
            return versions[-1]

    def get(self, model_name: str) -> AppliedPolicy | None:
        versions = self._versions.get(model_name)
        return versions[-1] if versions and versions[-1].status is not PolicyStatus.REMOVED else None

    def history(self, model_name: str) -> list[AppliedPolicy]:
        return self._versions.get(model_name, [])[::-1]

    def fleet(self) -> Iterator[tuple[AppliedPolicy, ModelState]]:
        for model_name in sorted(self._versions):
            applied = self.get(model_name)
            if applied:
                yield applied, self._jobs.model_state(model_name)


class MemoryJobStore:
    """JobStore in dictionaries."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._jobs: dict[str, RetrainingJob] = {}
        self._states: dict[str, ModelState] = {}
        self._waiting: dict[tuple[str, str], WaitingTrigger] = {}
        self._lock = RLock()

    def open_job(self, job: RetrainingJob, lease_expires_at: datetime) -> RetrainingJob:
        with self._lock:
            if job.job_id in self._jobs:
                return self._jobs[job.job_id]
            state = self.model_state(job.model_name)
            owner = state.owner_at(self._clock.now())
            if owner:
                raise LeaseHeld(job.model_name, owner)
            self._change(
                job.model_name,
                active_job=job.job_id,
                lease_expires_at=lease_expires_at,
                fence=state.fence + 1,
                attempts=with_attempt(state.attempts, job.event_time),
            )
            self._jobs[job.job_id] = job
            return job

    def get(self, job_id: str) -> RetrainingJob | None:
        return self._jobs.get(job_id)

    def save(self, job: RetrainingJob) -> RetrainingJob:
        with self._lock:
            stored, saved = self._jobs.get(job.job_id), job.changed(revision=job.revision + 1)
            if stored == saved:
                return saved
            if stored is None or stored.revision != job.revision:
                raise JobConflict(f"job '{job.job_id}' was changed since revision {job.revision} was read")
            self._jobs[job.job_id] = saved
            return saved

    def close_job(self, job: RetrainingJob, *, retrained: bool, rejected_in_a_row: int | None = None) -> RetrainingJob:
        with self._lock:
            saved = self.save(job)
            state = self.model_state(job.model_name)
            if state.active_job == job.job_id:
                changes: dict[str, object] = {"active_job": None, "lease_expires_at": None}
                if retrained:
                    changes["last_retrained_at"] = later(job.event_time, state.last_retrained_at)
                if rejected_in_a_row is not None:
                    changes["rejected_in_a_row"] = rejected_in_a_row
                self._change(job.model_name, **changes)
            return saved

    def model_state(self, model_name: str) -> ModelState:
        return self._states.get(model_name, ModelState(model_name=model_name))

    def record_drift_check(self, model_name: str, event_time: datetime) -> None:
        with self._lock:
            remembered = self.model_state(model_name).last_drift_check_at
            self._change(model_name, last_drift_check_at=later(event_time, remembered))

    def record_retrain(self, model_name: str, event_time: datetime) -> None:
        with self._lock:
            remembered = self.model_state(model_name).last_retrained_at
            self._change(model_name, last_retrained_at=later(event_time, remembered))

    def record_breach(self, model_name: str, kind: Literal["performance", "drift"], day: date) -> ModelState:
        with self._lock:
            name = f"{kind}_breaches"
            self._change(model_name, **{name: with_breach(getattr(self.model_state(model_name), name), day)})
            return self.model_state(model_name)

    def set_quarantine(self, model_name: str, quarantine: Quarantine | None) -> bool:
        with self._lock:
            known = self.model_state(model_name).quarantine
            if (known is None) == (quarantine is None):
                # The same again is taken for the same call, whose answer was lost.
                return known is not None and known == quarantine
            self._change(model_name, quarantine=quarantine)
            return True

    def wait(self, waiting: WaitingTrigger) -> None:
        self._waiting[waiting.request.model_name, waiting.key] = waiting

    def waiting(self, model_name: str) -> list[WaitingTrigger]:
        return [found for (model, _), found in sorted(self._waiting.items()) if model == model_name]

    def stop_waiting(self, waiting: WaitingTrigger) -> None:
        with self._lock:
            place = waiting.request.model_name, waiting.key
            found = self._waiting.get(place)
            if found and found.execution_arn == waiting.execution_arn:
                del self._waiting[place]

    def _change(self, model_name: str, **changes: object) -> None:
        with self._lock:
            self._states[model_name] = self.model_state(model_name).model_copy(update=changes)

    def list_active(self) -> list[RetrainingJob]:
        return [job for job in self._by_age() if not job.status.is_terminal]

    def list_recent(self, model_name: str | None, limit: int) -> list[RetrainingJob]:
        wanted = [job for job in self._by_age() if model_name in (None, job.model_name)]
        return wanted[::-1][:limit]

    def _by_age(self) -> list[RetrainingJob]:
        return sorted(self._jobs.values(), key=lambda job: job.created_at)


class MemoryDecisionLog:
    """DecisionLog in a dictionary."""

    def __init__(self) -> None:
        self._decisions: dict[tuple[str, datetime, str], TriggerRecord] = {}

    def record(self, decision: TriggerRecord) -> None:
        self._decisions[decision.model_name, decision.event_time, decision.key] = decision

    def recent(self, model_name: str, limit: int) -> list[TriggerRecord]:
        found = [decision for place, decision in sorted(self._decisions.items()) if place[0] == model_name]
        return found[::-1][:limit]


class MemorySweepLog:
    """SweepLog of one mark."""

    def __init__(self) -> None:
        self._mark: SweepMark | None = None

    def last(self) -> SweepMark | None:
        return self._mark

    def save(self, mark: SweepMark) -> None:
        if self._mark is None or mark.at > self._mark.at:
            self._mark = mark


class MemoryLedger:
    """DeploymentLedger in a dictionary."""

    def __init__(self) -> None:
        self._lines: dict[str, list[Deployment]] = {}

    def current(self, model_name: str) -> Deployment | None:
        lines = self._lines.get(model_name)
        return lines[-1] if lines else None

    def append(self, deployment: Deployment) -> None:
        lines = self._lines.setdefault(deployment.model_name, [])
        if any(line.sequence == deployment.sequence for line in lines):
            if lines[-1].job_id != deployment.job_id:
                raise ChampionConflict(
                    f"deployment {deployment.sequence} of '{deployment.model_name}' was written by someone else"
                )
            return
        lines.append(deployment)


class MemoryNotificationLog:
    """NotificationLog in a dictionary: who tells, or nobody once it is told, and until when that counts."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tellers: dict[str, tuple[str | None, datetime]] = {}
        self._lock = RLock()

    def claim(self, event_id: str, owner: str, until: datetime) -> bool:
        with self._lock:
            teller, expires_at = self._tellers.get(event_id, (owner, until))
            if teller != owner and self._clock.now() <= expires_at:
                if teller is None:
                    return False
                raise NotificationFailed(f"another call is telling people about '{event_id}'")
            self._tellers[event_id] = (owner, until)
            return True

    def confirm(self, event_id: str, until: datetime) -> None:
        self._tellers[event_id] = (None, until)

    def release(self, event_id: str) -> None:
        self._tellers.pop(event_id, None)
