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
from ...holds.model import fleet_holds, holds, only_broken_data
from ...ports import Ports
from ...triggers import first_met, screen
from ..lookup import policy_of
from .conclude_decision import conclude
from .gather_evidence import performance_query
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
    state = ports.jobs.model_state(request.model_name)
    held = _holds(undecided, applied, state, ports)
    if _only_drift_could_tell(undecided, held, applied):
        return _look_for_drift(undecided.model_copy(update={"held_by": "quarantine"}), held[0].reason)
    if held:
        update = {"held_by": held[0].kind, "reason": "; ".join(hold.reason for hold in held)}
        return conclude(undecided.model_copy(update=update), applied, ports)
    if request.trigger_type is TriggerType.MANUAL:
        reason = f"asked for by {request.actor}: {request.reason}"
        return conclude(undecided.model_copy(update={"next": "start", "reason": reason}), applied, ports)
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
    found = holds(applied, state, trigger, at, now, forced=undecided.force)
    # People answer for what they ask; what machines ask for has a budget.
    return found if trigger is TriggerType.MANUAL else found + fleet_holds(ports.limits, ports.sweeps.last())


def _only_drift_could_tell(undecided: TriggerDecision, held: list[Hold], applied: AppliedPolicy) -> bool:
    asked = undecided.trigger_type is TriggerType.DATA_DRIFT
    return asked and only_broken_data(held) and TriggerType.DATA_DRIFT.value in applied.policy.triggers.enabled


def _look_for_drift(decision: TriggerDecision, reason: str) -> TriggerDecision:
    return decision.model_copy(update={"next": "detect_drift", "reason": reason})


def _judge(undecided: TriggerDecision, applied: AppliedPolicy, state: ModelState, ports: Ports) -> TriggerDecision:
    policy = applied.policy
    reading = ports.metrics.read([performance_query(policy, undecided.event_time)])[0]
    verdicts = screen(policy, state, reading, undecided.event_time)
    judged = undecided.model_copy(update={"verdicts": tuple(verdicts.values())})
    met = first_met(verdicts)
    looks_for_drift = TriggerType.DATA_DRIFT.value in policy.triggers.enabled
    if met:
        start = {"next": "start", "trigger_type": met, "reason": verdicts[met].reason}
        concluded = conclude(judged.model_copy(update=start), applied, ports)
        # Not seen often enough; what the data say may be enough, and takes the place of this decision.
        again = concluded.held_by == "breach_days" and looks_for_drift
        return _look_for_drift(concluded, concluded.reason) if again else concluded
    judged = judged.model_copy(update={"reason": "; ".join(verdict.reason for verdict in verdicts.values())})
    return _look_for_drift(judged, judged.reason) if looks_for_drift else conclude(judged, applied, ports)
