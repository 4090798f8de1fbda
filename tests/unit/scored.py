"""Models with scores, their holdout profiles, and windows of a log in which rows are harder or mean something else."""

from collections.abc import Callable
from datetime import date

import numpy as np

from auto_retrain.adapters.live.log_scores import group_counts
from auto_retrain.comparison.holdout_profile import profile_of
from auto_retrain.comparison.predictions import Predictions
from auto_retrain.comparison.version_metrics import VersionMetrics
from auto_retrain.domain.holdout_profile import HoldoutProfile, ScoreCounts
from auto_retrain.domain.metric_reading import MetricReading
from auto_retrain.domain.windows import Window
from auto_retrain.statistics.ranking import roc_auc

Array = np.ndarray
HOLDOUT = Window(start=date(2026, 1, 1), end=date(2026, 1, 31))


def usual(random: np.random.Generator, rows: int) -> Array:
    """Chances to be positive, for which an accuracy of about 0.93 is possible."""
    return random.beta(0.12, 0.12, rows)


def harder(random: np.random.Generator, rows: int) -> Array:
    """Chances nearer to a half: about 0.83."""
    return random.beta(0.4, 0.4, rows)


def scored_answers(rows: int = 3000, seed: int = 1) -> Predictions:
    """A calibrated model of two classes on its holdout."""
    random = np.random.default_rng(seed)
    yes = usual(random, rows)
    labels, ids = (random.random(rows) < yes).astype(int), np.arange(rows).astype(str)
    scores = np.column_stack([1 - yes, yes])
    return Predictions(ids, labels, (yes >= 0.5).astype(int), np.array(["no", "yes"]), scores)


def profile(answers: Predictions | None = None, positive: int | None = 1) -> HoldoutProfile:
    answers = answers or scored_answers()
    return profile_of("churn", "1", VersionMetrics(answers, positive, answers.sample(0)), HOLDOUT)


def logged(of: HoldoutProfile, seed: int = 2, rows: int = 3000, draw: Callable[..., Array] = usual) -> ScoreCounts:
    scores = draw(np.random.default_rng(seed), rows)
    return group_counts(scores, scores >= 0.5, of)


def scored(counts: ScoreCounts, of: HoldoutProfile) -> MetricReading:
    """What a source reads of the newest window."""
    return MetricReading(value=None, points=7, scores=counts, profile=of)


def checked(of: HoldoutProfile, seed: int, drift: float = 0.0, rows: int = 3000) -> MetricReading:
    """An earlier window with its labels; with concept drift, scores come true less often by this share."""
    random = np.random.default_rng(seed)
    yes = usual(random, rows)
    labels = random.random(rows) < yes + drift * (0.5 - yes)
    right = float(np.mean(labels == (yes >= 0.5)))
    reading = scored(group_counts(yes, yes >= 0.5, of), of)
    return reading.changed(value=right, rows=rows, label_share=1.0, profile=None)


def measured(labels: Array, answers: Array, scores: Array) -> dict[str, float]:
    """What labels say of answers, both booleans."""
    hits, actual, answered = np.sum(labels & answers), labels.sum(), answers.sum()
    return {
        "accuracy": np.mean(labels == answers),
        "precision": hits / max(answered, 1),
        "recall": hits / actual,
        "f1_score": 2 * hits / (answered + actual),
        "roc_auc": roc_auc(labels, scores).value,
    }
