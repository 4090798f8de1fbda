"""The messages that wait for their channel, in DynamoDB: one item for each, in the order in which things happened."""

from itertools import islice

from ...domain.channels import ChannelName
from ...domain.notification import Notification
from .keys import Item, key
from .table import Table, item_of, readable


class DynamoOutbox:
    """Outbox on the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, channel: ChannelName, notification: Notification) -> None:
        self._table.put(item_of(_key(channel, notification), notification))

    def waiting(self, channel: ChannelName, limit: int) -> list[Notification]:
        items = self._table.query("pk = :pk", {":pk": {"S": _partition(channel)}}, ConsistentRead=True)
        return list(islice(readable(items, Notification), limit))

    def remove(self, channel: ChannelName, notification: Notification) -> None:
        self._table.delete(_key(channel, notification))


def _key(channel: ChannelName, notification: Notification) -> Item:
    return key(_partition(channel), f"{notification.at.isoformat()}#{notification.event_id}")


def _partition(channel: ChannelName) -> str:
    return f"OUTBOX#{channel}"
