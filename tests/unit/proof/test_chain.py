"""A chain holds, or the first thing that is wrong is named with its place."""

import json
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from auto_retrain.domain.audit_chain import AuditEntry, ChainHead, entries_after
from auto_retrain.domain.audit_findings import ChainFindings
from auto_retrain.proof.chain import MAX_SHOWN, check_chain
from tests.oddities import has_canonical_text, odd
from tests.unit.proof.chains import ATTACKS, Attack, Entries, a_chain, a_fact, an_entry, edited, hashes

CHAIN = a_chain(10)
HASHES = hashes(CHAIN, 8)


def check(entries: Entries) -> ChainFindings:
    return check_chain("churn", entries, HASHES, head=CHAIN[-1].head)


def test_a_chain_that_nobody_changed_holds() -> None:
    findings = check(CHAIN)
    assert findings.is_intact
    assert (findings.entries, findings.proven, findings.anchored) == (10, 10, 8)
    assert findings.last_at is not None
    assert findings.first_at is not None
    assert (findings.last_at - findings.first_at).total_seconds() == 9 * 3600


def test_a_chain_holds_whose_writers_have_different_clocks() -> None:
    entries = entries_after(ChainHead(model_name="churn"), [a_fact(hour) for hour in (5, 1, 9, 3)])
    findings = check_chain("churn", entries, {4: entries[3].hash}, head=entries[-1].head)
    assert (findings.is_intact, findings.not_checked, findings.proven) == (True, (), 4)


def test_an_empty_chain_holds_if_nothing_is_known_of_it() -> None:
    assert check_chain("churn", [], {}, head=ChainHead(model_name="churn")).is_intact


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_every_attack_is_noticed_at_its_place(attack: Attack) -> None:
    findings = check(attack.change(CHAIN))
    first = findings.damages[0]
    assert (first.kind, first.number, findings.proven) == (attack.kind, attack.number, attack.proven)
    assert first.expected != first.seen


def test_the_last_anchor_before_a_rewriting_says_what_is_still_proven() -> None:
    rewritten = [*CHAIN[:6], *a_chain(10, reason="x")[6:]]
    rewritten[6] = an_entry(7, CHAIN[5].hash, rewritten[6].text)
    for number in (8, 9, 10):
        rewritten[number - 1] = an_entry(number, rewritten[number - 2].hash, rewritten[number - 1].text)
    findings = check_chain("churn", rewritten, hashes(CHAIN, 4, 8))
    assert [(each.kind, each.number) for each in findings.damages] == [("rewritten", 8)]
    assert findings.proven == 4


def test_a_chain_without_an_anchor_can_be_written_anew_unnoticed() -> None:
    """Which is why there are anchors."""
    anew = a_chain(10, reason="x")
    assert check_chain("churn", anew, {}, head=anew[-1].head).is_intact


def test_the_stored_head_has_to_be_the_last_entry() -> None:
    findings = check_chain("churn", CHAIN, HASHES, head=CHAIN[-1].head.changed(hash="0" * 64))
    assert [(each.kind, each.number) for each in findings.damages] == [("head", 10)]


def test_entries_after_the_stored_head_are_damage() -> None:
    findings = check_chain("churn", CHAIN, HASHES, head=CHAIN[8].head, newest_head=lambda: CHAIN[8].head)
    assert [(each.kind, each.number) for each in findings.damages] == [("head", 9)]


def test_entries_that_are_written_meanwhile_are_no_damage() -> None:
    findings = check_chain("churn", CHAIN, HASHES, head=CHAIN[8].head, newest_head=lambda: CHAIN[9].head)
    assert findings.is_intact


def test_several_damages_are_all_named() -> None:
    entries = [each.changed(text=edited(each)) if each.number in (3, 7) else each for each in CHAIN]
    findings = check(entries)
    assert [(each.kind, each.number) for each in findings.damages] == [("altered", 3), ("altered", 7)]
    assert findings.proven == 2
    assert findings.anchored == 8


def test_very_many_damages_are_counted() -> None:
    entries = [each.changed(text=edited(each)) for each in a_chain(100)]
    findings = check_chain("churn", entries, {})
    assert len(findings.damages) == MAX_SHOWN
    assert findings.damage_count == 100


