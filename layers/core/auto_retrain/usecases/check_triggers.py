"""Decides whether one model is to be retrained now, from everything that needs no data to be read."""

from datetime import datetime, timedelta

from ..domain.errors import EventInvalid
from ..domain.job import ModelState
from ..domain.messages import ExecutionStarted, TriggerDecision, TriggerRequest
from ..domain.names import job_id
from ..domain.policy import Policy, TriggerType
from ..domain.trigger_events import parse_trigger_event
from ..ports import Ports
from ..triggers import first_met, screen
from ..triggers.suppression import held_back_by, held_by_job
from .evidence import performance_query
from .opening import already_opened, open_job
from .records import policy_of

CLOCK_DIFFERENCE = timedelta(minutes=5)


def check_triggers(started: ExecutionStarted, ports: Ports) -> TriggerDecision:
    """Skip, look for drift, or start with the job opened.

    Raises:
        EventInvalid: the event does not say clearly which model is meant, or what is asked.
        ModelUnknown: no policy was applied for that model.
    """
    request = parse_trigger_event(started.event)
    applied = policy_of(request.model_name, ports)
    opened = already_opened(job_id(request.model_name, started.execution_arn), ports)
    if opened:
        return opened
    decision = _decide(request, started.execution_arn, applied.policy, ports)
    return open_job(decision, applied, ports) if decision.next == "start" else decision


def _decide(request: TriggerRequest, execution_arn: str, policy: Policy, ports: Ports) -> TriggerDecision:
    undecided = TriggerDecision(
        next="skip",
        reason="",
        model_name=request.model_name,
        trigger_type=request.trigger_type,
        event_time=_event_time(request, ports),
        execution_arn=execution_arn,
        actor=request.actor,
        parameters=request.parameters,
    )
    state = ports.jobs.model_state(request.model_name)
    held_back = _held_back(request, undecided, state, policy, ports)
    if held_back:
        return undecided.model_copy(update={"reason": held_back})
    if request.trigger_type is TriggerType.MANUAL:
        reason = f"asked for by {request.actor}: {request.reason}"
        return undecided.model_copy(update={"next": "start", "reason": reason})
    return _judge(undecided, policy, state, ports)


def _event_time(request: TriggerRequest, ports: Ports) -> datetime:
    """When the event happened; a time to come would hold the model's cool-down until then."""
    now = ports.clock.now()
    at = request.event_time or now
    if at > now + CLOCK_DIFFERENCE:
        raise EventInvalid(f"event_time = {at.isoformat()}: lies in the future; leave it out to mean now")
    return at


def _held_back(
    request: TriggerRequest, undecided: TriggerDecision, state: ModelState, policy: Policy, ports: Ports
) -> str | None:
    now = ports.clock.now()
    if request.force:
        return held_by_job(state, now)
    return held_back_by(policy.triggers, state, undecided.event_time, now)


def _judge(undecided: TriggerDecision, policy: Policy, state: ModelState, ports: Ports) -> TriggerDecision:
    reading = ports.metrics.read([performance_query(policy, undecided.event_time)])[0]
    verdicts = screen(policy, state, reading, undecided.event_time)
    met = first_met(verdicts)
    found = {"verdicts": tuple(verdicts.values())}
    if met:
        return undecided.model_copy(
            update={**found, "next": "start", "trigger_type": met, "reason": verdicts[met].reason}
        )
    reason = "; ".join(verdict.reason for verdict in verdicts.values())
    following = "detect_drift" if TriggerType.DATA_DRIFT.value in policy.triggers.enabled else "skip"
    return undecided.model_copy(update={**found, "next": following, "reason": reason})
