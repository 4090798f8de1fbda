"""Estimates hold what they promise where scores come in steps, as those of trees do, and few are wrong."""

from collections import defaultdict
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier

from auto_retrain.adapters.live.log_scores import group_counts
from auto_retrain.comparison.predictions import Predictions
from auto_retrain.domain.holdout_profile import MAX_ENTITIES, HoldoutProfile, sum_of
from auto_retrain.triggers.score_estimates import estimate_metrics, interval_of
from tests.unit.scored import measured, profile, scored_answers, usual

Array = np.ndarray
Scored = tuple[Array, Array]

TREE, FOREST = DecisionTreeClassifier(max_depth=6, random_state=0), RandomForestClassifier(30, random_state=0)
STEPS = {
    "sure": ([0.0, 1.0], [0.6, 0.4], [0.006, 0.994]),
    "nearly sure": ([0.0, 0.02, 0.97, 1.0], [0.55, 0.1, 0.05, 0.3], [0.004, 0.03, 0.93, 0.992]),
}


def drawn(source: str, random: np.random.Generator, rows: int) -> Scored:
    """Scores and what came true of rows drawn from many."""
    if source in STEPS:
        scores, shares, chances = STEPS[source]
        step = random.choice(len(scores), rows, p=shares)
        return np.array(scores)[step], random.random(rows) < np.array(chances)[step]
    scores_of_all, labels_of_all = unseen(source)
    chosen = random.integers(0, scores_of_all.size, rows)
    return scores_of_all[chosen], labels_of_all[chosen]


@cache
def unseen(source: str) -> Scored:
    """What a model says of the rows that it was not fitted to: exactly 0 or 1 of most, if it is a tree."""
    data, model = source.split(", ")
    rows, classes = (load_digits if data == "digits" else load_breast_cancer)(return_X_y=True)
    labels = classes == (0 if data == "digits" else 1)
    order = np.random.default_rng(0).permutation(labels.size)
    seen, others = np.split(order, [800 if data == "digits" else 200])
    fitted = (TREE if model == "tree" else FOREST).fit(rows[seen], labels[seen])
    return fitted.predict_proba(rows[others])[:, 1], labels[others]


def profiled(scores: Array, labels: Array) -> HoldoutProfile:
    ids, probabilities = np.arange(scores.size).astype(str), np.column_stack([1 - scores, scores])
    return profile(
        Predictions(ids, labels.astype(int), (scores >= 0.5).astype(int), np.array(["no", "yes"]), probabilities)
    )


def simulate(source: str, holdout: int, window: int, runs: int) -> dict[str, tuple[float, float]]:
    """How often each interval holds what the labels say, and the mean of estimate - truth."""
    covered, excess = defaultdict(list), defaultdict(list)
    for run in range(runs):
        random = np.random.default_rng([20, run])
        made = profiled(*drawn(source, random, holdout))
        scores, labels = drawn(source, random, window)
        truth = measured(labels, scores >= 0.5, scores)
        for name, estimate in estimate_metrics(made, group_counts(scores, scores >= 0.5, made)).of_metric.items():
            low, high = interval_of(name, estimate)
            covered[name].append(low <= truth[name] <= high)
            excess[name].append(estimate.value - truth[name])
    return {name: (float(np.mean(covered[name])), float(np.mean(excess[name]))) for name in covered}


@pytest.mark.parametrize("source", ["digits, tree", "digits, forest", "breast cancer, forest", *STEPS])
def test_where_few_are_wrong_the_interval_holds_what_labels_say(source: str) -> None:
    """In holdouts of 300 rows, of which two are wrong, or none."""
    for name, (share, excess) in simulate(source, holdout=300, window=600, runs=100).items():
        # Nominal 0.95; three standard errors of 100 runs are 0.065.
        assert share > 0.885, name
        assert abs(excess) < (0.002 if name == "accuracy" else 0.012), name


@pytest.mark.parametrize(("knows_entities", "low", "high"), [(True, 0.88, 1.0), (False, 0.55, 0.85)])
def test_customers_who_come_back_each_day_tell_as_much_as_those_of_one_day(
    knows_entities: bool, low: float, high: float
) -> None:
    """Each of 400 has the same score and the same label on seven days. Three standard errors are 0.07 and 0.14."""
    covered = []
    for run in range(100):
        random = np.random.default_rng([22, run])
        made = profile(scored_answers(rows=3000, seed=run))
        yes, ids = usual(random, 400), random.integers(0, 2**62, 400)
        day = group_counts(yes, yes >= 0.5, made).changed(without_entity=0 if knows_entities else 400)
        some = tuple((int(one), 1) for one in np.sort(ids)[:MAX_ENTITIES]) if knows_entities else ()
        counts = sum_of([day.changed(entities=some)] * 7)
        least, greatest = estimate_metrics(made, counts).of_metric["accuracy"].share_interval()
        covered.append(least <= np.mean((random.random(400) < yes) == (yes >= 0.5)) <= greatest)
    assert low < np.mean(covered) <= high


ERRORS: dict[str, Callable[[np.random.Generator, int], Array]] = {
    "normal": lambda random, rows: random.normal(size=rows),
    "heavy tails": lambda random, rows: random.standard_t(3, rows),
    "skewed": lambda random, rows: random.lognormal(0, 1, rows) - np.exp(0.5),
}


def predicted(errors: str, random: np.random.Generator, rows: int) -> tuple[Array, Array]:
    """Predictions, and errors that grow with them."""
    numbers = random.uniform(0, 10, rows)
    return numbers, ERRORS[errors](random, rows) * (0.3 + 0.1 * numbers)


def cover_of_errors(errors: str, holdout: int, window: int, runs: int) -> dict[str, float]:
    """How often each interval of a regression holds what the labels say."""
    covered = defaultdict(list)
    for run in range(runs):
        random = np.random.default_rng([21, run])
        numbers, wrong = predicted(errors, random, holdout)
        made = profile(Predictions(np.arange(holdout).astype(str), numbers + wrong, numbers), positive=None)
        numbers, wrong = predicted(errors, random, window)
        truth = {"mae": np.abs(wrong).mean(), "rmse": np.sqrt(np.square(wrong).mean())}
        counts = group_counts(numbers, np.zeros(window, int), made)
        for name, estimate in estimate_metrics(made, counts).of_metric.items():
            low, high = interval_of(name, estimate)
            covered[name].append(low <= truth[name] <= high)
    return {name: float(np.mean(each)) for name, each in covered.items()}


@pytest.mark.parametrize(("errors", "at_least"), [("normal", 0.9), ("heavy tails", 0.8), ("skewed", 0.8)])
def test_where_few_rows_make_much_of_the_error_the_interval_allows_for_more_of_them(
    errors: str, at_least: float
) -> None:
    """Of a holdout of 300 rows. Without what is unseen, a skewed RMSE was outside in one window of five."""
    covered = cover_of_errors(errors, holdout=300, window=1000, runs=100)
    assert covered["mae"] > 0.9
    assert covered["rmse"] > at_least
