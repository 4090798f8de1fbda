"""A gain in one metric, however it is measured."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from auto_retrain.comparison.gain import Gain
from auto_retrain.comparison.gain_methods import CountedGain, DrawnGain, MeanGain, RocAucGain
from auto_retrain.comparison.pair_up import pair_up
from auto_retrain.comparison.predictions import Predictions
from auto_retrain.comparison.versions import Pair
from tests.unit.builders import a_policy
from tests.unit.comparison.answers import with_scores

METRICS = ["accuracy", "roc_auc", "pr_auc", "log_loss", "f1_score"]


def independent(signal: float, seed: int) -> Predictions:
    """Answers in rows that belong to no entity."""
    return with_scores(np.arange(800) % 2, signal, np.random.default_rng(seed))


def of_entities(signal: float, seed: int) -> Predictions:
    """The same answers in rows of which every four belong to one entity."""
    return replace(independent(signal, seed), entities=(np.arange(800) % 200).astype(str))


def gain_of(metric: str, challenger: Predictions, champion: Predictions) -> Gain:
    pair = pair_up(challenger, champion, a_policy(), 0)
    assert isinstance(pair, Pair)
    gain = pair.gain(metric)
    assert gain is not None
    return gain


def test_accuracy_on_independent_rows_is_counted_and_other_means_are_flipped() -> None:
    rows = independent(2.0, 1), independent(1.5, 2)
    clusters = of_entities(2.0, 1), of_entities(1.5, 2)
    assert type(gain_of("accuracy", *rows)) is CountedGain
    assert type(gain_of("accuracy", *clusters)) is MeanGain
    assert type(gain_of("log_loss", *rows)) is MeanGain
    assert type(gain_of("f1_score", *rows)) is DrawnGain
    assert type(gain_of("roc_auc", *clusters)) is RocAucGain


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("make", [independent, of_entities])
def test_a_gain_is_the_other_versions_loss(metric: str, make: Callable[[float, int], Predictions]) -> None:
    one, other = make(1.8, 1), make(1.6, 2)
    gain, loss = gain_of(metric, one, other), gain_of(metric, other, one)
    assert gain.value == -loss.value
    assert (gain.p_value, gain.p_worse) == (loss.p_worse, loss.p_value)
    low, high = gain.interval(0.9)
    assert loss.interval(0.9) == pytest.approx((-high, -low), rel=1e-6)
    assert low <= gain.value <= high


@pytest.mark.parametrize("metric", METRICS)
def test_a_bound_is_the_lower_end_of_a_two_sided_interval_or_the_gain_itself(metric: str) -> None:
    gain = gain_of(metric, independent(1.8, 1), independent(1.6, 2))
    assert gain.bound(0.95) == pytest.approx(gain.interval(0.9)[0])
    assert gain.bound(0) == gain.value


@pytest.mark.parametrize("metric", METRICS)
def test_an_improvement_is_a_share_of_the_metric_or_of_its_error(metric: str) -> None:
    gain = gain_of(metric, independent(1.8, 1), independent(1.6, 2))
    best = 0.0 if metric == "log_loss" else 1.0
    assert gain.improvement("absolute") == gain.value
    assert gain.improvement("relative") == pytest.approx(gain.value / gain.champion_value)
    assert gain.improvement("error_reduction") == pytest.approx(gain.value / abs(best - gain.champion_value))
    for basis in ("absolute", "relative", "error_reduction"):
        interval = gain.improvement_interval(basis, 0.95)
        assert interval is not None
        assert interval[0] <= gain.improvement(basis) <= interval[1]


def test_a_metric_that_one_version_does_not_have_gives_no_gain() -> None:
    scored = independent(1.8, 1)
    pair = pair_up(scored, replace(scored, scores=None), a_policy(), 0)
    assert isinstance(pair, Pair)
    assert pair.gain("roc_auc") is None
    assert pair.gain("accuracy") is not None
