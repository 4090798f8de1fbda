"""Waits until the execution of a request has decided what becomes of it."""

import time
from collections.abc import Callable
from math import ceil

from ...domain.decision_record import DecisionRecord
from ...domain.names import decision_key
from ...ports import Ports
from .request_retraining import RequestedRetraining

_EVERY_SECONDS = 0.5
# Other executions of the model may decide something in the same seconds.
_NEWEST = 100


def await_decision(
    requested: RequestedRetraining, seconds: float, ports: Ports, wait: Callable[[float], None] = time.sleep
) -> RequestedRetraining:
    """The request with its decision, or as it was if there is none after so many seconds."""
    for again in range(ceil(seconds / _EVERY_SECONDS) + 1):
        if again:
            wait(_EVERY_SECONDS)
        decision = _decision_on(requested, ports)
        if decision:
            owner = ports.states.get(requested.model_name).owner_at(ports.clock.now())
            return requested.changed(decision=decision, running_job=owner or requested.running_job)
    return requested


def _decision_on(requested: RequestedRetraining, ports: Ports) -> DecisionRecord | None:
    if job := ports.jobs.get(requested.job_id):
        return job.decision
    key, newest = decision_key(requested.execution_arn), ports.decisions.recent(requested.model_name, _NEWEST)
    return next((decision for decision in newest if decision.key == key), None)
