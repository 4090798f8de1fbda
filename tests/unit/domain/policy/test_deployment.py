"""How a version goes into production: what is allowed, and what is refused by name."""

import json
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.cli.__main__ import main
from auto_retrain.domain.errors import PolicyInvalid
from auto_retrain.domain.policy.deployment import MAX_PLANNED_DAYS, MAX_STEPS, DeploymentPolicy
from auto_retrain.domain.policy.policy import Policy
from auto_retrain.domain.policy.traffic import CAPABILITIES
from auto_retrain.domain.policy.warnings import warnings_of
from auto_retrain.domain.traffic import Capabilities
from tests.unit.builders import a_policy
from tests.unit.policies import DEPLOYMENTS

ROUTER = {"traffic": {"adapter": "router"}}
DOCUMENT = a_policy().model_dump(mode="json")


def parse(**deployment: Any) -> Any:
    return Policy.parse(json.dumps({**DOCUMENT, "deployment": {**ROUTER, **deployment}})).deployment


def refusal(document: dict[str, Any]) -> str:
    with pytest.raises(PolicyInvalid) as caught:
        Policy.parse(json.dumps({**DOCUMENT, **document}))
    return str(caught.value)


def test_every_request_at_once_is_the_default() -> None:
    assert a_policy().deployment.strategy == "all_at_once"
    assert Policy.parse(json.dumps({**DOCUMENT, "deployment": {}})) == a_policy()


def test_the_default_steps_of_a_canary_are_few_and_small() -> None:
    canary = parse(strategy="canary")
    assert (canary.weights, canary.bake_minutes) == ((5, 25, 50), 60)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"strategy": "canary", "weights": []}, "deployment.weights = []: "),
        ({"strategy": "canary", "weights": [0, 5]}, "deployment.weights.0 = 0: must be greater than or equal"),
        ({"strategy": "canary", "weights": [5, 5]}, "weights = [5, 5]: must increase, but 5 follows 5"),
        ({"strategy": "canary", "weights": [25, 5]}, "weights = [25, 5]: must increase, but 5 follows 25"),
        ({"strategy": "canary", "weights": [5, 100]}, "deployment.weights.1 = 100: must be less than or equal"),
        ({"strategy": "canary", "weights": [120]}, "deployment.weights.0 = 120: "),
        ({"strategy": "canary", "weights": [5.5]}, "deployment.weights.0 = 5.5: must be a whole number"),
        ({"strategy": "canary", "weights": ["5"]}, "deployment.weights.0 = '5': must be a whole number"),
        ({"strategy": "canary", "weights": list(range(1, 52))}, f"must have at most {MAX_STEPS} items"),
        ({"strategy": "canary", "bake_minutes": 0}, "deployment.bake_minutes = 0: "),
        (
            {"strategy": "canary", "bake_minutes": 20_000},
            "bake_minutes = 20000: 3 steps take 41.7 days together; at most 21 are allowed",
        ),
        ({"strategy": "canary", "wieghts": [5]}, "deployment.wieghts: unknown field; did you mean 'weights'?"),
        ({"strategy": "gradual", "step": 0}, "deployment.step = 0: "),
        ({"strategy": "gradual", "start": 100}, "deployment.start = 100: "),
        (
            {"strategy": "gradual", "step": 1},
            "step = 1: makes 95 steps from start = 5 to 100; at most 50 are allowed, ",
        ),
        ({"strategy": "blue_green", "weights": [5]}, "deployment.weights: unknown field; allowed are traffic, "),
        ({"strategy": "blue_green", "bake_minutes": 0}, "deployment.bake_minutes = 0: "),
        ({"strategy": "shadow", "mirror_share": 0}, "deployment.mirror_share = 0: "),
        ({"strategy": "shadow", "mirror_share": 101}, "deployment.mirror_share = 101: "),
        (
            {"strategy": "bandit", "max_share": 95},
            "deployment.max_share = 95: must be less than or equal",
        ),
        (
            {"strategy": "bandit", "min_share": 1},
            "deployment.min_share = 1: must be greater than or equal",
        ),
        ({"strategy": "bandit", "min_share": 50}, "min_share = 50: must be below max_share = 50"),
        (
            {"strategy": "bandit", "max_hours": 1},
            "update_minutes = 60: must be shorter than 60 minutes (max_hours = 1)",
        ),
        ({"strategy": "bandit", "max_hours": 505}, "deployment.max_hours = 505: "),
        ({"min_requests": 0}, "deployment.min_requests = 0: "),
        ({"max_hold_minutes": 4}, "deployment.max_hold_minutes = 4: "),
        ({"strategy": "roulette"}, "deployment.strategy = 'roulette': must be 'all_at_once', 'canary', "),
        ({"strategy": []}, "deployment.strategy = []: must be"),
        ({"strategy": None}, "deployment.strategy = None: must be"),
        ({"traffic": {"adapter": "pigeon"}}, "deployment.traffic.adapter = 'pigeon': must be 'alias'"),
    ],
)
def test_what_cannot_work_is_refused_with_its_field_and_what_is_allowed(fields: dict[str, Any], message: str) -> None:
    assert message in refusal({"deployment": {**ROUTER, **fields}})


