"""Reads prediction files and trusts nothing in them unchecked."""

from typing import Any

import numpy as np

from ..domain.data_check import MAX_CLASSES, MAX_NUMBER
from ..domain.errors import ArtifactInvalid
from ..domain.metric_kinds import Task
from ..domain.policy.data import DataPolicy
from ..domain.results import PredictionFile
from .array_files import MAX_BYTES, read_arrays
from .code_points import are_distinct, are_writable
from .predictions import Predictions

Array = np.ndarray[Any, Any]

_ARRAYS = ("row_ids", "labels", "predictions", "classes", "scores", "row_metric", "entities")
SLICE_PREFIX = "slice:"
# What rounding to single precision leaves of a sum of one.
MAX_ERROR_OF_SUM = 1e-6


def parse_predictions(content: bytes, file: PredictionFile, data: DataPolicy, is_known: bool = False) -> Predictions:
    """Read a prediction file; raises ArtifactInvalid unless it fits its row count and the policy.

    Nothing in it is ever unpickled. The values of a file that `is_known` are not looked at again.
    """
    wanted = [*_ARRAYS, *(f"{SLICE_PREFIX}{name}" for name in data.slices)]
    try:
        predictions = _predictions_in(read_arrays(content, wanted), data)
    except (KeyError, ValueError) as error:
        raise ArtifactInvalid(f"'{file.uri}' is not a prediction file: {error}") from error
    problem = None if is_known else _problem_in(predictions, file)
    if problem:
        raise ArtifactInvalid(f"'{file.uri}' {problem}")
    return predictions


def _predictions_in(arrays: dict[str, Array], data: DataPolicy) -> Predictions:
    is_classification = data.task is Task.CLASSIFICATION
    return Predictions(
        row_ids=arrays["row_ids"],
        labels=_plain(arrays["labels"]),
        predictions=_plain(arrays["predictions"]),
        classes=arrays["classes"] if is_classification else None,
        scores=_plain(arrays["scores"]) if is_classification and "scores" in arrays else None,
        row_metric=_plain(arrays["row_metric"]) if "row_metric" in arrays else None,
        entities=arrays["entities"] if data.entity else None,
        slices={name: arrays[f"{SLICE_PREFIX}{name}"] for name in data.slices},
    )


def _plain(numbers: Array) -> Array:
    """Numbers as 64 bits: sums of narrow ones overflow, and of wide ones not every function knows what to do."""
    kinds: dict[str, type] = {"i": np.int64, "u": np.int64, "f": np.float64}
    return numbers.astype(kinds[numbers.dtype.kind], copy=False) if numbers.dtype.kind in kinds else numbers


def _problem_in(answers: Predictions, file: PredictionFile) -> str | None:
    columns = [answers.labels, answers.predictions, answers.row_metric, answers.entities, *answers.slices.values()]
    shapes = {array.shape for array in (answers.row_ids, *columns) if array is not None}
    if shapes != {(file.rows,)} or file.rows == 0:
        return f"should hold {file.rows} rows (at least one) in each of its columns"
    problem = _problem_in_texts(answers)
    if problem:
        return problem
    if answers.row_metric is not None and not _are_measurable(answers.row_metric):
        return f"has a row_metric that is not a finite number of at most {MAX_NUMBER:g} in every row"
    if answers.classes is None:
        return _problem_in_numbers(answers)
    return (
        _problem_in_classes(answers.classes, file)
        or _problem_in_codes(answers, answers.classes)
        or _problem_in_scores(answers, answers.classes)
    )


def _problem_in_texts(answers: Predictions) -> str | None:
    texts = {"row_ids": answers.row_ids, "entities": answers.entities, "classes": answers.classes, **answers.slices}
    for name, column in texts.items():
        if column is not None and not _is_unicode(column):
            return f"has {name} that are not text"
    if not are_distinct(answers.row_ids):
        return "holds a row id more than once"
    return None


def _problem_in_classes(classes: Array, file: PredictionFile) -> str | None:
    if classes.ndim != 1 or classes.size > MAX_CLASSES:
        return f"should hold one list of at most {MAX_CLASSES} classes"
    if classes.size > 1 and not (classes[:-1] < classes[1:]).all():
        return "has classes that are not sorted, or given twice"
    if classes.itemsize * file.rows > MAX_BYTES:
        return "has classes whose names are too long for so many rows"
    return None


def _problem_in_numbers(answers: Predictions) -> str | None:
    for name, numbers in (("labels", answers.labels), ("predictions", answers.predictions)):
        if not _are_measurable(numbers):
            return f"has {name} that are not finite numbers of at most {MAX_NUMBER:g}"
    return None


def _problem_in_codes(answers: Predictions, classes: Array) -> str | None:
    for name, codes in (("labels", answers.labels), ("predictions", answers.predictions)):
        if not np.issubdtype(codes.dtype, np.integer) or codes.min() < 0 or codes.max() >= classes.size:
            return f"has {name} that are not codes of its {classes.size} classes"
    return None


def _problem_in_scores(answers: Predictions, classes: Array) -> str | None:
    scores = answers.scores
    if scores is None:
        return None
    if scores.shape != (answers.rows, classes.size):
        return f"should hold {classes.size} scores in each of {answers.rows} rows, but has the shape {scores.shape}"
    if not _are_finite(scores):
        return "has scores that are not finite numbers"
    if scores.min() < 0 or scores.max() > 1:
        return "has scores that are not probabilities: they are not between 0 and 1"
    sums = scores.sum(axis=1)
    wrong = np.count_nonzero(np.abs(sums - 1) > MAX_ERROR_OF_SUM)
    span = f"from {sums.min():.6g} to {sums.max():.6g}"
    return f"has scores that do not sum to 1 in {wrong} of {answers.rows} rows, but {span}" if wrong else None


def _is_unicode(column: Array) -> bool:
    return column.dtype.kind == "U" and are_writable(column)


def _are_measurable(numbers: Array) -> bool:
    return _are_finite(numbers) and bool(np.abs(numbers).max() <= MAX_NUMBER)


def _are_finite(numbers: Array) -> bool:
    return bool(np.issubdtype(numbers.dtype, np.floating) and np.isfinite(numbers).all())
