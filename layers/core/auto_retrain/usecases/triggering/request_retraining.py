"""Starts an execution at a person's request."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from pydantic import ValidationError

from ...domain.base import Record
from ...domain.decision_record import DecisionRecord, HeldBy, Hold, way_out
from ...domain.errors import EventInvalid, JobConflict, RequestRefused, RetrainingHeld
from ...domain.experiments import check_workers
from ...domain.explain import explain
from ...domain.facts.triggering import RetrainingRequested
from ...domain.messages.triggering import TriggerRequest
from ...domain.names import execution_name, job_id
from ...domain.policy.default_trainer import unknown_parameters
from ...domain.trigger_type import TriggerType
from ...domain.waiting_trigger import CROWDED, is_crowded
from ...holds.model import model_holds
from ...ports import Ports
from ..audit.record import record
from ..lookup import policy_of

RequestOutcome = Literal["opened", "expected", "waits", "held", "not_due"]


class RequestedRetraining(Record):
    """The execution that was started, and what becomes of it: as it was decided, or else as holds let expect.

    `job_id` is that of the job that the execution itself can open. `running_job` owned the model when it was asked.
    `warnings` are about parameters with which the training will fail.
    """

    model_name: str
    execution_arn: str
    job_id: str
    running_job: str | None = None
    holds: tuple[Hold, ...] = ()
    decision: DecisionRecord | None = None
    warnings: tuple[str, ...] = ()

    @property
    def outcome(self) -> RequestOutcome:
        """`opened`: its job exists; `expected`: it will; `waits`: for the end of `running_job`; else it never will."""
        if self.decision is None:
            return _OUTCOMES.get(self.holds[0].kind, "held") if self.holds else "expected"
        if self.decision.outcome == "suppressed":
            was_dropped = CROWDED in self.decision.reason
            return "held" if was_dropped else _OUTCOMES.get(self.decision.held_by, "held")
        return "opened" if self.decision.outcome == "started" else "not_due"

    @property
    def reason(self) -> str:
        """What holds it back, or what was decided; empty if nothing is to be said."""
        return self.decision.reason if self.decision else "; ".join(hold.reason for hold in self.holds)

    @property
    def way_out(self) -> str:
        """What a person can do if it is held back."""
        held_by = self.decision.held_by if self.decision else self.holds[0].kind if self.holds else None
        return way_out(held_by)

    @property
    def sentence(self) -> str:
        """What becomes of the request, for people."""
        if self.outcome == "waits":
            return f"it waits for the end of job '{self.running_job}'"
        if self.outcome in ("held", "not_due"):
            return str(self._refusal())
        return f"job '{self.job_id}' {'is open' if self.outcome == 'opened' else 'will be opened'}"

    @property
    def job_to_follow(self) -> str:
        """The id of its job, or of the job that it waits for; raises RetrainingHeld if it opens none."""
        if self.outcome == "waits" and self.running_job:
            return self.running_job
        if self.outcome in ("held", "not_due"):
            raise self._refusal()
        return self.job_id

    def _refusal(self) -> RetrainingHeld:
        held_by = self.decision.held_by if self.decision else self.holds[0].kind
        return RetrainingHeld(self.model_name, self.reason, self.way_out, held_by)


_OUTCOMES: dict[HeldBy | None, RequestOutcome] = {"running_job": "waits"}


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
        parameters=_as_dict(parameters or {}),
        variants=[_as_dict(variant) for variant in variants],
        grid=_as_dict(grid or {}),
        review=review,
        force=force,
    )
    check_workers(len(request.experiments), applied.policy.training)
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
    return RequestedRetraining(
        model_name=model_name,
        execution_arn=arn,
        job_id=job_id(model_name, arn),
        running_job=owner,
        holds=tuple(holds),
        warnings=tuple(unknown_parameters(applied.policy, _names_in(request), "parameters")),
    )


def _names_in(request: TriggerRequest) -> Iterator[str]:
    yield from request.parameters
    for experiment in request.experiments:
        yield from experiment


def _as_dict(given: Any) -> Any:
    """A mapping of any kind; what is none is refused with the request."""
    return dict(given) if isinstance(given, Mapping) else given


def _request(**fields: Any) -> TriggerRequest:
    try:
        return TriggerRequest(**fields)
    except ValidationError as error:
        raise EventInvalid(explain(error, TriggerRequest)) from error
