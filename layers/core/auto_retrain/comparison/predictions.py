"""Reads prediction files, and believes nothing in them unchecked."""

import hashlib
import io
from dataclasses import dataclass, field, replace
from typing import Any
from zipfile import BadZipFile

import numpy as np

from ..domain.errors import ArtifactInvalid
from ..domain.metric_kinds import Task
from ..domain.policy.data import DataPolicy
from ..domain.results import PredictionFile

Array = np.ndarray[Any, Any]

SLICE_PREFIX = "slice:"
# A sum of its squares is still a number.
LARGEST_NUMBER = 1e140


@dataclass(frozen=True)
class Predictions:
    """What one version answered for the holdout rows, each array of shape (rows,) unless it says otherwise.

    Labels and predictions are codes into `classes`, or numbers where there are no classes. `scores` are the
    probabilities of the classes, shape (rows, classes); `entities` and `slices` are texts.
    """

    row_ids: Array
    labels: Array
    predictions: Array
    classes: Array | None = None
    scores: Array | None = None
    row_metric: Array | None = None
    entities: Array | None = None
    slices: dict[str, Array] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return int(self.row_ids.size)

    @property
    def label_texts(self) -> Array:
        """Labels that mean the same whoever wrote them."""
        return self.labels if self.classes is None else self.classes[self.labels]

    def holdout_sha256(self) -> str:
        """Digest of row ids and labels, whatever order the rows are in."""
        order = np.argsort(self.row_ids)
        digest = hashlib.sha256()
        for texts in (self.row_ids[order], self.label_texts[order].astype(str)):
            digest.update("\n".join(texts.tolist()).encode() + b"\0")
        return digest.hexdigest()

    def in_classes(self, classes: Array) -> "Predictions":
        """The same answers as codes into other classes, which hold all of the own ones."""
        assert self.classes is not None
        if np.array_equal(classes, self.classes):
            return self
        codes = np.searchsorted(classes, self.classes)
        scores = None
        if self.scores is not None:
            scores = np.zeros((self.rows, classes.size))
            scores[:, codes] = self.scores
        labels, predictions = codes[self.labels], codes[self.predictions]
        return replace(self, labels=labels, predictions=predictions, scores=scores, classes=classes)

    def only(self, chosen: Array) -> "Predictions":
        """Some of the rows."""
        arrays = {
            name: array[chosen]
            for name in ("row_ids", "labels", "predictions", "scores", "row_metric", "entities")
            if (array := getattr(self, name)) is not None
        }
        return replace(self, **arrays, slices={})


def parse_predictions(content: bytes, file: PredictionFile, data: DataPolicy) -> Predictions:
    """Read a file of predictions; raises ArtifactInvalid unless it is what its row count and the policy say.

    Nothing in it is ever unpickled.
    """
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            predictions = _predictions_in(dict(arrays), data)
    except (KeyError, ValueError, OSError, EOFError, BadZipFile) as error:
        raise ArtifactInvalid(f"'{file.uri}' is not a file of predictions: {error}") from error
    problem = _problem_in(predictions, file)
    if problem:
        raise ArtifactInvalid(f"'{file.uri}' {problem}")
    return predictions


def _predictions_in(arrays: dict[str, Array], data: DataPolicy) -> Predictions:
    is_classification = data.task is Task.CLASSIFICATION
    return Predictions(
        row_ids=arrays["row_ids"],
        labels=arrays["labels"],
        predictions=arrays["predictions"],
        classes=arrays["classes"] if is_classification else None,
        scores=arrays.get("scores") if is_classification else None,
        row_metric=arrays.get("row_metric"),
        entities=arrays["entities"] if data.entity else None,
        slices={name: arrays[f"{SLICE_PREFIX}{name}"] for name in data.slices},
    )


def _problem_in(found: Predictions, file: PredictionFile) -> str | None:
    columns = [found.labels, found.predictions, found.row_metric, found.entities, *found.slices.values()]
    sizes = {array.shape for array in (found.row_ids, *columns) if array is not None}
    if sizes != {(file.rows,)} or file.rows == 0:
        return f"should hold {file.rows} rows (at least one) in each of its columns"
    if np.unique(found.row_ids).size != file.rows:
        return "holds a row id more than once"
    if found.row_metric is not None and not _are_finite(found.row_metric):
        return "has a row_metric that is not a finite number in every row"
    return _problem_in_numbers(found) if found.classes is None else _problem_in_classes(found, found.classes)


def _problem_in_numbers(found: Predictions) -> str | None:
    for name in ("labels", "predictions"):
        numbers = getattr(found, name)
        if not _are_finite(numbers) or np.abs(numbers).max() > LARGEST_NUMBER:
            return f"has {name} that are not finite numbers of at most {LARGEST_NUMBER:g}"
    return None


def _problem_in_classes(found: Predictions, classes: Array) -> str | None:
    for name in ("labels", "predictions"):
        codes = getattr(found, name)
        if not np.issubdtype(codes.dtype, np.integer) or codes.min() < 0 or codes.max() >= classes.size:
            return f"has {name} that are no classes"
    if found.scores is None:
        return None
    if found.scores.shape != (found.rows, classes.size) or not _are_finite(found.scores):
        return f"should hold {classes.size} scores in each row"
    return "has scores that are no probabilities" if found.scores.min() < 0 or found.scores.max() > 1 else None


def _are_finite(numbers: Array) -> bool:
    return bool(np.issubdtype(numbers.dtype, np.floating) and np.isfinite(numbers).all())
