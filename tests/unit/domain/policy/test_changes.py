"""The changes between two policies are complete, and contain nothing else."""

import json
from typing import Any

from hypothesis import given, settings

from auto_retrain.domain.policy.changes import FieldChange, changes_between
from auto_retrain.domain.policy.policy import Policy
from tests.unit.builders import a_policy
from tests.unit.policies import policies


def test_a_change_names_the_field_and_both_values() -> None:
    changes = changes_between(a_policy(), a_policy(triggers={"drift_threshold": 0.3, "time_zone": "Europe/Berlin"}))
    assert [str(change) for change in changes] == [
        "triggers.drift_threshold: 0.25 -> 0.3",
        'triggers.time_zone: "UTC" -> "Europe/Berlin"',
    ]


def test_a_field_that_is_not_set_is_called_none_and_nothing_else() -> None:
    free, limited = a_policy(), a_policy(deployment={"max_drill_age_days": 30})
    assert [str(change) for change in changes_between(free, limited)] == [
        "deployment.max_drill_age_days: (none) -> 30",
    ]
    assert [str(change) for change in changes_between(limited, free)] == [
        "deployment.max_drill_age_days: 30 -> (none)",
    ]


def test_of_a_list_that_keeps_most_of_its_items_only_the_others_are_shown() -> None:
    many = [f"f{number}" for number in range(64)]
    before, after = (
        a_policy(data={**a_policy().data.model_dump(), "numeric": numeric}) for numeric in (many, many[1:])
    )
    assert [str(change) for change in changes_between(before, after)] == ['data.numeric: without "f0"']
    assert [str(change) for change in changes_between(after, before)] == ['data.numeric: with "f0"']
    other = a_policy(data={**a_policy().data.model_dump(), "numeric": [*many[2:], "age", "income"]})
    (change,) = changes_between(before, other)
    assert str(change) == 'data.numeric: without "f0", "f1"; with "age", "income"'


def test_a_list_in_another_order_is_shown_as_it_is() -> None:
    before, after = (a_policy(drift={"ignore": names}) for names in (["age", "plan"], ["plan", "age"]))
    assert [str(change) for change in changes_between(before, after)] == [
        'drift.ignore: ["age", "plan"] -> ["plan", "age"]'
    ]


def test_added_and_removed_parameters_are_distinguished_from_null() -> None:
    before = a_policy(training={"parameters": {"depth": None, "rate": 0.1}})
    after = a_policy(training={"parameters": {"depth": 3}})
    assert [str(change) for change in changes_between(before, after)] == [
        "training.parameters.depth: null -> 3",
        "training.parameters.rate: 0.1 -> (none)",
    ]


def test_an_object_that_becomes_empty_is_a_change() -> None:
    before, after = a_policy(drift={"weights": {"age": 2}}), a_policy()
    assert [str(change) for change in changes_between(before, after)] == [
        "drift.weights: (none) -> {}",
        "drift.weights.age: 2.0 -> (none)",
    ]


@settings(deadline=None)
@given(policies())
def test_a_policy_does_not_differ_from_itself(policy: Policy) -> None:
    assert changes_between(policy, Policy.parse(policy.model_dump_json())) == ()


@settings(deadline=None)
@given(policies(), policies())
def test_the_changes_lead_from_one_policy_to_the_other(before: Policy, after: Policy) -> None:
    changed = _with_changes(before, changes_between(before, after))
    assert changed == after.model_dump(mode="json", exclude_none=True)


def _with_changes(policy: Policy, changes: tuple[FieldChange, ...]) -> dict[str, Any]:
    leaves = _leaves(policy.model_dump(mode="json", exclude_none=True))
    leaves |= {change.path: json.loads(change.after) for change in changes if change.after is not None}
    for change in changes:
        if change.after is None:
            del leaves[change.path]
    document: dict[str, Any] = {}
    for path, value in leaves.items():
        section = document
        for name in path[:-1]:
            section = section.setdefault(name, {})
        section[path[-1]] = value
    return document


def _leaves(document: dict[str, Any], path: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    leaves: dict[tuple[str, ...], Any] = {}
    for name, value in document.items():
        leaves |= _leaves(value, (*path, name)) if isinstance(value, dict) and value else {(*path, name): value}
    return leaves