@pytest.mark.parametrize("strategy", ["canary", "gradual", "blue_green", "bandit"])
def test_a_strategy_with_weights_needs_a_target_that_can_split_traffic(strategy: str) -> None:
    message = f"deployment: strategy = '{strategy}': traffic.adapter = 'alias' cannot split traffic; use all_at_once"
    assert message in refusal({"deployment": {"strategy": strategy}})


def test_a_strategy_with_copies_needs_a_target_that_can_mirror(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CAPABILITIES, "router", Capabilities(weights=True, mirror=False))
    monkeypatch.setitem(CAPABILITIES, "other", Capabilities(weights=False, mirror=True))
    message = "strategy = 'shadow': traffic.adapter = 'router' cannot copy requests; use canary, or"
    assert message in refusal({"deployment": {"strategy": "shadow", **ROUTER}})
    assert "'other'" in refusal({"deployment": {"strategy": "shadow", **ROUTER}})


@pytest.mark.parametrize(
    ("target", "instead"),
    [
        ({"adapter": "alias"}, "all_at_once"),
        ({"adapter": "kserve", "namespace": "models", "service": "churn"}, "canary"),
        ({"adapter": "sagemaker", "endpoint": "churn"}, "canary"),
    ],
    ids=["alias", "kserve", "sagemaker"],
)
def test_a_shadow_is_refused_by_name_where_nothing_copies_requests(target: dict[str, Any], instead: str) -> None:
    chosen = f"deployment: strategy = 'shadow': traffic.adapter = '{target['adapter']}' cannot copy requests"
    refused = refusal({"deployment": {"strategy": "shadow", "traffic": target}})
    assert f"{chosen}; use {instead}, or traffic.adapter = 'router' or 'http_route'" in refused


def test_the_refusal_of_an_unknown_strategy_names_every_strategy() -> None:
    message = refusal({"deployment": {"strategy": "roulette"}})
    assert all(f"'{strategy}'" in message for strategy in DEPLOYMENTS)
    union = get_args(DeploymentPolicy)[0]
    assert len(get_args(union)) == len(DEPLOYMENTS)


@settings(deadline=None)
@given(st.one_of(*DEPLOYMENTS.values()))
def test_any_legal_deployment_is_stored_and_ends_within_weeks(fields: dict[str, Any]) -> None:
    policy = a_policy(deployment=fields)
    assert Policy.parse(policy.model_dump_json()) == policy
    deployment = policy.deployment
    assert deployment.planned_minutes <= MAX_PLANNED_DAYS * 24 * 60
    assert deployment.longest_minutes == deployment.planned_minutes + deployment.max_hold_minutes
    assert len(deployment.plan) <= MAX_STEPS
    assert list(deployment.plan) == sorted(set(deployment.plan))


@pytest.mark.parametrize("deployment", [{}, {"deployment": {}}, {"deployment": {"strategy": "all_at_once"}}])
def test_the_strategy_of_earlier_releases_is_still_understood(deployment: dict[str, Any]) -> None:
    document = {key: value for key, value in DOCUMENT.items() if key != "deployment"}
    policy = Policy.parse(json.dumps({**document, "strategy": "all_at_once", **deployment}))
    assert policy == a_policy()
    assert "strategy" not in policy.model_dump()


@pytest.mark.parametrize("fields", [{"strategy": "canary"}, {"strategy": "all_at_once", "deployment": "canary"}])
def test_a_strategy_beside_the_section_for_it_is_sent_there(fields: dict[str, str]) -> None:
    section = {"deployment": {"strategy": fields["deployment"], **ROUTER}} if "deployment" in fields else {}
    message = f"strategy = '{fields['strategy']}': belongs in deployment.strategy"
    assert message in refusal({**fields, **section})


def test_a_policy_file_of_earlier_releases_is_applied_by_the_command_line(tmp_path: Path) -> None:
    file = tmp_path / "churn.yaml"
    data = "data: {prefix: churn, row_id: id, label: left, numeric: [age]}"
    file.write_text(f"model: churn\nowner: team@example.com\nstrategy: all_at_once\n{data}\n")
    ports = MemoryPorts()
    assert main(["models", "apply", str(file)], ports) == 0
    applied = ports.policies.get("churn")
    assert applied is not None
    assert applied.policy.deployment.strategy == "all_at_once"


def test_labels_that_arrive_after_the_last_step_give_a_warning() -> None:
    late = {"data": {**DOCUMENT["data"], "label_delay_days": 7}, "metric": {"version_dimension": "Version"}}
    (warning,) = warnings_of(a_policy(**late, deployment={"strategy": "canary", **ROUTER}))
    assert warning.startswith("deployment.strategy = 'canary': its last step lasts 1 hour, and labels that arrive")
    for enough in ({"strategy": "canary", "weights": [5], "bake_minutes": 10_080}, {"strategy": "bandit"}):
        assert warnings_of(a_policy(**late, deployment={**enough, **ROUTER})) == ()
    assert warnings_of(a_policy(**late)) == ()
