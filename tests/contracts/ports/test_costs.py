"""JobStore and ModelStates: what the jobs of a model cost, by month, and of those that went all the way."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from auto_retrain.adapters.dynamodb.states import DynamoModelStates
from auto_retrain.domain.cost import PricedCost, RecentCost
from auto_retrain.domain.job import RetrainingJob
from auto_retrain.domain.model_state import MAX_RECENT_COSTS, ModelState
from auto_retrain.domain.policy.training import Capacity
from auto_retrain.domain.status import RetrainingStatus
from auto_retrain.domain.usage import PodUse, Usage
from tests.contracts.ports.aws_world import create_table, lose_answers
from tests.contracts.ports.stores import LEASE, NOW, Stores, a_job, completed, dynamo_stores, failed
from tests.unit.builders import a_policy

Ending = Callable[[RetrainingJob], RetrainingJob]
LIKE = "1 x 1 CPU, 2 GiB, 0 GPU, any"
POD = PodUse(pods=1, cpu=1, gib=2, gpus=0, capacity=Capacity.ANY, seconds=60)


def a_cost(usd: float) -> PricedCost:
    rest = {"functions": 0.0, "transitions": 0.0, "stored": 0.0, "at_most": False, "unmeasured": False}
    return PricedCost(pods=usd, prices_as_of=date(2025, 1, 1), **rest)


def open_and_close(stores: Stores, number: int, usd: float, end: Ending, at: datetime = NOW) -> RetrainingJob:
    stores.clock.advance(at - stores.clock.now())
    job = stores.jobs.open_job(a_job(number, created_at=at, status=RetrainingStatus.VALIDATION), at + LEASE)
    ended = end(job).changed(completed_at=at, usage=Usage(pods={"train": POD})).charged(a_cost(usd))
    return stores.jobs.close_job(ended, retrained=False)


def test_a_month_has_the_sum_of_the_jobs_that_ended_in_it(stores: Stores) -> None:
    open_and_close(stores, 1, 0.5, failed)
    open_and_close(stores, 2, 0.25, completed)
    state = stores.states.get("churn")
    assert state.spent == {"2026-03": 0.75}
    assert state.spent_in(NOW) == 0.75
    assert state.spent_in(NOW + timedelta(days=31)) == 0


def test_only_jobs_that_went_all_the_way_teach_what_the_next_one_costs(stores: Stores) -> None:
    open_and_close(stores, 1, 0.5, failed)
    open_and_close(stores, 2, 0.25, completed)
    open_and_close(stores, 3, 0.5, completed)
    assert stores.states.get("churn").costs == (RecentCost(like=LIKE, usd=0.25), RecentCost(like=LIKE, usd=0.5))


def test_what_a_sweep_reads_of_the_whole_fleet_has_what_budgets_need(stores: Stores) -> None:
    stores.policies.apply(a_policy(), "ada", NOW)
    open_and_close(stores, 1, 0.25, completed)
    ((_, state),) = stores.policies.fleet()
    assert (state.spent_in(NOW), state.costs) == (0.25, (RecentCost(like=LIKE, usd=0.25),))


def test_only_this_month_and_the_one_before_are_kept(stores: Stores) -> None:
    for number, month in enumerate((3, 4, 5), start=1):
        open_and_close(stores, number, 1.0, failed, datetime(2026, month, 2, tzinfo=UTC))
    assert stores.states.get("churn").spent == {"2026-04": 1.0, "2026-05": 1.0}
    open_and_close(stores, 4, 2.0, failed, datetime(2027, 1, 1, tzinfo=UTC))
    assert stores.states.get("churn").spent_in(datetime(2027, 1, 31, tzinfo=UTC)) == 2.0


def test_closing_a_job_again_adds_nothing(stores: Stores) -> None:
    job = stores.jobs.open_job(a_job(), NOW + LEASE)
    ended = failed(job).charged(a_cost(0.5))
    for _ in range(2):
        stores.jobs.close_job(ended, retrained=False)
    assert stores.states.get("churn").spent_in(ended.completed_at or NOW) == 0.5


def test_a_job_that_has_lost_its_lease_is_paid_for_all_the_same(stores: Stores) -> None:
    late = stores.jobs.open_job(a_job(1), NOW + LEASE)
    stores.clock.advance(LEASE + timedelta(seconds=1))
    stores.jobs.open_job(a_job(2), stores.clock.now() + LEASE)
    for _ in range(2):
        stores.jobs.close_job(failed(late).changed(completed_at=NOW).charged(a_cost(0.5)), retrained=False)
    state = stores.states.get("churn")
    assert (state.active_job, state.spent) == ("churn-2", {"2026-03": 0.5})


def test_a_job_without_a_cost_adds_nothing(stores: Stores) -> None:
    job = stores.jobs.open_job(a_job(), NOW + LEASE)
    stores.jobs.close_job(failed(job), retrained=False)
    assert (stores.states.get("churn").spent, stores.states.get("churn").costs) == ({}, ())


def test_the_list_of_costs_does_not_grow_for_ever(stores: Stores) -> None:
    for number in range(MAX_RECENT_COSTS + 3):
        open_and_close(stores, number, float(number), completed)
    costs = stores.states.get("churn").costs
    assert [cost.usd for cost in costs] == [float(number) for number in range(3, MAX_RECENT_COSTS + 3)]


def test_no_more_costs_are_stored_than_are_read(aws: None) -> None:
    client = create_table("jobs")
    stores = dynamo_stores(client)
    for number in range(MAX_RECENT_COSTS + 3):
        open_and_close(stores, number, float(number), completed)
    item = client.get_item(TableName="jobs", Key={"pk": {"S": "MODEL#churn"}, "sk": {"S": "STATE"}})["Item"]
    assert len(item["costs"]["L"]) == MAX_RECENT_COSTS


def test_a_job_that_is_closed_while_another_one_is_opened_still_teaches_what_the_next_one_costs(
    aws: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    stores = dynamo_stores(create_table("jobs"))
    late = stores.jobs.open_job(a_job(1, status=RetrainingStatus.VALIDATION), NOW + LEASE)
    ended = completed(late).changed(completed_at=NOW, usage=Usage(pods={"train": POD})).charged(a_cost(0.5))
    stores.clock.advance(LEASE + timedelta(seconds=1))
    read = DynamoModelStates.get

    def then_close(states: DynamoModelStates, model_name: str) -> ModelState:
        state = read(states, model_name)
        monkeypatch.setattr(DynamoModelStates, "get", read)
        stores.jobs.close_job(ended, retrained=False)
        return state

    monkeypatch.setattr(DynamoModelStates, "get", then_close)
    stores.jobs.open_job(a_job(2), stores.clock.now() + LEASE)
    state = stores.states.get("churn")
    assert (state.active_job, state.costs) == ("churn-2", (RecentCost(like=LIKE, usd=0.5),))


def test_a_cost_whose_answer_is_lost_is_added_once(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    client = create_table("jobs")
    stores = dynamo_stores(client)
    job = stores.jobs.open_job(a_job(status=RetrainingStatus.VALIDATION), NOW + LEASE)
    lost = lose_answers(client, monkeypatch, "TransactWriteItems")
    ended = completed(job).changed(completed_at=NOW).charged(a_cost(0.5))
    stores.jobs.close_job(ended, retrained=True)
    assert lost
    assert stores.states.get("churn").spent == {"2026-03": 0.5}
