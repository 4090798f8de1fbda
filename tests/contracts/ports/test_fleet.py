"""The fleet: every model with its state, in order of name and in few calls."""

from collections import Counter
from datetime import timedelta
from itertools import islice
from threading import Barrier
from typing import Any

import pytest

from auto_retrain.adapters.dynamodb.keys import SHARDS, shard_of
from auto_retrain.domain.errors import StoreUnavailable
from tests.contracts.ports.aws_world import create_table
from tests.contracts.ports.stores import LEASE, NOW, Stores, a_job, dynamo_stores
from tests.unit.builders import a_policy


def a_fleet(stores: Stores, size: int) -> list[str]:
    """Names of models that have a policy and a state."""
    models = [f"model-{number:04}" for number in range(size)]
    for model in models:
        stores.policies.apply(a_policy(model=model), "ada", NOW)
        stores.states.record_retrain(model, NOW)
    return models


def count_queries(client: Any, monkeypatch: pytest.MonkeyPatch, **options: Any) -> list[str]:
    """The index of each page that is requested from now on."""
    query, calls = client.query, list[str]()

    def counted(**request: Any) -> Any:
        calls.append(request["IndexName"])
        return query(**options, **request)

    monkeypatch.setattr(client, "query", counted)
    return calls


def test_the_fleet_is_every_model_with_its_state(stores: Stores) -> None:
    for model in ("gl-002", "gl-001", "gl-003"):
        stores.policies.apply(a_policy(model=model), "ada", NOW)
    stores.jobs.open_job(a_job(model="gl-002"), NOW + LEASE)
    fleet = [(applied.policy.model, state.active_job) for applied, state in stores.policies.fleet()]
    assert fleet == [("gl-001", None), ("gl-002", "gl-002-1"), ("gl-003", None)]


def test_a_fleet_of_hundreds_comes_complete_in_order_and_in_few_calls(
    aws: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = create_table("jobs")
    stores = dynamo_stores(client)
    models = [f"model-{number:04}" for number in range(250)]
    for number, model in enumerate(reversed(models)):
        stores.policies.apply(a_policy(model=model), "ada", NOW)
        stores.states.record_retrain(model, NOW + timedelta(minutes=number))
    stores.states.record_retrain("model-without-policy", NOW)
    calls = count_queries(client, monkeypatch)
    fleet = list(stores.policies.fleet())
    assert [applied.policy.model for applied, _ in fleet] == models
    assert [state.last_retrained_at for _, state in fleet] == [NOW + timedelta(minutes=249 - n) for n in range(250)]
    assert len(calls) <= 8


def test_pages_that_end_within_a_model_lose_no_items(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    client = create_table("jobs")
    stores = dynamo_stores(client)
    models = a_fleet(stores, 40)
    count_queries(client, monkeypatch, Limit=3)
    fleet = list(stores.policies.fleet())
    assert [applied.policy.model for applied, _ in fleet] == models
    assert all(state.last_retrained_at == NOW for _, state in fleet)


def test_a_fleet_is_read_as_it_is_needed(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    client = create_table("jobs")
    stores = dynamo_stores(client)
    models = a_fleet(stores, 80)
    calls = count_queries(client, monkeypatch, Limit=4)
    fleet = stores.policies.fleet()
    assert [applied.policy.model for applied, _ in islice(fleet, 1)] == models[:1]
    assert len(calls) <= 3 * SHARDS


def test_the_shards_are_read_in_parallel(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    client = create_table("jobs")
    stores = dynamo_stores(client)
    models = a_fleet(stores, 8)
    query, all_requested = client.query, Barrier(SHARDS, timeout=10)

    def wait_for_the_others(**request: Any) -> Any:
        all_requested.wait()
        return query(**request)

    monkeypatch.setattr(client, "query", wait_for_the_others)
    assert [applied.policy.model for applied, _ in stores.policies.fleet()] == models


def test_a_fleet_that_cannot_be_read_completely_is_an_error(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    client = create_table("jobs")
    stores = dynamo_stores(client)
    a_fleet(stores, 40)
    error = {"Error": {"Code": "ProvisionedThroughputExceededException", "Message": "slow down"}}
    refuse, query = client.exceptions.ProvisionedThroughputExceededException(error, "Query"), client.query

    def refuse_second_pages(**request: Any) -> Any:
        if "ExclusiveStartKey" in request:
            raise refuse
        return query(Limit=3, **request)

    monkeypatch.setattr(client, "query", refuse_second_pages)
    with pytest.raises(StoreUnavailable, match="slow down"):
        list(stores.policies.fleet())


def test_shards_are_of_similar_size_and_never_change() -> None:
    sizes = Counter(shard_of(f"model-{number}") for number in range(1_000))
    assert len(sizes) == SHARDS
    assert max(sizes.values()) < 1.3 * 1_000 / SHARDS
    assert [shard_of(name) for name in ("churn", "fraud", "gl-001")] == ["FLEET#0", "FLEET#2", "FLEET#3"]


def test_a_state_and_a_policy_are_joined_whichever_was_stored_first(stores: Stores) -> None:
    stores.jobs.open_job(a_job(model="gl-001"), NOW + LEASE)
    for model in ("gl-001", "gl-002"):
        stores.policies.apply(a_policy(model=model), "ada", NOW)
    assert [state.active_job for _, state in stores.policies.fleet()] == ["gl-001-1", None]
