"""Concludes a decision on whether to retrain: opens the job or lets the trigger wait, and records the decision."""

from ...domain.decision_record import DecisionRecord
from ...domain.errors import JobConflict
from ...domain.messages.triggering import TriggerDecision, TriggerRequest
from ...domain.model_state import ModelState
from ...domain.names import decision_key
from ...domain.policy.policy import AppliedPolicy
from ...domain.trigger_type import TriggerType
from ...domain.waiting_trigger import CROWDED, WaitingTrigger, is_crowded
from ...holds.model import back_off_hold, breach_hold
from ...ports import Ports
from ...triggers import trigger_of
from .open_job import open_job
from .record_decision import record_decision


def conclude_decision(decision: TriggerDecision, applied: AppliedPolicy, ports: Ports) -> TriggerDecision:
    """Open the job if the decision is to start, let the trigger wait if the model is busy, and record the decision.

    Raises:
        JobConflict: the job that held the model has just ended, so the decision should be made again.
    """
    if decision.next == "start":
        decision = _unless_too_few_breaches(decision, applied, ports)
    if decision.next == "start":
        state = ports.states.get(decision.model_name)
        decision = _unless_backing_off(decision, applied, state)
        if decision.next == "start":
            decision = open_job(decision, applied, state.costs, ports)
    if decision.job_id:
        # Its record came with the job.
        ports.waiting.remove(_waiting(decision))
        return decision
    if decision.held_by == "running_job":
        decision = _let_wait(decision, ports)
    else:
        ports.waiting.remove(_waiting(decision))
    record_decision(decision_record(decision, ports), decision.evidence, ports)
    return decision


def _unless_too_few_breaches(decision: TriggerDecision, applied: AppliedPolicy, ports: Ports) -> TriggerDecision:
    """Hold a trigger that must be met on several days until it has been."""
    config, trigger = applied.policy.triggers, trigger_of(decision.trigger_type)
    if config.breach_days == 1 or trigger is None or not trigger.needs_breach_days:
        return decision
    day = decision.event_time.date()
    state = ports.states.record_breach(decision.model_name, trigger.kind, day)
    hold = breach_hold(config, state.breach_days(trigger.kind), day)
    return decision.held(hold.kind, f"{decision.reason}; {hold.reason}") if hold else decision


def _unless_backing_off(decision: TriggerDecision, applied: AppliedPolicy, state: ModelState) -> TriggerDecision:
    """Hold a trigger whose challengers were rejected: what was asked for may have been another one."""
    hold = back_off_hold(applied.policy.triggers, state, decision.trigger_type, decision.event_time)
    return decision.held(hold.kind, f"{decision.reason}; {hold.reason}") if hold else decision


def _let_wait(decision: TriggerDecision, ports: Ports) -> TriggerDecision:
    waiting = _waiting(decision)
    if decision.trigger_type is TriggerType.MANUAL and is_crowded(ports.waiting.of(decision.model_name), waiting):
        return decision.held("running_job", f"{decision.reason}; {CROWDED}")
    ports.waiting.add(waiting)
    # A job that ended before it could see this trigger waiting does not restart it, and nothing else would. If it did
    # see it, another execution goes on with this trigger.
    has_ended = ports.states.get(decision.model_name).owner_at(ports.clock.now()) is None
    if has_ended and ports.waiting.claim(waiting, decision.execution_arn):
        raise JobConflict(f"the job that held '{decision.model_name}' has just ended")
    return decision


def _waiting(decision: TriggerDecision) -> WaitingTrigger:
    request = TriggerRequest(
        model_name=decision.model_name,
        trigger_type=decision.trigger_type,
        event_time=decision.event_time,
        actor=decision.actor,
        reason=decision.request_reason,
        parameters=decision.parameters,
        variants=decision.variants,
        review=decision.review,
        force=decision.force,
    )
    return WaitingTrigger(request=request, execution_arn=decision.execution_arn)


def decision_record(decision: TriggerDecision, ports: Ports) -> DecisionRecord:
    """The record of a decision that opened no job."""
    return DecisionRecord(
        model_name=decision.model_name,
        key=decision_key(decision.execution_arn),
        event_time=decision.event_time,
        recorded_at=ports.clock.now(),
        trigger_type=decision.trigger_type,
        outcome="suppressed" if decision.held_by else "not_due",
        reason=decision.reason,
        held_by=decision.held_by,
        verdicts=decision.verdicts,
        actor=decision.actor,
        execution_arn=decision.execution_arn,
    )
