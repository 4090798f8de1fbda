"""What people were notified about, in DynamoDB; old entries are deleted by their time to live."""

from contextlib import suppress
from datetime import datetime

from botocore.exceptions import ClientError

from ...domain.errors import NotificationFailed
from ...ports import Clock
from .keys import Item, key
from .table import Table, epoch

_UNCLAIMED = "attribute_not_exists(pk)"
_CLAIM_IS_OURS = "claimed_by = :owner"  # written by us, but the answer was lost
_EXPIRED = "expires_at < :now"  # DynamoDB deletes expired items with a delay
_EXPIRES_LATER = "attribute_not_exists(expires_at) OR expires_at < :until"


class DynamoNotificationLog:
    """NotificationLog on the table; an item without `claimed_by` means that people were notified."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def claim(self, name: str, owner: str, until: datetime) -> bool:
        claimed_by = {"S": owner}
        item = {**_key(name), "claimed_by": claimed_by, "expires_at": _seconds(until)}
        condition = f"{_UNCLAIMED} OR {_CLAIM_IS_OURS} OR {_EXPIRED}"
        try:
            self._table.put(item, condition, {":owner": claimed_by, ":now": epoch(self._clock.now())})
        except ClientError as error:
            return self._settle(name, error)
        return True

    def _settle(self, name: str, error: ClientError) -> bool:
        stored = self._table.get(_key(name))
        if stored is None or "claimed_by" in stored:
            raise NotificationFailed(f"another call is sending the notification '{name}'") from error
        return False

    def confirm(self, name: str, until: datetime) -> None:
        item = {**_key(name), "expires_at": _seconds(until)}
        # The condition fails when the SDK repeats this write after a lost answer.
        with suppress(ClientError):
            self._table.put(item, _EXPIRES_LATER, {":until": _seconds(until)})

    def release(self, name: str) -> None:
        self._table.delete(_key(name))


def _key(name: str) -> Item:
    return key(f"EVENT#{name}", "EVENT")


def _seconds(moment: datetime) -> dict[str, str]:
    # A time to live is counted in whole seconds.
    return {"N": str(int(moment.timestamp()))}
