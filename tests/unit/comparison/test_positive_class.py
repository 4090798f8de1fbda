"""Precision, recall and F1 are about the same class, whatever classes a model knows and whatever labels a part has."""

from dataclasses import replace

import numpy as np
import pytest

from auto_retrain.comparison.pair_up import pair_up
from auto_retrain.comparison.predictions import Predictions
from auto_retrain.comparison.versions import FirstModel, Pair
from tests.unit.builders import a_policy
from tests.unit.comparison.answers import of_classes

ROWS = 1000
CHALLENGER = of_classes(np.arange(ROWS) % 20 > 0)
CHAMPION = of_classes(np.arange(ROWS) % 7 > 1)
WIDER = np.array(["maybe", "no", "yes", "zero"])


def paired(champion: Predictions) -> Pair:
    pair = pair_up(CHALLENGER, champion, a_policy(), 1)
    assert isinstance(pair, Pair)
    return pair


def f1_of(pair: Pair) -> tuple[float, float]:
    gain = pair.gain("f1_score")
    assert gain is not None
    return gain.challenger_value, gain.champion_value


@pytest.mark.parametrize(
    "chosen",
    [np.ones(ROWS, dtype=bool), np.arange(ROWS) < 300, CHALLENGER.labels == 1],
    ids=["all rows", "some rows", "rows of one label"],
)
def test_a_class_that_only_the_champion_knows_changes_no_metric(chosen: np.ndarray) -> None:
    narrow, wide = (paired(champion).only(chosen) for champion in (CHAMPION, CHAMPION.in_classes(WIDER)))
    assert f1_of(narrow) == f1_of(wide)


def test_a_class_that_only_a_model_answers_changes_no_metric_of_a_first_model_either() -> None:
    narrow, wide = (pair_up(answers, None, a_policy(), 1) for answers in (CHALLENGER, CHALLENGER.in_classes(WIDER)))
    assert isinstance(narrow, FirstModel)
    assert narrow.challenger.value("f1_score") == wide.challenger.value("f1_score")


def test_with_three_labels_metrics_are_means_over_the_classes_in_every_part() -> None:
    three = replace(
        CHALLENGER, labels=np.arange(ROWS) % 3, predictions=np.arange(ROWS) % 3, classes=np.array(["a", "b", "c"])
    )
    pair = pair_up(three, three, a_policy(), 1)
    assert isinstance(pair, Pair)
    assert pair.challenger.positive is None
    assert pair.only(three.labels < 2).challenger.positive is None
