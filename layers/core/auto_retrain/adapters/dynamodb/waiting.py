"""Triggers that wait for a job to end, in DynamoDB."""

from contextlib import suppress

from botocore.exceptions import ClientError

from ...domain.waiting_trigger import CLAIM, WaitingTrigger
from ...ports import Clock
from .keys import Item, model_key
from .table import Table, epoch, item_of, readable


class DynamoWaitingTriggers:
    """WaitingTriggers on the table."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table, self._clock = table, clock

    def add(self, waiting: WaitingTrigger) -> None:
        self._table.put(item_of(_key(waiting), waiting, execution_arn=waiting.execution_arn))

    def of(self, model_name: str) -> list[WaitingTrigger]:
        values: Item = {":pk": {"S": f"MODEL#{model_name}"}, ":prefix": {"S": "WAITING#"}}
        items = self._table.query("pk = :pk AND begins_with(sk, :prefix)", values, ConsistentRead=True)
        return list(readable(items, WaitingTrigger))

    def remove(self, waiting: WaitingTrigger) -> None:
        # The condition fails if the trigger is not waiting, or if another execution's trigger has replaced it.
        with suppress(ClientError):
            self._table.delete(_key(waiting), "execution_arn = :arn", {":arn": {"S": waiting.execution_arn}})

    def claim(self, waiting: WaitingTrigger, by: str) -> bool:
        # A claim of an earlier release has no end, so it may be as old as anything.
        is_free = "attribute_not_exists(claimed_until) OR claimed_until < :now OR claimed_by = :by"
        now = self._clock.now()
        values = {
            ":arn": {"S": waiting.execution_arn},
            ":by": {"S": by},
            ":now": epoch(now),
            ":until": epoch(now + CLAIM),
        }
        change = "SET claimed_by = :by, claimed_until = :until"
        try:
            self._table.update(_key(waiting), change, f"execution_arn = :arn AND ({is_free})", values)
        except ClientError:
            return False
        return True


def _key(waiting: WaitingTrigger) -> Item:
    return model_key(waiting.request.model_name, f"WAITING#{waiting.key}")
