"""A prediction says what each trigger would do now, and starts nothing."""

from datetime import UTC, datetime, timedelta

import pytest

from auto_retrain.domain.decision_record import DecisionRecord
from auto_retrain.domain.errors import MetricsUnavailable, ModelUnknown
from auto_retrain.domain.fleet import FleetLimits, FleetUsage, SweepMark
from auto_retrain.domain.metric_reading import MetricReading
from auto_retrain.domain.model_state import Quarantine
from auto_retrain.domain.outlook import TriggerOutlook
from auto_retrain.domain.trigger_type import TriggerType
from auto_retrain.domain.verdict import Outcome, Verdict
from auto_retrain.usecases.operating.policies import pause_model
from auto_retrain.usecases.triggering.why_not import predict_triggers
from tests.unit.builders import NOON, a_policy
from tests.unit.usecases.world import World

PERFORMANCE, DRIFT, SCHEDULED, MANUAL = (
    TriggerType.PERFORMANCE_DEGRADATION,
    TriggerType.DATA_DRIFT,
    TriggerType.SCHEDULED,
    TriggerType.MANUAL,
)
BAD = MetricReading(value=0.8, rows=5000, points=5, newest_at=NOON)
GOOD = MetricReading(value=0.96, rows=5000, points=5, newest_at=NOON)


def outlook(world: World, trigger: TriggerType) -> TriggerOutlook:
    triggers = predict_triggers("churn", world.ports).triggers
    return next(each for each in triggers if each.trigger_type is trigger)


def held_by(world: World, trigger: TriggerType) -> list[str]:
    return [hold.kind for hold in outlook(world, trigger).holds]


def record_drift_check(world: World, outcome: Outcome, at: datetime) -> None:
    verdict = Verdict(check="data_drift:age", outcome=outcome, reason="PSI of 'age'", value=0.3)
    world.ports.decisions.record(
        DecisionRecord(
            model_name="churn",
            key="one",
            event_time=at,
            recorded_at=at,
            trigger_type=DRIFT,
            outcome="not_due",
            reason="",
            verdicts=(verdict,),
        )
    )


def test_bad_performance_would_start_a_retraining() -> None:
    world = World()
    world.ports.metrics.readings["churn"] = BAD
    trigger = outlook(world, PERFORMANCE)
    assert (trigger.prospect, trigger.holds, trigger.judged_at) == ("would_start", (), NOON)
    assert trigger.verdicts[0].value == 0.8


def test_good_performance_is_not_due_and_a_missing_metric_is_unknown() -> None:
    world = World()
    assert outlook(world, PERFORMANCE).prospect == "unknown"
    world.ports.metrics.readings["churn"] = GOOD
    assert outlook(world, PERFORMANCE).prospect == "not_due"


def test_a_schedule_shows_when_the_model_is_due_next() -> None:
    triggers = {"schedule_expression": "30 2 * * 0", "time_zone": "Europe/Berlin", "schedule_spread_minutes": 0}
    world = World(a_policy(triggers=triggers))
    assert outlook(world, SCHEDULED).prospect == "would_start"
    world.ports.states.record_retrain("churn", NOON)
    trigger = outlook(world, SCHEDULED)
    assert (trigger.prospect, trigger.next_at) == ("not_due", datetime(2026, 3, 8, 1, 30, tzinfo=UTC))


def test_a_first_retraining_that_failed_is_due_again_when_its_cool_down_ends() -> None:
    world = World()
    world.open()
    world.close(error={"Error": "DataInvalid", "Cause": "no rows"})
    trigger = outlook(world, SCHEDULED)
    assert (trigger.prospect, trigger.next_at) == ("held_back", trigger.holds[0].until)


