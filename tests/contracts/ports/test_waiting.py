"""Triggers that found their model busy, and wait until it is free."""

from datetime import timedelta

from auto_retrain.domain.messages import TriggerRequest
from auto_retrain.domain.model_state import WaitingTrigger
from auto_retrain.domain.trigger_type import TriggerType
from tests.contracts.ports.stores import NOW, Stores


def waiting(trigger: TriggerType, execution: str, model: str = "churn") -> WaitingTrigger:
    request = TriggerRequest(model_name=model, trigger_type=trigger, event_time=NOW, actor="ada", reason=execution)
    return WaitingTrigger(request=request, execution_arn=execution)


def test_automatic_triggers_of_a_kind_are_one_and_people_each_wait_for_themselves(stores: Stores) -> None:
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
    assert {found.execution_arn for found in stores.waiting.of("churn")} == {"arn:1", "arn:2", "arn:3", "arn:4"}


def test_who_stops_waiting_leaves_the_one_that_took_the_place(stores: Stores) -> None:
    first, second = waiting(TriggerType.SCHEDULED, "arn:1"), waiting(TriggerType.SCHEDULED, "arn:2")
    stores.waiting.add(first)
    stores.waiting.add(second)
    stores.waiting.remove(first)
    assert stores.waiting.of("churn") == [second]
    stores.waiting.remove(second)
    stores.waiting.remove(second)
    assert stores.waiting.of("churn") == []


def test_those_that_wait_come_by_key_and_are_kept_whole(stores: Stores) -> None:
    manual, scheduled = waiting(TriggerType.MANUAL, "arn:1"), waiting(TriggerType.SCHEDULED, "arn:2")
    manual = manual.model_copy(
        update={"request": manual.request.model_copy(update={"parameters": {"b": [1.5], "a": None}, "force": True})}
    )
    for found in (scheduled, manual):
        stores.waiting.add(found)
    assert stores.waiting.of("churn") == [manual, scheduled]


def test_an_execution_that_judges_again_at_another_time_stops_its_own_waiting(stores: Stores) -> None:
    first = waiting(TriggerType.MANUAL, "arn:1")
    again = first.model_copy(
        update={"request": first.request.model_copy(update={"event_time": NOW + timedelta(minutes=1)})}
    )
    stores.waiting.add(first)
    stores.waiting.remove(again)
    assert stores.waiting.of("churn") == []


def test_what_waits_is_no_part_of_the_fleet_and_no_job(stores: Stores) -> None:
    stores.waiting.add(waiting(TriggerType.MANUAL, "arn:1"))
    assert list(stores.policies.fleet()) == []
    assert stores.jobs.list_active() == stores.jobs.list_recent("churn", 9) == []
