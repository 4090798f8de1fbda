"""Anchors: the tree over their heads, when there is a next one, and what is wrong with some."""

import hashlib
import json
from datetime import timedelta
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from auto_retrain.domain.anchors import StoredAnchor, merkle_root, next_anchor, read_anchor
from auto_retrain.domain.audit_chain import ChainHead
from auto_retrain.proof.anchors import AnchorCheck
from tests.unit.proof.chains import AT, a_chain, anchored, stored

CHURN, FRAUD = a_chain(10), a_chain(5, "fraud")
MOMENTS = ([CHURN[3].head], [CHURN[7].head, FRAUD[1].head], [CHURN[8].head, FRAUD[4].head])
ANCHORS = anchored(*MOMENTS)


def check(anchors: list[StoredAnchor]) -> AnchorCheck:
    return AnchorCheck().read(anchors)


def damages(anchors: list[StoredAnchor]) -> set[int]:
    return {damage.number for damage in check(anchors).findings().damages}


def changed(anchor: StoredAnchor, **changes: Any) -> StoredAnchor:
    """With other fields, as canonical JSON."""
    document = rfc8785.dumps(json.loads(anchor.document) | changes)
    return anchor.changed(document=document)


def test_the_root_is_that_of_rfc_6962() -> None:
    """As its text defines it: leaves and nodes are kept apart by their first byte."""
    heads = [ChainHead(model_name=f"model-{number}", number=number, hash="a" * 64) for number in range(3)]
    leaves = [hashlib.sha256(b"\0" + rfc8785.dumps(head.model_dump())).digest() for head in heads]
    left = hashlib.sha256(b"\1" + leaves[0] + leaves[1]).digest()
    assert merkle_root(heads) == hashlib.sha256(b"\1" + left + leaves[2]).hexdigest()
    assert merkle_root(heads[:1]) == leaves[0].hex()
    assert merkle_root([]) == hashlib.sha256().hexdigest()


@given(st.integers(2, 40), st.data())
def test_another_head_gives_another_root(count: int, data: st.DataObject) -> None:
    heads = [ChainHead(model_name=f"model-{number}", number=1, hash="a" * 64) for number in range(count)]
    place = data.draw(st.integers(0, count - 1))
    other = [head.changed(number=2) if number == place else head for number, head in enumerate(heads)]
    assert merkle_root(other) != merkle_root(heads)


def test_each_anchor_names_the_one_before() -> None:
    first, second, _ = (read_anchor(each.document) for each in ANCHORS)
    assert (first.sequence, first.previous_key) == (1, None)
    assert (second.previous_hash, second.previous_key) == (
        hashlib.sha256(ANCHORS[0].document).hexdigest(),
        ANCHORS[0].key,
    )
    assert [head.model_name for head in second.heads] == ["churn", "fraud"]


def test_without_a_change_there_is_one_anchor_a_day() -> None:
    at = read_anchor(ANCHORS[-1].document).at
    heads = MOMENTS[-1]
    assert next_anchor(heads, at + timedelta(hours=23), ANCHORS[-1]) is None
    daily = next_anchor(heads, at + timedelta(days=1), ANCHORS[-1])
    assert daily
    assert daily.sequence == 4
    grown = next_anchor([CHURN[9].head, FRAUD[4].head], at + timedelta(minutes=1), ANCHORS[-1])
    assert grown
    assert grown.sequence == 4


@pytest.mark.parametrize("behind", [timedelta(milliseconds=1), timedelta(minutes=5), timedelta(days=400)], ids=str)
def test_an_anchor_of_a_clock_that_is_behind_is_no_damage(behind: timedelta) -> None:
    """Two functions have two clocks: one after a promotion may be ahead of that of the hour."""
    grown = [CHURN[9].head, FRAUD[4].head]
    at = read_anchor(ANCHORS[-1].document).at
    after = next_anchor(grown, at - behind, ANCHORS[-1])
    assert after
    assert after.at == at
    assert damages([*ANCHORS, stored(after)]) == set()


