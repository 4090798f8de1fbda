"""Which events people were told about, in DynamoDB; forgotten by its time to live."""

from datetime import datetime

from botocore.exceptions import ClientError

from .table import Table, key


class DynamoNotificationLog:
    """NotificationLog on the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def claim(self, event_id: str, until: datetime) -> bool:
        item = {**key(f"EVENT#{event_id}", "EVENT"), "expires_at": {"N": str(int(until.timestamp()))}}
        try:
            self._table.put(item, "attribute_not_exists(pk)")
        except ClientError:
            return False
        return True

    def release(self, event_id: str) -> None:
        self._table.delete(key(f"EVENT#{event_id}", "EVENT"))
