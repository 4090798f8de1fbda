"""Alarms start retrainings of the models that they name, once."""

import json
from pathlib import Path
from typing import Any

import pytest

from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.domain.errors import AwsRefused, EventInvalid, ExecutionsUnavailable, TransientError
from auto_retrain.usecases.triggering.receive_alarm import receive_alarm
from tests.unit.builders import NOON, a_policy

EVENTS = Path(__file__).parents[3] / "data/events"
BRIDGED = json.loads((EVENTS / "cloudwatch_alarm.json").read_text())
DIRECT = json.loads((EVENTS / "cloudwatch_alarm_lambda_action.json").read_text())
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
