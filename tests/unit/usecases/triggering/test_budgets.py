"""Sweeps and executions keep within a budget, say what it holds, and tell people of what needs an answer."""

import json
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.domain.cost import PricedCost
from auto_retrain.domain.decision_record import Hold
from auto_retrain.domain.ending import Ending
from auto_retrain.domain.errors import PolicyInvalid
from auto_retrain.domain.fleet import FleetLimits, FleetMoney, FleetUsage, SweepMark
from auto_retrain.domain.messages.references import ScheduledEvent
from auto_retrain.domain.messages.triggering import ExecutionStarted, SweepOutcome, TriggerDecision
from auto_retrain.domain.metric_reading import MetricReading
from auto_retrain.domain.model_state import Quarantine
from auto_retrain.domain.policy.policy import Policy
from auto_retrain.domain.trigger_type import TriggerType
from auto_retrain.usecases.notifying.summarize_fleet import summarize_fleet
from auto_retrain.usecases.operating.policies import plan_policies
from auto_retrain.usecases.reporting.fleet_page import overview
from auto_retrain.usecases.triggering.check_triggers import check_triggers
from auto_retrain.usecases.triggering.detect_drift import detect_drift
from auto_retrain.usecases.triggering.request_retraining import request_retraining
from auto_retrain.usecases.triggering.sweep_models import sweep_models
from auto_retrain.usecases.triggering.why_not import predict_triggers
from tests.unit.announced import escalated
from tests.unit.builders import NOON, a_policy
from tests.unit.usecases.drift_world import SWEPT, break_live, check_drift, without_age, world_with_features
from tests.unit.usecases.world import MANUAL, World

DEGRADED = {"enabled": ["performance_degradation"]}
WEEKLY = {"enabled": ["scheduled"]}
DAY, TICK = timedelta(days=1), timedelta(minutes=5)
BY_HAND = Quarantine(since=NOON, reason="set by hand")


def a_cost(usd: float) -> PricedCost:
    parts: dict[str, Any] = {"functions": 0, "transitions": 0, "stored": 0, "at_most": False, "unmeasured": False}
    return PricedCost(pods=usd, prices_as_of=date(2026, 1, 1), **parts)


def retrain(ports: MemoryPorts, model: str, usd: float, variants: int = 0) -> None:
    """A retraining that ended, requested by a person two days ago and charged now."""
    event: dict[str, Any] = {"model_name": model, "actor": "ada", "reason": "new labels", "force": True}
    event |= {"event_time": (ports.clock.now() - 2 * DAY).isoformat()}
    event |= {"variants": [{"seed": number} for number in range(variants)]} if variants else {}
    arn = f"arn:{model}-{ports.clock.now()}-{variants}"
    decision = check_triggers(ExecutionStarted(event=event, execution_arn=arn), ports)
    job, applied = ports.jobs.get(decision.job_id or ""), ports.policies.get(model)
    assert job
    assert applied
    job = job.ordering_pods("train", applied.policy.training, max(variants, 1), 1)
    ended = job.ended(Ending.REJECTED, ports.clock.now()).charged(a_cost(usd))
    ports.jobs.close_job(ended, retrained=False)


def a_fleet(models: int, budget: float | None = None, **triggers: Any) -> MemoryPorts:
    """Degraded models, each of which has cost a dollar this month."""
    ports = MemoryPorts(limits=FleetLimits(budget_month_usd=budget))
    ports.clock.advance(NOON - ports.clock.now())
    for number in range(models):
        model = f"gl-{number:03}"
        ports.policies.apply(a_policy(model=model, triggers=DEGRADED | triggers), "ada", NOON)
        ports.metrics.readings[model] = MetricReading(value=0.8, rows=5000, points=30, newest_at=NOON)
        retrain(ports, model, 1.0)
    return ports


def sweep(ports: MemoryPorts, after: timedelta = timedelta()) -> SweepOutcome:
    ports.clock.advance(NOON + after - ports.clock.now())
    return sweep_models(ScheduledEvent(time=NOON + after), ports)


