"""Triggers that wait for a job to end, in DynamoDB."""

from contextlib import suppress

from botocore.exceptions import ClientError

from ...domain.model_state import WaitingTrigger
from .table import Item, Table, item_of, model_key, readable


class DynamoWaitingTriggers:
    """WaitingTriggers on the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

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
        condition = "execution_arn = :arn AND (attribute_not_exists(claimed_by) OR claimed_by = :by)"
        values = {":arn": {"S": waiting.execution_arn}, ":by": {"S": by}}
        try:
            self._table.update(_key(waiting), "SET claimed_by = :by", condition, values)
        except ClientError:
            return False
        return True


def _key(waiting: WaitingTrigger) -> Item:
    return model_key(waiting.request.model_name, f"WAITING#{waiting.key}")