def test_a_part_of_a_chain_is_verified_from_its_anchored_entry_on() -> None:
    findings = check_chain("churn", CHAIN[7:], HASHES, head=CHAIN[-1].head, begins_at=8)
    assert findings.is_intact
    assert (findings.entries, findings.anchored) == (3, 8)


def test_a_part_that_does_not_begin_where_it_should_is_damaged() -> None:
    findings = check_chain("churn", CHAIN[8:], HASHES, head=CHAIN[-1].head, begins_at=8)
    assert [(each.kind, each.number) for each in findings.damages] == [("missing", 8)]


def test_a_fact_of_an_unknown_kind_is_neither_good_nor_damaged() -> None:
    entry = an_entry(1, "0" * 64, CHAIN[0].text.replace('"trigger_judged"', '"moon_landed"'))
    findings = check_chain("churn", [entry], {})
    assert findings.is_intact
    assert findings.not_checked == ("entry 1 is a fact of an unknown kind: 'moon_landed'",)


def test_a_text_with_half_a_character_is_damaged() -> None:
    entry = CHAIN[0].changed(text=CHAIN[0].text.replace("every", "\ud800"))
    findings = check_chain("churn", [entry], {})
    assert [each.kind for each in findings.damages] == ["altered"]


@given(st.data())
def test_any_change_of_any_character_of_any_entry_is_noticed(data: st.DataObject) -> None:
    entry = data.draw(st.sampled_from(CHAIN))
    field = data.draw(st.sampled_from(["model_name", "previous_hash", "text", "hash"]))
    value: str = getattr(entry, field)
    place = data.draw(st.integers(0, len(value) - 1))
    other = data.draw(st.characters().filter(lambda each: each != value[place]))
    changed = entry.changed(**{field: value[:place] + other + value[place + 1 :]})
    _assert_noticed(entry, changed)


@given(st.data())
def test_any_other_number_of_any_entry_is_noticed(data: st.DataObject) -> None:
    entry = data.draw(st.sampled_from(CHAIN))
    number = data.draw(st.integers().filter(lambda each: each != entry.number))
    _assert_noticed(entry, entry.changed(number=number))


@given(st.lists(st.sampled_from(CHAIN)).filter(lambda each: each != CHAIN))
def test_any_other_selection_or_order_of_entries_is_noticed(entries: Entries) -> None:
    assert not check(entries).is_intact


def _assert_noticed(entry: AuditEntry, changed: AuditEntry) -> None:
    findings = check([changed if each is entry else each for each in CHAIN])
    assert not findings.is_intact
    assert findings.proven < entry.number


@given(odd(json.loads(CHAIN[4].text)).filter(has_canonical_text))
def test_a_fact_of_odd_values_with_fitting_hashes_is_read_to_the_end(fact: dict[str, Any]) -> None:
    """Whoever can write to the table can write any JSON."""
    anew = [*CHAIN[:4], an_entry(5, CHAIN[3].hash, rfc8785.dumps(fact).decode()), *CHAIN[5:]]
    findings = check(anew)
    assert findings.is_intact == (anew == CHAIN)
    assert findings.entries == 10


@pytest.mark.parametrize("at", ["2026-03-01T06:00:00", "0001-01-01T00:00:00+23:00", "", "x", None, [], 7])
def test_a_time_that_is_none_is_no_time(at: Any) -> None:
    fact = json.loads(CHAIN[0].text) | {"at": at}
    (entry,) = [an_entry(1, CHAIN[0].previous_hash, rfc8785.dumps(fact).decode())]
    findings = check_chain("churn", [entry], {}, head=entry.head)
    assert (findings.is_intact, findings.first_at, findings.last_at) == (True, None, None)


def test_a_head_of_a_huge_number_does_not_keep_a_verification_busy() -> None:
    findings = check_chain(
        "churn",
        [*CHAIN[:4], CHAIN[4].changed(hash="0" * 64), *CHAIN[5:]],
        HASHES,
        head=ChainHead(model_name="churn", number=10**30, hash="0" * 64),
    )
    assert [(each.kind, each.number) for each in findings.damages] == [("altered", 5), ("truncated", 11)]
