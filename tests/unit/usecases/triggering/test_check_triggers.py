"""Retrain now? The decisions and what they leave behind."""

from datetime import datetime, timedelta

import pytest

from auto_retrain.domain.errors import DataUnavailable, EventInvalid, EventsUnavailable, ModelUnknown
from auto_retrain.domain.events import FactEvent
from auto_retrain.domain.messages.triggering import ExecutionStarted
from auto_retrain.domain.metric_reading import MetricReading
from auto_retrain.domain.model_state import LastRequest
from auto_retrain.domain.pages import request_path
from auto_retrain.domain.trigger_type import TriggerType
from auto_retrain.domain.waiting_trigger import MAX_WAITING_REQUESTS
from auto_retrain.usecases.reporting.fleet_page import overview
from auto_retrain.usecases.triggering.check_triggers import check_triggers
from tests.unit.announced import announced
from tests.unit.builders import NOON, a_policy
from tests.unit.usecases.world import MANUAL, World, rows

SWEPT = {"model_name": "churn", "trigger_type": "performance_degradation", "event_time": NOON.isoformat()}


def healthy_world(retrained_at: datetime = NOON) -> World:
    world = World()
    world.ports.states.record_retrain("churn", retrained_at)
    world.ports.metrics.readings["churn"] = MetricReading(value=0.95, rows=5000, points=30, newest_at=NOON)
    return world


def test_a_person_starts_a_retraining_with_a_reason() -> None:
    world = World()
    decision = world.check({**MANUAL, "parameters": {"max_depth": 3}})
    job = world.job(decision.job_id or "")
    assert decision.next == "start"
    assert (job.trigger_type, job.actor, job.training_parameters) == (TriggerType.MANUAL, "ada", {"max_depth": 3})
    assert job.trigger_reason == "requested by ada: new labels"
    assert [event.topic for event in announced(world.ports)] == ["job_opened"]


def test_degraded_performance_starts_a_retraining_and_records_the_numbers() -> None:
    world = healthy_world()
    world.ports.metrics.readings["churn"] = MetricReading(value=0.9, rows=5000, points=30, newest_at=NOON)
    decision = world.check(SWEPT)
    assert (decision.next, decision.trigger_type) == ("start", TriggerType.PERFORMANCE_DEGRADATION)
    assert world.job(decision.job_id or "").trigger_verdicts[0].value == 0.9


def test_a_version_that_was_deployed_just_now_is_not_blamed_for_the_one_before() -> None:
    windows = {"evaluation_window_days": 5, "training_window_days": 10}
    world = World(a_policy(triggers={"enabled": ["performance_degradation"], "cool_down_hours": 0, **windows}))
    job_id = world.scored_job(rows(500, 0.95), rows(500, 0.88))
    world.validate(job_id)
    world.deploy(job_id)
    world.close(decision={"job_id": job_id})
    reasons = []
    for hours in (20, 30):
        world.ports.clock.advance(NOON + timedelta(hours=hours) - world.ports.clock.now())
        newest = {"points": 1, "newest_at": world.ports.clock.now()}
        world.ports.metrics.readings["churn"] = MetricReading(value=0.8, rows=5000, **newest)
        event = {**SWEPT, "event_time": world.ports.clock.now().isoformat()}
        decision = world.check(event, f"execution:after-{hours}")
        reasons.append((decision.next, decision.reason[:58]))
    assert reasons == [
        ("skip", "version 2 has served since 2026-03-01 12:00Z: 0 whole days"),
        ("start", "accuracy 0.8000 of version 2, which has served since 2026-"),
    ]


def test_a_due_schedule_starts_a_retraining() -> None:
    world = healthy_world(retrained_at=NOON - timedelta(days=8))
    decision = world.check({**SWEPT, "trigger_type": "scheduled"})
    assert (decision.next, decision.trigger_type) == ("start", TriggerType.SCHEDULED)


def test_a_healthy_model_is_checked_for_drift() -> None:
    decision = healthy_world().check(SWEPT)
    assert (decision.next, decision.job_id) == ("detect_drift", None)


def test_without_the_drift_trigger_a_healthy_model_is_skipped_with_the_reasons() -> None:
    world = World(a_policy(triggers={"enabled": ["performance_degradation", "scheduled"]}))
    world.ports.states.record_retrain("churn", NOON)
    world.ports.metrics.readings["churn"] = MetricReading(value=0.95, rows=5000, points=30, newest_at=NOON)
    decision = world.check(SWEPT)
    assert (decision.next, decision.evidence) == ("skip", None)
    assert world.ports.states.get("churn").last_request is None, "nobody asked for it"
    assert "accuracy 0.9500 is not below 0.92" in decision.reason
    assert "not due" in decision.reason


def test_a_repeated_first_state_finds_its_own_job() -> None:
    world = World()
    first = world.check()
    again = world.check()
    assert (again.next, again.job_id, again.reason) == (first.next, first.job_id, first.reason)
    assert len(world.ports.jobs.list_active()) == 1


def test_a_second_execution_for_a_model_is_skipped_and_names_the_running_job() -> None:
    world = World()
    first = world.check()
    second = world.check(execution="arn:other")
    assert second.next == "skip"
    assert first.job_id is not None
    assert first.job_id in second.reason


