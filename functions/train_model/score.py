"""Carries out a score order: asks registered versions about the same holdout rows."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .data import LabelledRows, read_window
from .errors import VersionUnusable
from .labels import Array, encode, label_texts
from .order import Manifest, Order
from .outputs import Outputs
from .storage import Storage
from .versions import LoadedVersion, Versions


@dataclass(frozen=True)
class Answers:
    """What one version said about all rows; `scores` has one column for each of its own `classes`."""

    predicted: Array
    classes: Array
    scores: Array | None


def score(order: Order, manifest: Manifest, storage: Storage, versions: Versions, outputs: Outputs) -> dict[str, Any]:
    """Write one file of predictions for each version and give the findings for the result document."""
    rows = read_window(storage, manifest.data, manifest.holdout)
    answers = {number: ask(versions.load(number, digest), rows) for number, digest in order.versions.items()}
    said = (texts for answer in answers.values() for texts in (answer.classes, answer.predicted))
    classes = np.unique(np.concatenate([rows.labels, *said]))
    files = {
        number: outputs.write_predictions(number, to_arrays(answer, rows, classes))
        for number, answer in answers.items()
    }
    return {"predictions": files, "rows_without_label": rows.unlabelled}


def ask(version: LoadedVersion, rows: LabelledRows) -> Answers:
    """Let one version predict; raises VersionUnusable when it cannot."""
    frame = _columns_for(version, rows)
    try:
        return _predict(version.model, frame)
    except Exception as error:
        raise VersionUnusable(f"version {version.number} cannot predict: {type(error).__name__}: {error}") from error


def _columns_for(version: LoadedVersion, rows: LabelledRows) -> Any:
    features = version.features or tuple(rows.features.columns)
    missing = [name for name in features if name not in rows.features]
    if missing:
        raise VersionUnusable(f"version {version.number} needs columns that are no features: {', '.join(missing)}")
    return rows.features[list(features)]


def _predict(model: Any, frame: Any) -> Answers:
    predicted = label_texts(np.asarray(model.predict(frame)).ravel())
    if predicted.size != len(frame):
        raise ValueError(f"{predicted.size} predictions for {len(frame)} rows")
    known = getattr(model, "classes_", None)
    if known is None or not hasattr(model, "predict_proba"):
        return Answers(predicted, np.unique(predicted), None)
    return Answers(predicted, label_texts(np.asarray(known)), np.asarray(model.predict_proba(frame), dtype=np.float64))


def to_arrays(answers: Answers, rows: LabelledRows, classes: Array) -> dict[str, Array]:
    """The content of a prediction file: codes into the classes that all versions share."""
    arrays = {
        "row_ids": rows.row_ids,
        "labels": encode(rows.labels, classes),
        "predictions": encode(answers.predicted, classes),
        "classes": classes,
    }
    return arrays if answers.scores is None else arrays | {"scores": _spread(answers, classes)}


def _spread(answers: Answers, classes: Array) -> Array:
    scores = np.zeros((answers.predicted.size, classes.size))
    scores[:, encode(answers.classes, classes)] = answers.scores
    return scores
