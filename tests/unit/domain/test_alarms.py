"""Both forms of alarms, and the models they are about."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_retrain.domain.alarms import parse_alarm
from auto_retrain.domain.errors import EventInvalid

EVENTS = Path(__file__).parents[2] / "data/events"
BRIDGED = json.loads((EVENTS / "cloudwatch_alarm.json").read_text())
DIRECT = json.loads((EVENTS / "cloudwatch_alarm_lambda_action.json").read_text())
CONTRIBUTOR = json.loads((EVENTS / "cloudwatch_alarm_contributor.json").read_text())
COMPOSITE = json.loads((EVENTS / "cloudwatch_composite_alarm.json").read_text())


@pytest.mark.parametrize("event", [BRIDGED, DIRECT], ids=["EventBridge", "Lambda action"])
def test_both_forms_give_the_same_alarm(event: dict[str, Any]) -> None:
    alarm = parse_alarm(event)
    assert (alarm.name, alarm.state, alarm.dimensions) == ("auto-retrain-dev-model-churn", "ALARM", {"churn"})
    assert alarm.changed_at == "2026-03-01T12:00:00.000+0000"
    assert alarm.time.isoformat() == "2026-03-01T12:00:00+00:00"


def test_a_composite_alarm_gets_its_model_from_its_name() -> None:
    alarm = parse_alarm(COMPOSITE)
    assert alarm.dimensions == frozenset()
    assert list(alarm.candidates()) == [set(), {"churn"}]


def test_an_alarm_on_many_series_gets_its_model_from_the_series_that_changed() -> None:
    alarm = parse_alarm(CONTRIBUTOR)
    assert (alarm.dimensions, alarm.has_contributors) == ({"churn"}, False)
    direct = {"time": CONTRIBUTOR["time"], "alarmData": CONTRIBUTOR["detail"]}
    assert parse_alarm(direct) == alarm
    of_the_whole = {name: value for name, value in CONTRIBUTOR["detail"].items() if name != "alarmContributor"}
    whole = parse_alarm({**CONTRIBUTOR, "detail": of_the_whole})
    assert (whole.dimensions, whole.has_contributors) == (set(), True)


@pytest.mark.parametrize(
    ("name", "models"),
    [
        ("auto-retrain-dev-model-gl-001", {"gl-001"}),
        ("auto-retrain-my-stage-model-gl-001.latency p99", {"gl-001"}),
        ("auto-retrain-dev-model-", set()),
        ("auto-retrain-dev-queue", set()),
        ("other", set()),
    ],
)
def test_a_name_of_the_right_form_gives_the_model(name: str, models: set[str]) -> None:
    event = {"alarmData": {"alarmName": name, "state": {"value": "ALARM"}}, "time": "2026-03-01T12:00:00Z"}
    assert list(parse_alarm(event).candidates())[1] == models


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"time": None}, "time"),
        ({"time": "yesterday"}, "time"),
        ({"time": "2026-03-01T12:00:00"}, "time"),
        ({"time": "0001-01-01T00:00:00+14:00"}, "outside the calendar"),
        ({"time": "0001-01-01T00:00:00Z"}, "years 1900 to 2999"),
        ({"detail": {"alarmName": ""}}, "alarmName"),
        ({"detail": {"alarmName": "a"}}, "state"),
        ({"detail": {"alarmName": "a", "state": "ALARM"}}, "state"),
        ({"detail": None}, "not a CloudWatch alarm event"),
    ],
)
def test_an_invalid_alarm_is_refused_with_the_field(change: dict[str, Any], message: str) -> None:
    with pytest.raises(EventInvalid, match=message):
        parse_alarm({**BRIDGED, **change})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(JSON, st.dictionaries(st.sampled_from(["metrics", "metricStat", "metric", "dimensions"]), JSON))
def test_no_configuration_breaks_the_parser(metrics: Any, configuration: dict[str, Any]) -> None:
    detail = {**BRIDGED["detail"], "configuration": {**configuration, "metrics": [metrics, configuration]}}
    assert list(parse_alarm({**BRIDGED, "detail": detail}).candidates())


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path to every field of an event."""
    fields = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in fields:
        yield (*path, name)
        yield from places(inner, (*path, name))


def changed(event: dict[str, Any], path: tuple[Any, ...], change: Callable[[Any, Any], None]) -> Any:
    copy = json.loads(json.dumps(event))
    owner = copy
    for name in path[:-1]:
        owner = owner[name]
    change(owner, path[-1])
    return copy


REQUIRED = {"time", "alarmName", "state", "value", "detail", "alarmData"}
RECORDED = {"bridged": BRIDGED, "direct": DIRECT, "composite": COMPOSITE, "contributor": CONTRIBUTOR}
ODD: list[Any] = [None, [], {}, 0, True, "", "x", [None], {"x": None}]


@pytest.mark.parametrize("name", RECORDED)
def test_any_field_may_be_missing_or_odd_except_name_state_and_time(name: str) -> None:
    event = RECORDED[name]
    for path in places(event):
        odd = [changed(event, path, lambda owner, last, value=value: owner.__setitem__(last, value)) for value in ODD]
        for version in (changed(event, path, lambda owner, last: owner.pop(last)), *odd):
            if {"previousState"} & set(path) or not REQUIRED & set(path):
                assert parse_alarm(version).name == parse_alarm(event).name
            else:
                with suppress(EventInvalid):
                    parse_alarm(version)
