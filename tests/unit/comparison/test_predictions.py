"""Answers of one version, whatever order and classes they come in."""

import numpy as np

from tests.unit.comparison.answers import of_classes, with_scores


def test_the_digest_of_the_holdout_does_not_depend_on_the_order_of_rows() -> None:
    answers = of_classes(np.arange(50) % 3 > 0)
    assert answers.digests().rows == answers.only(np.arange(50)[::-1]).digests().rows
    assert answers.digests().rows != answers.only(np.arange(49)).digests().rows


def test_answers_in_other_classes_are_the_same_answers() -> None:
    answers = with_scores(np.arange(100) % 2, 2.0, np.random.default_rng(1))
    wider = answers.in_classes(np.array(["maybe", "no", "perhaps", "yes"]))
    assert np.array_equal(wider.label_texts, answers.label_texts)
    assert answers.scores is not None
    assert wider.scores is not None
    assert np.array_equal(wider.scores[:, [1, 3]], answers.scores)
    assert not wider.scores[:, [0, 2]].any()
    assert wider.digests().rows == answers.digests().rows
