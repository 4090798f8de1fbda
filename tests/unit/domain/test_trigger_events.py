"""Which events can start an execution, and how the others are refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from auto_retrain.domain.errors import EventInvalid
from auto_retrain.domain.trigger_events import parse_trigger_event
from auto_retrain.domain.trigger_type import TriggerType

ALARM = json.loads((Path(__file__).parents[2] / "data/events/cloudwatch_alarm.json").read_text())


MANUAL: dict[str, Any] = {"model_name": "churn", "actor": "ada", "reason": "to compare"}


def nested(depth: int) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for _ in range(depth):
        document = {"deeper": document}
    return document


def refusal(event: dict[str, Any]) -> str:
    with pytest.raises(EventInvalid) as caught:
        parse_trigger_event(event)
    return str(caught.value)


def test_an_alarm_names_its_model_in_a_dimension() -> None:
    request = parse_trigger_event(ALARM)
    assert request.model_name == "churn"
    assert request.trigger_type is TriggerType.PERFORMANCE_DEGRADATION
    assert request.event_time is not None
    assert request.event_time.isoformat() == "2026-03-01T12:00:00+00:00"


def test_an_alarm_without_a_model_is_refused_by_name() -> None:
    event = json.loads(
        json.dumps(ALARM).replace('"Model"', '"Queue"').replace("auto-retrain-dev-model-churn", "queues")
    )
    assert "alarm 'queues' names no model" in refusal(event)


def test_an_alarm_over_two_models_is_refused() -> None:
    event = json.loads(json.dumps(ALARM))
    second = json.loads(json.dumps(event["detail"]["configuration"]["metrics"][0]).replace("churn", "fraud"))
    event["detail"]["configuration"]["metrics"].append(second)
    assert "names 2 models" in refusal(event)


def test_an_alarm_that_is_over_is_refused() -> None:
    event = {**ALARM, "detail": {**ALARM["detail"], "state": {"value": "OK"}}}
    assert "is OK; only ALARM calls for a retraining" in refusal(event)


@pytest.mark.parametrize("detail", [None, [], {}, 3, {"configuration": []}])
def test_an_event_that_is_neither_a_request_nor_an_alarm_is_refused_with_what_to_send(detail: Any) -> None:
    assert "model_name: required but not given; send" in refusal({**ALARM, "detail": detail})


def test_a_manual_request_needs_an_actor_and_a_reason() -> None:
    assert "needs 'actor' and 'reason'" in refusal({"model_name": "churn"})
    request = parse_trigger_event({"model_name": "churn", "actor": "ada", "reason": "new labels"})
    assert request.trigger_type is TriggerType.MANUAL


def test_reasonably_nested_parameters_are_accepted() -> None:
    request = parse_trigger_event({"model_name": "churn", "actor": "ada", "reason": "r", "parameters": nested(40)})
    assert list(request.parameters) == ["deeper"]


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({}, "model_name: required"),
        ({"model": "churn"}, "model_name: required"),
        ({"model_name": "Churn"}, "model_name = 'Churn'"),
        ({"model_name": 3}, "model_name = 3"),
        ({"model_name": "churn", "actr": "ada"}, "did you mean 'actor'?"),
        ({"model_name": "churn", "trigger_type": "whim"}, "trigger_type"),
        ({"model_name": "churn", "event_time": "yesterday"}, "event_time"),
        ({"model_name": "churn", "event_time": "2026-03-01T12:00:00"}, "event_time"),
        ({"model_name": "churn", "event_time": 1767225600}, "event_time = 1767225600"),
        ({"model_name": "churn", "event_time": 1767225600000}, "event_time = 1767225600000"),
        ({"model_name": "churn", "event_time": "1767225600"}, "not a number"),
        ({"model_name": "churn", "event_time": "2026-03-01"}, "event_time"),
        ({"model_name": "churn", "event_time": "0001-01-01T00:00:00+14:00"}, "outside the calendar"),
        ({"model_name": "churn", "event_time": "9999-12-31T23:59:59-14:00"}, "outside the calendar"),
        (MANUAL | {"parameters": {"a": 1e400}}, "must not contain NaN or infinity"),
        (MANUAL | {"parameters": {"a": [{"b": 10**5000}]}}, "a number has too many digits"),
        (MANUAL | {"parameters": {"a": [{"b": -(2**53) - 1}]}}, "whole numbers must not be beyond 9007199254740992"),
        (MANUAL | {"grid": {"a": [1, 2**60]}}, "whole numbers must not be beyond"),
        (MANUAL | {"variants": [{"a": 1}, {"a": 2**60}]}, "whole numbers must not be beyond"),
        (MANUAL | {"reason": "new\nlabels"}, "reason = 'new\\nlabels': must be on one line"),
        (MANUAL | {"reason": "\u202eslebal"}, "must be on one line"),
        (MANUAL | {"actor": "ada\x1b[2J"}, "must be on one line"),
        (MANUAL | {"actor": "auto-retrain"}, "is how the system itself is recorded"),
        ({"model_name": "churn", "event_time": "2026-02-30T12:00:00Z"}, "event_time"),
        ({"model_name": "churn", "schema_version": 2}, "schema_version: unknown field"),
        (MANUAL | {"variants": [{"a": 1}]}, "the number of variants is 1; 2 to 20"),
        (MANUAL | {"variants": [{"a": 1}, {"a": 1}]}, "variants 0 and 1 are the same"),
        (MANUAL | {"variants": [{"a": 1}, 2]}, "variants.1 = 2"),
        (MANUAL | {"variants": [{"a": 1}, {"a": float("nan")}]}, "variants.1"),
        (MANUAL | {"variants": [{"a": "x" * 9000}, {"a": "y" * 9000}]}, "at most 16000 are allowed"),
        (MANUAL | {"grid": {"a": [1, float("inf")]}}, "NaN or infinity"),
        (
            MANUAL | {"grid": {f"p{number}": [1, 2] for number in range(64)}},
            "variants is 18446744073709551616",
        ),
        (MANUAL | {"grid": {"a": [1, 2]}, "variants": [{"a": 1}, {"a": 2}]}, "give only one of them"),
        (MANUAL | {"grid": {"a": [1, 2]}, "trigger_type": "scheduled"}, "not allowed with trigger_type 'scheduled'"),
        (MANUAL | {"review": True, "trigger_type": "scheduled"}, "not allowed with trigger_type 'scheduled'"),
        ({"model_name": "churn", "parameters": {"rate": float("nan")}}, "must not contain NaN or infinity"),
        ({"model_name": "churn", "parameters": {"text": "x" * 262_144}}, "at most 16000 are allowed"),
        ({"model_name": "churn", "parameters": nested(100_000)}, "nested more than 50 levels deep"),
        ({"model_name": "churn\n"}, "model_name = 'churn\\n'"),
        ({"model_name": "churn\x00"}, "model_name"),
        ({"model_name": "../churn"}, "model_name"),
        ({"model_name": "\u0441hurn"}, "model_name"),  # its first letter is Cyrillic
        ({"model_name": True}, "model_name = True"),
        ({"model_name": "churn", "reason": "\ud800"}, "Invalid JSON"),
        ({"model_name": "churn", "force": "yes"}, "force"),
        ({"model_name": "churn", "reason": "x" * 501}, "reason"),
    ],
)
def test_a_malformed_request_is_refused_with_what_to_send(event: dict[str, Any], expected: str) -> None:
    message = refusal(event)
    assert expected in message
    assert 'send {"model_name"' in message
