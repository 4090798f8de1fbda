"""The items of a model's audit chain: its head, its entries, and the claims that keep a fact from being written twice.

They are plain attributes, so that a reader gets each text as it was hashed; and none is ever deleted.
"""

from collections.abc import Mapping
from typing import Any

from ...domain.audit_chain import AuditEntry, ChainHead
from ...domain.errors import RecordInvalid
from ...domain.facts.fact import Fact
from ...domain.names import model_of_job
from .keys import Item, model_key, shard_of

ENTRIES = "AUDIT#"
HEAD = "AUDIT_HEAD"


def head_key(model_name: str) -> Item:
    return model_key(model_name, HEAD)


def model_of(item_key: Mapping[str, Any]) -> str | None:
    """The model whose chain speaks of an item; None for an item of no model."""
    kind, _, name = item_key["pk"]["S"].partition("#")
    if kind == "MODEL":
        return str(name)
    return model_of_job(name) or None if kind == "JOB" else None


def head_item(head: ChainHead) -> Item:
    """The head, which is in the index of the fleet."""
    number, digest = {"N": str(head.number)}, {"S": head.hash}
    fleet = {"S": shard_of(head.model_name)}
    return {**head_key(head.model_name), "chain_number": number, "chain_hash": digest, "fleet": fleet}


def unless_extended(head: ChainHead) -> tuple[str, Item | None]:
    """The condition that this is the head of the chain, with its values."""
    if head.number == 0:
        return "attribute_not_exists(pk)", None
    return "chain_hash = :head", {":head": {"S": head.hash}}


def head_of(model_name: str, item: Mapping[str, Any] | None) -> ChainHead:
    """The head in an item; without an item, that of an empty chain. Raises RecordInvalid if it cannot be read."""
    if item is None:
        return ChainHead(model_name=model_name)
    try:
        return ChainHead(
            model_name=model_name, number=int(item["chain_number"]["N"]), hash=str(item["chain_hash"]["S"])
        )
    except Exception as error:
        raise RecordInvalid(f"the head of the audit chain of '{model_name}' cannot be read") from error


def entry_item(entry: AuditEntry) -> Item:
    key = model_key(entry.model_name, f"{ENTRIES}{entry.number:012}")
    return {**key, "previous": {"S": entry.previous_hash}, "text": {"S": entry.text}, "own_hash": {"S": entry.hash}}


def entry_of(item: Mapping[str, Any]) -> AuditEntry:
    """The entry in an item; whatever was removed from it is empty. Raises RecordInvalid if its key is none of ours."""
    model_name, number = item["pk"]["S"].removeprefix("MODEL#"), item["sk"]["S"].removeprefix(ENTRIES)
    if not number.isdecimal():
        raise RecordInvalid(f"'{item['pk']['S']}/{item['sk']['S']}' is no entry of an audit chain")
    return AuditEntry(
        model_name=model_name,
        number=int(number),
        previous_hash=_text(item, "previous"),
        text=_text(item, "text"),
        hash=_text(item, "own_hash"),
    )


def _text(item: Mapping[str, Any], name: str) -> str:
    return str(item.get(name, {}).get("S", ""))


def claim_item(fact: Fact) -> Item:
    return model_key(fact.model_name, f"FACT#{fact.fact_id}")
