"""Which Slack thread belongs to a job, in DynamoDB; forgotten by its time to live."""

from datetime import timedelta

from ...ports import Clock
from ..channels.slack_bot import Thread
from .keys import Item, key
from .table import Table, item_of, record_of

RETENTION = timedelta(days=90)


class DynamoThreads:
    """Threads on the table."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table, self._clock = table, clock

    def of(self, job_id: str) -> Thread | None:
        item = self._table.get(_key(job_id))
        return record_of(item, Thread) if item else None

    def save(self, job_id: str, thread: Thread) -> None:
        expires_at = {"N": str(int((self._clock.now() + RETENTION).timestamp()))}
        self._table.put({**item_of(_key(job_id), thread), "expires_at": expires_at})


def _key(job_id: str) -> Item:
    return key(f"THREAD#{job_id}", "SLACK")
