"""Builds the profile of a version's answers on its holdout, which estimates without labels are made from."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..domain.holdout_profile import MIN_SCORED_ROWS, GroupLosses, HoldoutProfile
from ..domain.windows import Window
from ..statistics.calibration import calibrate, edges_of, groups_of
from .predictions import Predictions
from .version_metrics import VersionMetrics

Array = np.ndarray[Any, Any]


def profile_of(model_name: str, number: str, version: VersionMetrics, window: Window | None) -> HoldoutProfile:
    """The profile of a version, of two classes by the probability of the positive one.

    Of more classes a log has the probability of the answer alone, so only that is profiled.
    """
    answers, positive = version.predictions, version.positive
    alike = max(answers.rows / max(version.sample.effective_units, 1.0), 1.0)
    about: dict[str, Any] = {"model_name": model_name, "version": number, "window": window, "design_effect": alike}
    if answers.classes is None:
        return _of_numbers(answers, about)
    if positive is None or answers.classes.size != 2:
        return _of_answers(answers, about)
    about |= {"kind": "positive", "positive": str(answers.classes[positive])}
    came_true, answered = answers.labels == positive, answers.predictions == positive
    if answers.scores is None or came_true.all() or not came_true.any():
        return HoldoutProfile(**about, problem=_problem(answers) or "all rows of its holdout are of one class")
    scores = answers.scores[:, positive]
    return _of_scores(answers, scores, came_true, [scores[~answered], scores[answered]], about)


def _of_answers(answers: Predictions, about: dict[str, Any]) -> HoldoutProfile:
    about |= {"kind": "answer"}
    if answers.scores is None:
        return HoldoutProfile(**about, problem=_problem(answers))
    scores = answers.scores[np.arange(answers.rows), answers.predictions]
    return _of_scores(answers, scores, answers.labels == answers.predictions, [scores], about)


def _of_scores(
    answers: Predictions, scores: Array, came_true: Array, by_answer: list[Array], about: dict[str, Any]
) -> HoldoutProfile:
    problem = _problem(answers) or _problem_of_values("score", scores)
    if problem:
        return HoldoutProfile(**about, problem=problem)
    edges = _with_border(edges_of(scores), by_answer)
    fit = calibrate(scores, came_true, edges)
    return HoldoutProfile(
        **about,
        edges=_plain(edges),
        spans=tuple(_spans(by_answer)),
        rows=_rows(scores, edges),
        chances=_plain(fit.chances),
        is_fitted=fit.is_fitted,
        error=fit.error,
        raw_error=fit.raw_error,
    )


def _of_numbers(answers: Predictions, about: dict[str, Any]) -> HoldoutProfile:
    about |= {"kind": "number"}
    numbers = answers.predictions
    problem = _problem(answers) or _problem_of_values("prediction", numbers)
    if problem:
        return HoldoutProfile(**about, problem=problem)
    edges, errors = edges_of(numbers), np.abs(answers.labels - numbers)
    places, rows = groups_of(numbers, edges), _rows(numbers, edges)
    with np.errstate(over="ignore", invalid="ignore"):
        spreads = {"mae": _spread(errors, places, rows), "rmse": _spread(errors**2, places, rows)}
    if not all(np.isfinite(each).all() for spread in spreads.values() for each in spread):
        return HoldoutProfile(**about, problem="its errors on its holdout are too large to tell how much they vary")
    losses = {
        name: GroupLosses(means=_plain(means), variances=_plain(variances))
        for name, (means, variances) in spreads.items()
    }
    return HoldoutProfile(**about, edges=_plain(edges), spans=tuple(_spans([numbers])), rows=rows, losses=losses)


def _problem(answers: Predictions) -> str | None:
    if answers.classes is not None and answers.scores is None:
        return "its predictions on the holdout have no probabilities"
    if answers.rows < MIN_SCORED_ROWS:
        return f"its holdout has {answers.rows} labelled rows ({MIN_SCORED_ROWS} needed)"
    return None


def _problem_of_values(what: str, values: Array) -> str | None:
    return f"its {what} is the same in all rows of its holdout" if values.min() == values.max() else None


def _with_border(edges: Array, by_answer: list[Array]) -> Array:
    """A group holds rows of one answer if a threshold parts the answers: what is rare would be lost in a larger one."""
    if len(by_answer) != 2 or not all(values.size for values in by_answer):
        return edges
    others, positives = by_answer
    border = positives.min()
    return np.unique([*edges, border]) if others.max() < border else edges


def _spans(by_answer: list[Array]) -> Iterator[tuple[float, float] | None]:
    for values in by_answer:
        yield (float(values.min()), float(values.max())) if values.size else None


def _rows(values: Array, edges: Array) -> tuple[int, ...]:
    return tuple(np.bincount(groups_of(values, edges), minlength=edges.size + 1).tolist())


def _spread(losses: Array, places: Array, rows: tuple[int, ...]) -> tuple[Array, Array]:
    """Mean and variance of the loss in each group."""
    means = np.bincount(places, losses) / rows
    variances = np.bincount(places, (losses - means[places]) ** 2) / np.maximum(np.array(rows) - 1, 1)
    return means, variances


def _plain(numbers: Array) -> tuple[float, ...]:
    return tuple(numbers.astype(float).tolist())