def carry_out(ports: MemoryPorts) -> list[TriggerDecision]:
    """The first state of every execution that was started."""
    started = list(ports.executions.started.items())
    return [
        check_triggers(ExecutionStarted(event=event, execution_arn=f"arn:{name}"), ports) for name, event in started
    ]


def told(ports: MemoryPorts) -> dict[str, str]:
    return {event.event_id: event.sentence for event in escalated(ports)}


def held_by(ports: MemoryPorts, model: str) -> str | None:
    return ports.decisions.recent(model, 1)[0].held_by


def holds_of_performance(ports: MemoryPorts, model: str) -> tuple[Hold, ...]:
    outlook = predict_triggers(model, ports)
    (holds,) = (each.holds for each in outlook.triggers if each.trigger_type is TriggerType.PERFORMANCE_DEGRADATION)
    return holds


def test_models_that_are_due_in_the_same_minute_start_while_the_fleet_has_money() -> None:
    ports = a_fleet(30, budget=40.5)  # of which 30 are spent
    outcome = sweep(ports)
    assert (outcome.started, outcome.suppressed, outcome.queued) == (10, 20, 0)
    # The same tick again, and the next one, before any of the executions has done anything.
    assert sweep(ports).started == 0
    assert sweep(ports, TICK).started == 0
    assert [decision.next for decision in carry_out(ports)] == ["start"] * 10
    assert sweep(ports, 2 * TICK).started == 0
    mark = ports.sweeps.last()
    assert mark is not None
    assert mark.usage.money == FleetMoney(month="2026-03", spent=30, reserved=10)
    # It does not go back to those that have no money: they may wait for weeks.
    assert mark.at == NOON + 2 * TICK
    assert len(told(ports)) == 20


def test_no_money_is_set_aside_for_models_that_wait_until_a_job_has_ended() -> None:
    ports = a_fleet(5)
    ports.limits = FleetLimits(budget_month_usd=100.0, concurrent_jobs=2)
    outcome, mark = sweep(ports), ports.sweeps.last()
    assert (outcome.started, outcome.queued) == (2, 3)
    assert mark is not None
    assert mark.usage.money == FleetMoney(month="2026-03", spent=5, reserved=2)


def test_a_model_that_does_not_fit_is_passed_over_for_one_that_does() -> None:
    ports = a_fleet(2, budget=100.0)
    for _ in range(5):
        ports.clock.advance(TICK)
        retrain(ports, "gl-000", 15.0)
    ports.states.record_retrain("gl-001", NOON)  # so gl-000 is the first in line
    assert sweep(ports, DAY).started == 2
    ports.limits = FleetLimits(budget_month_usd=85.0)
    assert sweep(ports, 2 * DAY).started == 1
    assert [held_by(ports, f"gl-{number:03}") for number in range(2)] == ["fleet_spending", None]


def test_models_of_unknown_cost_start_until_what_they_may_cost_is_set_aside() -> None:
    ports = MemoryPorts(limits=FleetLimits(budget_month_usd=1.0))
    ports.clock.advance(NOON - ports.clock.now())
    for number in range(30):
        model = f"gl-{number:03}"
        ports.policies.apply(a_policy(model=model, triggers=DEGRADED), "ada", NOON)
        ports.metrics.readings[model] = MetricReading(value=0.8, rows=5000, points=30, newest_at=NOON)
    # Each may cost 0.1664: two hours at training and two at scoring. The last one gets what is left.
    assert sweep(ports).started == 7
    mark = ports.sweeps.last()
    assert mark is not None
    assert mark.usage.money == FleetMoney(month="2026-03", spent=0, reserved=1.0)
    assert [decision.next for decision in carry_out(ports)] == ["start"] * 7


