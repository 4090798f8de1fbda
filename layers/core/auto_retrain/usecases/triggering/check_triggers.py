"""Decides whether to retrain one model now, from everything that can be judged without reading data."""

from datetime import UTC, datetime, timedelta

from ...domain.decision_record import Hold
from ...domain.errors import EventInvalid
from ...domain.messages.triggering import ExecutionStarted, TriggerDecision, TriggerRequest
from ...domain.model_state import ModelState
from ...domain.names import job_id
from ...domain.policy.policy import AppliedPolicy
from ...domain.trigger_events import parse_trigger_event
from ...domain.trigger_type import TriggerType
from ...domain.waiting_trigger import CROWDED
from ...holds.fleet import fleet_holds
from ...holds.model import allows_data_check, model_holds, observed_hold
from ...ports import Ports
from ...triggers import Verdicts, all_met, enabled_triggers, first_observed, judge_triggers
from ...triggers.base import Evidence
from ..lookup import policy_of
from ..reporting.request_page import publish_request_page
from .conclude_decision import conclude_decision, decision_record
from .gather_evidence import Question, gather_evidence
from .kept_evidence import kept_evidence
from .open_job import already_opened

CLOCK_DIFFERENCE = timedelta(minutes=5)
MIN_EVENT_TIME = datetime(2000, 1, 1, tzinfo=UTC)
# Holds of one trigger, which leave it to the next one to start.
_OF_ONE_TRIGGER = ("breach_days", "back_off")


def check_triggers(started: ExecutionStarted, ports: Ports) -> TriggerDecision:
    """Decide to skip, to check for drift, or to start, in which case the job is opened.

    Raises:
        EventInvalid: the event is malformed, or does not clearly name a model.
        ModelUnknown: the model has no policy.
        JobConflict: the job that held the model has just ended.
    """
    request = parse_trigger_event(started.event)
    applied = policy_of(request.model_name, ports)
    opened = already_opened(job_id(request.model_name, started.execution_arn), ports)
    if opened:
        return opened
    decision = _decide(_undecided(request, started.execution_arn, ports), request, applied, ports)
    return decision if decision.next == "detect_drift" else decision.without_evidence()


def _decide(
    undecided: TriggerDecision, request: TriggerRequest, applied: AppliedPolicy, ports: Ports
) -> TriggerDecision:
    state = ports.states.get(request.model_name)
    at, now = undecided.event_time, ports.clock.now()
    undecided = undecided.judged_on(kept_evidence(applied, Evidence(state), at, now, forced=request.force))
    holds = _holds(undecided, applied, state, ports)
    if _needs_data_check(undecided, holds, applied):
        # The check itself sees a quarantine and the model's own budget, but not what the fleet has spent.
        told = next((hold for hold in holds if hold.kind == "fleet_spending"), holds[0])
        return undecided.to_read_data(told.reason, held_by=told.kind)
    if holds:
        held = undecided.held(holds[0].kind, "; ".join(hold.reason for hold in holds))
        return _conclude(held, applied, ports)
    if request.trigger_type is TriggerType.MANUAL:
        requested = undecided.to_start(TriggerType.MANUAL, f"requested by {request.actor}: {request.reason}")
        return _conclude(requested, applied, ports)
    return _judge(undecided, applied, state, ports)


def _conclude(decision: TriggerDecision, applied: AppliedPolicy, ports: Ports) -> TriggerDecision:
    """Conclude it; a person whose request opened no job gets a page about it."""
    concluded = conclude_decision(decision, applied, ports)
    if concluded.trigger_type is TriggerType.MANUAL and concluded.job_id is None:
        has_to_wait = concluded.held_by == "running_job" and CROWDED not in concluded.reason
        owner = ports.states.get(concluded.model_name).owner_at(ports.clock.now()) if has_to_wait else None
        publish_request_page(decision_record(concluded, ports), concluded.request_reason, owner, ports)
    return concluded


def _undecided(request: TriggerRequest, execution_arn: str, ports: Ports) -> TriggerDecision:
    return TriggerDecision(
        next="skip",
        reason="",
        model_name=request.model_name,
        trigger_type=request.trigger_type,
        event_time=_event_time(request, ports),
        execution_arn=execution_arn,
        actor=request.actor,
        request_reason=request.reason,
        parameters=request.parameters,
        variants=tuple(request.experiments),
        review=request.review,
        force=request.force,
    )


def _event_time(request: TriggerRequest, ports: Ports) -> datetime:
    """When the event happened; a future time would extend the model's cool-down."""
    now = ports.clock.now()
    at = request.event_time or now
    if at < MIN_EVENT_TIME:
        raise EventInvalid(f"event_time = {at.isoformat()}: must not be before {MIN_EVENT_TIME:%F}")
    if at > now + CLOCK_DIFFERENCE:
        raise EventInvalid(f"event_time = {at.isoformat()}: must not be in the future; leave it out to mean now")
    return at


def _holds(undecided: TriggerDecision, applied: AppliedPolicy, state: ModelState, ports: Ports) -> list[Hold]:
    trigger, at, now = undecided.trigger_type, undecided.event_time, ports.clock.now()
    variants = len(undecided.variants)
    holds = model_holds(applied, state, trigger, at, now, forced=undecided.force, variants=variants)
    # People are accountable for what they request; automatic retrainings have a budget.
    return holds if trigger is TriggerType.MANUAL else holds + fleet_holds(ports.limits, ports.sweeps.last(), now)


def _needs_data_check(undecided: TriggerDecision, holds: list[Hold], applied: AppliedPolicy) -> bool:
    """Whether the data are to be checked all the same, and the trigger is one that reads them."""
    readers = [trigger.kind for trigger in enabled_triggers(applied.policy, reads_data=True)]
    return undecided.trigger_type in readers and allows_data_check(holds)


def _judge(undecided: TriggerDecision, applied: AppliedPolicy, state: ModelState, ports: Ports) -> TriggerDecision:
    policy, at = applied.policy, undecided.event_time
    triggers = enabled_triggers(policy, reads_data=False)
    (evidence,) = gather_evidence([Question(policy, state, triggers)], at, ports)
    verdicts = judge_triggers(triggers, policy, evidence, at)
    kept = kept_evidence(applied, evidence, at, ports.clock.now())
    decision = undecided.judged_on(kept).judged(verdict for of_trigger in verdicts.values() for verdict in of_trigger)
    met = all_met(verdicts)
    for kind in met:
        decision = conclude_decision(decision.to_start(kind, verdicts[kind][0].reason), applied, ports)
        if decision.held_by not in _OF_ONE_TRIGGER:
            return decision
    if not met:
        decision = _unmet(decision, verdicts)
    if enabled_triggers(policy, reads_data=True):
        # The data alone may call for a retraining; the decision on them replaces this one.
        return decision.to_read_data(decision.reason, decision.held_by)
    return decision if met else conclude_decision(decision, applied, ports)


def _unmet(decision: TriggerDecision, verdicts: Verdicts) -> TriggerDecision:
    observed = first_observed(verdicts)
    if observed:
        hold = observed_hold(verdicts[observed][0])
        return decision.held(hold.kind, hold.reason)
    return decision.not_due("; ".join(of_trigger[0].reason for of_trigger in verdicts.values()))
