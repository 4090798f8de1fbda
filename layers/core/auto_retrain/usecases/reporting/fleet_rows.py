"""What the fleet page says of one model: how it is, and whether it needs a person."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from ...domain.decision_record import Hold
from ...domain.ending import Ending
from ...domain.fleet_overview import Concern, FleetRow, Health
from ...domain.job import RetrainingJob
from ...domain.model_state import LastJob, ModelState
from ...domain.pages import job_path, request_path
from ...domain.policy.policy import AppliedPolicy, PolicyStatus
from ...domain.serving import ServingRecord
from ...domain.trigger_type import TriggerType
from ...holds.budgets import budget_hold
from ...holds.next_scheduled import next_scheduled

# Each model is looked at once a day, and a sweep and its execution take some time.
RECENTLY = timedelta(days=2)
# A breach counts for as long as a retraining that answers it may take.
BREACH_COUNTS = timedelta(days=7)
LONG_PAUSE_OF_ROLLOUT = timedelta(days=1)
LONG_PAUSE_OF_MODEL = timedelta(days=30)
TIME_FOR_A_FIRST_LOOK = timedelta(days=7)


class Member(NamedTuple):
    """All that the page needs of a model; `serving` only if it rolls out, is watched, or differs from its record."""

    applied: AppliedPolicy
    state: ModelState
    serving: ServingRecord | None
    job: RetrainingJob | None


class Ranked(NamedTuple):
    """A concern, and how urgent it is: 0 is the most."""

    rank: int
    concern: Concern


def row_of(member: Member, at: datetime) -> FleetRow:
    """The row of a model at a moment."""
    applied, state = member.applied, member.state
    health, why = health_of(member, at)
    decision, job, hold = _last_decision(member), _decision_of_job(member), budget_hold(applied.policy, state, at)
    return FleetRow(
        model=applied.policy.model,
        owner=applied.policy.owner,
        health=health,
        why=why,
        champion=state.serving.version if state.serving else None,
        since=state.serving.since if state.serving else None,
        decision=decision.name if decision else None,
        page=decision.page if decision else None,
        outcome=decision.outcome if decision else None,
        next_due=_next_due(member, at),
        spent=state.spent_in(at),
        notes=tuple(_notes(member, hold)),
        held=hold.reason if hold else None,
        last_job=job.name if job else None,
        job_outcome=job.outcome if job else None,
    )


class Decision(NamedTuple):
    """The last job, or the decision on a later request that opened none: its name, its page, and what came of it."""

    name: str
    page: str | None
    outcome: str


def _last_job(member: Member) -> LastJob | None:
    job, last = member.job, member.state.last_job
    if job is not None and (last is None or job.job_id == last.job_id):
        # Its record also says whether it was taken back later; a state of an earlier release says nothing.
        return job.as_last
    return last


def _last_decision(member: Member) -> Decision | None:
    last, request = _last_job(member), member.state.last_request
    if request and (last is None or request.at >= last.created_at):
        what = (request.held_by or "held back").replace("_", " ")
        page = request_path(member.applied.policy.model, request.key)
        return Decision(request.key, page, f"opened no job: {what}")
    return _decision_of_job(member)


def _decision_of_job(member: Member) -> Decision | None:
    job, last = member.job, _last_job(member)
    if last is None:
        return None
    status = job.status.value if job and job.job_id == last.job_id else "under way"
    outcome = last.ending.value if last.ending else status
    serving = member.state.serving
    if last.promoted and serving and serving.version != last.promoted:
        outcome = "promoted, serves no longer"
    return Decision(last.job_id, job_path(last.job_id) if last.ending else None, outcome.replace("_", " "))


def health_of(member: Member, at: datetime) -> tuple[Health, str]:
    """How a model is, and why; it is healthy only if its data were looked at recently and nothing was found."""
    state, serving = member.state, member.serving
    if serving and serving.alert and not serving.alert.is_over:
        return Health.DEGRADING, f"version {serving.alert.version} failed: {serving.alert.reason}"
    if state.quarantine:
        return Health.DEGRADING, f"broken data: {state.quarantine.reason}"
    broken = _broken_since_the_last_check(member)
    if broken:
        return Health.DEGRADING, f"broken data: {broken}"
    if serving and serving.rollout:
        rollout = serving.rollout
        return Health.IN_ROLLOUT, f"version {rollout.challenger.number} answers {rollout.weight} % of the requests"
    breach = max((day for days in state.breaches.values() for day in days), default=None)
    if breach and at.date() - breach <= BREACH_COUNTS:
        return Health.DEGRADING, f"a trigger was met on {breach}"
    checked = state.last_drift_check_at
    if checked and at - checked <= RECENTLY:
        return Health.HEALTHY, f"data checked for drift on {checked:%F}, no trigger met in {BREACH_COUNTS.days} days"
    return (
        Health.UNKNOWN,
        f"data last checked for drift on {checked:%F}" if checked else "its data were never checked for drift",
    )


def _broken_since_the_last_check(member: Member) -> str | None:
    """What the last job found wrong with its data, unless a check for drift has read some since."""
    job, checked = member.job, member.state.last_drift_check_at
    if job is None or not job.failed_on_data or (checked and job.completed_at and checked > job.completed_at):
        return None
    return job.error


def concerns_about(member: Member, at: datetime) -> Iterator[Ranked]:
    """Why a model needs a person, if it does."""
    for rank, reasons in enumerate(
        (_failed, _to_review, _differs, _broken, _job_failed, _on_pause, _in_vain, _never_affordable, _forgotten)
    ):
        for reason, command in reasons(member, at):
            policy = member.applied.policy
            yield Ranked(rank, Concern(policy.model, policy.owner, reason, f"auto-retrain {command}"))


Reasons = Iterator[tuple[str, str]]


def _failed(member: Member, at: datetime) -> Reasons:
    alert = member.serving.alert if member.serving else None
    if alert and not alert.acknowledged:
        done = "was taken back" if alert.taken_back else "failed and still serves"
        command = f"acknowledge {member.applied.policy.model} --reason TEXT"
        yield f"version {alert.version} {done}: {alert.reason}", command


def _to_review(member: Member, at: datetime) -> Reasons:
    job = member.job
    until = job.review_until if job else None
    if job and until:
        yield f"version {job.challenger_version} waits for a review until {until:%F %R} UTC", f"approve {job.job_id}"


def _differs(member: Member, at: datetime) -> Reasons:
    serving = member.serving
    changed = serving.changed_at if serving else None
    is_late = changed is None or at - changed > timedelta(hours=1)
    if serving and serving.difference and is_late and not serving.rollout:
        yield f"what serves differs from its record: {serving.difference}", f"rollout {member.applied.policy.model}"


def _broken(member: Member, at: datetime) -> Reasons:
    quarantine = member.state.quarantine
    if quarantine:
        command = f"models lift-quarantine {member.applied.policy.model} --reason TEXT"
        yield f"in quarantine since {quarantine.since:%F}: {quarantine.reason}", command


def _job_failed(member: Member, at: datetime) -> Reasons:
    last, job = _last_job(member), member.job
    if last and last.ending is Ending.FAILED:
        cause = f": {job.error}" if job and job.job_id == last.job_id else ""
        yield f"its last job {last.job_id} failed{cause}", f"explain {last.job_id}"


def _on_pause(member: Member, at: datetime) -> Reasons:
    applied, rollout = member.applied, member.serving.rollout if member.serving else None
    asked = rollout.intervention if rollout else None
    if asked and asked.kind == "pause" and at - asked.at > LONG_PAUSE_OF_ROLLOUT:
        command = f"rollout {applied.policy.model} resume --reason TEXT"
        yield f"its rollout has been paused since {asked.at:%F} by {asked.actor}: {asked.reason}", command
    if applied.status is PolicyStatus.PAUSED and at - applied.applied_at > LONG_PAUSE_OF_MODEL:
        since = f"paused since {applied.applied_at:%F} by {applied.applied_by}"
        yield f"{since}: {applied.note}", f"models resume {applied.policy.model}"


def _in_vain(member: Member, at: datetime) -> Reasons:
    in_a_row = member.state.rejected_in_a_row
    if in_a_row >= member.applied.policy.triggers.escalate_after:
        yield f"{in_a_row} challengers in a row were not promoted", f"jobs {member.applied.policy.model}"


def _never_affordable(member: Member, at: datetime) -> Reasons:
    hold = budget_hold(member.applied.policy, member.state, at)
    if hold and hold.until is None:
        yield hold.reason, f"receipts {member.applied.policy.model}"


def _forgotten(member: Member, at: datetime) -> Reasons:
    applied, state = member.applied, member.state
    is_old = at - applied.applied_at > TIME_FOR_A_FIRST_LOOK
    seen = state.last_attempt_at or state.last_retrained_at or state.last_drift_check_at
    if applied.status is PolicyStatus.ACTIVE and is_old and not seen:
        yield (
            f"nothing is known of it since its policy was applied on {applied.applied_at:%F}",
            (f"why-not {applied.policy.model}"),
        )


def _next_due(member: Member, at: datetime) -> datetime | None:
    """When its schedule retrains it, as far as is known now; None if it is paused or has no schedule."""
    policy = member.applied.policy
    if member.applied.status is not PolicyStatus.ACTIVE or not policy.triggers.enables(TriggerType.SCHEDULED):
        return None
    return next_scheduled(member.applied, member.state, at)


def _notes(member: Member, hold: Hold | None) -> Iterator[str]:
    if member.applied.status is PolicyStatus.PAUSED:
        yield f"paused: {member.applied.note}"
    if member.state.quarantine:
        yield f"in quarantine since {member.state.quarantine.since:%F}"
    if hold:
        yield f"held by its budget: {hold.reason}"
    rollout = member.serving.rollout if member.serving else None
    if rollout:
        yield f"rolls out version {rollout.challenger.number} at {rollout.weight} %"
