"""Triggers of a busy model, which wait until it is free."""

from datetime import timedelta
from typing import Any

from auto_retrain.domain.messages.triggering import TriggerRequest
from auto_retrain.domain.trigger_type import TriggerType
from auto_retrain.domain.waiting_trigger import CLAIM, WaitingTrigger
from tests.contracts.ports.aws_world import create_table
from tests.contracts.ports.stores import NOW, Stores, dynamo_stores


def waiting(trigger: TriggerType, execution: str, model: str = "churn") -> WaitingTrigger:
    request = TriggerRequest(model_name=model, trigger_type=trigger, event_time=NOW, actor="ada", reason=execution)
    return WaitingTrigger(request=request, execution_arn=execution)


def test_automatic_triggers_of_one_kind_are_merged_and_manual_ones_wait_separately(stores: Stores) -> None:
    kinds = (
        TriggerType.SCHEDULED,
        TriggerType.SCHEDULED,
        TriggerType.DATA_DRIFT,
        TriggerType.MANUAL,
        TriggerType.MANUAL,
    )
    for number, kind in enumerate(kinds):
        stores.waiting.add(waiting(kind, f"arn:{number}"))
    stores.waiting.add(waiting(TriggerType.MANUAL, "arn:other", model="fraud"))
    assert {trigger.execution_arn for trigger in stores.waiting.of("churn")} == {"arn:1", "arn:2", "arn:3", "arn:4"}


def test_removing_a_trigger_keeps_the_one_that_has_replaced_it(stores: Stores) -> None:
    first, second = waiting(TriggerType.SCHEDULED, "arn:1"), waiting(TriggerType.SCHEDULED, "arn:2")
    stores.waiting.add(first)
    stores.waiting.add(second)
    stores.waiting.remove(first)
    assert stores.waiting.of("churn") == [second]
    stores.waiting.remove(second)
    stores.waiting.remove(second)
    assert stores.waiting.of("churn") == []


def test_waiting_triggers_are_complete_and_sorted_by_key(stores: Stores) -> None:
    manual, scheduled = waiting(TriggerType.MANUAL, "arn:1"), waiting(TriggerType.SCHEDULED, "arn:2")
    manual = manual.model_copy(
        update={"request": manual.request.model_copy(update={"parameters": {"b": [1.5], "a": None}, "force": True})}
    )
    for trigger in (scheduled, manual):
        stores.waiting.add(trigger)
    assert stores.waiting.of("churn") == [manual, scheduled]


def test_an_execution_removes_its_own_trigger_even_with_another_event_time(stores: Stores) -> None:
    first = waiting(TriggerType.MANUAL, "arn:1")
    again = first.model_copy(
        update={"request": first.request.model_copy(update={"event_time": NOW + timedelta(minutes=1)})}
    )
    stores.waiting.add(first)
    stores.waiting.remove(again)
    assert stores.waiting.of("churn") == []


def test_a_waiting_trigger_is_neither_in_the_fleet_nor_a_job(stores: Stores) -> None:
    stores.waiting.add(waiting(TriggerType.MANUAL, "arn:1"))
    assert list(stores.policies.fleet()) == []
    assert stores.jobs.list_active() == stores.jobs.list_recent("churn", 9) == []


def test_of_those_that_claim_a_waiting_trigger_one_may_act_on_it(stores: Stores) -> None:
    first, second = waiting(TriggerType.SCHEDULED, "arn:1"), waiting(TriggerType.SCHEDULED, "arn:2")
    assert not stores.waiting.claim(first, "a")
    stores.waiting.add(first)
    assert [stores.waiting.claim(first, name) for name in ("a", "b", "a")] == [True, False, True]
    assert stores.waiting.of("churn") == [first]
    stores.waiting.add(second)
    assert not stores.waiting.claim(first, "a")
    assert stores.waiting.claim(second, "b")
    stores.waiting.remove(second)
    assert not stores.waiting.claim(second, "b")


def test_a_claim_whose_maker_has_died_ends_so_that_another_may_act(stores: Stores) -> None:
    request = waiting(TriggerType.MANUAL, "arn:1")
    stores.waiting.add(request)
    assert stores.waiting.claim(request, "dead")
    stores.clock.advance(CLAIM)
    assert not stores.waiting.claim(request, "other")
    stores.clock.advance(timedelta(seconds=1))
    assert [stores.waiting.claim(request, name) for name in ("other", "dead", "other")] == [True, False, True]


def test_a_claim_of_an_earlier_release_has_ended(aws: None) -> None:
    client: Any = create_table("jobs")
    stores, request = dynamo_stores(client), waiting(TriggerType.MANUAL, "arn:1")
    stores.waiting.add(request)
    (item,) = client.scan(TableName="jobs")["Items"]
    client.put_item(TableName="jobs", Item={**item, "claimed_by": {"S": "dead"}})
    assert stores.waiting.claim(request, "other")
