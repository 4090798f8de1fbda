"""Finds, among all models, those that may be due, in a few batched calls, and starts an execution for each."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from ..domain.job import ModelState
from ..domain.messages import ScheduledEvent, SweepReport
from ..domain.metric import MetricReading
from ..domain.names import execution_name
from ..domain.policy import Policy, TriggerType
from ..domain.schedule import last_due
from ..ports import Ports
from ..triggers import first_met, screen
from ..triggers.suppression import drift_check_due, held_back_by
from .evidence import performance_query


class Candidate(NamedTuple):
    """A model that may be due, and the moment that makes its trigger this one and no other."""

    model_name: str
    trigger_type: TriggerType
    moment: str


def sweep_models(tick: ScheduledEvent, ports: Ports) -> SweepReport:
    """Start one execution for each model that may be due; a trigger that was started before is not started again."""
    now = ports.clock.now()
    at = tick.time or now
    fleet = [(applied.policy, state) for applied, state in ports.policies.fleet()]
    free = [(policy, state) for policy, state in fleet if held_back_by(policy.triggers, state, at, now) is None]
    readings = ports.metrics.read([performance_query(policy, at) for policy, _ in free])
    candidates = _candidates(free, readings, at)
    started = [_start(candidate, at, ports) for candidate in candidates]
    arns = tuple(arn for arn in started if arn)
    return SweepReport(models=len(fleet), started=arns, known=len(started) - len(arns))


def _candidates(
    free: list[tuple[Policy, ModelState]], readings: list[MetricReading], at: datetime
) -> Iterator[Candidate]:
    for (policy, state), reading in zip(free, readings, strict=True):
        met = first_met(screen(policy, state, reading, at))
        drift = TriggerType.DATA_DRIFT
        if met:
            yield Candidate(policy.model, met, _moment(met, policy, at))
        elif drift.value in policy.triggers.enabled and drift_check_due(state, at):
            yield Candidate(policy.model, drift, _moment(drift, policy, at))


def _moment(trigger: TriggerType, policy: Policy, at: datetime) -> str:
    """The day, as each trigger starts an execution once a day; and for a schedule, what is due.

    A retraining that failed is tried again the next day, for as long as its trigger is met.
    """
    day = at.date().isoformat()
    if trigger is not TriggerType.SCHEDULED:
        return day
    due = last_due(policy.triggers.schedule_expression, policy.triggers.time_zone, at)
    return f"{due.isoformat()} {day}" if due else day


def _start(candidate: Candidate, at: datetime, ports: Ports) -> str | None:
    name = execution_name(candidate.model_name, candidate.trigger_type.value, candidate.moment)
    event = {
        "model_name": candidate.model_name,
        "trigger_type": candidate.trigger_type.value,
        "event_time": at.isoformat(),
    }
    return ports.executions.start(name, event)