def test_the_spread_of_a_schedule_is_taken_into_account() -> None:
    world = World(a_policy(triggers={"schedule_expression": "0 12 * * *", "schedule_spread_minutes": 1440}))
    world.ports.states.record_retrain("churn", NOON - timedelta(days=1))
    due = outlook(world, SCHEDULED).next_at
    assert due is not None
    assert NOON < due <= NOON + timedelta(days=1)
    world.ports.states.record_retrain("churn", NOON - timedelta(minutes=1))
    assert outlook(world, SCHEDULED).prospect == "not_due"
    world.ports.clock.advance(due - NOON)
    assert outlook(world, SCHEDULED).prospect == "would_start"


def test_a_retraining_before_the_models_own_turn_satisfies_the_schedule() -> None:
    world = World(a_policy(triggers={"schedule_expression": "0 12 * * *", "schedule_spread_minutes": 1440}))
    world.ports.states.record_retrain("churn", NOON - timedelta(days=1))
    before = outlook(world, SCHEDULED).next_at
    assert before is not None
    world.ports.clock.advance(timedelta(minutes=1))
    world.ports.states.record_retrain("churn", NOON + timedelta(minutes=1))
    assert outlook(world, SCHEDULED).next_at == before + timedelta(days=1)


def test_for_drift_the_last_check_of_the_data_is_shown() -> None:
    world = World()
    assert (outlook(world, DRIFT).prospect, outlook(world, DRIFT).judged_at) == ("unknown", None)
    record_drift_check(world, Outcome.UNMET, NOON - timedelta(hours=3))
    assert outlook(world, DRIFT).prospect == "not_due"
    record_drift_check(world, Outcome.MET, NOON - timedelta(hours=2))
    trigger = outlook(world, DRIFT)
    assert (trigger.prospect, trigger.judged_at) == ("would_start", NOON - timedelta(hours=2))
    assert trigger.next_at is not None
    assert NOON < trigger.next_at <= NOON + timedelta(days=1)


@pytest.mark.parametrize(("age", "prospect"), [(timedelta(hours=25), "would_start"), (timedelta(days=90), "unknown")])
def test_a_check_of_the_data_that_is_out_of_date_says_nothing_about_now(age: timedelta, prospect: str) -> None:
    world = World()
    record_drift_check(world, Outcome.MET, NOON - age)
    trigger = outlook(world, DRIFT)
    assert (trigger.prospect, trigger.is_out_of_date) == (prospect, prospect == "unknown")
    assert not outlook(world, PERFORMANCE).is_out_of_date


def test_a_feature_that_does_not_count_starts_nothing() -> None:
    world = World()
    dataset = Verdict(check="data_drift", outcome=Outcome.UNMET, reason="no feature counts")
    feature = Verdict(check="data_drift:age", outcome=Outcome.MET, reason="PSI of 'age'")
    record_drift_check(world, Outcome.MET, NOON - timedelta(hours=2))
    (decision,) = world.ports.decisions.recent("churn", 1)
    world.ports.decisions.record(decision.changed(verdicts=(dataset, feature)).sealed())
    assert outlook(world, DRIFT).prospect == "not_due"


def test_a_data_check_before_the_last_retraining_says_nothing_about_now() -> None:
    world = World()
    record_drift_check(world, Outcome.MET, NOON - timedelta(hours=2))
    world.open()
    assert outlook(world, DRIFT).prospect == "unknown"


def test_holds_are_shown_whether_the_trigger_is_met_or_not() -> None:
    world = World()
    world.ports.states.set_quarantine("churn", Quarantine(since=NOON, reason="column age is gone"))
    pause_model("churn", "audit", "bob", world.ports)
    for trigger in (PERFORMANCE, DRIFT, SCHEDULED, MANUAL):
        assert held_by(world, trigger) == ["quarantine", "paused"]
    assert outlook(world, MANUAL).prospect == "held_back"


def test_a_running_job_holds_all_triggers_back_and_shows_which_wait() -> None:
    world = World()
    world.open()
    world.check(execution="arn:aws:states:eu-central-1:123456789012:execution:retraining:two")
    prediction = predict_triggers("churn", world.ports)
    assert [waiting.request.actor for waiting in prediction.waiting] == ["ada"]
    assert all(each.prospect != "would_start" for each in prediction.triggers)
    assert (prediction.daily_left, prediction.monthly_left) == (2, 30)


