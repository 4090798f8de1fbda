"""A receipt is usage times prices, and says where it is a bound or has gaps."""

import pytest
from pydantic import BaseModel

from auto_retrain.domain.job import RetrainingJob
from auto_retrain.domain.policy.training import Capacity
from auto_retrain.domain.prices import Price, list_prices
from auto_retrain.domain.receipt import receipt_of, transitions_of
from auto_retrain.domain.usage import FunctionUse, PodUse, Usage
from tests.unit.usecases.world import World, rows

PRICES = list_prices()
POD = PodUse(pods=1, cpu=4, gib=16, gpus=0, capacity=Capacity.ON_DEMAND, seconds=3600, stored_bytes=10**9)


def a_job(**changes: object) -> RetrainingJob:
    world = World()
    return world.job(world.open()).changed(**changes)


def prices_in(record: BaseModel) -> list[Price]:
    parts = [part for _, part in record if isinstance(part, BaseModel)]
    return [record] if isinstance(record, Price) else [price for part in parts for price in prices_in(part)]


def test_every_price_has_a_unit_a_source_and_a_date() -> None:
    prices = prices_in(PRICES)
    assert len(prices) == 10
    assert all(price.usd > 0 and price.unit and price.source for price in prices)
    assert PRICES.as_of.year >= 2025


def test_an_hour_on_an_m5_xlarge_costs_what_the_node_costs() -> None:
    receipt = receipt_of(a_job(usage=Usage(pods={"train": POD})), PRICES)
    assert receipt.pods == pytest.approx(0.192)
    assert (receipt.stored, receipt.at_most, receipt.unmeasured) == (pytest.approx(0.023), False, False)


@pytest.mark.parametrize("capacity", [Capacity.ANY, Capacity.SPOT_PREFERRED])
def test_pods_whose_kind_of_node_is_unknown_are_priced_as_on_demand(capacity: Capacity) -> None:
    uncertain = receipt_of(a_job(usage=Usage(pods={"train": POD.changed(capacity=capacity)})), PRICES)
    spot = receipt_of(a_job(usage=Usage(pods={"train": POD.changed(capacity=Capacity.SPOT)})), PRICES)
    assert uncertain.pods == pytest.approx(0.192)
    assert spot.pods == pytest.approx(0.4 * 0.192)


def test_functions_cost_their_gigabyte_seconds_and_their_calls() -> None:
    usage = Usage(functions={"check_data": FunctionUse(calls=10, gb_seconds=1000)})
    assert receipt_of(a_job(usage=usage), PRICES).functions == pytest.approx(0.0166667 + 0.000002)


def test_a_job_of_an_earlier_release_is_unmeasured_not_free() -> None:
    assert receipt_of(a_job(outputs={"train": "jobs/churn-1/train/"}), PRICES).unmeasured


def test_a_promoted_version_is_stored_twice() -> None:
    job = a_job(usage=Usage(pods={"train": POD}), deployed=True)
    assert receipt_of(job, PRICES).stored == pytest.approx(0.046)


def test_the_receipt_of_a_whole_retraining_has_what_its_containers_reported() -> None:
    world = World()
    job_id = world.open()
    world.start(job_id, "train")
    world.train(job_id, use={"seconds": 0, "stored_bytes": 7})
    world.start(job_id, "score")
    world.score(job_id, v2=rows(2000, 0.95))
    world.validate(job_id)
    pods = world.job(job_id).usage.pods
    assert (pods["train"].at_most, pods["train"].stored_bytes) == (False, 7)
    assert pods["score"].at_most
    assert transitions_of(world.job(job_id)) == 12
