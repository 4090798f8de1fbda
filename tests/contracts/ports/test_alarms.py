"""Which policies list an alarm: known without reading the fleet, and true whatever was stored before."""

from typing import Any

import pytest

from auto_retrain.adapters.dynamodb.policies import DynamoPolicyStore
from auto_retrain.adapters.dynamodb.table import Table
from auto_retrain.domain.policy.policy import PolicyStatus
from auto_retrain.usecases.operating.policies import MAX_ALARMS
from tests.contracts.ports.aws_world import create_table
from tests.contracts.ports.stores import LEASE, NOW, Stores, dynamo_stores
from tests.unit.builders import a_policy


def apply(stores: Stores, *alarms: str, model: str = "churn", status: PolicyStatus = PolicyStatus.ACTIVE) -> None:
    stores.policies.apply(a_policy(model=model, triggers={"alarms": alarms}), "ada", NOW, status=status)


def index(stores: Stores, *anew: str) -> None:
    fleet = [applied for applied, _ in stores.policies.fleet()]
    stores.policies.index_alarms(fleet, [applied for applied in fleet if applied.policy.model in anew])


@pytest.fixture(params=["before the first sweep", "after it"])
def fleet(request: pytest.FixtureRequest, stores: Stores) -> Stores:
    if request.param == "after it":
        index(stores)
    return stores


def test_an_alarm_concerns_the_models_whose_policies_list_it(fleet: Stores) -> None:
    apply(fleet, "latency", "errors", "latency")
    apply(fleet, "latency", model="fraud")
    apply(fleet, model="other")
    assert fleet.policies.listing_alarm("latency") == ["churn", "fraud"]
    assert fleet.policies.listing_alarm("errors") == ["churn"]
    assert fleet.policies.listing_alarm("lat") == []


def test_the_policy_in_force_decides(fleet: Stores) -> None:
    apply(fleet, "latency")
    apply(fleet, "errors")
    assert (fleet.policies.listing_alarm("latency"), fleet.policies.listing_alarm("errors")) == ([], ["churn"])
    apply(fleet, "errors", status=PolicyStatus.PAUSED)
    assert fleet.policies.listing_alarm("errors") == ["churn"]
    apply(fleet, "errors", status=PolicyStatus.REMOVED)
    assert fleet.policies.listing_alarm("errors") == []
    apply(fleet, "errors")
    assert fleet.policies.listing_alarm("errors") == ["churn"]


def test_as_many_alarms_as_a_policy_may_list_can_all_be_replaced(fleet: Stores) -> None:
    apply(fleet, *(f"old {number}" for number in range(MAX_ALARMS)))
    apply(fleet, *(f"new {number}" for number in range(MAX_ALARMS)))
    assert fleet.policies.listing_alarm(f"new {MAX_ALARMS - 1}") == ["churn"]
    assert fleet.policies.listing_alarm("old 0") == []


@pytest.fixture
def client(aws: None) -> Any:
    return create_table("jobs")


def forget_index(client: Any) -> None:
    """Leave what a release without an index has stored."""
    for item in client.scan(TableName="jobs")["Items"]:
        if item["pk"]["S"].startswith("ALARM#"):
            client.delete_item(TableName="jobs", Key={"pk": item["pk"], "sk": item["sk"]})


def test_policies_of_an_earlier_release_are_heard_at_once_and_indexed_by_the_sweep(client: Any) -> None:
    stores = dynamo_stores(client)
    apply(stores, "latency")
    forget_index(client)
    assert stores.policies.listing_alarm("latency") == ["churn"]
    index(stores)
    assert dynamo_stores(client).policies.listing_alarm("latency") == ["churn"]


def test_the_index_is_built_once(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    stores = dynamo_stores(client)
    apply(stores, "latency")
    index(stores)
    monkeypatch.setattr(client, "put_item", None)
    index(dynamo_stores(client))


def test_a_policy_that_an_older_command_line_applies_is_heard_once_it_is_indexed_anew(client: Any) -> None:
    stores = dynamo_stores(client)
    index(stores)
    apply(stores, "latency")
    apply(stores, "latency", model="fraud")
    forget_index(client)
    index(stores, "fraud")
    assert stores.policies.listing_alarm("latency") == ["fraud"]
    index(stores, "churn", "fraud")
    assert stores.policies.listing_alarm("latency") == ["churn", "fraud"]


def test_applying_a_policy_again_indexes_its_alarms(fleet: Stores) -> None:
    apply(fleet, "latency", "errors")
    apply(fleet, "latency", "errors")
    assert fleet.policies.listing_alarm("latency") == fleet.policies.listing_alarm("errors") == ["churn"]
    assert len(fleet.policies.history("churn")) == 1


def test_applying_a_policy_again_adds_the_entries_that_an_older_command_line_left_out(client: Any) -> None:
    stores = dynamo_stores(client)
    index(stores)
    apply(stores, "latency")
    forget_index(client)
    assert stores.policies.listing_alarm("latency") == []
    apply(stores, "latency")
    assert stores.policies.listing_alarm("latency") == ["churn"]


def test_an_alarm_reads_nothing_of_other_models(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    stores = dynamo_stores(client)
    for number in range(30):
        apply(stores, f"alarm {number}", model=f"m-{number}")
    index(stores)
    policies = DynamoPolicyStore(Table(client, "jobs"))
    policies.listing_alarm("any")  # from now on it knows that the index is built
    calls: list[str] = []
    query, get = client.query, client.get_item
    monkeypatch.setattr(client, "query", lambda **request: calls.append("query") or query(**request))
    monkeypatch.setattr(client, "get_item", lambda **request: calls.append("get") or get(**request))
    assert [policies.listing_alarm(f"alarm {number}") for number in range(3)] == [["m-0"], ["m-1"], ["m-2"]]
    assert calls == ["query", "get"] * 3


def test_an_entry_that_was_left_behind_does_no_harm(client: Any) -> None:
    stores = dynamo_stores(client)
    stores.policies.apply(a_policy(), "ada", NOW + LEASE)
    stale = {"pk": {"S": "ALARM#latency"}, "sk": {"S": "MODEL#churn"}}
    client.put_item(TableName="jobs", Item=stale)
    index(stores)
    assert stores.policies.listing_alarm("latency") == []
