"""Opens the job for a decision to retrain."""

from collections.abc import Sequence
from datetime import timedelta

from ...domain.cost import RecentCost
from ...domain.decision_evidence import hash_of
from ...domain.errors import LeaseHeld
from ...domain.experiments import check_workers, with_common
from ...domain.facts.triggering import JobOpened, TriggerJudged
from ...domain.forecast import forecast_of
from ...domain.job import RetrainingJob, Variant
from ...domain.messages.triggering import TriggerDecision
from ...domain.names import job_id
from ...domain.policy.policy import AppliedPolicy
from ...domain.windows import windows_at
from ...ports import Ports
from ..audit.record import announce, record
from .record_decision import document_of, judgement_fact

# Longer than the longest way through the state machine with all its retries, so that a lease never expires under a
# running execution; a rollout extends it.
LEASE = timedelta(hours=147)


def open_job(
    decision: TriggerDecision, applied: AppliedPolicy, costs: Sequence[RecentCost], ports: Ports
) -> TriggerDecision:
    """The decision with its job opened, or changed to `skip` if another job already owns the model.

    `costs` are those of the model's recent jobs, which make the forecast.
    """
    evidence = document_of(decision.evidence, ports)
    job = _new_job(decision, applied, hash_of(evidence), ports)
    policy, prices = applied.policy, ports.prices.current().prices
    job = job.expecting(forecast_of(costs, policy, len(job.variants), prices))
    facts = _facts_of(job)
    try:
        opened = ports.jobs.open_job(job, job.created_at + LEASE, *facts, evidence=evidence)
    except LeaseHeld as held:
        return decision.held("running_job", str(held))
    _announce(facts if opened is job else _facts_of(opened), ports)
    return decision.opened(opened.job_id)


def already_opened(job_id: str, ports: Ports) -> TriggerDecision | None:
    """The decision to start if this execution has already opened its job, so that a retry does not decide again."""
    job = ports.jobs.get(job_id)
    if job is None:
        return None
    _announce(_facts_of(job), ports)
    return TriggerDecision(
        next="start",
        reason=job.trigger_reason,
        model_name=job.model_name,
        trigger_type=job.trigger_type,
        event_time=job.event_time,
        execution_arn=job.execution_arn,
        actor=job.actor,
        job_id=job.job_id,
        verdicts=job.trigger_verdicts,
    )


def _announce(facts: tuple[TriggerJudged, JobOpened], ports: Ports) -> None:
    judged, opened = facts
    record(judged, ports)
    announce(opened, ports)


def _facts_of(job: RetrainingJob) -> tuple[TriggerJudged, JobOpened]:
    """That it was decided to open the job, and that it was opened."""
    return judgement_fact(job.decision), JobOpened(
        model_name=job.model_name,
        job_id=job.job_id,
        actor=job.actor,
        at=job.created_at,
        trigger_type=job.trigger_type,
        reason=job.trigger_reason,
        forecast=job.forecast,
    )


def _new_job(
    decision: TriggerDecision, applied: AppliedPolicy, evidence_hash: str | None, ports: Ports
) -> RetrainingJob:
    policy, traced = applied.policy, ports.traces.current()
    parameters = {**policy.training.parameters, **decision.parameters}
    variants = with_common(parameters, decision.variants)
    check_workers(len(variants), policy.training)
    return RetrainingJob(
        job_id=job_id(decision.model_name, decision.execution_arn),
        model_name=decision.model_name,
        trigger_type=decision.trigger_type,
        trigger_reason=decision.reason,
        trigger_verdicts=decision.verdicts,
        trigger_evidence_hash=evidence_hash,
        actor=decision.actor,
        forced=decision.force,
        event_time=decision.event_time,
        execution_arn=decision.execution_arn,
        trace_id=traced.trace_id if traced else None,
        policy_version=applied.version,
        training_parameters=parameters,
        variants=tuple(Variant(parameters=merged) for merged in variants),
        needs_review=decision.review,
        created_at=ports.clock.now(),
        windows=windows_at(
            decision.event_time,
            evaluation_days=policy.triggers.evaluation_window_days,
            training_days=policy.triggers.training_window_days,
            label_delay_days=policy.data.label_delay_days,
        ),
    )
