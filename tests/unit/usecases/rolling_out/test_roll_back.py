"""Taking back what serves."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from auto_retrain.domain.errors import (
    EventInvalid,
    EventsUnavailable,
    ExecutionsUnavailable,
    MetricsUnavailable,
    ModelUnknown,
    RegistryUnavailable,
    RollbackRefused,
    ServingConflict,
    TrafficUnavailable,
)
from auto_retrain.domain.messages.rolling_out import RollbackAlarm, RollbackRequest
from auto_retrain.domain.serving import MAX_ROLLED_BACK
from auto_retrain.usecases.rolling_out.roll_back import SETTLING_TIME, roll_back
from tests.unit.announced import announced
from tests.unit.builders import NOON, a_policy
from tests.unit.usecases.rolling_out.rollout_world import RolloutWorld, away

LATER = SETTLING_TIME + timedelta(minutes=1)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> RolloutWorld:
    return RolloutWorld(monkeypatch)


def later(world: RolloutWorld) -> None:
    world.ports.clock.advance(LATER)


def test_during_a_rollout_the_challenger_is_taken_back_and_the_champion_answers_everything(world: RolloutWorld) -> None:
    job = world.begin()
    assert world.weights() == {"1": 95, "2": 5}
    outcome = world.roll_back()
    assert "churn: rolled back" in world.page(job)
    assert (outcome.version, outcome.taken_back, outcome.unchanged, outcome.pending) == ("1", ("2",), None, None)
    assert outcome.weights == world.weights() == {"1": 100}
    assert outcome.alias == world.alias() == "1"
    assert world.record().rollout is None
    assert world.record().is_rolled_back("2")


def test_a_rollback_by_mistake_is_undone_and_nobody_is_blamed(world: RolloutWorld) -> None:
    world.promote()
    world.promote(version="3")
    later(world)
    world.roll_back()
    failures = world.record().failures
    outcome = world.roll_back(to="3")
    record = world.record()
    assert (outcome.version, outcome.taken_back) == ("3", ())
    assert record.rolled_back == ()
    assert (failures, record.failures) == (1, 0)
    assert record.alert is not None
    assert record.alert.acknowledged is not None
    later(world)
    assert world.roll_back().version == "2"
    later(world)
    assert world.roll_back().version == "1"


def test_after_an_undone_rollback_the_version_that_stood_in_is_still_one_to_go_back_to(world: RolloutWorld) -> None:
    world.promote()
    world.promote(version="3")
    later(world)
    world.roll_back()
    world.roll_back(to="3")
    for number in ("4", "5"):
        world.registry.register("churn", number)
        world.promote(version=number)
        later(world)
        assert world.roll_back().version == "3"
    later(world)
    assert world.roll_back().version == "2"


def test_a_bad_version_never_serves_again_however_many_were_taken_back_since(world: RolloutWorld) -> None:
    """A year of weekly canaries that are all taken back: the record no longer names the bad version."""
    world.promote()
    later(world)
    world.roll_back()
    for number in range(3, 4 + MAX_ROLLED_BACK):
        later(world)
        world.ports.registry.register("churn", str(number))
        world.begin(challenger=str(number))
        world.roll_back()
    later(world)
    assert not world.record().is_rolled_back("2")
    with pytest.raises(RollbackRefused, match="has no good version to go back to"):
        world.roll_back()
    assert world.alias() == "1"


def test_the_execution_that_waits_is_resumed(world: RolloutWorld) -> None:
    world.begin(token="waiting")
    world.roll_back()
    assert world.answers("succeed") == ["waiting"]


def test_without_a_rollout_the_champion_before_serves_again(world: RolloutWorld) -> None:
    world.begin()
    world.promote()
    later(world)
    outcome = world.roll_back()
    assert (outcome.version, outcome.taken_back, outcome.alias) == ("1", ("2",), "1")
    assert world.weights() == {"1": 100}
    assert world.record().is_rolled_back("2")


def test_a_version_that_only_had_a_share_of_the_requests_is_no_target(world: RolloutWorld) -> None:
    world.begin(challenger="2")
    world.roll_back()
    later(world)
    world.begin(challenger="3")
    world.promote(version="3")
    later(world)
    assert world.roll_back().version == "1"
    with pytest.raises(RollbackRefused, match="version 2 of 'churn' has never served"):
        world.roll_back(to="2")


def test_the_target_is_the_last_good_champion_and_not_one_that_was_taken_back(world: RolloutWorld) -> None:
    world.promote(version="2")
    later(world)
    world.roll_back()
    later(world)
    world.promote(version="3")
    later(world)
    outcome = world.roll_back()
    assert outcome.version == "1"
    assert {each.version for each in world.record().rolled_back} == {"2", "3"}


def test_going_back_further_walks_the_ledger_to_the_next_good_champion(world: RolloutWorld) -> None:
    world.promote(version="2")
    later(world)
    world.promote(version="3")
    later(world)
    assert world.roll_back().version == "2"
    later(world)
    assert world.roll_back().version == "1"
    later(world)
    with pytest.raises(RollbackRefused, match="no good version to go back to; versions that have served: 2, 3"):
        world.roll_back()


def test_a_version_that_was_taken_back_serves_again_only_if_it_is_named_and_is_then_offered_again(
    world: RolloutWorld,
) -> None:
    world.promote(version="2")
    later(world)
    world.roll_back()
    later(world)
    outcome = world.roll_back(to="2")
    assert (outcome.version, outcome.taken_back) == ("2", ())
    assert not world.record().is_rolled_back("2")


def test_naming_an_earlier_champion_during_a_rollout_takes_back_both(world: RolloutWorld) -> None:
    world.promote(version="2")
    later(world)
    world.begin(challenger="3", token="waiting")
    outcome = world.roll_back(to="1")
    assert (outcome.version, outcome.taken_back, outcome.weights) == ("1", ("2", "3"), {"1": 100})
    assert world.answers("succeed") == ["waiting"]


def test_naming_the_champion_during_a_rollout_takes_back_the_challenger(world: RolloutWorld) -> None:
    world.begin()
    assert world.roll_back(to="1").taken_back == ("2",)


@pytest.mark.parametrize("to", [None, "1"])
@pytest.mark.parametrize("was_promoted", [False, True])
def test_the_second_rollback_says_that_it_already_is(world: RolloutWorld, to: str | None, was_promoted: bool) -> None:
    world.begin()
    if was_promoted:
        world.promote()
        later(world)
    first = world.roll_back(to)
    before = world.record()
    second = world.roll_back(to)
    assert first.unchanged is None
    assert second.unchanged is not None
    assert "version 1 serves since" in second.unchanged
    assert (second.version, second.taken_back, second.weights, second.alias) == ("1", (), {"1": 100}, "1")
    assert world.record() == before


def test_every_rollback_has_one_line_and_one_announced_fact(world: RolloutWorld) -> None:
    world.begin()
    world.roll_back()
    world.roll_back()
    assert [line.change for line in world.ports.ledger.lines("churn", 10)] == ["ended", "weight", "adopted"]
    (event,) = announced(world.ports)
    assert (event.topic, event.event_id) == ("version_taken_back", "churn-taken-back-3")
    assert event.sentence == "ada took back version 2 of churn; version 1 serves: it is wrong"


def test_it_works_while_others_write_the_record(world: RolloutWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    world.begin()
    write, refusals = world.ports.ledger.write, iter([ServingConflict("changed")] * 3)

    def conflicting(change: Any, **rest: Any) -> Any:
        for refusal in refusals:
            raise refusal
        return write(change, **rest)

    monkeypatch.setattr(world.ports.ledger, "write", conflicting)
    assert world.roll_back().taken_back == ("2",)


def test_a_rollback_that_loses_the_race_against_another_one_finds_it_done(
    world: RolloutWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.begin()
    write = world.ports.ledger.write

    def overtaken(change: Any, **rest: Any) -> Any:
        monkeypatch.setattr(world.ports.ledger, "write", write)
        world.roll_back(actor="bob")
        return write(change, **rest)

    monkeypatch.setattr(world.ports.ledger, "write", overtaken)
    outcome = world.roll_back()
    assert outcome.unchanged is not None
    assert outcome.version == "1"
    assert len(world.ports.ledger.lines("churn", 10)) == 3


@pytest.mark.parametrize("was_promoted", [False, True])
def test_with_mlflow_slack_prometheus_events_and_step_functions_away_traffic_is_restored(
    world: RolloutWorld, was_promoted: bool
) -> None:
    world.begin()
    if was_promoted:
        world.promote()
        later(world)
    ports = world.ports
    registry, ports.registry = ports.registry, away(RegistryUnavailable)
    ports.live, ports.metrics = away(MetricsUnavailable), away(MetricsUnavailable)
    ports.events, ports.executions = away(EventsUnavailable), away(ExecutionsUnavailable)
    outcome = world.roll_back()
    assert (outcome.version, outcome.taken_back, world.weights()) == ("1", ("2",), {"1": 100})
    assert outcome.pending is not None or not was_promoted
    ports.registry = registry
    assert world.roll_back().pending is None
    assert world.alias() == "1"


def test_with_the_traffic_target_away_the_record_says_what_must_serve_and_the_outcome_what_is_pending(
    world: RolloutWorld,
) -> None:
    world.begin()
    traffic, world.ports.traffic = world.ports.traffic, away(TrafficUnavailable)
    outcome = world.roll_back()
    assert outcome.pending == "TrafficUnavailable: it is away"
    assert outcome.weights == {"1": 95, "2": 5}  # as they were read back last
    assert world.record().rollout is None
    world.ports.traffic = traffic
    assert world.watch().reconciled == 1
    assert world.weights() == {"1": 100}


def test_what_is_reported_is_what_is_read_back(world: RolloutWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    world.begin()
    monkeypatch.setattr(world.ports.traffic, "write", lambda *_: None)  # accepts everything and does nothing
    outcome = world.roll_back()
    assert outcome.weights == {"1": 95, "2": 5}
    assert outcome.pending is not None


def test_a_model_that_never_served_has_nothing_to_go_back_to(world: RolloutWorld) -> None:
    world.ports.policies.apply(a_policy(model="fraud"), "ada", NOON)
    with pytest.raises(RollbackRefused, match="no version of 'fraud' has ever been put into production"):
        world.roll_back(name="fraud")


def test_a_model_that_does_not_exist_is_named_with_what_to_try(world: RolloutWorld) -> None:
    with pytest.raises(ModelUnknown, match="model 'fraud' has no policy, and never had one; see 'auto-retrain models"):
        world.roll_back(name="fraud")


def test_a_first_champion_has_nothing_before_it(world: RolloutWorld) -> None:
    with pytest.raises(RollbackRefused, match="no good version to go back to; only version 1 has served"):
        world.roll_back()


def test_a_version_that_never_served_is_refused_with_the_choices_and_nothing_is_written(world: RolloutWorld) -> None:
    world.promote(version="2")
    before = world.record()
    with pytest.raises(RollbackRefused, match="version 7 of 'churn' has never served; versions that have served: 1 "):
        world.roll_back(to="7")
    assert world.record() == before


@pytest.mark.parametrize(
    "fields", [{"actor": "auto-retrain"}, {"actor": ""}, {"reason": "a\nb"}, {"to": "x"}, {"model_name": "A/B"}]
)
def test_an_odd_request_is_refused(fields: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        RollbackRequest.model_validate({"model_name": "churn", "actor": "ada", "reason": "it is wrong", **fields})


def test_an_alarm_that_is_named_for_it_rolls_back(world: RolloutWorld) -> None:
    world.begin()
    outcome = world.alarm(at=world.now + timedelta(minutes=1))
    assert outcome.taken_back == ("2",)
    newest = world.ports.ledger.lines("churn", 1)[0]
    assert newest.actor == "auto-retrain"
    assert newest.reason == "CloudWatch alarm 'auto-retrain-test-rollback-churn'"


def test_a_suffix_tells_several_alarms_of_a_model_apart(world: RolloutWorld) -> None:
    world.begin()
    assert world.alarm("auto-retrain-test-rollback-churn.latency").taken_back == ("2",)


def test_an_alarm_that_is_over_rolls_nothing_back(world: RolloutWorld) -> None:
    world.begin()
    outcome = world.alarm(state="OK")
    assert outcome.unchanged == "the state of the alarm is OK; only ALARM rolls back"
    assert world.record().rollout


def test_an_alarm_that_is_delivered_again_hours_later_does_not_go_back_further(world: RolloutWorld) -> None:
    world.promote(version="2")
    later(world)
    world.promote(version="3")
    later(world)
    fired = world.now
    assert world.alarm(at=fired).version == "2"
    world.ports.clock.advance(timedelta(hours=5))
    again = world.alarm(at=fired)
    assert (again.version, again.unchanged is None) == ("2", False)


def test_an_alarm_about_the_champion_before_does_not_take_back_the_new_one(world: RolloutWorld) -> None:
    fired = world.now
    later(world)
    world.promote(version="2")
    outcome = world.alarm(at=fired)
    assert (outcome.version, outcome.taken_back) == ("2", ())
    assert outcome.unchanged is not None


@pytest.mark.parametrize(
    "name",
    ["auto-retrain-prod-rollback-churn", "auto-retrain-test-rollback-A_b", "auto-retrain-test-model-churn", "other"],
)
def test_an_alarm_that_is_not_named_for_a_model_of_this_stage_is_refused(world: RolloutWorld, name: str) -> None:
    with pytest.raises(EventInvalid, match="auto-retrain-test-rollback-MODEL"):
        world.alarm(name)


def test_either_form_of_an_alarm_and_a_request_are_told_apart() -> None:
    messages: TypeAdapter[Any] = TypeAdapter(RollbackRequest | RollbackAlarm)
    data = {"alarmName": "auto-retrain-test-rollback-churn", "state": {"value": "ALARM"}}
    by_rule = {"source": "aws.cloudwatch", "time": "2026-03-01T12:00:00Z", "detail": data}
    by_action = {"source": "aws.cloudwatch", "time": "2026-03-01T12:00:00.000+0000", "alarmData": data}
    request = {"model_name": "churn", "actor": "ada", "reason": "it is wrong"}
    kinds = [type(messages.validate_python(event)) for event in (by_rule, by_action, request)]
    assert kinds == [RollbackAlarm, RollbackAlarm, RollbackRequest]
    with pytest.raises(ValidationError):
        messages.validate_python({"model_name": "churn"})


def test_a_rollback_from_python_checks_the_actor_again(world: RolloutWorld) -> None:
    request = RollbackRequest.model_construct(model_name="churn", actor="auto-retrain", reason="why not", to=None)
    with pytest.raises(EventInvalid, match="give your own name"):
        roll_back(request, world.ports)
