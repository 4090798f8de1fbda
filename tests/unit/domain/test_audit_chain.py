"""The hashes of audit chains."""

import hashlib
import json
from datetime import UTC, datetime

from auto_retrain.domain.audit_chain import NO_HASH, ChainHead, entries_after
from auto_retrain.domain.facts.quarantine import QuarantineLifted
from auto_retrain.domain.facts.triggering import RetrainingRecorded

AT = datetime(2026, 3, 1, 6, tzinfo=UTC)
FACTS = [
    RetrainingRecorded(model_name="churn", at=AT, retrained_at=AT),
    QuarantineLifted(model_name="churn", actor="Zoë", at=AT, since=AT, reason="repaired"),
]


def test_each_entry_continues_the_one_before() -> None:
    first, second = entries_after(ChainHead(model_name="churn"), FACTS)
    assert (first.number, first.previous_hash) == (1, NO_HASH)
    assert (second.number, second.previous_hash) == (2, first.hash)


def test_a_hash_can_be_computed_without_our_code() -> None:
    _, entry = entries_after(ChainHead(model_name="churn"), FACTS)
    lines = ["auto-retrain/audit-entry/v1", "churn", "2", entry.previous_hash, entry.text]
    assert entry.hash == hashlib.sha256("\n".join(lines).encode()).hexdigest()


def test_the_text_of_an_entry_is_its_fact_in_canonical_order() -> None:
    _, entry = entries_after(ChainHead(model_name="churn"), FACTS)
    document = json.loads(entry.text)
    assert list(document) == sorted(document)
    assert document == {"fact_id": FACTS[1].fact_id, **FACTS[1].model_dump(mode="json")}


def test_the_same_facts_of_another_model_have_other_hashes() -> None:
    ours = entries_after(ChainHead(model_name="churn"), FACTS)
    others = entries_after(ChainHead(model_name="fraud"), FACTS)
    assert not {entry.hash for entry in ours} & {entry.hash for entry in others}