def test_what_a_sweep_finds_held_by_a_budget_is_recorded_once_a_day_and_told_once_a_month() -> None:
    ports = a_fleet(1, budget_month_usd=1.5, **WEEKLY | {"enabled": ["scheduled", "performance_degradation"]})
    for tick in range(12):
        assert sweep(ports, tick * TICK).started == 0
    judged = [
        event for event in ports.events.published if event.kind == "trigger_judged" and "suppressed" in event.sentence
    ]
    assert len(judged) == 1
    for day in range(1, 25):
        sweep(ports, day * DAY)
    assert list(told(ports)) == ["gl-000-budget-2026-03"]
    assert told(ports)["gl-000-budget-2026-03"] == (
        "gl-000 is not retrained because this month's retrainings cost $1.00 of $1.50 and this one would cost about "
        "$1.00; next month begins on 2026-04-01. performance_degradation asks for it: accuracy 0.8000 is below 0.92 "
        "(upper bound 0.8091, 5000 rows); team@example.com, please raise the budget, or start it with 'auto-retrain "
        "retrain gl-000 --reason TEXT --force'"
    )
    assert sweep(ports, 31 * DAY).started == 1


def test_an_alarm_starts_nothing_in_a_fleet_beyond_its_budget_and_a_person_does() -> None:
    world = World(a_policy(triggers=DEGRADED))
    world.ports.metrics.readings["churn"] = MetricReading(value=0.8, rows=5000, points=30, newest_at=NOON)
    world.ports.limits = FleetLimits(budget_month_usd=10)
    money = FleetMoney(month="2026-03", spent=9, reserved=2)
    usage = FleetUsage(active_jobs=0, retrained_in_30_days=0, money=money)
    world.ports.sweeps.save(SweepMark(at=NOON, models=1, usage=usage))
    alarm = {"model_name": "churn", "trigger_type": "performance_degradation", "event_time": NOON.isoformat()}
    held = world.check(alarm, execution="arn:alarm")
    assert (held.held_by, held.job_id) == ("fleet_spending", None)
    assert "cost $9.00 of $10.00, and those that run about $2.00 more" in held.reason
    assert world.check(MANUAL, execution="arn:person").next == "start"


def test_a_persons_request_is_held_by_the_models_budget_unless_it_is_forced() -> None:
    ports = a_fleet(1, budget_month_usd=1.5)
    ask = {"actor": "ada", "reason": "new labels"}
    ports.clock.advance(2 * DAY)
    requested = request_retraining("gl-000", ports, **ask)  # type: ignore[arg-type]
    assert [hold.kind for hold in requested.holds] == ["budget"]
    ports.clock.advance(TICK)
    # What four variants cost is unknown, and something is left.
    assert not request_retraining("gl-000", ports, grid={"seed": [1, 2, 3, 4]}, **ask).holds  # type: ignore[arg-type]
    ports.clock.advance(TICK)
    assert not request_retraining("gl-000", ports, force=True, **ask).holds  # type: ignore[arg-type]
    started = [
        check_triggers(ExecutionStarted(event=event, execution_arn=f"arn:{name}"), ports).held_by
        for name, event in ports.executions.started.items()
    ]
    assert started == ["budget", None, "running_job"]


def drifted_world(live_age: int = 60) -> World:
    world = world_with_features(live_age=live_age)
    policy = world.policy.changed(triggers=world.policy.triggers.changed(budget_month_usd=1.5, cool_down_hours=0))
    world.ports.policies.apply(policy, "ada", NOON)
    retrain(world.ports, "churn", 1.0)
    return world


def test_data_are_checked_while_a_budget_holds_the_answer_and_the_owner_hears_of_drift() -> None:
    world = drifted_world()
    decision = check_drift(world)
    assert (decision.held_by, decision.job_id) == ("budget", None)
    assert "of 'age' exceeds 0.25" in decision.reason
    assert "cost $1.00 of $1.50" in decision.reason
    (sentence,) = told(world.ports).values()
    assert "data_drift asks for it" in sentence


def test_stable_data_are_no_held_retraining() -> None:
    world = drifted_world(live_age=40)
    decision = check_drift(world)
    assert (decision.next, decision.held_by, told(world.ports)) == ("skip", None, {})


def test_broken_data_are_noticed_while_a_budget_holds() -> None:
    world = drifted_world()
    break_live(world, without_age)
    assert check_drift(world).held_by == "quarantine"
    assert world.ports.states.get("churn").quarantine


