"""Jobs and leases, model states and waiting triggers in memory; thread-safe."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from threading import RLock

from ...domain.drill import Drill
from ...domain.errors import JobConflict, LeaseHeld
from ...domain.facts.fact import Fact
from ...domain.forecast import recent_cost
from ...domain.job import RetrainingJob
from ...domain.model_state import (
    BudgetNotice,
    LastRequest,
    ModelState,
    Quarantine,
    RejectedJob,
    Rejections,
    later,
    month_of,
    with_attempt,
    with_breach,
    with_cost,
    with_spent,
)
from ...domain.trigger_type import TriggerType
from ...domain.waiting_trigger import CLAIM, WaitingTrigger
from ...ports import Clock, DecisionLog
from .audit import MemoryAuditLog


class MemoryModelStates:
    """ModelStates in a dictionary."""

    def __init__(self, audit: MemoryAuditLog) -> None:
        self.audit = audit
        self._states: dict[str, ModelState] = {}
        self.lock = RLock()

    def get(self, model_name: str) -> ModelState:
        return self._states.get(model_name) or ModelState(model_name=model_name)

    def set(self, state: ModelState) -> None:
        """Replace a state; hold the lock from reading the old one until now."""
        self._states[state.model_name] = state

    def record_drift_check(self, model_name: str, event_time: datetime) -> None:
        with self.lock:
            state = self.get(model_name)
            self.set(state.changed(last_drift_check_at=later(event_time, state.last_drift_check_at)))

    def record_retrain(self, model_name: str, event_time: datetime, *facts: Fact) -> None:
        with self.lock:
            state = self.get(model_name)
            if state.last_retrained_at is None or state.last_retrained_at < event_time:
                self.audit.extend(facts)
                self.set(state.changed(last_retrained_at=event_time))

    def record_breach(self, model_name: str, trigger: TriggerType, day: date) -> ModelState:
        with self.lock:
            state = self.get(model_name)
            days = with_breach(state.breach_days(trigger), day)
            self.set(state.changed(breaches={**state.breaches, trigger: days}))
            return self.get(model_name)

    def record_rejection(self, model_name: str, trigger: TriggerType, job: RejectedJob, in_a_row: int) -> None:
        with self.lock:
            state = self.get(model_name)
            self.set(state.changed(rejections=state.rejections_with_failed(trigger, job, in_a_row)))

    def set_quarantine(self, model_name: str, quarantine: Quarantine | None, *facts: Fact) -> bool:
        with self.lock:
            state = self.get(model_name)
            if (state.quarantine is None) == (quarantine is None):
                # An identical quarantine counts as the same call, repeated because its answer was lost.
                return quarantine is not None and state.quarantine == quarantine
            self.audit.extend(facts)
            self.set(state.changed(quarantine=quarantine))
            return True

    def record_moved_alias(self, model_name: str, difference: str | None, *facts: Fact) -> None:
        with self.lock:
            self.audit.extend(facts)
            self.set(self.get(model_name).changed(moved_alias=difference))

    def record_drill(self, model_name: str, drill: Drill, *facts: Fact) -> None:
        with self.lock:
            self.audit.extend(facts)
            self.set(self.get(model_name).changed(drill=drill))

    def record_budget_notice(self, model_name: str, notice: BudgetNotice) -> None:
        with self.lock:
            self.set(self.get(model_name).changed(budget_notice=notice))

    def record_request(self, model_name: str, request: LastRequest) -> None:
        with self.lock:
            self.set(self.get(model_name).changed(last_request=request))


class MemoryWaitingTriggers:
    """WaitingTriggers in a dictionary: each trigger, who has claimed it, and until when."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: dict[tuple[str, str], WaitingTrigger] = {}
        self._claims: dict[tuple[str, str], tuple[str, datetime]] = {}
        self._lock = RLock()

    def add(self, waiting: WaitingTrigger) -> None:
        with self._lock:
            key = waiting.request.model_name, waiting.key
            self._waiting[key] = waiting
            self._claims.pop(key, None)

    def of(self, model_name: str) -> list[WaitingTrigger]:
        return [waiting for (model, _), waiting in sorted(self._waiting.items()) if model == model_name]

    def remove(self, waiting: WaitingTrigger) -> None:
        with self._lock:
            key = waiting.request.model_name, waiting.key
            stored = self._waiting.get(key)
            if stored and stored.execution_arn == waiting.execution_arn:
                del self._waiting[key]

    def claim(self, waiting: WaitingTrigger, by: str) -> bool:
        with self._lock:
            key = waiting.request.model_name, waiting.key
            stored = self._waiting.get(key)
            if stored is None or stored.execution_arn != waiting.execution_arn:
                return False
            now = self._clock.now()
            claimed_by, until = self._claims.get(key, (by, now))
            if claimed_by != by and now <= until:
                return False
            self._claims[key] = by, now + CLAIM
            return True


