"""PolicyStore: versions that are never overwritten by accident, pauses and removals."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from auto_retrain.domain.errors import PolicyConflict, StoreUnavailable
from auto_retrain.domain.policy.policy import PolicyStatus
from tests.contracts.ports.aws_world import create_table, lose_answers
from tests.contracts.ports.stores import LEASE, NOW, Stores, dynamo_stores
from tests.unit.builders import a_policy


def names(stores: Stores) -> list[str]:
    return [applied.policy.model for applied, _ in stores.policies.fleet()]


def test_policies_are_versioned_and_applying_the_same_one_again_adds_no_version(stores: Stores) -> None:
    first = stores.policies.apply(a_policy(), "ada", NOW)
    assert stores.policies.apply(a_policy(), "bob", NOW + LEASE) == first
    second = stores.policies.apply(a_policy(owner="others@example.com"), "bob", NOW + LEASE)
    assert (first.version, second.version, second.applied_by) == (1, 2, "bob")
    assert stores.policies.get("churn") == second
    assert stores.policies.get("nobody") is None


def test_a_pause_is_a_version_with_actor_time_and_note(stores: Stores) -> None:
    stores.policies.apply(a_policy(), "ada", NOW)
    paused = stores.policies.apply(a_policy(), "bob", NOW + LEASE, status=PolicyStatus.PAUSED, note="audit")
    assert (paused.version, paused.status, paused.note, paused.applied_by) == (2, PolicyStatus.PAUSED, "audit", "bob")
    assert stores.policies.get("churn") == paused
    assert names(stores) == ["churn"]
    again = stores.policies.apply(a_policy(), "eve", NOW + LEASE, status=PolicyStatus.PAUSED, note="other")
    assert again == paused


def test_a_removed_model_is_gone_but_its_history_stays_and_continues(stores: Stores) -> None:
    stores.policies.apply(a_policy(), "ada", NOW)
    stores.policies.apply(a_policy(), "bob", NOW, status=PolicyStatus.REMOVED, note="retired")
    assert stores.policies.get("churn") is None
    assert names(stores) == []
    back = stores.policies.apply(a_policy(), "ada", NOW + LEASE)
    assert (back.version, back.status) == (3, PolicyStatus.ACTIVE)
    assert [(applied.version, applied.status.value) for applied in stores.policies.history("churn")] == [
        (3, "active"),
        (2, "removed"),
        (1, "active"),
    ]
    assert names(stores) == ["churn"]
    assert stores.policies.history("nobody") == []


def test_the_newest_versions_of_many_models_are_read_together_even_of_removed_ones(stores: Stores) -> None:
    for number in range(120):
        stores.policies.apply(a_policy(model=f"gl-{number}"), "ada", NOW)
    removed = stores.policies.apply(a_policy(model="gl-7"), "bob", NOW, status=PolicyStatus.REMOVED)
    newest = stores.policies.newest([f"gl-{number}" for number in range(120)] + ["nobody"])
    assert sorted(newest) == sorted(f"gl-{number}" for number in range(120))
    assert newest["gl-7"] == removed
    assert newest["gl-8"].policy == a_policy(model="gl-8")
    assert stores.policies.newest([]) == {}


def test_keys_that_did_not_fit_into_an_answer_are_asked_for_again(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    client = create_table("jobs")
    policies = dynamo_stores(client).policies
    for number in range(3):
        policies.apply(a_policy(model=f"gl-{number}"), "ada", NOW)
    ask = client.batch_get_item

    def one_at_a_time(**request: Any) -> Any:
        first, *rest = request["RequestItems"]["jobs"]["Keys"]
        answer = ask(RequestItems={"jobs": {"Keys": [first], "ConsistentRead": True}})
        return {**answer, "UnprocessedKeys": {"jobs": {"Keys": rest}} if rest else {}}

    monkeypatch.setattr(client, "batch_get_item", one_at_a_time)
    assert sorted(policies.newest(["gl-0", "gl-1", "gl-2"])) == ["gl-0", "gl-1", "gl-2"]
    busy = {"Responses": {}, "UnprocessedKeys": {"jobs": {"Keys": [{}, {}, {}]}}}
    monkeypatch.setattr(client, "batch_get_item", lambda **_: busy)
    with pytest.raises(StoreUnavailable):
        policies.newest(["gl-0", "gl-1", "gl-2"])


def test_a_change_based_on_another_version_is_refused(stores: Stores) -> None:
    stores.policies.apply(a_policy(), "ada", NOW, after=0)
    with pytest.raises(PolicyConflict, match="now at version 1, not 0"):
        stores.policies.apply(a_policy(owner="others@example.com"), "bob", NOW, after=0)
    stores.policies.apply(a_policy(owner="others@example.com"), "bob", NOW, after=1)
    assert [applied.applied_by for applied in stores.policies.history("churn")] == ["bob", "ada"]


@pytest.mark.parametrize("owner", ["same@example.com", "{}@example.com"])
def test_of_many_changes_to_the_same_version_one_wins(stores: Stores, owner: str) -> None:
    stores.policies.apply(a_policy(), "ada", NOW)

    def attempt(number: int) -> bool:
        try:
            stores.policies.apply(a_policy(owner=owner.format(number)), str(number), NOW, after=1)
        except (PolicyConflict, StoreUnavailable):
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(12))) == 1
    assert len(stores.policies.history("churn")) == 2


@pytest.mark.parametrize("theirs", ["same@example.com", "theirs@example.com"])
def test_a_change_made_in_between_is_not_taken_for_ours(
    aws: None, monkeypatch: pytest.MonkeyPatch, theirs: str
) -> None:
    client = create_table("jobs")
    policies = dynamo_stores(client).policies
    policies.apply(a_policy(), "ada", NOW)
    write = client.transact_write_items

    def let_another_write_first(**request: Any) -> Any:
        monkeypatch.setattr(client, "transact_write_items", write)
        policies.apply(a_policy(owner=theirs), "eve", NOW, after=1)
        return write(**request)

    monkeypatch.setattr(client, "transact_write_items", let_another_write_first)
    with pytest.raises(PolicyConflict, match="at the same time"):
        policies.apply(a_policy(owner="same@example.com"), "bob", NOW, after=1)
    assert [applied.applied_by for applied in policies.history("churn")] == ["eve", "ada"]


def test_many_calls_that_apply_the_same_policy_at_once_get_the_same_version(stores: Stores) -> None:
    def attempt(number: int) -> int:
        return stores.policies.apply(a_policy(), str(number), NOW).version

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(attempt, range(12))) == {1}
    assert len(stores.policies.history("churn")) == 1


def test_versions_stay_in_order_beyond_ten(stores: Stores) -> None:
    for number in range(12):
        stores.policies.apply(a_policy(owner=f"{number}@example.com"), "ada", NOW)
    assert [applied.version for applied in stores.policies.history("churn")] == list(range(12, 0, -1))


def test_the_key_of_a_version_sorts_beyond_9999(aws: None) -> None:
    client = create_table("jobs")
    policies = dynamo_stores(client).policies
    first = policies.apply(a_policy(), "ada", NOW)
    in_force = client.get_item(TableName="jobs", Key={"pk": {"S": "MODEL#churn"}, "sk": {"S": "POLICY"}})["Item"]
    document = first.model_copy(update={"version": 9_998}).model_dump_json()
    client.put_item(TableName="jobs", Item={**in_force, "version": {"S": "9998"}, "document": {"S": document}})
    for status in (PolicyStatus.PAUSED, PolicyStatus.ACTIVE, PolicyStatus.PAUSED):
        policies.apply(a_policy(), "ada", NOW, status=status)
    assert [applied.version for applied in policies.history("churn")] == [10_001, 10_000, 9_999, 1]


def test_a_policy_is_applied_even_if_the_answer_is_lost(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    client = create_table("jobs")
    policies = dynamo_stores(client).policies
    lost = lose_answers(client, monkeypatch, "TransactWriteItems")
    for version, status in enumerate((PolicyStatus.ACTIVE, PolicyStatus.REMOVED, PolicyStatus.ACTIVE)):
        lost.clear()
        applied = policies.apply(a_policy(), "ada", NOW, status=status, after=version)
        assert lost
        assert (applied.version, applied.status) == (version + 1, status)


def test_a_removal_based_on_another_version_is_refused(stores: Stores) -> None:
    stores.policies.apply(a_policy(), "ada", NOW)
    stores.policies.apply(a_policy(), "bob", NOW, status=PolicyStatus.PAUSED)
    with pytest.raises(PolicyConflict):
        stores.policies.apply(a_policy(), "ada", NOW, status=PolicyStatus.REMOVED, after=1)
    stores.policies.apply(a_policy(), "ada", NOW, status=PolicyStatus.REMOVED, after=2)
    with pytest.raises(PolicyConflict, match="now at version 3, not 0"):
        stores.policies.apply(a_policy(), "eve", NOW, after=0)
