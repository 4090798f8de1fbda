"""Audit chains in DynamoDB, for whoever reads them, and for facts without a change of their own."""

from collections.abc import Iterator

from ...domain.audit_chain import AuditEntry, ChainHead
from ...domain.facts.fact import Fact
from .audit_chain import AuditChain
from .chain_items import ENTRIES, HEAD, entry_of, head_key, head_of
from .fleet import fleet_items
from .keys import Item
from .table import Table


class DynamoAuditLog:
    """AuditLog on the table."""

    def __init__(self, table: Table) -> None:
        self._table, self._chain = table, AuditChain(table)

    def append(self, fact: Fact) -> bool:
        return self._chain.write([], [fact])

    def head(self, model_name: str) -> ChainHead:
        return head_of(model_name, self._table.get_alone(head_key(model_name)))

    def heads(self) -> Iterator[ChainHead]:
        for model_name, items in fleet_items(self._table):
            if HEAD in items:
                yield head_of(model_name, items[HEAD])

    def entries(self, model_name: str, after: int = 0) -> Iterator[AuditEntry]:
        values: Item = {
            ":pk": {"S": f"MODEL#{model_name}"},
            ":first": {"S": f"{ENTRIES}{after + 1:012}"},
            ":last": {"S": f"{ENTRIES}~"},
        }
        items = self._table.query("pk = :pk AND sk BETWEEN :first AND :last", values, ConsistentRead=True)
        return map(entry_of, items)
