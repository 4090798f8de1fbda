"""Decisions on whether to retrain, in DynamoDB; old ones are deleted by their time to live."""

from contextlib import suppress
from datetime import UTC, timedelta
from itertools import islice

from botocore.exceptions import ClientError

from ...domain.decision_record import DecisionRecord
from ...domain.facts.fact import Fact
from .audit_chain import AuditChain
from .keys import Item, model_key
from .table import Table, item_of, readable

RETENTION = timedelta(days=400)
# Another decision than the stored one; an earlier release stored it without a hash.
_CHANGED = "attribute_not_exists(decision_hash) OR decision_hash <> :hash"


class DynamoDecisionLog:
    """DecisionLog on the table."""

    def __init__(self, table: Table) -> None:
        self._table, self._chain = table, AuditChain(table)

    def record(self, decision: DecisionRecord, *facts: Fact) -> None:
        item = decision_item(decision)
        values = {":hash": item["decision_hash"]}
        # The condition fails if the same was decided before, on the same occasion.
        with suppress(ClientError):
            self._chain.write([{"Put": self._table.put_action(item, _CHANGED, values)}], facts)

    def recent(self, model_name: str, limit: int) -> list[DecisionRecord]:
        values: Item = {":pk": {"S": f"MODEL#{model_name}"}, ":prefix": {"S": "DECISION#"}}
        options = {"ScanIndexForward": False, "Limit": limit, "ConsistentRead": True}
        items = self._table.query("pk = :pk AND begins_with(sk, :prefix)", values, **options)
        return list(islice(readable(items, DecisionRecord), limit))


def decision_item(decision: DecisionRecord) -> Item:
    """The item of a decision, with its time to live."""
    moment = decision.event_time.astimezone(UTC).isoformat(timespec="microseconds")
    key = model_key(decision.model_name, f"DECISION#{moment}#{decision.key}")
    item = item_of(key, decision, decision_hash=decision.decision_hash)
    # A time to live is counted in whole seconds.
    return {**item, "expires_at": {"N": str(int((decision.recorded_at + RETENTION).timestamp()))}}
