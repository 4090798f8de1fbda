"""Policies refuse what cannot be meant, and say what is allowed."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_retrain.domain.errors import PolicyInvalid
from auto_retrain.domain.policy import Policy, TriggerConfig

VALID: dict[str, Any] = {
    "model": "gl-001",
    "owner": "team@example.com",
    "data": {"prefix": "gl/001", "row_id": "id", "label": "y", "numeric": ["a"], "categorical": ["b"]},
}


def parse(**changes: Any) -> Policy:
    return Policy.parse(json.dumps({**VALID, **changes}))


def refusal(**changes: Any) -> str:
    with pytest.raises(PolicyInvalid) as caught:
        parse(**changes)
    return str(caught.value)


def test_defaults_are_the_numbers_of_the_specification() -> None:
    policy = parse()
    assert policy.triggers.performance_metric_threshold == 0.92
    assert policy.triggers.drift_threshold == 0.25
    assert policy.triggers.schedule_expression == "0 0 * * 0"
    assert policy.triggers.evaluation_window_days == 30
    assert policy.validation.accuracy_floor == 0.85
    assert policy.validation.min_improvement == 0.05


def test_a_policy_survives_being_stored_as_json() -> None:
    policy = parse(training={"parameters": {"max_depth": 3, "layers": [1, 2]}})
    assert Policy.parse(policy.model_dump_json()) == policy


def test_a_misspelled_field_is_named_with_the_one_that_was_meant() -> None:
    assert "triggers.drift_treshold: unknown field; did you mean 'drift_threshold'?" in refusal(
        triggers={"drift_treshold": 0.3}
    )


def test_an_unknown_field_is_answered_with_those_that_exist() -> None:
    message = refusal(zzz=1)
    assert "zzz: unknown field; allowed are model, owner, triggers" in message


@pytest.mark.parametrize(
    ("section", "field", "value"),
    [
        ("triggers", "performance_metric_threshold", 92),
        ("triggers", "performance_metric_threshold", 0),
        ("triggers", "performance_metric_threshold", 1),
        ("triggers", "performance_metric_threshold", "0.92"),
        ("triggers", "performance_metric_threshold", True),
        ("triggers", "performance_metric_threshold", None),
        ("triggers", "drift_threshold", float("nan")),
        ("triggers", "drift_threshold", float("inf")),
        ("triggers", "drift_threshold", -0.1),
        ("triggers", "evaluation_window_days", 0),
        ("triggers", "evaluation_window_days", 366),
        ("triggers", "evaluation_window_days", 30.5),
        ("triggers", "training_window_days", 6),
        ("triggers", "training_window_days", 731),
        ("triggers", "schedule_expression", "0 0 * *"),
        ("triggers", "schedule_expression", "0 0 * * * *"),
        ("triggers", "schedule_expression", "61 0 * * 0"),
        ("triggers", "schedule_expression", "0 0 31 2 *"),
        ("triggers", "schedule_expression", ""),
        ("triggers", "time_zone", "Mars/Olympus"),
        ("triggers", "time_zone", "../etc/passwd"),
        ("triggers", "enabled", ["whim"]),
        ("validation", "accuracy_floor", 0.84),
        ("validation", "accuracy_floor", 1),
        ("validation", "accuracy_floor", float("nan")),
        ("validation", "min_improvement", -0.01),
        ("validation", "min_improvement", 5),
        ("training", "trainer", "os.system"),
        ("training", "memory", "a lot"),
        ("training", "seed", -1),
    ],
)
def test_a_value_out_of_bounds_is_refused_with_its_field_and_value(section: str, field: str, value: Any) -> None:
    message = refusal(**{section: {field: value}})
    assert f"{section}.{field}" in message


@pytest.mark.parametrize(
    "name",
    ["", "A", "a_b", "-a", "a-", ".", "..", "a/b", "a:b", "a%2fb", "a b", "a\n", "a\0", "'", '"', "{}", "`a`",
     "$(a)", "ä", "🙂", "\u202ea", "a" * 41, "a" * 300],
)  # fmt: skip
def test_a_model_name_that_is_unsafe_anywhere_is_refused(name: str) -> None:
    assert "model = " in refusal(model=name)


@pytest.mark.parametrize("prefix", ["", "/a", "a/../b", "a//b", "a b", "s3://bucket/a"])
def test_a_data_prefix_that_leaves_its_place_is_refused(prefix: str) -> None:
    assert "data.prefix" in refusal(data={**VALID["data"], "prefix": prefix})


def test_a_column_may_not_have_two_roles() -> None:
    assert "named more than once: y" in refusal(data={**VALID["data"], "numeric": ["y"]})


def test_a_model_needs_a_feature() -> None:
    assert "at least one feature" in refusal(data={**VALID["data"], "numeric": [], "categorical": []})


def test_several_problems_are_told_together() -> None:
    message = refusal(owner="", triggers={"drift_threshold": -1})
    assert "owner" in message
    assert "triggers.drift_threshold" in message


@given(st.floats())
def test_no_number_makes_the_floor_lower_than_it_is(value: float) -> None:
    try:
        policy = parse(validation={"accuracy_floor": value})
    except PolicyInvalid:
        return
    assert 0.85 <= policy.validation.accuracy_floor < 1


def test_a_trigger_config_can_be_built_in_python() -> None:
    assert TriggerConfig(performance_metric_threshold=0.9).performance_metric_threshold == 0.9
