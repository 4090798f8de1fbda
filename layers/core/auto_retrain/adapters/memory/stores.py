"""Policies, jobs, leases, the ledger and notifications in memory; safe to call from many threads."""

from collections.abc import Iterator
from datetime import datetime
from threading import RLock

from ...domain.errors import ChampionConflict, JobConflict, LeaseHeld, NotificationFailed
from ...domain.job import Deployment, ModelState, RetrainingJob, later
from ...domain.policy import AppliedPolicy, Policy
from ...ports import Clock


class MemoryPolicyStore:
    """PolicyStore in a dictionary; it shares states with a job store."""

    def __init__(self, jobs: "MemoryJobStore") -> None:
        self._jobs = jobs
        self._versions: dict[str, list[AppliedPolicy]] = {}
        self._lock = RLock()

    def apply(self, policy: Policy, actor: str, at: datetime) -> AppliedPolicy:
        with self._lock:
            versions = self._versions.setdefault(policy.model, [])
            if not versions or versions[-1].policy != policy:
                version = len(versions) + 1
                versions.append(AppliedPolicy(policy=policy, version=version, applied_at=at, applied_by=actor))
            return versions[-1]

    def get(self, model_name: str) -> AppliedPolicy | None:
        versions = self._versions.get(model_name)
        return versions[-1] if versions else None

    def fleet(self) -> Iterator[tuple[AppliedPolicy, ModelState]]:
        for model_name in sorted(self._versions):
            yield self._versions[model_name][-1], self._jobs.model_state(model_name)


class MemoryJobStore:
    """JobStore in dictionaries."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._jobs: dict[str, RetrainingJob] = {}
        self._states: dict[str, ModelState] = {}
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
                last_attempt_at=later(job.event_time, state.last_attempt_at),
            )
            self._jobs[job.job_id] = job
            return job

    def get(self, job_id: str) -> RetrainingJob | None:
        return self._jobs.get(job_id)

    def save(self, job: RetrainingJob) -> RetrainingJob:
        with self._lock:
            stored = self._jobs.get(job.job_id)
            if stored is None or stored.revision != job.revision:
                raise JobConflict(f"job '{job.job_id}' was changed since revision {job.revision} was read")
            self._jobs[job.job_id] = job.changed(revision=job.revision + 1)
            return self._jobs[job.job_id]

    def close_job(self, job: RetrainingJob, *, retrained: bool) -> RetrainingJob:
        with self._lock:
            saved = self.save(job)
            state = self.model_state(job.model_name)
            if state.active_job == job.job_id:
                last = {"last_retrained_at": later(job.event_time, state.last_retrained_at)} if retrained else {}
                self._change(job.model_name, active_job=None, lease_expires_at=None, **last)
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
