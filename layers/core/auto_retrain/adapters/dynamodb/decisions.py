"""Decisions on whether to retrain, in DynamoDB; forgotten by their time to live."""

from datetime import UTC, timedelta
from itertools import islice

from ...domain.decision_record import DecisionRecord
from .table import Item, Table, item_of, model_key, readable

KEPT = timedelta(days=400)
# Of the 400 KB that an item may have; the first verdicts are those that tell most.
MAX_BYTES = 100_000
MAX_REASON = 10_000


class DynamoDecisionLog:
    """DecisionLog on the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def record(self, decision: DecisionRecord) -> None:
        moment = decision.event_time.astimezone(UTC).isoformat(timespec="microseconds")
        item = item_of(model_key(decision.model_name, f"DECISION#{moment}#{decision.key}"), _fitting(decision))
        # A time to live is counted in whole seconds.
        forgotten_at = {"N": str(int((decision.recorded_at + KEPT).timestamp()))}
        self._table.put({**item, "expires_at": forgotten_at})

    def recent(self, model_name: str, limit: int) -> list[DecisionRecord]:
        values: Item = {":pk": {"S": f"MODEL#{model_name}"}, ":prefix": {"S": "DECISION#"}}
        options = {"ScanIndexForward": False, "Limit": limit, "ConsistentRead": True}
        items = self._table.query("pk = :pk AND begins_with(sk, :prefix)", values, **options)
        return list(islice(readable(items, DecisionRecord), limit))


def _fitting(decision: DecisionRecord) -> DecisionRecord:
    """A decision with as much of its evidence as an item should hold."""
    decision = decision.changed(reason=decision.reason[:MAX_REASON])
    while decision.verdicts and len(decision.model_dump_json().encode()) > MAX_BYTES:
        half = decision.verdicts[: len(decision.verdicts) // 2]
        decision = decision.changed(verdicts=half)
    return decision
