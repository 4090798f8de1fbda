"""How a decision ends: a waiting trigger is not lost, a held one says why, a rejection counts."""

from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from auto_retrain.domain.errors import JobConflict
from auto_retrain.domain.fleet import FleetLimits, FleetUsage, SweepMark
from auto_retrain.domain.metric_reading import MetricReading
from auto_retrain.domain.model_state import ModelState, Quarantine, RejectedJob, Rejections
from auto_retrain.domain.policy.policy import AppliedPolicy
from auto_retrain.domain.trigger_type import TriggerType
from auto_retrain.holds.model import model_holds
from tests.unit.announced import announced
from tests.unit.builders import NOON
from tests.unit.usecases.world import EXECUTION, MANUAL, World, rows

SWEPT = {"model_name": "churn", "trigger_type": "performance_degradation", "event_time": NOON.isoformat()}
DAY = timedelta(days=1)
PERFORMANCE = TriggerType.PERFORMANCE_DEGRADATION


def degraded_world(**triggers: Any) -> World:
    world = World()
    config = world.policy.triggers.model_copy(update=triggers)
    world.policy = world.policy.changed(triggers=config)
    world.ports.policies.apply(world.policy, "ada", NOON)
    world.ports.states.record_retrain("churn", NOON)
    world.ports.metrics.readings["churn"] = MetricReading(value=0.8, rows=5000, points=30, newest_at=NOON + 40 * DAY)
    return world


def applied_to(world: World) -> AppliedPolicy:
    applied = world.ports.policies.get("churn")
    assert applied is not None
    return applied


def check_on_day(world: World, days: int, trigger: str = PERFORMANCE.value) -> Any:
    world.ports.clock.advance(NOON + days * DAY - world.ports.clock.now())
    event = {**SWEPT, "trigger_type": trigger, "event_time": (NOON + days * DAY).isoformat()}
    return world.check(event, execution=f"arn:day-{days}")


def reject(world: World, days: int) -> None:
    """One retraining for degraded performance whose challenger is not better."""
    world.give_champion()
    decision = check_on_day(world, days)
    job_id = decision.job_id
    assert job_id is not None, decision.reason
    world.start(job_id, "train")
    world.train(job_id, version=str(days + 2))
    world.start(job_id, "score")
    world.score(job_id, **{f"v{days + 2}": rows(500, 0.9), "v1": rows(500, 0.9)})
    assert world.validate(job_id).next == "close"
    world.close(decision={"job_id": job_id})


def test_a_trigger_that_meets_a_busy_model_waits_and_restarts_when_the_job_has_ended() -> None:
    world = World()
    job_id = world.open()
    waiting = world.check({**MANUAL, "reason": "second", "force": True, "parameters": {"depth": 3}}, execution="arn:2")
    assert (waiting.next, waiting.held_by) == ("skip", "running_job")
    assert world.ports.executions.started == {}
    world.close(decision={"job_id": job_id}, error={"Error": "Test", "Cause": "stopped"})
    (event,) = world.ports.executions.started.values()
    assert {name: event[name] for name in ("reason", "force", "parameters", "actor")} == {
        "reason": "second",
        "force": True,
        "parameters": {"depth": 3},
        "actor": "ada",
    }
    assert world.ports.waiting.of("churn") == []
    again = world.check(dict(event), execution="arn:3")
    assert again.next == "start"


def test_closing_twice_restarts_a_waiting_trigger_once() -> None:
    world = World()
    job_id = world.open()
    world.check({**MANUAL, "force": True}, execution="arn:2")
    for _ in range(2):
        world.close(decision={"job_id": job_id}, error={"Error": "Test", "Cause": "stopped"})
    assert len(world.ports.executions.started) == 1


@pytest.mark.parametrize(
    ("event", "decided"), [({**MANUAL, "force": True}, ("start", None)), (SWEPT, ("skip", "cool_down"))]
)
def test_a_job_that_ends_at_that_moment_is_noticed_and_the_trigger_is_decided_again(
    event: dict[str, Any], decided: tuple[str, str | None]
) -> None:
    world = World()
    job_id = world.open()
    read, states = world.ports.states.get, []

    def ends_meanwhile(model_name: str) -> ModelState:
        states.append(read(model_name))
        if len(states) == 1:
            world.close(decision={"job_id": job_id}, error={"Error": "Test", "Cause": "stopped"})
            return states[0]
        return read(model_name)

    world.ports.states.get = ends_meanwhile  # type: ignore[method-assign]
    with pytest.raises(JobConflict, match="has just ended"):
        world.check(event, execution="arn:2")
    world.ports.states.get = read  # type: ignore[method-assign]
    again = world.check(event, execution="arn:2")
    assert (again.next, again.held_by) == decided
    assert world.ports.waiting.of("churn") == []


