"""Three hundred models due in the same minute, every event delivered twice: each is retrained exactly once."""

from collections import Counter
from datetime import timedelta

from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.domain.ending import Ending
from auto_retrain.domain.fleet import FleetLimits
from auto_retrain.domain.messages.references import ScheduledEvent
from auto_retrain.domain.messages.triggering import ExecutionStarted
from auto_retrain.usecases.triggering.check_triggers import check_triggers
from auto_retrain.usecases.triggering.sweep_models import sweep_models
from tests.unit.builders import NOON, a_policy

MODELS, AT_ONCE, TICK = 300, 30, timedelta(minutes=5)
SCHEDULED = {"enabled": ["scheduled"], "schedule_expression": "0 12 * * *", "schedule_spread_minutes": 0}


def a_fleet() -> MemoryPorts:
    ports = MemoryPorts(limits=FleetLimits(concurrent_jobs=AT_ONCE))
    ports.clock.advance(NOON - ports.clock.now())
    for number in range(MODELS):
        ports.policies.apply(a_policy(model=f"gl-{number:04}", triggers=SCHEDULED), "ada", NOON)
        ports.states.record_retrain(f"gl-{number:04}", NOON - timedelta(days=1))
    return ports


def carry_out(ports: MemoryPorts, name: str) -> None:
    """The first state of an execution, run twice as after a lost response, and by a duplicate of the execution."""
    event = ports.executions.started[name]
    for arn in (f"arn:{name}", f"arn:{name}", f"arn:{name}-again"):
        check_triggers(ExecutionStarted(event=event, execution_arn=arn), ports)


def end_all(ports: MemoryPorts) -> int:
    active = ports.jobs.list_active()
    for job in active:
        ports.jobs.close_job(job.ended(Ending.FAILED, ports.clock.now()), retrained=True)
    return len(active)


def test_hundreds_of_models_due_at_once_are_each_retrained_once_within_the_fleets_limits() -> None:
    ports, seen, most = a_fleet(), set(), 0
    for number in range(2 * MODELS // AT_ONCE):
        at = NOON + number * TICK
        ports.clock.advance(at - ports.clock.now())
        for _ in range(2):
            sweep_models(ScheduledEvent(time=at), ports)
        for name in sorted(set(ports.executions.started) - seen):
            carry_out(ports, name)
            seen.add(name)
        # Two deliveries of one tick may both let as many start as may run at once, never more.
        most = max(most, end_all(ports))
    jobs = Counter(job.model_name for job in ports.jobs.list_recent(None, 10 * MODELS))
    assert len(jobs) == MODELS
    assert set(jobs.values()) == {1}
    assert most <= 2 * AT_ONCE
    outcomes = Counter(record.outcome for model in jobs for record in ports.decisions.recent(model, 9))
    assert outcomes["started"] == MODELS
