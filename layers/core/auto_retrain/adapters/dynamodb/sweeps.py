"""How far the sweep over the fleet has got, in DynamoDB."""

from contextlib import suppress

from botocore.exceptions import ClientError

from ...domain.fleet import SweepMark
from .keys import key
from .table import Table, epoch, item_of, readable

_KEY = key("FLEET", "SWEEP")


class DynamoSweepLog:
    """SweepLog on the table: one mark, which never moves back."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def last(self) -> SweepMark | None:
        item = self._table.get(_KEY)
        # An unreadable mark must not stop the fleet; without a mark, a sweep goes back one day.
        return next(readable([item] if item else [], SweepMark), None)

    def save(self, mark: SweepMark) -> None:
        item = {**item_of(_KEY, mark), "swept_at": epoch(mark.at)}
        condition = "attribute_not_exists(pk) OR swept_at <= :at"
        with suppress(ClientError):
            self._table.put(item, condition, {":at": epoch(mark.at)})