def test_performance_must_breach_on_several_days_if_the_policy_says_so() -> None:
    world = degraded_world(breach_days=3, breach_window_days=5, enabled=("performance_degradation",))
    decisions = [check_on_day(world, days) for days in (0, 1, 7, 8, 11)]
    assert [decision.next for decision in decisions] == ["skip", "skip", "skip", "skip", "start"]
    assert decisions[1].held_by == "breach_days"
    assert "met on 2 of the last 5 days (3 needed)" in decisions[1].reason
    assert world.ports.decisions.recent("churn", 1)[0].outcome == "started"


def test_a_day_on_which_a_trigger_is_not_met_is_no_breach() -> None:
    world = degraded_world(breach_days=2, breach_window_days=5, enabled=("performance_degradation",))
    world.ports.metrics.readings["churn"] = world.ports.metrics.readings["churn"].changed(value=0.99)
    decision = check_on_day(world, 1)
    assert (decision.next, decision.held_by) == ("skip", None)
    assert world.ports.states.get("churn").breach_days(PERFORMANCE) == ()


def test_a_person_needs_no_breaches() -> None:
    assert degraded_world(breach_days=2, breach_window_days=5).check(MANUAL).next == "start"


def test_two_checks_on_one_day_count_as_one_breach() -> None:
    world = degraded_world(breach_days=2, breach_window_days=5, enabled=("performance_degradation",))
    world.check(SWEPT, execution="arn:a")
    assert world.check(SWEPT, execution="arn:b").held_by == "breach_days"


def test_a_schedule_that_is_due_starts_although_a_stronger_trigger_has_too_few_breaches() -> None:
    world = degraded_world(breach_days=5, breach_window_days=5, schedule_expression="0 0 * * *")
    decision = check_on_day(world, 1, "scheduled")
    assert (decision.next, decision.trigger_type) == ("start", TriggerType.SCHEDULED)
    (record,) = world.ports.decisions.recent("churn", 5)
    assert record.outcome == "started"
    assert len(world.ports.states.get("churn").breach_days(PERFORMANCE)) == 1


def test_a_model_with_too_few_breaches_is_still_checked_for_drift() -> None:
    decision = degraded_world(breach_days=2, breach_window_days=5).check(SWEPT)
    assert (decision.next, decision.held_by) == ("detect_drift", "breach_days")


def test_each_rejected_challenger_doubles_the_back_off_until_the_owner_is_notified() -> None:
    world = degraded_world(escalate_after=2, enabled=("performance_degradation",))
    reject(world, 0)
    assert check_on_day(world, 1).held_by == "back_off"
    reject(world, 2)
    kinds = [event.topic for event in announced(world.ports)]
    assert kinds == ["job_opened", "job_rejected", "job_opened", "job_rejected", "rejections_escalated"]
    assert "2 challengers in a row were not promoted" in announced(world.ports)[-1].sentence
    assert "team@example.com" in announced(world.ports)[-1].sentence
    assert check_on_day(world, 5).held_by == "back_off"
    assert check_on_day(world, 6).next == "start"


def rejections_of(world: World, trigger: TriggerType) -> None:
    """Nine challengers that a trigger called for were rejected, the last one at noon."""
    rejections = {trigger: Rejections(count=9, jobs=(RejectedJob(job_id="churn-1", at=NOON),))}
    world.ports.states.set(world.ports.states.get("churn").changed(rejections=rejections))


def test_a_check_of_the_data_does_not_end_the_back_off_of_the_metric() -> None:
    world = degraded_world(schedule_expression="0 0 1 1 *")
    rejections_of(world, PERFORMANCE)
    world.ports.clock.advance(9 * DAY)
    event = {**SWEPT, "trigger_type": "data_drift", "event_time": (NOON + 9 * DAY).isoformat()}
    decision = world.check(event)
    assert (decision.next, decision.held_by) == ("detect_drift", "back_off")
    assert "back-off (challengers of this trigger not promoted in a row: 9) until 2026-03-31" in decision.reason


@pytest.mark.parametrize("asked", ["scheduled", "data_drift"])
def test_a_due_schedule_does_not_wait_for_the_back_off_of_the_metric(asked: str) -> None:
    world = degraded_world()
    rejections_of(world, PERFORMANCE)
    world.ports.clock.advance(9 * DAY)
    decision = world.check({**SWEPT, "trigger_type": asked, "event_time": (NOON + 9 * DAY).isoformat()})
    assert (decision.next, decision.trigger_type) == ("start", TriggerType.SCHEDULED)