def overspend(world: World) -> World:
    world.ports.limits = FleetLimits(budget_month_usd=10)
    usage = FleetUsage(active_jobs=0, retrained_in_30_days=0, money=FleetMoney(month="2026-03", spent=11))
    world.ports.sweeps.save(SweepMark(at=NOON, models=1, usage=usage))
    return world


def test_drift_is_held_by_the_fleets_budget_as_well() -> None:
    world = overspend(world_with_features(live_age=60))
    checked = world.check(SWEPT)
    assert (checked.next, checked.held_by) == ("detect_drift", "fleet_spending")
    assert detect_drift(checked, world.ports).held_by == "fleet_spending"
    assert list(told(world.ports)) == ["churn-budget-2026-03"]


def test_data_that_were_repaired_end_a_quarantine_but_find_no_money_that_the_fleet_has_spent() -> None:
    world = overspend(world_with_features(live_age=60))
    world.ports.states.set_quarantine("churn", BY_HAND)
    decision = check_drift(world)
    assert (decision.held_by, decision.job_id) == ("fleet_spending", None)
    assert world.ports.states.get("churn").quarantine is None


def test_data_that_cannot_be_judged_stay_in_quarantine_in_a_fleet_without_money() -> None:
    world = overspend(world_with_features(live_age=40, rows_a_day=10))
    break_live(world, lambda columns: {**columns, "age": np.full(10, 40.0)})
    world.ports.states.set_quarantine("churn", BY_HAND)
    assert check_drift(world).held_by == "quarantine"


def test_why_not_the_digest_and_the_fleet_page_name_the_budget_that_holds() -> None:
    ports = a_fleet(1, budget_month_usd=1.5)
    ports.clock.advance(2 * DAY)
    reason = "this month's retrainings cost $1.00 of $1.50 and this one would cost about $1.00; next month begins on"
    holds = holds_of_performance(ports, "gl-000")
    assert [(hold.kind, reason in hold.reason) for hold in holds] == [("budget", True)]
    assert any(line.startswith(f"Held by its budget: gl-000: {reason}") for line in summarize_fleet(7, ports).lines)
    page = overview(ports)
    assert any(reason in note for note in page.rows[0].notes)
    assert page.concerns == []
    ports.policies.apply(a_policy(model="gl-000", triggers={**DEGRADED, "budget_month_usd": 0.5}), "ada", NOON)
    (concern,) = overview(ports).concerns
    assert concern.reason.startswith("one retraining costs about $1.00, more than the budget of $0.50 a month")
    assert concern.command == "auto-retrain receipts gl-000"


def test_a_budget_too_small_for_one_retraining_is_warned_of_when_it_is_applied() -> None:
    ports = a_fleet(1)
    budgets = [{"budget_month_usd": budget} for budget in (0.5, 1)]
    plans = plan_policies([a_policy(model="gl-000", triggers=triggers) for triggers in budgets], ports)
    assert [plan.warnings for plan in plans] == [
        (
            "triggers.budget_month_usd = 0.5: one retraining costs about $1.00, more than the budget of $0.50 a month "
            "(triggers.budget_month_usd); no trigger starts one",
        ),
        (),
    ]


@pytest.mark.parametrize("budget", [0, -1, "5", "none", True, float("nan"), float("inf")])
def test_a_budget_that_is_no_amount_is_refused_by_name(budget: object) -> None:
    document = a_policy().model_dump(mode="json") | {"triggers": {"budget_month_usd": budget}}
    with pytest.raises(PolicyInvalid, match=r"triggers\.budget_month_usd"):
        Policy.parse(json.dumps(document))


@pytest.mark.parametrize("budget", [30.5, 1000.0])
def test_why_not_knows_what_the_fleet_has_left(budget: float) -> None:
    ports = a_fleet(30, budget=budget)
    sweep(ports)
    holds = holds_of_performance(ports, "gl-029")
    kinds = [hold.kind for hold in holds]
    assert kinds == (["fleet_spending"] if budget == 30.5 else [])
