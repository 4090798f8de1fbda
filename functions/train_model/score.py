"""Carries out a score order: asks registered versions about the same holdout rows."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .data import LabelledRows, read_window
from .entry_points import find
from .errors import VersionUnusable
from .labels import Array, encode, label_texts
from .order import Columns, Manifest, Order
from .outputs import Outputs
from .storage import Storage
from .versions import LoadedVersion, Versions

SLICE_PREFIX = "slice:"


@dataclass(frozen=True)
class Answers:
    """What one version said about all rows: texts of its `classes`, or numbers if there are none.

    `scores` has one column for each of the classes, `row_metric` one value for each row.
    """

    predicted: Array
    classes: Array | None = None
    scores: Array | None = None
    row_metric: Array | None = None


def score(order: Order, manifest: Manifest, storage: Storage, versions: Versions, outputs: Outputs) -> dict[str, Any]:
    """Write one file of predictions for each version and give the findings for the result document."""
    rows = read_window(storage, manifest.data, manifest.holdout, manifest.data.beside)
    answers = {
        number: ask(versions.load(number, digest), rows, order.row_metric) for number, digest in order.versions.items()
    }
    beside = _beside(rows, manifest.data)
    files = {
        number: outputs.write_predictions(number, arrays | beside)
        for number, arrays in _to_arrays(answers, rows).items()
    }
    return {"predictions": files, "rows_without_label": rows.unlabelled}


def ask(version: LoadedVersion, rows: LabelledRows, row_metric: str | None = None) -> Answers:
    """Let one version predict; raises VersionUnusable when it cannot, or when its predictions cannot be measured."""
    frame = _columns_for(version, rows)
    try:
        raw = np.asarray(version.model.predict(frame)).ravel()
        if raw.size != len(frame):
            raise ValueError(f"{raw.size} predictions for {len(frame)} rows")
        answers = _numbers(raw) if rows.are_numbers else _classes(version.model, frame, raw)
    except Exception as error:
        raise VersionUnusable(f"version {version.number} cannot predict: {type(error).__name__}: {error}") from error
    if row_metric is None:
        return answers
    return Answers(answers.predicted, answers.classes, answers.scores, _measure(row_metric, version, rows, raw))


def _measure(row_metric: str, version: LoadedVersion, rows: LabelledRows, predicted: Array) -> Array:
    """The user's own metric: one finite number for each row."""
    measure = find("row metric", row_metric)
    try:
        values = np.asarray(measure(rows.features.copy(), rows.targets.copy(), predicted.copy()), dtype=np.float64)
    except Exception as error:
        raise VersionUnusable(f"row metric {row_metric} failed: {type(error).__name__}: {error}") from error
    if values.shape != rows.labels.shape or not np.isfinite(values).all():
        wanted = f"one finite number for each of {rows.labels.size} rows"
        raise VersionUnusable(f"row metric {row_metric} did not give {wanted} of version {version.number}")
    return values


def _columns_for(version: LoadedVersion, rows: LabelledRows) -> Any:
    features = version.features or tuple(rows.features.columns)
    missing = [name for name in features if name not in rows.features]
    if missing:
        raise VersionUnusable(f"version {version.number} needs columns that are no features: {', '.join(missing)}")
    return rows.features[list(features)]


def _numbers(raw: Array) -> Answers:
    predicted = raw.astype(np.float64)
    if not np.isfinite(predicted).all():
        raise ValueError(f"{np.count_nonzero(~np.isfinite(predicted))} predictions are not finite numbers")
    return Answers(predicted)


def _classes(model: Any, frame: Any, raw: Array) -> Answers:
    predicted, known = label_texts(raw), getattr(model, "classes_", None)
    if known is None or not hasattr(model, "predict_proba"):
        return Answers(predicted, np.unique(predicted))
    return Answers(predicted, label_texts(np.asarray(known)), np.asarray(model.predict_proba(frame), dtype=np.float64))


def _beside(rows: LabelledRows, columns: Columns) -> dict[str, Array]:
    """What all versions share: whose rows they are, and which part of the data they belong to."""
    arrays = {f"{SLICE_PREFIX}{name}": rows.beside[name] for name in columns.slices}
    if columns.entity:
        named = rows.beside[columns.entity]
        # Rows of nobody are not all of the same one.
        arrays["entities"] = np.where(named == "", np.char.add("row ", rows.row_ids), named)
    return arrays


def _to_arrays(answers: dict[str, Answers], rows: LabelledRows) -> dict[str, dict[str, Array]]:
    """The content of each prediction file, with labels and predictions as numbers, or as codes into shared classes."""
    said = [
        texts
        for answer in answers.values()
        if answer.classes is not None
        for texts in (answer.classes, answer.predicted)
    ]
    classes = np.unique(np.concatenate([rows.labels, *said])) if said else None
    return {number: _arrays_of(answer, rows, classes) for number, answer in answers.items()}


def _arrays_of(answer: Answers, rows: LabelledRows, classes: Array | None) -> dict[str, Array]:
    arrays = {"row_ids": rows.row_ids}
    if classes is None or answer.classes is None:
        arrays |= {"labels": rows.labels, "predictions": answer.predicted}
    else:
        arrays["classes"] = classes
        arrays |= {"labels": encode(rows.labels, classes), "predictions": encode(answer.predicted, classes)}
        if answer.scores is not None:
            arrays["scores"] = _spread(answer.scores, encode(answer.classes, classes), classes.size)
    return arrays if answer.row_metric is None else arrays | {"row_metric": answer.row_metric}


def _spread(scores: Array, codes: Array, n_classes: int) -> Array:
    spread = np.zeros((len(scores), n_classes))
    spread[:, codes] = scores
    return spread
