"""Versions that an image of another release scored are compared by value."""

from dataclasses import replace

import numpy as np
import pytest

from auto_retrain.comparison.canonical_answers import in_canonical_texts
from auto_retrain.comparison.pair_up import pair_up
from auto_retrain.comparison.predictions import Predictions
from auto_retrain.domain.errors import ArtifactInvalid
from tests.unit.builders import a_policy
from tests.unit.comparison.answers import policy_with

OLD = Predictions(
    row_ids=np.array(["7.0", "8.0", "600000.0"]),
    labels=np.array([0, 1, 2]),
    predictions=np.array([0, 2, 1]),
    classes=np.array(["False", "True", "true"]),
    scores=np.array([[0.5, 0.25, 0.25], [0, 0.5, 0.5], [1, 0, 0]]),
    entities=np.array(["row 7.0", "1.0", "1"]),
    slices={"region": np.array(["2.0", "north", "2"])},
)


def test_ids_classes_and_groups_get_their_canonical_texts() -> None:
    answers = in_canonical_texts(OLD)
    assert answers.row_ids.tolist() == ["7", "8", "600000"]
    assert answers.label_texts.tolist() == ["false", "true", "true"]
    assert answers.predictions.tolist() == [0, 1, 1]
    assert answers.scores is not None
    assert answers.scores.tolist() == [[0.5, 0.5], [0, 1], [1, 0]]
    assert answers.slices["region"].tolist() == ["2", "north", "2"]


def test_numbers_stay_as_they_are() -> None:
    numbers = Predictions(np.array(["1.0"]), np.array([0.1]), np.array([0.2]))
    answers = in_canonical_texts(numbers)
    assert (answers.row_ids.tolist(), answers.labels.tolist(), answers.classes) == (["1"], [0.1], None)


def test_a_champion_in_another_spelling_is_compared() -> None:
    champion = replace(OLD, entities=None, slices={})
    challenger = in_canonical_texts(champion)
    versions = pair_up(challenger, champion, a_policy(), seed=1)
    assert versions.champion.predictions.classes is not None
    with pytest.raises(ArtifactInvalid, match="row_ids differ"):
        pair_up(replace(challenger, row_ids=np.array(["7", "8", "9"])), champion, a_policy(), seed=1)


@pytest.mark.parametrize("positive_label", ["True", "true", "TRUE"])
def test_the_positive_label_may_have_another_spelling(positive_label: str) -> None:
    answers = in_canonical_texts(replace(OLD, entities=None, slices={}))
    versions = pair_up(answers, None, policy_with(positive_label=positive_label), seed=1)
    assert versions.challenger.positive == 1


def test_a_positive_label_is_first_looked_for_as_it_is_written() -> None:
    old = replace(OLD, entities=None, slices={})
    versions = pair_up(old, None, policy_with(positive_label="True"), seed=1)
    assert versions.challenger.positive == 1
    with pytest.raises(ArtifactInvalid, match="positive label 'yes' is not among the classes"):
        pair_up(old, None, policy_with(positive_label="yes"), seed=1)
