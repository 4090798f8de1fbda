"""An estimate of all metrics without labels, from a million logged scores, and the profile that it takes."""

import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np

from auto_retrain.adapters.live.log_scores import group_counts
from auto_retrain.comparison.holdout_profile import profile_of
from auto_retrain.comparison.predictions import Predictions
from auto_retrain.comparison.version_metrics import VersionMetrics
from auto_retrain.domain.holdout_profile import HoldoutProfile
from auto_retrain.triggers.score_estimates import Estimates, estimate_metrics
from local.bench.figure import Figure

Result = TypeVar("Result")

ROWS, HOLDOUT_ROWS = 1_000_000, 1_000_000
REPEATS = 3


def measure() -> list[Figure]:
    """CPU seconds of counting scores in groups and estimating five metrics, and of profiling a holdout."""
    random = np.random.default_rng(20)
    answers = _answers(HOLDOUT_ROWS, random)
    profiling, profile = _timed(lambda: _profile(answers))
    scores = random.beta(0.6, 0.9, ROWS)
    estimating, estimates = _timed(lambda: _estimates(scores, profile))
    assert len(estimates.of_metric) == 5
    return [
        Figure(f"estimate of {ROWS:,} rows", estimating, "CPU s", 1),
        Figure(f"profile of the scores of {HOLDOUT_ROWS:,} holdout rows", profiling, "CPU s", 3),
    ]


def _answers(rows: int, random: np.random.Generator) -> Predictions:
    """Overconfident scores, so that they are calibrated."""
    yes = random.beta(0.6, 0.9, rows)
    labels, claimed = (random.random(rows) < yes).astype(np.int64), yes**2 / (yes**2 + (1 - yes) ** 2)
    scores = np.column_stack([1 - claimed, claimed])
    ids = np.arange(rows).astype(str)
    return Predictions(ids, labels, (claimed >= 0.5).astype(np.int64), np.array(["no", "yes"]), scores)


def _profile(answers: Predictions) -> HoldoutProfile:
    return profile_of("churn", "1", VersionMetrics(answers, 1, answers.sample(0)), None)


def _estimates(scores: np.ndarray, profile: HoldoutProfile) -> Estimates:
    counts = group_counts(scores, scores >= 0.5, profile)
    return estimate_metrics(profile, counts)


def _timed(call: Callable[[], Result]) -> tuple[float, Result]:
    """The quickest of several runs, in CPU seconds, and its result."""
    taken = []
    for _ in range(REPEATS):
        started = time.process_time()
        result = call()
        taken.append(time.process_time() - started)
    return min(taken), result