@pytest.mark.parametrize("store_fails", [False, True])
def test_a_request_that_opened_no_job_has_a_page_with_its_timeline(store_fails: bool) -> None:
    world = World()
    job_id = world.scored_job(rows(20, 1.0))
    world.close(decision={"job_id": job_id}, error={"Error": "Test", "Cause": "stopped"})
    if store_fails:
        world.ports.data.write = away  # type: ignore[method-assign]
    held = world.check({**MANUAL, "reason": "<b>now</b>"}, "execution:second")
    assert (held.next, held.held_by) == ("skip", "cool_down")
    if store_fails:
        assert world.ports.states.get("churn").last_request is None
        return
    request, page = last_request(world)
    for shown in (
        "Held back: cool down",
        "by ada: &lt;b&gt;now&lt;/b&gt;",
        "auto-retrain why-not churn",
        "execution:second",
    ):
        assert shown in page
    (row,) = overview(world.ports).rows
    assert (row.decision, row.page) == (request.key, request_path("churn", request.key))
    assert row.outcome == "opened no job: cool down"


def last_request(world: World) -> tuple[LastRequest, str]:
    """The newest one that opened no job, and the page about it."""
    request = world.ports.states.get("churn").last_request
    assert request is not None
    return request, world.ports.data.read(f"s3://artifacts/{request_path('churn', request.key)}").decode()


def test_a_page_says_for_which_job_a_request_waits_unless_it_is_one_too_many() -> None:
    world = World()
    starts = f"it starts by itself once job {world.open()} has ended"
    for number in range(MAX_WAITING_REQUESTS + 1):
        world.check({**MANUAL, "reason": f"request {number}", "force": True}, f"arn:{number}")
        assert (starts in last_request(world)[1]) is (number < MAX_WAITING_REQUESTS)


def away(*_: object) -> str:
    raise DataUnavailable("S3 is away")


def test_force_skips_the_cool_down_but_not_a_running_job() -> None:
    world = World()
    job_id = world.scored_job(rows(20, 1.0))
    assert world.check({**MANUAL, "force": True}, execution="arn:2").next == "skip"
    world.close(decision={"job_id": job_id}, error={"Error": "Test", "Cause": "stopped"})
    assert "cool-down" in world.check(MANUAL, execution="arn:3").reason
    assert world.check({**MANUAL, "force": True}, execution="arn:4").next == "start"


def test_a_manual_start_without_a_time_means_now() -> None:
    world = World()
    decision = world.check({"model_name": "churn", "actor": "ada", "reason": "now"})
    assert decision.event_time == NOON


def test_an_unknown_model_is_refused_because_it_has_no_policy() -> None:
    with pytest.raises(ModelUnknown, match="'nobody' has no policy"):
        World().check({**MANUAL, "model_name": "nobody"})


def test_a_malformed_event_leaves_nothing_behind() -> None:
    world = World()
    with pytest.raises(EventInvalid, match="send"):
        world.check({"hello": "world"})
    assert world.ports.jobs.list_active() == []


@pytest.mark.parametrize("event", ["gl-001", [], 3, None])
def test_an_input_that_is_not_an_object_is_refused_with_what_to_send(event: object) -> None:
    world = World()
    with pytest.raises(EventInvalid, match=r"must be a JSON object, not .*; send"):
        check_triggers(ExecutionStarted(event=event, execution_arn="arn:1"), world.ports)


def test_an_event_in_the_future_is_refused_before_it_extends_the_cool_down() -> None:
    world = World()
    latest = world.ports.clock.now() + timedelta(minutes=5)  # so far the clocks of computers may differ
    with pytest.raises(EventInvalid, match="must not be in the future"):
        world.check({**MANUAL, "event_time": (latest + timedelta(microseconds=1)).isoformat()})
    assert world.ports.states.get("churn").last_attempt_at is None
    assert world.check({**MANUAL, "event_time": latest.isoformat()}).next == "start"


def test_an_event_from_long_ago_is_refused_before_any_window_is_computed() -> None:
    with pytest.raises(EventInvalid, match="must not be before 2000-01-01"):
        World().check({**MANUAL, "event_time": "0001-01-01T00:00:00Z"})


def test_a_replayed_old_event_is_held_by_what_happened_since() -> None:
    world = World()
    job_id = world.scored_job(rows(20, 1.0))
    world.close(decision={"job_id": job_id}, error={"Error": "Test", "Cause": "stopped"})
    old = {**MANUAL, "event_time": (NOON - timedelta(days=40)).isoformat()}
    assert world.check(old, execution="arn:old").held_by == "cool_down"


def test_an_unavailable_event_bus_does_not_prevent_a_retraining(caplog: pytest.LogCaptureFixture) -> None:
    world = World()

    def unavailable(event: FactEvent) -> None:
        raise EventsUnavailable("the bus is away")

    world.ports.events.publish = unavailable  # type: ignore[method-assign]
    assert world.check().next == "start"
    assert "was not published: the bus is away" in caplog.text


def test_a_repeated_first_state_publishes_again_with_the_same_id() -> None:
    world = World()
    world.check()
    world.check()
    assert len({event.event_id for event in announced(world.ports)}) == 1


@pytest.mark.parametrize(
    "parameters", [{"rate": float("nan")}, {"deep": [{"rate": float("inf")}]}, {"text": "x" * 16000}]
)
def test_parameters_that_an_execution_cannot_carry_are_refused(parameters: dict[str, object]) -> None:
    with pytest.raises(EventInvalid, match="parameters"):
        World().check({**MANUAL, "parameters": parameters})


def test_variants_of_a_model_that_several_pods_train_open_no_job() -> None:
    world = World(a_policy(training={"workers": 2}))
    with pytest.raises(EventInvalid, match=r"variants: each is trained by one pod, but training\.workers = 2"):
        world.check({**MANUAL, "variants": [{"max_depth": 3}, {"max_depth": 4}]})
