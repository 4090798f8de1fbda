"""Decisions on whether to retrain, in DynamoDB; old ones are deleted by their time to live."""

import zlib
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, timedelta
from itertools import islice
from typing import Literal

from botocore.exceptions import ClientError

from ...domain.decision_record import DecisionRecord
from ...domain.errors import RecordInvalid
from ...domain.facts.fact import Fact
from .audit_chain import AuditChain
from .keys import Item, model_key
from .table import Table, item_of, readable, record_of

RETENTION = timedelta(days=400)
# A model makes a few a day.
PAGE = 100
# Another decision than the stored one; an earlier release stored it without a hash.
_CHANGED = "attribute_not_exists(decision_hash) OR decision_hash <> :hash"


class DynamoDecisionLog:
    """DecisionLog on the table."""

    def __init__(self, table: Table) -> None:
        self._table, self._chain = table, AuditChain(table)

    def record(self, decision: DecisionRecord, *facts: Fact, evidence: bytes | None = None) -> None:
        item, *beside = decision_items(decision, evidence)
        values = {":hash": item["decision_hash"]}
        actions = [
            {"Put": self._table.put_action(item, _CHANGED, values)},
            *({"Put": self._table.put_action(each)} for each in beside),
        ]
        # The condition fails if the same was decided before, on the same occasion.
        with suppress(ClientError):
            self._chain.write(actions, facts)

    def stored(self, decision: DecisionRecord) -> DecisionRecord | None:
        item = self._table.get_alone(_key(decision, "DECISION"))
        return record_of(item, DecisionRecord) if item else None

    def evidence(self, decision: DecisionRecord) -> bytes | None:
        item = self._table.get_alone(_key(decision, "EVIDENCE"))
        if item is None:
            return None
        try:
            return zlib.decompress(item["zipped"]["B"])
        except (KeyError, zlib.error) as error:
            raise RecordInvalid(f"what decision '{decision.key}' was judged on cannot be read") from error

    def recent(self, model_name: str, limit: int) -> list[DecisionRecord]:
        return list(islice(self._newest_first(model_name, limit), limit))

    def newest_first(self, model_name: str) -> Iterator[DecisionRecord]:
        return self._newest_first(model_name, PAGE)

    def _newest_first(self, model_name: str, page: int) -> Iterator[DecisionRecord]:
        values: Item = {":pk": {"S": f"MODEL#{model_name}"}, ":prefix": {"S": "DECISION#"}}
        options = {"ScanIndexForward": False, "Limit": page, "ConsistentRead": True}
        return readable(self._table.query("pk = :pk AND begins_with(sk, :prefix)", values, **options), DecisionRecord)


def decision_items(decision: DecisionRecord, evidence: bytes | None) -> list[Item]:
    """The item of a decision and, if it is kept, that of what it was judged on, each with its time to live."""
    items = [item_of(_key(decision, "DECISION"), decision, decision_hash=decision.decision_hash)]
    if evidence is not None:
        # Apart, so that whoever lists decisions reads none of it.
        items.append({**_key(decision, "EVIDENCE"), "zipped": {"B": zlib.compress(evidence, 1)}})
    # A time to live is counted in whole seconds.
    expires_at = {"N": str(int((decision.recorded_at + RETENTION).timestamp()))}
    return [{**item, "expires_at": expires_at} for item in items]


def _key(decision: DecisionRecord, kind: Literal["DECISION", "EVIDENCE"]) -> Item:
    moment = decision.event_time.astimezone(UTC).isoformat(timespec="microseconds")
    return model_key(decision.model_name, f"{kind}#{moment}#{decision.key}")
