"""Audit chains in DynamoDB, for whoever reads them, and for facts without a change of their own."""

from collections.abc import Iterator

from botocore.exceptions import ClientError

from ...domain.audit_chain import AuditEntry, ChainHead, entries_after
from ...domain.errors import AuditConflict, RecordInvalid
from ...domain.facts.fact import Fact
from .audit_chain import AuditChain
from .chain_items import ENTRIES, HEAD, claim_item, entry_item, entry_of, head_item, head_key, head_of, unless_extended
from .fleet import fleet_items
from .keys import Item
from .table import Table, logger


class DynamoAuditLog:
    """AuditLog on the table."""

    def __init__(self, table: Table) -> None:
        self._table, self._chain = table, AuditChain(table)

    def append(self, fact: Fact) -> bool:
        return self._chain.write([], [fact])

    def resume(self, fact: Fact, after: ChainHead, head: ChainHead | None) -> None:
        (entry,) = entries_after(after, [fact])
        unchanged = unless_extended(head) if head else ("attribute_exists(pk)", None)
        actions = [
            {"Put": self._table.put_action(claim_item(fact), "attribute_not_exists(pk)")},
            {"Put": self._table.put_action(head_item(entry.head), *unchanged)},
            {"Put": self._table.put_action(entry_item(entry), "attribute_not_exists(pk)")},
        ]
        try:
            self._table.transact(*actions)
        except ClientError as error:
            raise AuditConflict(f"the audit chain of '{fact.model_name}' has changed since it was read") from error
        self._table.forget_head(fact.model_name)

    def head(self, model_name: str) -> ChainHead:
        return head_of(model_name, self._table.get_alone(head_key(model_name)))

    def heads(self) -> Iterator[ChainHead]:
        for model_name, items in fleet_items(self._table):
            if HEAD in items:
                try:
                    yield head_of(model_name, items[HEAD])
                except RecordInvalid as error:
                    logger.error("skipping a head: %s", error)

    def entries(self, model_name: str, after: int = 0) -> Iterator[AuditEntry]:
        values: Item = {
            ":pk": {"S": f"MODEL#{model_name}"},
            ":first": {"S": f"{ENTRIES}{after + 1:012}"},
            ":last": {"S": f"{ENTRIES}~"},
        }
        items = self._table.query("pk = :pk AND sk BETWEEN :first AND :last", values, ConsistentRead=True)
        return map(entry_of, items)
