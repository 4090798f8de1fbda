"""Decisions on whether to retrain, in DynamoDB; old ones are deleted by their time to live."""

from datetime import UTC, timedelta
from itertools import islice

from ...domain.decision_record import DecisionRecord
from ...domain.facts.fact import Fact
from .audit_chain import AuditChain
from .keys import Item, model_key
from .table import Table, item_of, readable

RETENTION = timedelta(days=400)
# An item may have 400 KB; the first verdicts are the most important.
MAX_BYTES = 100_000
MAX_REASON = 10_000


class DynamoDecisionLog:
    """DecisionLog on the table."""

    def __init__(self, table: Table) -> None:
        self._table, self._chain = table, AuditChain(table)

    def record(self, decision: DecisionRecord, *facts: Fact) -> None:
        self._chain.write([{"Put": self._table.put_action(decision_item(decision))}], facts)

    def recent(self, model_name: str, limit: int) -> list[DecisionRecord]:
        values: Item = {":pk": {"S": f"MODEL#{model_name}"}, ":prefix": {"S": "DECISION#"}}
        options = {"ScanIndexForward": False, "Limit": limit, "ConsistentRead": True}
        items = self._table.query("pk = :pk AND begins_with(sk, :prefix)", values, **options)
        return list(islice(readable(items, DecisionRecord), limit))


def decision_item(decision: DecisionRecord) -> Item:
    """The item of a decision, with its time to live."""
    moment = decision.event_time.astimezone(UTC).isoformat(timespec="microseconds")
    item = item_of(model_key(decision.model_name, f"DECISION#{moment}#{decision.key}"), _trimmed(decision))
    # A time to live is counted in whole seconds.
    return {**item, "expires_at": {"N": str(int((decision.recorded_at + RETENTION).timestamp()))}}


def _trimmed(decision: DecisionRecord) -> DecisionRecord:
    """The decision with as many of its verdicts as an item can hold."""
    decision = decision.changed(reason=decision.reason[:MAX_REASON])
    while decision.verdicts and len(decision.model_dump_json().encode()) > MAX_BYTES:
        half = decision.verdicts[: len(decision.verdicts) // 2]
        decision = decision.changed(verdicts=half)
    return decision
