"""Decides whether one model is to be retrained now, from everything that needs no data to be read."""

from datetime import UTC, datetime, timedelta

from ...domain.decision_record import Hold
from ...domain.errors import EventInvalid
from ...domain.messages import ExecutionStarted, TriggerDecision, TriggerRequest
from ...domain.model_state import ModelState
from ...domain.names import job_id
from ...domain.policy.policy import AppliedPolicy
from ...domain.trigger_events import parse_trigger_event
from ...domain.trigger_type import TriggerType
from ...holds.fleet import fleet_holds
from ...holds.model import model_holds, observed_hold, only_broken_data
from ...ports import Ports
from ...triggers import enabled_triggers, first_met, first_observed, judge_triggers
from ..lookup import policy_of
from .conclude_decision import conclude_decision
from .gather_evidence import Question, gather_evidence
from .open_job import already_opened

CLOCK_DIFFERENCE = timedelta(minutes=5)
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


def check_triggers(started: ExecutionStarted, ports: Ports) -> TriggerDecision:
    """Skip, look for drift, or start with the job opened.

    Raises:
        EventInvalid: the event does not say clearly which model is meant, or what is asked.
        ModelUnknown: no policy was applied for that model.
        JobConflict: the job that held the model ended this moment.
    """
    request = parse_trigger_event(started.event)
    applied = policy_of(request.model_name, ports)
    opened = already_opened(job_id(request.model_name, started.execution_arn), ports)
    if opened:
        return opened
    undecided = _undecided(request, started.execution_arn, ports)
    state = ports.states.get(request.model_name)
    against = _holds(undecided, applied, state, ports)
    if _only_data_can_tell(undecided, against, applied):
        return undecided.to_read_data(against[0].reason, held_by="quarantine")
    if against:
        held = undecided.held(against[0].kind, "; ".join(hold.reason for hold in against))
        return conclude_decision(held, applied, ports)
    if request.trigger_type is TriggerType.MANUAL:
        asked = undecided.to_start(TriggerType.MANUAL, f"asked for by {request.actor}: {request.reason}")
        return conclude_decision(asked, applied, ports)
    return _judge(undecided, applied, state, ports)


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
    """When the event happened; a time to come would hold the model's cool-down until then."""
    now = ports.clock.now()
    at = request.event_time or now
    if at < EARLIEST:
        raise EventInvalid(f"event_time = {at.isoformat()}: lies before {EARLIEST:%F}, where no model has data")
    if at > now + CLOCK_DIFFERENCE:
        raise EventInvalid(f"event_time = {at.isoformat()}: lies in the future; leave it out to mean now")
    return at


def _holds(undecided: TriggerDecision, applied: AppliedPolicy, state: ModelState, ports: Ports) -> list[Hold]:
    trigger, at, now = undecided.trigger_type, undecided.event_time, ports.clock.now()
    against = model_holds(applied, state, trigger, at, now, forced=undecided.force)
    # People answer for what they ask; what machines ask for has a budget.
    return against if trigger is TriggerType.MANUAL else against + fleet_holds(ports.limits, ports.sweeps.last())


def _only_data_can_tell(undecided: TriggerDecision, against: list[Hold], applied: AppliedPolicy) -> bool:
    """Whether a quarantine is all that holds the model, and the trigger is one that looks at the data anew."""
    readers = [trigger.kind for trigger in enabled_triggers(applied.policy, reads_data=True)]
    return undecided.trigger_type in readers and only_broken_data(against)


def _judge(undecided: TriggerDecision, applied: AppliedPolicy, state: ModelState, ports: Ports) -> TriggerDecision:
    policy, at = applied.policy, undecided.event_time
    triggers = enabled_triggers(policy, reads_data=False)
    (evidence,) = gather_evidence([Question(policy, state, triggers)], at, ports)
    verdicts = judge_triggers(triggers, policy, evidence, at)
    decision = undecided.judged(verdict for found in verdicts.values() for verdict in found)
    met, observed = first_met(verdicts), first_observed(verdicts)
    if met:
        decision = conclude_decision(decision.to_start(met, verdicts[met][0].reason), applied, ports)
        if decision.held_by != "breach_days":
            return decision
    elif observed:
        hold = observed_hold(verdicts[observed][0])
        decision = decision.held(hold.kind, hold.reason)
    else:
        decision = decision.not_due("; ".join(found[0].reason for found in verdicts.values()))
    if enabled_triggers(policy, reads_data=True):
        # What the data say may be enough, and takes the place of this decision.
        return decision.to_read_data(decision.reason, decision.held_by)
    return decision if met else conclude_decision(decision, applied, ports)
