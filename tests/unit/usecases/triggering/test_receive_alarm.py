"""Alarms start retrainings of the models that they name, once."""

import json
from pathlib import Path
from typing import Any

import pytest

from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.domain.errors import AwsRefused, EventInvalid, ExecutionsUnavailable, TransientError
from auto_retrain.usecases.operating.policies import remove_model
from auto_retrain.usecases.triggering.receive_alarm import receive_alarm
from tests.unit.builders import NOON, a_policy

EVENTS = Path(__file__).parents[3] / "data/events"
BRIDGED = json.loads((EVENTS / "cloudwatch_alarm.json").read_text())
DIRECT = json.loads((EVENTS / "cloudwatch_alarm_lambda_action.json").read_text())
CONTRIBUTOR = json.loads((EVENTS / "cloudwatch_alarm_contributor.json").read_text())
COMPOSITE = json.loads((EVENTS / "cloudwatch_composite_alarm.json").read_text())


def ports_with(**alarms: list[str]) -> MemoryPorts:
    ports = MemoryPorts()
    for model, names in alarms.items():
        ports.policies.apply(a_policy(model=model, triggers={"alarms": names}), "ada", NOON)
    return ports


def named(event: dict[str, Any], name: str) -> dict[str, Any]:
    return {**event, "detail": {**event["detail"], "alarmName": name, "configuration": {}}}


def test_an_alarm_starts_one_execution_however_often_and_by_whatever_route_it_arrives() -> None:
    ports = ports_with(churn=[])
    first = receive_alarm(BRIDGED, ports)
    assert len(first.started) == 1
    for event in (BRIDGED, DIRECT):
        assert receive_alarm(event, ports).model_dump(include={"started", "known"}) == {"started": (), "known": 1}
    (event,) = ports.executions.started.values()
    assert (event["model_name"], event["trigger_type"]) == ("churn", "performance_degradation")


def test_an_alarm_that_goes_off_again_starts_another_execution() -> None:
    ports = ports_with(churn=[])
    receive_alarm(BRIDGED, ports)
    state = {**BRIDGED["detail"]["state"], "timestamp": "2026-03-02T12:00:00.000+0000"}
    assert receive_alarm({**BRIDGED, "detail": {**BRIDGED["detail"], "state": state}}, ports).started


@pytest.mark.parametrize("state", ["OK", "INSUFFICIENT_DATA"])
def test_an_alarm_that_is_not_in_alarm_is_ignored_and_says_so(state: str) -> None:
    event = {**BRIDGED, "detail": {**BRIDGED["detail"], "state": {"value": state}}}
    outcome = receive_alarm(event, ports_with(churn=[]))
    assert outcome.ignored == f"its state is {state}, only ALARM calls for a retraining"
    assert outcome.started == ()


def test_a_composite_alarm_concerns_every_model_whose_policy_lists_it() -> None:
    ports = ports_with(fraud=["upstream table"], churn=["upstream table"], other=[])
    outcome = receive_alarm(named(COMPOSITE, "upstream table"), ports)
    assert len(outcome.started) == 2
    assert {event["model_name"] for event in ports.executions.started.values()} == {"fraud", "churn"}


def test_an_alarm_that_names_no_model_is_refused_with_what_to_do() -> None:
    with pytest.raises(EventInvalid, match="alarm 'queue depth' names no model: give its metric the dimension 'Model'"):
        receive_alarm(named(COMPOSITE, "queue depth"), ports_with(churn=[]))


def test_an_alarm_about_an_unknown_model_is_refused() -> None:
    with pytest.raises(EventInvalid, match="names 'churn', which has no policy"):
        receive_alarm(BRIDGED, ports_with(fraud=[]))


@pytest.mark.parametrize("error", [RuntimeError("secret"), AwsRefused("no"), ExecutionsUnavailable("throttled")])
def test_a_model_that_cannot_be_started_costs_no_other_its_execution(error: Exception) -> None:
    ports = ports_with(fraud=["upstream table"], churn=["upstream table"])
    start = ports.executions.start

    def broken_for_one(name: str, event: Any) -> str | None:
        if event["model_name"] == "churn":
            raise error
        return start(name, event)

    ports.executions.start = broken_for_one  # type: ignore[method-assign]
    if isinstance(error, TransientError):
        with pytest.raises(TransientError, match="throttled"):
            receive_alarm(named(COMPOSITE, "upstream table"), ports)
    else:
        outcome = receive_alarm(named(COMPOSITE, "upstream table"), ports)
        assert (len(outcome.started), outcome.known, outcome.metrics) == (1, 0, {"trigger_problems": 1})
        assert outcome.problems[0].startswith("churn: ")
    assert {event["model_name"] for event in ports.executions.started.values()} == {"fraud"}


def about(*models: str, name: str = "any") -> dict[str, Any]:
    """An alarm over the metrics of several models."""
    (metric,) = BRIDGED["detail"]["configuration"]["metrics"]
    metrics = [json.loads(json.dumps(metric).replace("churn", model)) for model in models]
    return {**BRIDGED, "detail": {**BRIDGED["detail"], "alarmName": name, "configuration": {"metrics": metrics}}}


def started_by(event: dict[str, Any], ports: MemoryPorts) -> list[str]:
    receive_alarm(event, ports)
    return sorted(str(started["model_name"]) for started in ports.executions.started.values())


@pytest.mark.parametrize("value", ["xgboost-v3", "fraud", "not a name"])
def test_a_policy_that_lists_the_alarm_wins_over_a_dimension_that_means_something_else(value: str) -> None:
    ports = ports_with(churn=["latency"], fraud=[])
    assert started_by(about(value, name="latency"), ports) == ["churn"]


def test_a_foreign_dimension_does_not_hide_the_model_in_the_name() -> None:
    ports = ports_with(churn=[])
    event = about("xgboost-v3", name="auto-retrain-dev-model-churn")
    assert started_by(event, ports) == ["churn"]
    assert receive_alarm(event, ports).unknown == ("xgboost-v3",)


def test_of_several_models_those_with_a_policy_start_and_the_others_are_named() -> None:
    ports = ports_with(churn=[], fraud=[])
    event = about("churn", "gone", "fraud", "x" * 300)
    outcome = receive_alarm(event, ports)
    assert len(outcome.started) == 2
    assert outcome.unknown == ("gone", "x" * 300)


def test_a_series_of_an_alarm_on_many_starts_its_own_model() -> None:
    ports = ports_with(churn=[], fraud=[])
    assert started_by(CONTRIBUTOR, ports) == ["churn"]
    assert receive_alarm(CONTRIBUTOR, ports).known == 1


def test_an_alarm_on_many_series_is_ignored_as_a_whole_because_each_series_sends_its_own_event() -> None:
    ports = ports_with(churn=[])
    detail = {key: value for key, value in CONTRIBUTOR["detail"].items() if key != "alarmContributor"}
    outcome = receive_alarm({**CONTRIBUTOR, "detail": detail}, ports)
    assert outcome.ignored == "it watches many series, each of which sends events of its own"


def test_a_removed_model_is_started_by_no_alarm() -> None:
    ports = ports_with(churn=["latency"])
    remove_model("churn", "ada", ports)
    with pytest.raises(EventInvalid, match="names 'churn', which has no policy"):
        receive_alarm(about("churn", name="latency"), ports)
