"""The fleet is screened in a few calls; each model gets its turn, none is lost and none is started twice."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.domain.errors import AwsRefused, ExecutionsUnavailable, MetricsUnavailable, TransientError
from auto_retrain.domain.fleet import FleetLimits, SweepMark
from auto_retrain.domain.messages.ending import ClosingRequest
from auto_retrain.domain.messages.references import ScheduledEvent
from auto_retrain.domain.messages.triggering import ExecutionStarted, SweepOutcome
from auto_retrain.domain.metric_reading import MetricQuery, MetricReading
from auto_retrain.domain.model_state import ModelState, Quarantine, RejectedJob, Rejections
from auto_retrain.domain.policy.policy import AppliedPolicy, PolicyStatus
from auto_retrain.domain.trigger_type import TriggerType
from auto_retrain.usecases.ending.close_job import close_job
from auto_retrain.usecases.triggering import due_models, look_over
from auto_retrain.usecases.triggering.check_triggers import check_triggers
from auto_retrain.usecases.triggering.sweep_models import MAX_PROBLEMS, sweep_models
from tests.unit.announced import announced
from tests.unit.builders import NOON, a_policy

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def give_model(ports: MemoryPorts, model: str, accuracy: float = 0.95, retrained: bool = True, **triggers: Any) -> None:
    ports.policies.apply(a_policy(model=model, triggers=triggers), "ada", NOON)
    ports.metrics.readings[model] = MetricReading(value=accuracy, rows=5000, points=30, newest_at=NOON)
    if retrained:
        ports.states.record_retrain(model, NOON)


def a_fleet() -> MemoryPorts:
    """A healthy, a degraded and a never retrained model."""
    ports = MemoryPorts()
    ports.clock.advance(NOON - ports.clock.now())
    give_model(ports, "healthy")
    give_model(ports, "degraded", accuracy=0.8)
    give_model(ports, "new", retrained=False)
    return ports


def sweep(ports: MemoryPorts, after: timedelta = timedelta()) -> SweepOutcome:
    """Sweep at some time after noon, by the event and by the clock."""
    ports.clock.advance(NOON + after - ports.clock.now())
    return sweep_models(ScheduledEvent(time=NOON + after), ports)


def kinds(ports: MemoryPorts) -> dict[str, str]:
    return {event["model_name"]: event["trigger_type"] for event in ports.executions.started.values()}


def test_the_first_sweep_starts_what_is_due_and_checks_the_others_for_drift() -> None:
    ports = a_fleet()
    outcome = sweep(ports)
    assert (outcome.models, outcome.started) == (3, 3)
    assert kinds(ports) == {"degraded": "performance_degradation", "new": "scheduled", "healthy": "data_drift"}


def test_the_same_tick_delivered_twice_starts_nothing_twice() -> None:
    ports = a_fleet()
    sweep(ports)
    again = sweep(ports)
    assert again.started == 0
    assert len(ports.executions.started) == 3


def test_each_model_is_checked_once_a_day_in_its_own_slot() -> None:
    ports = MemoryPorts()
    models = [f"model-{number}" for number in range(100)]
    for model in models:
        give_model(ports, model, schedule_expression="0 0 1 1 *")
    read, asked = ports.metrics.read, []

    def listened(queries: Sequence[MetricQuery]) -> list[MetricReading]:
        asked.extend(query.model_name for query in queries)
        return read(queries)

    ports.metrics.read = listened  # type: ignore[method-assign]
    assert sweep(ports).started == 100
    outcomes = [sweep(ports, after=minutes * timedelta(minutes=5)) for minutes in range(1, 289)]
    assert sum(outcome.started for outcome in outcomes) == 100
    assert max(outcome.started for outcome in outcomes) < 7
    assert sum(outcome.known for outcome in outcomes) == 0
    assert Counter(asked) == dict.fromkeys(models, 2)
    starts = Counter(event["model_name"] for event in ports.executions.started.values())
    assert set(starts.values()) == {2}


def test_a_schedule_is_judged_in_every_sweep_whenever_the_models_turn_is() -> None:
    ports = MemoryPorts()
    for number in range(20):
        give_model(ports, f"model-{number}", schedule_expression="30 12 * * *", schedule_spread_minutes=0)
    sweep(ports)
    assert sweep(ports, after=timedelta(minutes=29)).started < 20
    sweep(ports, after=timedelta(minutes=30))
    assert Counter(event["trigger_type"] for event in ports.executions.started.values())["scheduled"] == 20


def test_checks_that_missed_sweeps_left_out_are_made_up_for() -> None:
    ports = a_fleet()
    sweep(ports)
    assert sweep(ports, after=3 * DAY).started == 3


def test_a_scheduled_retraining_that_failed_is_tried_again_the_next_day() -> None:
    ports = a_fleet()
    for hours in range(0, 72, 12):
        sweep(ports, after=hours * HOUR)
    starts = [event for event in ports.executions.started.values() if event["model_name"] == "new"]
    assert len(starts) == 4  # from the noon of one day to the midnight of the fourth


def test_a_trigger_that_is_held_back_is_recorded_with_its_reason_and_not_started() -> None:
    ports = a_fleet()
    sweep(ports)
    for model in ("degraded", "new", "healthy"):
        ports.policies.apply(a_policy(model=model, triggers={"cool_down_hours": 240}), "ada", NOON)
    attempt(ports, "degraded")
    outcome = sweep(ports, after=DAY)
    assert outcome.suppressed == 1
    record = ports.decisions.recent("degraded", 5)[0]
    assert (record.outcome, record.held_by) == ("suppressed", "cool_down")
    assert record.verdicts[0].value == 0.8


def attempt(ports: MemoryPorts, model: str) -> None:
    """Open and close a job at noon."""
    event = {"model_name": model, "actor": "ada", "reason": "a test", "event_time": NOON.isoformat(), "force": True}
    decision = check_triggers(ExecutionStarted(event=event, execution_arn=f"arn:{model}"), ports)
    state = {"decision": {"job_id": decision.job_id}, "error": {"Error": "Test", "Cause": "stopped"}}
    close_job(ClosingRequest(execution_arn=f"arn:{model}", state=state), ports)


def test_a_model_that_is_being_retrained_is_left_alone() -> None:
    ports = a_fleet()
    event = {"model_name": "new", "actor": "ada", "reason": "a test", "event_time": NOON.isoformat()}
    check_triggers(ExecutionStarted(event=event, execution_arn="arn:new"), ports)
    sweep(ports)
    assert "new" not in kinds(ports)
    assert [record.outcome for record in ports.decisions.recent("new", 5)] == ["started"]


def test_a_paused_model_is_left_alone_and_its_turn_is_on_record() -> None:
    ports = a_fleet()
    drift_alone = a_policy(model="degraded", triggers={"enabled": ["data_drift"]})
    ports.policies.apply(drift_alone, "ada", NOON, status=PolicyStatus.PAUSED, note="audit")
    assert [sweep(ports, after=timedelta(minutes=minutes)).suppressed for minutes in (0, 5, 10)] == [1, 0, 0]
    assert "degraded" not in kinds(ports)
    (record,) = ports.decisions.recent("degraded", 5)
    assert (record.outcome, record.held_by, record.reason) == ("suppressed", "paused", "paused: audit")
    assert record.trigger_type is TriggerType.DATA_DRIFT


def test_people_are_reminded_of_a_paused_model_every_four_weeks() -> None:
    ports = a_fleet()
    ports.policies.apply(a_policy(model="degraded"), "ada", NOON, status=PolicyStatus.PAUSED, note="audit")
    told: dict[str, int] = {}
    for day in range(1, 90):
        sweep(ports, after=day * DAY)
        for event in announced(ports):
            if "is paused" in event.sentence:
                told.setdefault(event.event_id, day)
    assert list(told.values()) == [29, 57, 85]
    (text,) = {event.sentence for event in announced(ports) if event.event_id == "degraded-paused-2-week-4"}
    assert text == (
        "No trigger has retrained degraded for 4 weeks, because it is paused (policy version 2, by ada on 2026-03-01): "
        "audit; team@example.com, please end that with 'auto-retrain models resume degraded', or remove the model"
    )


def test_an_edit_of_a_paused_policy_does_not_put_off_the_reminder() -> None:
    ports = a_fleet()
    ports.policies.apply(a_policy(model="degraded"), "ada", NOON, status=PolicyStatus.PAUSED, note="audit")
    for day in range(1, 60):
        if day % 20 == 0:
            edited = a_policy(model="degraded", owner=f"team-{day}@example.com")
            ports.policies.apply(edited, "ci", NOON + day * DAY, status=PolicyStatus.PAUSED)
        sweep(ports, after=day * DAY)
    told = {event.event_id: event.sentence for event in announced(ports) if "is paused" in event.sentence}
    assert list(told) == ["degraded-paused-2-week-4", "degraded-paused-2-week-8"]
    assert "by ada on 2026-03-01): audit; team-20@example.com" in told["degraded-paused-2-week-4"]


def test_a_check_of_the_data_that_is_held_back_is_on_record_once_a_day() -> None:
    ports = MemoryPorts()
    give_model(ports, "healthy", schedule_expression="0 0 1 1 *")
    rejected = Rejections(count=9, jobs=(RejectedJob(job_id="healthy-1", at=NOON),))
    ports.states.set(
        ports.states.get("healthy").changed(attempts=(NOON,), rejections={TriggerType.DATA_DRIFT: rejected})
    )
    for hours in range(1, 73):
        sweep(ports, after=2 * DAY + hours * HOUR)
    assert ports.executions.started == {}
    records = ports.decisions.recent("healthy", 100)
    assert {record.held_by for record in records} == {"back_off"}
    assert len(records) == len({record.event_time.date() for record in records}) in (3, 4)
    assert "until 2026-03-31" in records[0].reason


def test_broken_data_are_checked_again_while_drift_backs_off() -> None:
    ports = a_fleet()
    rejected = Rejections(count=9, jobs=(RejectedJob(job_id="healthy-1", at=NOON - DAY),))
    ports.states.set(
        ports.states.get("healthy").changed(
            attempts=(NOON - 2 * DAY,),
            rejections={TriggerType.DATA_DRIFT: rejected},
            quarantine=Quarantine(since=NOON, reason="column 'age' is gone"),
        )
    )
    sweep(ports)
    assert kinds(ports)["healthy"] == "data_drift"
    event = {"model_name": "healthy", "trigger_type": "data_drift", "event_time": NOON.isoformat()}
    decision = check_triggers(ExecutionStarted(event=event, execution_arn="arn:check"), ports)
    assert (decision.next, decision.held_by) == ("detect_drift", "quarantine")


def test_broken_data_are_checked_again_and_nothing_else_starts() -> None:
    ports = a_fleet()
    for model in ("healthy", "degraded"):
        ports.states.set_quarantine(model, Quarantine(since=NOON, reason="column 'age' is gone"))
    sweep(ports)
    assert kinds(ports) == {"new": "scheduled", "healthy": "data_drift", "degraded": "data_drift"}
    (record,) = ports.decisions.recent("degraded", 5)
    assert record.held_by == "quarantine"


def test_limits_let_degraded_models_go_first_and_lose_none() -> None:
    ports = MemoryPorts(limits=FleetLimits(concurrent_jobs=10))
    for number in range(30):
        give_model(ports, f"degraded-{number}", accuracy=0.8)
        give_model(ports, f"new-{number}", retrained=False, enabled=["scheduled"])
    first = sweep(ports)
    assert (first.started, first.queued) == (10, 50)
    assert set(kinds(ports).values()) == {"performance_degradation"}
    # Executions in memory open no jobs, so every sweep has room for ten more.
    later = [sweep(ports, after=number * timedelta(minutes=5)) for number in range(1, 6)]
    assert [outcome.queued for outcome in later] == [40, 30, 20, 10, 0]
    assert set(kinds(ports)) == {f"{kind}-{number}" for kind in ("degraded", "new") for number in range(30)}


def test_a_spent_budget_keeps_all_models_waiting() -> None:
    ports = MemoryPorts(limits=FleetLimits(monthly_retrainings=1))
    give_model(ports, "first", retrained=False, enabled=["scheduled"])
    sweep(ports)
    attempt(ports, "first")
    give_model(ports, "second", retrained=False, enabled=["scheduled"])
    assert sweep(ports, after=2 * DAY).queued == 2
    assert ports.decisions.recent("second", 1)[0].held_by == "fleet_budget"


def test_an_execution_that_cannot_be_started_does_not_prevent_the_others() -> None:
    ports = a_fleet()
    start = ports.executions.start

    def fail_for_one(name: str, event: Mapping[str, Any]) -> str | None:
        if event["model_name"] == "new":
            raise ExecutionsUnavailable("throttled")
        return start(name, event)

    ports.executions.start = fail_for_one  # type: ignore[method-assign]
    with pytest.raises(TransientError, match="failed steps: 1, the first with: throttled"):
        sweep(ports)
    assert set(kinds(ports)) == {"healthy", "degraded"}
    ports.executions.start = start  # type: ignore[method-assign]
    assert sweep(ports).started == 1


class Broken(Exception):
    """Nobody foresaw it."""


@pytest.mark.parametrize("error", [Broken("secret"), AwsRefused("no")])
def test_a_model_that_cannot_be_started_is_counted_and_costs_no_other_its_turn(error: Exception) -> None:
    ports = a_fleet()
    start = ports.executions.start

    def broken_for_one(name: str, event: Mapping[str, Any]) -> str | None:
        if event["model_name"] == "healthy":  # its drift check starts before the others
            raise error
        return start(name, event)

    ports.executions.start = broken_for_one  # type: ignore[method-assign]
    outcome = sweep(ports)
    assert set(kinds(ports)) == {"new", "degraded"}
    assert (outcome.started, outcome.failed, outcome.metrics) == (2, 1, {"trigger_problems": 1})
    assert outcome.problems[0].startswith("healthy: ")
    assert "secret" not in outcome.problems[0]
    assert ports.sweeps.last() is not None


def test_a_model_whose_metric_breaks_its_source_is_found_and_the_others_are_judged() -> None:
    ports = a_fleet()
    read = ports.metrics.read

    def broken_for_one(queries: Sequence[MetricQuery]) -> list[MetricReading]:
        if any(query.model_name == "healthy" for query in queries):
            raise Broken
        return read(queries)

    ports.metrics.read = broken_for_one  # type: ignore[method-assign]
    outcome = sweep(ports)
    assert kinds(ports)["degraded"] == "performance_degradation"
    assert outcome.problems == ("healthy: unexpected Broken, see the log",)


def a_fleet_with_faulty(faulty: set[int], models: int, error: Exception) -> tuple[MemoryPorts, list[int]]:
    """Degraded models, and how many queries each call had; whoever asks about a faulty one gets an error."""
    ports, calls = MemoryPorts(), list[int]()
    for number in range(models):
        give_model(ports, f"model-{number:04}", accuracy=0.8)
    read = ports.metrics.read

    def broken_for_some(queries: Sequence[MetricQuery]) -> list[MetricReading]:
        calls.append(len(queries))
        if any(int(query.model_name.removeprefix("model-")) in faulty for query in queries):
            raise error
        return read(queries)

    ports.metrics.read = broken_for_some  # type: ignore[method-assign]
    return ports, calls


@settings(deadline=None, max_examples=15)
@given(
    faulty=st.sets(st.integers(0, 59), max_size=59),
    error=st.sampled_from([Broken("secret"), AwsRefused("no"), MetricsUnavailable("too heavy")]),
    at_once=st.sampled_from([7, 60]),
)
def test_however_many_metrics_break_their_source_all_other_models_are_judged(
    faulty: set[int], error: Exception, at_once: int
) -> None:
    ports, calls = a_fleet_with_faulty(faulty, 60, error)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(look_over, "MODELS_AT_ONCE", at_once)
        outcome = sweep(ports)
    assert {int(model.removeprefix("model-")) for model in kinds(ports)} == set(range(60)) - faulty
    assert (outcome.failed, len(outcome.problems)) == (len(faulty), min(len(faulty), MAX_PROBLEMS))
    assert len(calls) < 2 * 60
    assert ports.sweeps.last() is not None


def test_a_source_that_refuses_every_model_is_asked_fewer_than_two_times_for_each() -> None:
    ports, calls = a_fleet_with_faulty(set(range(1000)), 1000, AwsRefused("no permission"))
    give_model(ports, "new", retrained=False, enabled=["scheduled"])
    outcome = sweep(ports)
    assert kinds(ports) == {"new": "scheduled"}
    assert (len(outcome.problems), outcome.failed) == (MAX_PROBLEMS, 1000)
    assert len(calls) == 2 * 1000 - 1


def test_a_source_that_hangs_is_not_asked_in_ever_smaller_parts() -> None:
    ports, calls = a_fleet_with_faulty(set(range(100)), 100, MetricsUnavailable("no answer"))
    give_model(ports, "new", retrained=False, enabled=["scheduled"])
    read = ports.metrics.read

    def hanging(queries: Sequence[MetricQuery]) -> list[MetricReading]:
        ports.clock.advance(timedelta(seconds=40))
        return read(queries)

    ports.metrics.read = hanging  # type: ignore[method-assign]
    with pytest.raises(TransientError, match="failed steps: 1, the first with: no answer"):
        sweep(ports)
    assert len(calls) == 5
    assert kinds(ports) == {"new": "scheduled"}


def test_a_source_that_hangs_is_given_up_for_a_fleet_of_any_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(look_over, "MODELS_AT_ONCE", 2)
    ports, calls = a_fleet_with_faulty(set(range(100)), 100, MetricsUnavailable("no answer"))
    give_model(ports, "new", retrained=False, enabled=["scheduled"])
    read = ports.metrics.read

    def hanging(queries: Sequence[MetricQuery]) -> list[MetricReading]:
        ports.clock.advance(timedelta(seconds=40))
        return read(queries)

    ports.metrics.read = hanging  # type: ignore[method-assign]
    with pytest.raises(TransientError, match="failed steps: 1, the first with: no answer"):
        sweep(ports)
    assert len(calls) < 10
    assert kinds(ports) == {"new": "scheduled"}


def sweep_in_lots(at_once: int) -> tuple[SweepOutcome, SweepMark | None, dict[str, str]]:
    """A sweep that looks at so many models at once; two have had a job today, and there are places for three more."""
    ports = MemoryPorts(limits=FleetLimits(concurrent_jobs=3, budget_month_usd=1000.0))
    ports.clock.advance(NOON - ports.clock.now())
    for number in range(30):
        give_model(ports, f"model-{number:02}", accuracy=0.8 if number % 3 else 0.95, retrained=number % 5 > 0)
    for number in (1, 2):
        attempt(ports, f"model-{number:02}")
    ports.policies.apply(a_policy(model="paused"), "ada", NOON, status=PolicyStatus.PAUSED)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(look_over, "MODELS_AT_ONCE", at_once)
        return sweep(ports), ports.sweeps.last(), kinds(ports)


@pytest.mark.parametrize("at_once", [1, 7])
def test_a_fleet_that_is_looked_over_in_lots_has_the_same_sweep(at_once: int) -> None:
    outcome, mark, started = sweep_in_lots(1000)
    assert (outcome.models, outcome.failed, outcome.queued > 0, len(started) > 3) == (31, 0, True, True)
    assert mark is not None
    assert mark.usage.money is not None
    assert sweep_in_lots(at_once) == (outcome, mark, started)


def test_a_source_of_metrics_that_is_away_costs_no_model_of_another_source_its_turn() -> None:
    ports = a_fleet()
    prometheus = {"source": "prometheus", "gauge": "accuracy"}
    ports.policies.apply(a_policy(model="elsewhere", metric=prometheus), "ada", NOON)
    ports.states.record_retrain("elsewhere", NOON)
    read = ports.metrics.read

    def away(queries: Sequence[MetricQuery]) -> list[MetricReading]:
        if any(query.metric.source == "prometheus" for query in queries):
            raise MetricsUnavailable("Prometheus did not answer")
        return read(queries)

    ports.metrics.read = away  # type: ignore[method-assign]
    with pytest.raises(TransientError, match="failed steps: 1, the first with: Prometheus did not answer"):
        sweep(ports)
    assert set(kinds(ports)) == {"degraded", "new", "healthy"}
    assert ports.sweeps.last() is None


@pytest.mark.parametrize("step", ["_paused", "_ask", "_due", "daily_slot", "model_holds", "judge_triggers"])
def test_whatever_breaks_for_one_model_the_others_are_swept(monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    ports = a_fleet()
    if step == "_paused":
        ports.policies.apply(a_policy(model="healthy"), "ada", NOON, status=PolicyStatus.PAUSED)
    real = getattr(due_models, step)

    def broken_for_one(*arguments: Any, **named: Any) -> Any:
        if "'healthy'" in repr(arguments):
            raise Broken
        return real(*arguments, **named)

    monkeypatch.setattr(due_models, step, broken_for_one)
    outcome = sweep(ports)
    assert set(kinds(ports)) >= {"degraded", "new"}
    assert outcome.failed == 1


def listening_to_the_index(ports: MemoryPorts) -> list[str]:
    """The models that are indexed anew, from now on."""
    indexed: list[str] = []
    ports.policies.index_alarms = lambda fleet, anew: indexed.extend(  # type: ignore[method-assign]
        applied.policy.model for applied in anew
    )
    return indexed


def test_alarms_are_indexed_anew_soon_after_a_policy_was_applied_and_then_once_a_day() -> None:
    ports = MemoryPorts()
    models = [f"model-{number}" for number in range(50)]
    for model in models:
        give_model(ports, model, schedule_expression="0 0 1 1 *", alarms=["latency"])
    give_model(ports, "without-alarms", schedule_expression="0 0 1 1 *")
    sweep(ports, after=DAY)
    indexed = listening_to_the_index(ports)
    for minutes in range(5, 24 * 60 + 5, 5):
        sweep(ports, after=DAY + timedelta(minutes=minutes))
    assert sorted(indexed) == sorted(models)
    indexed.clear()
    ports.policies.apply(a_policy(model="model-7", triggers={"alarms": ["latency"]}), "ada", NOON + 2 * DAY)
    sweep(ports, after=2 * DAY + timedelta(minutes=5))
    assert "model-7" in indexed


def test_a_model_whose_records_cannot_be_read_is_a_problem_of_the_sweep() -> None:
    ports = a_fleet()
    read = ports.policies.fleet

    def without_one(unreadable: list[str] | None = None) -> Iterator[tuple[AppliedPolicy, ModelState]]:
        (unreadable if unreadable is not None else []).append("'MODEL#odd' cannot be read: policy.owner")
        return read()

    ports.policies.fleet = without_one  # type: ignore[method-assign]
    outcome = sweep(ports)
    assert (outcome.models, outcome.started, outcome.failed) == (3, 3, 1)
    assert outcome.problems == ("'MODEL#odd' cannot be read: policy.owner",)


def test_an_index_that_cannot_be_written_is_a_problem_and_the_sweep_has_been_done() -> None:
    ports = a_fleet()

    def refused(fleet: object, anew: object) -> None:
        raise AwsRefused("no")

    ports.policies.index_alarms = refused  # type: ignore[method-assign]
    outcome = sweep(ports)
    assert (outcome.started, outcome.problems) == (3, ("index of alarms: AwsRefused: no",))
    assert ports.sweeps.last() is not None


def test_an_empty_fleet_is_swept_without_errors() -> None:
    assert sweep(MemoryPorts()).models == 0