def test_anchors_that_nobody_changed_hold() -> None:
    read = check(ANCHORS)
    findings = read.findings()
    assert (findings.damages, findings.not_checked) == ((), ())
    assert (findings.count, findings.newest, findings.newest_at) == (3, 3, AT + timedelta(hours=2))
    assert read.hashes["churn"] == {number: CHURN[number - 1].hash for number in (4, 8, 9)}


@pytest.mark.parametrize(
    ("change", "number"),
    [
        pytest.param({"root": "0" * 64}, 2, id="another root"),
        pytest.param({"count": 7}, 2, id="another count"),
        pytest.param({"sequence": 9}, 2, id="another sequence"),
        pytest.param({"previous_hash": "0" * 64}, 1, id="another anchor before it"),
        pytest.param({"at": "2026-01-01T00:00:00Z"}, 2, id="an earlier time"),
        pytest.param({"heads": []}, 2, id="other heads"),
    ],
)
def test_an_anchor_that_was_written_otherwise_is_damaged(change: dict[str, Any], number: int) -> None:
    assert number in damages([ANCHORS[0], changed(ANCHORS[1], **change), ANCHORS[2]])


def test_the_anchor_after_a_changed_one_says_so() -> None:
    """Even if the changed one is sound in itself."""
    (other,) = anchored([CHURN[2].head])
    assert damages([other, *ANCHORS[1:]]) == {1}


def test_the_newest_anchor_alone_can_be_read() -> None:
    read = AnchorCheck(begins_at=None).read(ANCHORS[2:])
    assert (read.findings().damages, read.findings().newest) == ((), 3)


@pytest.mark.parametrize(("present", "number"), [([0, 2], 2), ([1, 2], 1)])
def test_a_missing_anchor_is_named(present: list[int], number: int) -> None:
    assert damages([ANCHORS[place] for place in present]) == {number}


@pytest.mark.parametrize(
    "heads",
    [[CHURN[3].head, FRAUD[1].head], [a_chain(10, reason="x")[7].head, FRAUD[1].head], [CHURN[8].head]],
    ids=["an earlier one", "another hash", "none"],
)
def test_a_head_that_goes_back_is_damage(heads: list[ChainHead]) -> None:
    first, second = anchored([CHURN[7].head, FRAUD[1].head], [CHURN[8].head, FRAUD[1].head])
    written = [head.model_dump() for head in heads]
    assert damages([first, changed(second, heads=written, count=len(heads), root=merkle_root(heads))]) == {2}


def test_no_anchor_goes_back_behind_the_one_before() -> None:
    """The index of heads may be behind for a moment, and a table that was set back takes nothing back."""
    first, *_ = anchored([CHURN[7].head, FRAUD[1].head])
    behind, rewritten = CHURN[3].head, a_chain(10, reason="x")[7].head
    at = AT + timedelta(hours=1)
    for heads in ([behind, FRAUD[1].head], [CHURN[7].head], [rewritten, FRAUD[1].head], []):
        assert next_anchor(heads, at, first) is None
    grown = next_anchor([behind, FRAUD[4].head], at, first)
    assert grown
    assert grown.heads == (CHURN[7].head, FRAUD[4].head)
    assert damages([first, stored(grown)]) == set()


def test_an_anchor_that_could_be_deleted_or_was_replaced_is_damage() -> None:
    assert damages([ANCHORS[0].changed(locked_until=None)]) == {1}
    assert damages([ANCHORS[0].changed(rewritten=True)]) == {1}


@pytest.mark.parametrize(
    "document", [b"{", b"[]", b'{"format":"auto-retrain/audit-anchor/v9"}', b"\xff", b"[" * 100_000]
)
def test_an_anchor_that_cannot_be_read_proves_nothing(document: bytes) -> None:
    findings = check([*ANCHORS[:2], ANCHORS[2].changed(document=document)]).findings()
    assert len(findings.not_checked) == 1
    assert "anchor 3 cannot be read" in findings.not_checked[0]
