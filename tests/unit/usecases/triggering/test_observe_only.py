"""A trigger that is only observed is judged, recorded and shown, and starts nothing."""

from datetime import timedelta
from typing import Any

import pytest

from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.domain.messages.references import ScheduledEvent
from auto_retrain.domain.metric_reading import MetricReading
from auto_retrain.domain.model_state import RejectedJob, Rejections
from auto_retrain.domain.trigger_type import TriggerType
from auto_retrain.usecases.triggering.retraining_triggers import PerformanceDegradationTrigger
from auto_retrain.usecases.triggering.sweep_models import sweep_models
from auto_retrain.usecases.triggering.why_not import predict_triggers
from tests.unit.builders import NOON, a_policy
from tests.unit.usecases.drift_world import SWEPT, check_drift, world_with_features
from tests.unit.usecases.world import World

PERFORMANCE = "performance_degradation"
BAD = MetricReading(value=0.8, rows=5000, points=30, newest_at=NOON)
DEGRADED = {"model_name": "churn", "trigger_type": PERFORMANCE, "event_time": NOON.isoformat()}
WINDOWS = {"evaluation_window_days": 5, "training_window_days": 10}


def degraded_world(**triggers: Any) -> World:
    world = World(a_policy(triggers={**WINDOWS, "observe_only": [PERFORMANCE], **triggers}))
    world.ports.metrics.readings["churn"] = BAD
    return world


def test_it_is_recorded_with_the_decision_that_it_did_not_start_anything() -> None:
    world = degraded_world(enabled=[PERFORMANCE])
    decision = world.check(DEGRADED)
    assert (decision.next, decision.held_by) == ("skip", "observe_only")
    (recorded,) = world.ports.decisions.recent("churn", 5)
    assert (recorded.outcome, recorded.held_by) == ("suppressed", "observe_only")
    assert [(verdict.met, verdict.observed_only) for verdict in recorded.verdicts] == [(True, True)]


def test_another_trigger_starts_all_the_same() -> None:
    decision = degraded_world(enabled=[PERFORMANCE, "scheduled"]).check(DEGRADED)
    assert (decision.next, decision.trigger_type) == ("start", TriggerType.SCHEDULED)


def test_the_data_are_read_all_the_same() -> None:
    world = degraded_world(enabled=[PERFORMANCE, "data_drift"])
    assert world.check(DEGRADED).next == "detect_drift"


def test_a_sweep_records_it_once_for_each_turn_and_starts_nothing_for_it() -> None:
    world = degraded_world(enabled=[PERFORMANCE])
    for minutes in (0, 5):
        outcome = sweep_models(ScheduledEvent(time=NOON + timedelta(minutes=minutes)), world.ports)
        assert outcome.started == 0
    (recorded,) = world.ports.decisions.recent("churn", 5)
    assert recorded.held_by == "observe_only"


def test_a_sweep_still_looks_for_drift() -> None:
    world = degraded_world(enabled=[PERFORMANCE, "data_drift"])
    sweep_models(ScheduledEvent(time=NOON), world.ports)
    assert [event["trigger_type"] for event in started(world.ports)] == ["data_drift"]


def started(ports: MemoryPorts) -> list[Any]:
    return list(ports.executions.started.values())


def test_why_not_shows_it_as_held_back() -> None:
    world = degraded_world()
    outlook = next(
        found for found in predict_triggers("churn", world.ports).triggers if found.trigger_type == PERFORMANCE
    )
    assert (outlook.prospect, [hold.kind for hold in outlook.holds]) == ("held_back", ["observe_only"])


@pytest.mark.parametrize(("then", "now"), [((), ("data_drift",)), (("data_drift",), ())])
def test_why_not_goes_by_the_policy_of_today(then: tuple[str, ...], now: tuple[str, ...]) -> None:
    world = world_with_features(live_age=60)
    observe(world, then)
    check_drift(world)
    observe(world, now)
    outlooks = {outlook.trigger_type: outlook for outlook in predict_triggers("churn", world.ports).triggers}
    assert ("observe_only" in [hold.kind for hold in outlooks[TriggerType.DATA_DRIFT].holds]) is bool(now)


def observe(world: World, names: tuple[str, ...]) -> None:
    triggers = world.policy.triggers.changed(observe_only=names)
    world.ports.policies.apply(world.policy.changed(triggers=triggers), "ada", NOON)


def test_a_schedule_that_is_only_observed_does_not_end_the_back_off_of_the_data() -> None:
    world = degraded_world(observe_only=[])
    job_id = world.check(DEGRADED).job_id
    assert job_id is not None
    rejected = Rejections(count=6, jobs=(RejectedJob(job_id=job_id, at=NOON),))
    world.ports.jobs.close_job(world.job(job_id), retrained=False, rejections={TriggerType.DATA_DRIFT: rejected})
    world.ports.metrics.readings["churn"] = BAD.changed(value=0.99)
    observe(world, ("scheduled",))
    world.ports.clock.advance(timedelta(days=10))
    sweep_models(ScheduledEvent(time=world.ports.clock.now()), world.ports)
    assert started(world.ports) == []
    assert world.ports.decisions.recent("churn", 1)[0].held_by == "observe_only"


def test_drift_that_is_only_observed_is_recorded_and_starts_nothing() -> None:
    world = world_with_features(live_age=60)
    triggers = world.policy.triggers.changed(observe_only=("data_drift",))
    world.ports.policies.apply(world.policy.changed(triggers=triggers), "ada", NOON)
    decision = check_drift(world)
    assert (decision.next, decision.held_by) == ("skip", "observe_only")
    assert all(verdict.observed_only for verdict in decision.verdicts if verdict.check.startswith("data_drift"))
    assert world.check(SWEPT, execution="arn:again").next == "detect_drift"


def test_asked_by_itself_the_trigger_says_what_it_sees() -> None:
    assert PerformanceDegradationTrigger(degraded_world().ports).should_retrain("churn")[0]
