"""Starts an execution at a person's request."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from ...domain.base import Record
from ...domain.decision_record import Hold
from ...domain.errors import EventInvalid, JobConflict, RequestRefused
from ...domain.explain import explain
from ...domain.facts.triggering import RetrainingRequested
from ...domain.messages.triggering import TriggerRequest
from ...domain.names import execution_name, job_id
from ...domain.trigger_type import TriggerType
from ...domain.waiting_trigger import CROWDED, is_crowded
from ...holds.model import model_holds
from ...ports import Ports
from ..audit.record import record
from ..lookup import policy_of


class RequestedRetraining(Record):
    """The execution that was started, the id of the job it opens, and what holds it back at present."""

    execution_arn: str
    job_id: str
    holds: tuple[Hold, ...] = ()


def request_retraining(
    model_name: str,
    ports: Ports,
    *,
    actor: str,
    reason: str,
    trigger_type: TriggerType = TriggerType.MANUAL,
    parameters: Mapping[str, Any] | None = None,
    variants: Sequence[Mapping[str, Any]] = (),
    grid: Mapping[str, Sequence[Any]] | None = None,
    review: bool = False,
    force: bool = False,
) -> RequestedRetraining:
    """Start an execution for one model, now; `parameters` override those of its policy.

    With `variants`, or a `grid` of values for each parameter, several trainings run, each with its own parameters on
    top; the best of them is compared with the champion. With `review`, a person must approve a better challenger.

    Raises:
        ModelUnknown: the model has no policy.
        EventInvalid: the execution would refuse the request.
        RequestRefused: the model is busy, and enough manual requests wait for it.
        JobConflict: an execution was started for this model at the very same moment.
    """
    applied, now = policy_of(model_name, ports), ports.clock.now()
    request = _request(
        model_name=model_name,
        trigger_type=trigger_type,
        event_time=now,
        actor=actor,
        reason=reason,
        parameters=dict(parameters or {}),
        variants=[dict(variant) for variant in variants],
        grid=dict(grid or {}),
        review=review,
        force=force,
    )
    state = ports.states.get(model_name)
    owner = state.owner_at(now)
    if owner and trigger_type is TriggerType.MANUAL and is_crowded(ports.waiting.of(model_name)):
        raise RequestRefused(f"job '{owner}' is retraining '{model_name}', and {CROWDED}")
    name = execution_name(model_name, trigger_type.value, now.isoformat())
    fact = RetrainingRequested(model_name=model_name, actor=actor, at=now, execution_name=name, reason=reason)
    # First: whatever becomes of it, the chain says who asked.
    ports.audit.append(fact)
    arn = ports.executions.start(name, request.model_dump(mode="json"))
    if arn is None:
        raise JobConflict(f"an execution named '{name}' was started at the very same moment; try again")
    record(fact, ports)
    holds = model_holds(applied, state, trigger_type, now, now, forced=force, variants=len(request.experiments))
    return RequestedRetraining(execution_arn=arn, job_id=job_id(model_name, arn), holds=tuple(holds))


def _request(**fields: Any) -> TriggerRequest:
    try:
        return TriggerRequest(**fields)
    except ValidationError as error:
        raise EventInvalid(explain(error, TriggerRequest)) from error
