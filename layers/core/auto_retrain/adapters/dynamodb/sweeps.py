"""How far the sweep over the fleet has come, in DynamoDB."""

from contextlib import suppress

from botocore.exceptions import ClientError

from ...domain.fleet import SweepMark
from .table import Table, epoch, item_of, key, readable

_KEY = key("FLEET", "SWEEP")


class DynamoSweepLog:
    """SweepLog on the table: one item, which never moves back."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def last(self) -> SweepMark | None:
        item = self._table.get(_KEY)
        # Without a mark a sweep looks back a day; one that cannot be read must not stop the fleet.
        return next(readable([item] if item else [], SweepMark), None)

    def save(self, mark: SweepMark) -> None:
        item = {**item_of(_KEY, mark), "swept_at": epoch(mark.at)}
        condition = "attribute_not_exists(pk) OR swept_at < :at"
        with suppress(ClientError):
            self._table.put(item, condition, {":at": epoch(mark.at)})
