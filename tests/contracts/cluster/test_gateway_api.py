"""Objects that the local cluster only stores, as the published APIs describe them."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.contracts.ports.traffic_targets import Json, RouteTarget, http_route


@pytest.fixture
def outside() -> Iterator[RouteTarget]:
    with http_route() as target:
        yield target


def refusal(outside: RouteTarget, change: Json, query: str = "") -> tuple[int, str]:
    answer = outside.ask("PATCH", f"httproutes/churn{query}", change)
    return answer.status_code, answer.json()["message"]


def rules(**backend: Any) -> Json:
    return {"spec": {"rules": [{"backendRefs": [{"name": "churn-v17", "port": 80, **backend}]}]}}


def test_an_object_that_was_changed_since_it_was_read_is_a_conflict(outside: RouteTarget) -> None:
    before = outside.body()
    outside.patch({"metadata": {"annotations": {"a": "b"}}})
    code, message = refusal(outside, {"metadata": {"resourceVersion": before["metadata"]["resourceVersion"]}})

    assert code == 409
    assert "the object has been modified; please apply your changes to the latest version" in message


def test_only_a_change_of_the_spec_is_a_new_generation(outside: RouteTarget) -> None:
    assert outside.body()["metadata"]["generation"] == 1
    outside.patch({"metadata": {"annotations": {"a": "b"}}})
    assert outside.body()["metadata"]["generation"] == 1
    for _ in range(2):
        outside.patch(rules(weight=3))
        outside.settle()
        assert outside.body()["metadata"]["generation"] == 2


def test_a_caller_cannot_write_the_status(outside: RouteTarget) -> None:
    before = outside.body()
    outside.patch({"status": {"parents": []}})

    assert outside.body() == before


def test_unknown_fields_are_refused_if_asked_for(outside: RouteTarget) -> None:
    change = rules(wieght=1)
    code, message = refusal(outside, change, "?fieldValidation=Strict")
    assert (code, 'unknown field "spec.rules[0].backendRefs[0].wieght"' in message) == (400, True)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (rules(weight=-1), "spec.rules[0].backendRefs[0].weight"),
        (rules(weight=1_000_001), "spec.rules[0].backendRefs[0].weight"),
        (rules(port=None), "Must have port for Service reference"),
        ({"spec": {"rules": [{}] * 17}}, "must have at most 16 items"),
        ({"spec": {"rules": [{"backendRefs": [{"name": "a", "port": 80}] * 17}]}}, "must have at most 16 items"),
    ],
)
def test_values_that_the_api_does_not_allow_are_refused(outside: RouteTarget, change: Json, problem: str) -> None:
    code, message = refusal(outside, change)

    assert code == 422
    assert problem in message


def test_other_kinds_of_patches_are_not_understood(outside: RouteTarget) -> None:
    answer = outside.ask("PUT", "httproutes/churn", outside.body())
    assert answer.status_code == 405


def test_a_gateway_fills_in_what_the_server_takes_where_nothing_is_given(outside: RouteTarget) -> None:
    outside.patch(rules())
    outside.settle()
    body = outside.body()

    assert body["spec"]["rules"][0]["backendRefs"] == [
        {"group": "", "kind": "Service", "name": "churn-v17", "port": 80, "weight": 1}
    ]
    (parent,) = body["status"]["parents"]
    assert {each["type"]: each["status"] for each in parent["conditions"]} == {
        "Accepted": "True",
        "ResolvedRefs": "True",
    }
