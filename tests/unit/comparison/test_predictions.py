"""Answers of one version, whatever order and classes they come in."""

from hashlib import sha256

import numpy as np
import pytest

from auto_retrain.comparison import holdout
from auto_retrain.comparison.holdout import digest_rows
from tests.unit.comparison.answers import of_classes, with_scores


def test_the_digest_of_the_holdout_does_not_depend_on_the_order_of_rows() -> None:
    answers = of_classes(np.arange(50) % 3 > 0)
    assert answers.digests().rows == answers.only(np.arange(50)[::-1]).digests().rows
    assert answers.digests().rows != answers.only(np.arange(49)).digests().rows


@pytest.mark.parametrize("rows", [0, 1, 6, 7])
def test_a_digest_does_not_depend_on_the_blocks_in_which_texts_are_read(
    rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = np.array([f"ä\n{number}" for number in range(rows)], dtype=np.str_)
    whole = digest_rows(ids, np.arange(rows) / 3, ids, {"plan": ids[::-1]})
    monkeypatch.setattr(holdout, "_BLOCK", 3)
    assert digest_rows(ids, np.arange(rows) / 3, ids, {"plan": ids[::-1]}) == whole
    columns = ("\n".join(column).encode() + b"\0" for column in (ids, (np.arange(rows) / 3).astype(str)))
    assert whole.rows == sha256(b"".join(columns)).hexdigest()


def test_answers_in_other_classes_are_the_same_answers() -> None:
    answers = with_scores(np.arange(100) % 2, 2.0, np.random.default_rng(1))
    wider = answers.in_classes(np.array(["maybe", "no", "perhaps", "yes"]))
    assert np.array_equal(wider.label_texts, answers.label_texts)
    assert answers.scores is not None
    assert wider.scores is not None
    assert np.array_equal(wider.scores[:, [1, 3]], answers.scores)
    assert not wider.scores[:, [0, 2]].any()
    assert wider.digests().rows == answers.digests().rows


def test_rows_that_were_melted_into_one_are_not_the_same_rows() -> None:
    apart = digest_rows(np.array(["a", "b", "c"]), np.array(["0", "1", "1"]), None, {})
    melted = digest_rows(np.array(["a\nb", "c"]), np.array(["0\n1", "1"]), None, {})
    assert apart.rows == melted.rows  # the form of stored verdicts cannot tell
    assert apart.cells != melted.cells


@pytest.mark.parametrize("moved", ["entities", "plan", "region"])
def test_a_text_that_moves_to_another_cell_changes_the_digest(moved: str) -> None:
    ids, labels = np.array(["a", "b"]), np.array(["0", "1"])
    groups = {"entities": np.array(["x", "y"]), "plan": np.array(["p", "q"]), "region": np.array(["r", "s"])}
    before = digest_rows(ids, labels, groups["entities"], {name: groups[name] for name in ("plan", "region")})
    groups[moved] = np.array(["".join(groups[moved]), ""])
    after = digest_rows(ids, labels, groups["entities"], {name: groups[name] for name in ("plan", "region")})
    assert before.cells != after.cells