def test_a_trigger_that_was_not_met_often_enough_is_held_back() -> None:
    world = World(a_policy(triggers={"breach_days": 3, "breach_window_days": 5}))
    world.ports.metrics.readings["churn"] = BAD
    world.ports.states.record_breach("churn", PERFORMANCE, NOON.date() - timedelta(days=1))
    trigger = outlook(world, PERFORMANCE)
    assert (trigger.prospect, [hold.kind for hold in trigger.holds]) == ("held_back", ["breach_days"])
    assert "met on 2 of the last 5 days (3 needed)" in trigger.holds[0].reason
    world.ports.states.record_breach("churn", PERFORMANCE, NOON.date() - timedelta(days=2))
    assert outlook(world, PERFORMANCE).prospect == "would_start"
    # A prediction counts today, but records nothing.
    assert NOON.date() not in world.ports.states.get("churn").breach_days(PERFORMANCE)


@pytest.mark.parametrize(
    ("usage", "kind"),
    [(FleetUsage(active_jobs=2, retrained_in_30_days=2), "fleet_jobs"),
     (FleetUsage(active_jobs=0, retrained_in_30_days=50), "fleet_budget"),
     (FleetUsage(active_jobs=0, retrained_in_30_days=51), "fleet_budget")],
)  # fmt: skip
def test_the_fleets_limits_hold_back_automatic_triggers_only(usage: FleetUsage, kind: str) -> None:
    world = World()
    world.ports.limits = FleetLimits(concurrent_jobs=2, monthly_retrainings=50)
    world.ports.sweeps.save(SweepMark(at=NOON, models=1, usage=usage))
    assert held_by(world, SCHEDULED) == [kind]
    assert held_by(world, MANUAL) == []


def test_a_disabled_trigger_is_shown_as_disabled_and_costs_no_call() -> None:
    world = World(a_policy(triggers={"enabled": ["data_drift"]}))
    world.ports.metrics.read = refuse  # type: ignore[assignment, method-assign]
    assert outlook(world, PERFORMANCE).prospect == "disabled"
    assert outlook(world, SCHEDULED).prospect == "disabled"


def test_an_unavailable_metric_source_does_not_hide_the_other_triggers() -> None:
    world = World()
    world.ports.metrics.read = refuse  # type: ignore[assignment, method-assign]
    trigger = outlook(world, PERFORMANCE)
    assert (trigger.prospect, trigger.verdicts[0].outcome, trigger.verdicts[0].reason) == (
        "unknown",
        Outcome.ERROR,
        "throttled",
    )
    assert outlook(world, SCHEDULED).prospect == "would_start"


def refuse(*_: object) -> list[MetricReading]:
    raise MetricsUnavailable("throttled")


def test_a_model_without_a_policy_has_no_outlook() -> None:
    with pytest.raises(ModelUnknown):
        predict_triggers("nobody", World().ports)


@pytest.mark.parametrize("reading", [BAD, GOOD])
@pytest.mark.parametrize("paused", [True, False])
@pytest.mark.parametrize("retrained_days_ago", [1, 30])
def test_the_prediction_is_what_happens(reading: MetricReading, paused: bool, retrained_days_ago: int) -> None:
    world = World(a_policy(triggers={"enabled": ["performance_degradation", "scheduled"]}))
    world.ports.metrics.readings["churn"] = reading
    world.ports.states.record_retrain("churn", NOON - timedelta(days=retrained_days_ago))
    if paused:
        pause_model("churn", "audit", "bob", world.ports)
    prospects = {each.trigger_type: each.prospect for each in predict_triggers("churn", world.ports).triggers}
    decision = world.check({"model_name": "churn", "trigger_type": "scheduled"})
    started = "would_start" in (prospects[PERFORMANCE], prospects[SCHEDULED])
    assert (decision.next == "start") == started
