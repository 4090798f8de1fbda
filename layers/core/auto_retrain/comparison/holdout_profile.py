"""Builds the profile of a version's answers on its holdout, which estimates without labels are made from."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..domain.canonical_text import canonical_text
from ..domain.holdout_profile import (
    MAX_NAMED_CLASSES,
    MIN_SCORED_ROWS,
    ROUNDING,
    AnswerScores,
    GroupLosses,
    HoldoutProfile,
)
from ..domain.windows import Window
from ..statistics.calibration import calibration_error, edges_of, fit_chances, groups_of, midway
from .canonical_answers import in_canonical_classes
from .predictions import Predictions
from .version_metrics import Metrics

Array = np.ndarray[Any, Any]

# In standard errors of the accuracy, and for what is summed in another order.
MAX_DISTANCE, SLACK = 3.0, 1e-9


def profile_of(model_name: str, number: str, version: Metrics, window: Window | None) -> HoldoutProfile:
    """The profile of a version, of two classes by the probability of the positive one.

    Of more classes a log has the probability of the answer alone, so only that is profiled. Classes that only another
    version knows, with which this one was compared, do not count.
    """
    answers = version.predictions
    alike = max(version.rows / max(version.sample.effective_units, 1.0), 1.0)
    about: dict[str, Any] = {"model_name": model_name, "version": number, "window": window, "design_effect": alike}
    if answers.classes is None:
        return _of_numbers(answers, about)
    positive = None if version.positive is None else canonical_text(str(answers.classes[version.positive]))
    answers = in_canonical_classes(answers)
    assert answers.classes is not None
    own = _own_classes(answers)
    about["classes"] = tuple(answers.classes[own].tolist()) if own.size <= MAX_NAMED_CLASSES else ()
    if own.size != 2:
        return _of_answers(answers, about)
    return _of_two_classes(answers, own, positive, about)


def _own_classes(answers: Predictions) -> Array:
    """The codes of the classes that the version ever gave a probability to, if there are more than two."""
    assert answers.classes is not None
    codes = np.arange(answers.classes.size)
    return codes if answers.scores is None or codes.size <= 2 else codes[answers.scores.any(axis=0)]


def _of_two_classes(answers: Predictions, own: Array, positive: str | None, about: dict[str, Any]) -> HoldoutProfile:
    assert answers.classes is not None
    about |= {"kind": "positive"}
    texts = [str(answers.classes[code]) for code in own]
    if positive not in (None, *texts):
        return HoldoutProfile(**about, problem=f"it does not know the class '{positive}'")
    if not np.isin(answers.labels, own).all():
        return HoldoutProfile(**about, problem="its holdout has classes that it does not know")
    if positive == texts[0]:
        own, texts = own[::-1], texts[::-1]
    came_true, answered = answers.labels == own[1], answers.predictions == own[1]
    if answers.scores is None or came_true.all() or not came_true.any():
        return HoldoutProfile(**about, problem=_problem(answers) or "all rows of its holdout are of one class")
    scores = answers.scores[:, own[1]]
    by_answer = dict(zip(texts, (scores[~answered], scores[answered]), strict=True))
    made = _of_scores(answers, scores, came_true, by_answer, about)
    if made.problem or _explains(made, scores, came_true, answered):
        return made
    return HoldoutProfile(**about, problem="what came true on its holdout does not rise with its scores")


def _explains(made: HoldoutProfile, scores: Array, came_true: Array, answered: Array) -> bool:
    """Whether the chances, which never fall, are as often right on the holdout as the answers were."""
    chances = np.array(made.chances)[groups_of(scores, np.array(made.edges))]
    expected, right = np.where(answered, chances, 1 - chances).mean(), np.mean(answered == came_true)
    error = np.sqrt(right * (1 - right) * made.design_effect / scores.size)
    return bool(abs(expected - right) <= MAX_DISTANCE * error + SLACK)


def _of_answers(answers: Predictions, about: dict[str, Any]) -> HoldoutProfile:
    about |= {"kind": "answer"}
    if answers.scores is None:
        return HoldoutProfile(**about, problem=_problem(answers))
    scores = answers.scores[np.arange(answers.rows), answers.predictions]
    return _of_scores(answers, scores, answers.labels == answers.predictions, {None: scores}, about)


def _of_scores(
    answers: Predictions,
    scores: Array,
    came_true: Array,
    by_answer: Mapping[str, Array] | Mapping[None, Array],
    about: dict[str, Any],
) -> HoldoutProfile:
    problem = _problem(answers) or _problem_of_values("score", scores)
    if problem:
        return HoldoutProfile(**about, problem=problem)
    edges, border = _with_border(edges_of(scores), list(by_answer.values()))
    return HoldoutProfile(
        **about,
        edges=_plain(edges),
        answers=tuple(_probabilities(values, text) for text, values in by_answer.items()),
        border=border,
        rows=_rows(scores, edges),
        chances=_plain(fit_chances(groups_of(scores, edges), came_true)),
        error=calibration_error(scores, came_true),
    )


def _of_numbers(answers: Predictions, about: dict[str, Any]) -> HoldoutProfile:
    about |= {"kind": "number"}
    numbers = answers.predictions
    problem = _problem(answers) or _problem_of_values("prediction", numbers)
    if problem:
        return HoldoutProfile(**about, problem=problem)
    edges, errors = edges_of(numbers), np.abs(answers.labels - numbers)
    places = groups_of(numbers, edges)
    with np.errstate(over="ignore", invalid="ignore"):
        losses = {"mae": _losses(errors, places), "rmse": _losses(errors**2, places)}
    if None in losses.values():
        return HoldoutProfile(**about, problem="its errors on its holdout are too large to tell how much they vary")
    rows = _rows(numbers, edges)
    return HoldoutProfile(**about, edges=_plain(edges), answers=(_numbers(numbers),), rows=rows, losses=losses)


def _problem(answers: Predictions) -> str | None:
    if answers.classes is not None and answers.scores is None:
        return "its predictions on the holdout have no probabilities"
    if answers.rows < MIN_SCORED_ROWS:
        return f"its holdout has {answers.rows} labelled rows ({MIN_SCORED_ROWS} needed)"
    return None


def _problem_of_values(what: str, values: Array) -> str | None:
    return f"its {what} is the same in all rows of its holdout" if values.min() == values.max() else None


def _with_border(edges: Array, by_answer: Sequence[Array]) -> tuple[Array, int | None]:
    """Edges with the threshold that parts the answers, if one does, and the first group above it.

    What is rare would be lost in a group that has rows of both answers.
    """
    if len(by_answer) != 2 or not all(values.size for values in by_answer):
        return edges, None
    below, above = by_answer[0].max(), by_answer[1].min()
    if below >= above:
        return edges, None
    threshold = midway(below, above)
    parted = np.unique([*edges, threshold])
    return parted, int(np.searchsorted(parted, threshold)) + 1


def _probabilities(scores: Array, text: str | None) -> AnswerScores:
    if not scores.size:
        return AnswerScores(answer=text, rows=0)
    least, greatest = max(float(scores.min()) - ROUNDING, 0.0), min(float(scores.max()) + ROUNDING, 1.0)
    return AnswerScores(answer=text, rows=scores.size, least=least, greatest=greatest)


def _numbers(numbers: Array) -> AnswerScores:
    rounding = ROUNDING * float(np.abs(numbers).max())
    least, greatest = float(numbers.min()) - rounding, float(numbers.max()) + rounding
    return AnswerScores(rows=numbers.size, least=least, greatest=greatest)


def _rows(values: Array, edges: Array) -> tuple[int, ...]:
    return tuple(np.bincount(groups_of(values, edges), minlength=edges.size + 1).tolist())


def _losses(losses: Array, places: Array) -> GroupLosses | None:
    """None if they are too large for their squares to be numbers."""
    rows = np.bincount(places)
    means = np.bincount(places, losses) / rows
    squares = np.bincount(places, (losses - means[places]) ** 2)
    # One row does not tell how much others would vary.
    variances = np.where(rows > 1, squares / np.maximum(rows - 1, 1), losses.var())
    if not np.isfinite(variances).all():
        return None
    return GroupLosses(means=_plain(means), variances=_plain(variances), greatest=float(losses.max()))


def _plain(numbers: Array) -> tuple[float, ...]:
    return tuple(numbers.astype(float).tolist())