class MemoryJobStore:
    """JobStore in a dictionary; leases are in the states of the models, and decisions in their log."""

    def __init__(self, clock: Clock, states: MemoryModelStates, decisions: DecisionLog) -> None:
        self._clock = clock
        self._states = states
        self._decisions = decisions
        self._jobs: dict[str, RetrainingJob] = {}

    def open_job(
        self, job: RetrainingJob, lease_expires_at: datetime, *facts: Fact, evidence: bytes | None = None
    ) -> RetrainingJob:
        with self._states.lock:
            if job.job_id in self._jobs:
                return self._jobs[job.job_id]
            state = self._states.get(job.model_name)
            owner = state.owner_at(self._clock.now())
            if owner:
                raise LeaseHeld(job.model_name, owner)
            self._states.audit.extend(facts)
            self._states.set(
                state.changed(
                    active_job=job.job_id,
                    lease_expires_at=lease_expires_at,
                    fence=state.fence + 1,
                    attempts=with_attempt(state.attempts, job.event_time),
                    last_job=job.as_last,
                )
            )
            self._jobs[job.job_id] = job
            self._decisions.record(job.decision, evidence=evidence)
            return job

    def get(self, job_id: str) -> RetrainingJob | None:
        return self._jobs.get(job_id)

    def save(self, job: RetrainingJob, *facts: Fact) -> RetrainingJob:
        with self._states.lock:
            stored, saved = self._jobs.get(job.job_id), job.next_revision()
            if stored == saved:
                return saved
            if stored is None or stored.revision != job.revision:
                raise JobConflict(f"job '{job.job_id}' has changed since revision {job.revision} was read")
            self._states.audit.extend(facts)
            self._jobs[job.job_id] = saved
            return saved

    def close_job(
        self,
        job: RetrainingJob,
        *facts: Fact,
        retrained: bool,
        rejections: Mapping[TriggerType, Rejections] | None = None,
    ) -> RetrainingJob:
        with self._states.lock:
            is_repeated = self._jobs.get(job.job_id) == job.next_revision()
            saved = self.save(job, *facts)
            state = self._states.get(job.model_name)
            if not is_repeated:
                state = _with_cost(state, job)
            if state.active_job == job.job_id:
                state = state.changed(active_job=None, lease_expires_at=None, last_job=job.as_last)
                if retrained:
                    state = state.changed(last_retrained_at=later(job.event_time, state.last_retrained_at))
                if rejections is not None:
                    state = state.changed(rejections=rejections)
                if not job.has_trained:
                    state = state.changed(untrained=state.untrained_with(job.event_time))
            self._states.set(state)
            return saved

    def list_active(self, unreadable: list[str] | None = None) -> list[RetrainingJob]:
        return [job for job in self._by_age() if not job.status.is_terminal]

    def list_unannounced(self, unreadable: list[str] | None = None) -> list[RetrainingJob]:
        return [job for job in self._by_age() if job.status.is_terminal and not job.announced]

    def list_recent(self, model_name: str | None, limit: int) -> list[RetrainingJob]:
        wanted = [job for job in self._by_age() if model_name in (None, job.model_name)]
        return wanted[::-1][:limit]

    def list_since(self, since: datetime) -> Iterator[RetrainingJob]:
        return (job for job in self._by_age()[::-1] if job.created_at >= since)

    def list_of_model(self, model_name: str, since: datetime) -> Iterator[RetrainingJob]:
        return (job for job in self.list_since(since) if job.model_name == model_name)

    def _by_age(self) -> list[RetrainingJob]:
        return sorted(self._jobs.values(), key=lambda job: job.created_at)


def _with_cost(state: ModelState, job: RetrainingJob) -> ModelState:
    if job.cost is None or job.completed_at is None:
        return state
    recent = recent_cost(job)
    spent = with_spent(state.spent, month_of(job.completed_at), job.cost.total)
    return state.changed(spent=spent, costs=with_cost(state.costs, recent) if recent else state.costs)
