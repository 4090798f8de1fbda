"""Traffic targets in a policy: what they need, and how a wrong one is named."""

import json
import re
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from auto_retrain.domain.base import StrictRecord
from auto_retrain.domain.explain import explain
from auto_retrain.domain.policy.traffic import CAPABILITIES, AliasTarget, TrafficTarget

HTTP_ROUTE: dict[str, Any] = {
    "adapter": "http_route",
    "namespace": "serving",
    "route": "churn",
    "service": "churn-v{version}",
}
MINIMAL = {
    "alias": {},
    "router": {"adapter": "router"},
    "http_route": HTTP_ROUTE,
    "kserve": {"adapter": "kserve", "namespace": "serving", "service": "churn"},
    "sagemaker": {"adapter": "sagemaker", "endpoint": "churn"},
}


class Section(StrictRecord):
    """A section of a policy that has a target."""

    traffic: TrafficTarget = AliasTarget()


def parse(target: Any) -> TrafficTarget:
    return Section.model_validate_json(json.dumps({"traffic": target})).traffic


def refusal(target: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        parse(target)
    return explain(caught.value, Section)


def test_every_kind_of_target_says_what_it_can_do_and_is_tried_here() -> None:
    kinds = [get_args(kind)[0].model_fields["adapter"] for kind in get_args(get_args(TrafficTarget)[0])]

    assert {name for kind in kinds for name in get_args(kind.annotation)} == set(CAPABILITIES) == set(MINIMAL)


@pytest.mark.parametrize("name", MINIMAL)
def test_a_target_with_what_it_needs_is_read_and_survives_being_stored(name: str) -> None:
    target = parse(MINIMAL[name])

    assert target.adapter == name
    assert parse(json.loads(target.model_dump_json())) == target


@pytest.mark.parametrize("target", [{"adapter": "istio"}, "alias", None, 3])
def test_an_unknown_target_is_refused_with_those_that_there_are(target: Any) -> None:
    _, _, allowed = refusal(target).partition("must be ")

    assert re.findall(r"'(\w+)'", allowed) == list(CAPABILITIES)


def test_what_is_missing_is_named() -> None:
    assert refusal({"adapter": "http_route"}) == "; ".join(
        f"traffic.{field}: required but not given" for field in ("namespace", "route", "service")
    )


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("namespace", "kube-system", "belongs to Kubernetes itself"),
        ("namespace", "Serving", "must be "),
        ("route", "churn_route", "must be "),
        ("route", "x" * 254, "at most 253 characters"),
        ("service", "churn", "must be "),
        ("service", "{version}", "must be "),
        ("service", "churn-v{version}-", "must be "),
        ("service", "churn-v{version}-{version}", "must be "),
        ("service", "churn.v{version}", "must be "),
        ("service", "x" * 60 + "{version}", "at most 60 characters"),
        ("rule", "Predict", "must be "),
        ("rule_number", -1, "greater than or equal to 0"),
        ("rule_number", 16, "less than or equal to 15"),
        ("port", 0, "greater than or equal to 1"),
        ("port", 65_536, "less than or equal to 65535"),
        ("port", "80", "must be a whole number"),
        ("weights", [5], "unknown field; allowed are adapter, namespace, route, service, rule, rule_number, port"),
    ],
)
def test_a_field_of_an_http_route_that_cannot_be_is_named_with_what_is_allowed(
    field: str, value: Any, problem: str
) -> None:
    message = refusal({**HTTP_ROUTE, field: value})

    assert message.startswith(f"traffic.{field}")
    assert problem in message


def test_a_rule_is_named_in_one_way_only() -> None:
    assert "give rule or rule_number, not both" in refusal({**HTTP_ROUTE, "rule": "a", "rule_number": 0})
