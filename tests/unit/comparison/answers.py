"""Answers of versions that are better or worse by known amounts, and policies to compare them by."""

from typing import Any

import numpy as np

from auto_retrain.comparison.predictions import Predictions
from auto_retrain.domain.policy.policy import Policy
from tests.unit.builders import a_policy

CLASSES = np.array(["no", "yes"])


def regression_policy(**validation: Any) -> Policy:
    data = {"prefix": "churn", "row_id": "id", "label": "price", "task": "regression", "numeric": ["age"]}
    return a_policy(data=data, validation=validation)


def policy_with(**data: Any) -> Policy:
    """The default policy with other fields of its data."""
    return a_policy(data={**a_policy().data.model_dump(), **data})


def of_classes(right: np.ndarray, **more: Any) -> Predictions:
    """Answers to alternating labels that are right in the given rows."""
    labels = np.arange(right.size) % 2
    ids = np.arange(right.size).astype(str)
    return Predictions(ids, labels, np.where(right, labels, 1 - labels), CLASSES, **more)


def with_scores(labels: np.ndarray, signal: float, random: np.random.Generator, **more: Any) -> Predictions:
    """A model whose probability for yes knows more or less of the labels."""
    yes = 1 / (1 + np.exp(-(signal * (2 * labels - 1) + random.normal(size=labels.size))))
    scores = np.column_stack([1 - yes, yes])
    return Predictions(np.arange(labels.size).astype(str), labels, (yes > 0.5).astype(int), CLASSES, scores, **more)


def of_numbers(labels: np.ndarray, noise: float, random: np.random.Generator, **more: Any) -> Predictions:
    predictions = labels + random.normal(0, noise, labels.size)
    return Predictions(np.arange(labels.size).astype(str), labels, predictions, **more)


def drawn(
    n: int, discordant: float, champion: float, gain: float, random: np.random.Generator
) -> tuple[Predictions, Predictions]:
    """Two models that disagree on a share of the rows; `gain` is the challenger's true accuracy less the champion's."""
    only_challenger, only_champion = (discordant + gain) / 2, (discordant - gain) / 2
    both = champion - only_champion
    cells = random.choice(4, n, p=[both, only_challenger, only_champion, 1 - both - discordant])
    return of_classes(np.isin(cells, [0, 1])), of_classes(np.isin(cells, [0, 2]))