def test_a_model_that_retraining_does_not_improve_is_retrained_five_times_in_a_month() -> None:
    world = degraded_world(enabled=("performance_degradation",))
    for days in range(32):
        world.ports.data.add_partition("churn", NOON.date() + days * DAY, f"day {days}".encode())
    started = []
    for days in range(31):
        state = world.ports.states.get("churn")
        if not model_holds(applied_to(world), state, PERFORMANCE, NOON + days * DAY, NOON + days * DAY):
            reject(world, days)
            started.append(days)
        else:
            assert check_on_day(world, days).next == "skip"
    assert started == [0, 2, 6, 14, 30]
    kinds = [event.topic for event in announced(world.ports)]
    assert kinds.count("rejections_escalated") == 3


@pytest.mark.parametrize("trigger", ["data_drift", "scheduled"])
def test_an_execution_for_another_trigger_does_not_end_the_back_off(trigger: str) -> None:
    world = degraded_world(enabled=("performance_degradation", "scheduled"), schedule_expression="0 0 1 1 *")
    reject(world, 0)
    decision = check_on_day(world, 1, trigger)
    assert (decision.next, decision.held_by) == ("skip", "back_off")
    assert "accuracy 0.8000" in decision.reason
    assert "back-off (challengers of this trigger not promoted in a row: 1) until 2026-03-03" in decision.reason
    assert check_on_day(world, 2, trigger).trigger_type is PERFORMANCE


def test_a_schedule_that_is_due_starts_while_a_stronger_trigger_backs_off() -> None:
    world = degraded_world(enabled=("performance_degradation", "scheduled"))
    reject(world, 0)
    state = world.ports.states.get("churn")
    world.ports.states.set(state.changed(last_retrained_at=NOON - 30 * DAY))
    decision = check_on_day(world, 1, "scheduled")
    assert (decision.next, decision.trigger_type) == ("start", TriggerType.SCHEDULED)


def test_the_data_are_checked_while_another_trigger_backs_off() -> None:
    world = degraded_world(enabled=("performance_degradation", "data_drift"))
    reject(world, 0)
    decision = check_on_day(world, 1, "data_drift")
    assert (decision.next, decision.held_by) == ("detect_drift", "back_off")


def test_a_deployed_challenger_resets_the_count_of_rejections() -> None:
    world = degraded_world(enabled=("performance_degradation",))
    reject(world, 0)
    job_id = check_on_day(world, 2).job_id
    world.start(job_id, "train")
    world.train(job_id, version="9")
    world.start(job_id, "score")
    world.score(job_id, v9=rows(500, 0.97), v1=rows(500, 0.9))
    world.validate(job_id)
    world.deploy(job_id)
    world.close(decision={"job_id": job_id})
    assert world.ports.states.get("churn").rejected_in_a_row == 0


def test_a_job_that_fails_does_not_ask_the_owner_again_about_the_rejections_before_it() -> None:
    world = degraded_world(escalate_after=1, enabled=("performance_degradation",))
    reject(world, 0)
    job_id = check_on_day(world, 2).job_id
    world.close(decision={"job_id": job_id}, failure={"Error": "TrainingFailed", "Cause": "out of memory"})
    kinds = [event.topic for event in announced(world.ports)]
    assert kinds == ["job_opened", "job_rejected", "rejections_escalated", "job_opened", "job_failed"]


def test_a_rejection_after_a_manual_request_does_not_count_against_the_triggers() -> None:
    world = World()
    job_id = world.scored_job(np.ones(600, dtype=bool) & (np.arange(600) % 10 > 0), rows(600, 0.9))
    world.validate(job_id)
    world.close(decision={"job_id": job_id})
    assert world.ports.states.get("churn").rejected_in_a_row == 0


def test_automatic_retrainings_have_a_budget_and_manual_ones_do_not() -> None:
    world = degraded_world()
    world.ports.limits = FleetLimits(monthly_retrainings=10)
    world.ports.sweeps.save(SweepMark(at=NOON, models=1, usage=FleetUsage(active_jobs=0, retrained_in_30_days=11)))
    assert world.check(SWEPT, execution="arn:machine").held_by == "fleet_budget"
    assert world.check(MANUAL, execution="arn:person").next == "start"


def test_broken_data_stop_every_retraining_and_the_record_says_why() -> None:
    world = World()
    world.ports.states.set_quarantine("churn", Quarantine(since=NOON, reason="column 'age' is gone"))
    decision = world.check({**MANUAL, "force": True})
    assert decision.reason.startswith("quarantined since 2026-03-01 12:00Z: column 'age' is gone; ends with the first")
    (record,) = world.ports.decisions.recent("churn", 5)
    assert (record.outcome, record.held_by, record.actor, record.execution_arn) == (
        "suppressed",
        "quarantine",
        "ada",
        EXECUTION,
    )
    assert record.trigger_type is TriggerType.MANUAL
