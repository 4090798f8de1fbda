"""The hashes of audit chains."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_retrain.domain.audit_chain import NO_HASH, ChainHead, entries_after
from auto_retrain.domain.facts.fact import Fact
from auto_retrain.domain.facts.quarantine import QuarantineLifted
from auto_retrain.domain.facts.triggering import RetrainingRecorded
from auto_retrain.domain.text import encodable
from auto_retrain.proof.canonical import canonical_object
from tests.unit.domain.test_facts import KINDS, a_fact

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


# Halves of characters, which only JSON can name, controls, marks of direction, and letters with two spellings.
ODD_TEXTS = [
    "\ud800",
    "a\udfffb",
    "\x00\x7f\x85\u2028",
    "\u202eabc",
    "\ufeff",
    "\u212b",
    "e\u0301",
    "\U0001f600",
    '"\\/\n',
    "1e400",
]
TEXTS = st.sampled_from(ODD_TEXTS) | st.text(st.characters(), max_size=20)


@pytest.mark.parametrize("kind", KINDS)
@given(texts=st.lists(TEXTS, min_size=1, max_size=3))
def test_a_fact_is_recorded_and_published_whatever_text_is_in_it(kind: type[Fact], texts: list[str]) -> None:
    fields: dict[str, Any] = dict(a_fact(kind))
    places = [name for name, value in fields.items() if value == name]
    odd = dict(zip(places, texts, strict=False))
    fact = kind.model_validate(fields | odd)
    (entry,) = entries_after(ChainHead(model_name="churn"), [fact])
    read = canonical_object(entry.text)
    assert {name: read[name] for name in odd} == {name: encodable(text) for name, text in odd.items()}
    assert fact.as_event().model_dump_json()


def test_letters_with_two_spellings_stay_as_they_were_written() -> None:
    texts = {entries_after(ChainHead(model_name="churn"), [_lifted(name)])[0].text for name in ("\u212b", "\xc5")}
    assert len(texts) == 2


def _lifted(actor: str) -> Fact:
    return FACTS[1].changed(actor=actor)
