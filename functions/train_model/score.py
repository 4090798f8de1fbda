"""Carries out a score order: registered versions predict the same holdout rows."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from .answers import AnswersRefused, answers_of, numbers_of
from .asking import Predictions, ask
from .data import LabelledRows, read_window
from .entry_points import import_function
from .errors import DataInvalid, NothingLabelled, VersionUnusable
from .labels import Array, encode, natural_labels
from .order import Columns, Manifest, Order, parse_labels
from .outputs import Outputs
from .storage import Storage
from .versions import LoadedVersion, Versions

SLICE_PREFIX = "slice:"
# What the function that measures can read.
MAX_CLASSES = 10_000
# Of the columns that a version misses.
MAX_NAMED = 10
MAX_BYTES_OF_SCORES = 512 << 20


def score(order: Order, manifest: Manifest, storage: Storage, versions: Versions, outputs: Outputs) -> dict[str, Any]:
    """Write one prediction file for each version, and return the findings for the result document."""
    try:
        with outputs.spans.measure("read data"):
            rows = read_window(storage, manifest.data, manifest.holdout.of_part(order.part), manifest.data.extra)
            rows = replace(rows, known_labels=_labels_of_all_parts(order, storage))
    except NothingLabelled as nothing:
        if order.part is None:
            raise
        # Other parts may have labels.
        return {"predictions": {}, "versions": order.versions, "rows_without_label": nothing.rows}
    files = write_predictions(predict_all(order, rows, versions, outputs), rows, manifest.data, outputs)
    return {"predictions": files, "versions": order.versions, "rows_without_label": rows.unlabelled}


def _labels_of_all_parts(order: Order, storage: Storage) -> Array | None:
    return np.array(parse_labels(storage.read(order.labels_uri), order)) if order.labels_uri else None


def predict_all(order: Order, rows: LabelledRows, versions: Versions, outputs: Outputs) -> dict[str, Predictions]:
    """The predictions of each version of an order, by its number."""
    predictions = {}
    for number, digest in order.versions.items():
        with outputs.spans.measure(f"predict with version {number}"):
            predictions[number] = predict(versions.load(number, digest), rows, order.row_metric)
    return predictions


def write_predictions(
    predictions: dict[str, Predictions], rows: LabelledRows, columns: Columns, outputs: Outputs
) -> dict[str, Any]:
    """Write one file for each, and describe the files by the same names."""
    extra = _extra_arrays(rows, columns)
    return {
        name: outputs.write_predictions(name, arrays | extra) for name, arrays in to_arrays(predictions, rows).items()
    }


def predict(version: LoadedVersion, rows: LabelledRows, row_metric: str | None = None) -> Predictions:
    """Let one version predict; raises VersionUnusable if it cannot, or if its predictions cannot be measured."""
    frame = _columns_for(version, rows)
    try:
        predictions = ask(version.model, frame, rows)
    except AnswersRefused as error:
        raise VersionUnusable(f"version {version.number} gave {error}") from error
    except (Exception, SystemExit) as error:
        raise VersionUnusable(f"version {version.number} cannot predict: {type(error).__name__}: {error}") from error
    if row_metric is None:
        return predictions
    return replace(predictions, row_metric=_measure(row_metric, version, rows, predictions))


def _measure(row_metric: str, version: LoadedVersion, rows: LabelledRows, predictions: Predictions) -> Array:
    """The user's own metric: one finite number for each row."""
    measure = import_function("row metric", row_metric)
    try:
        labels, answers = _as_learned(rows, predictions)
        values = numbers_of(answers_of(measure(rows.features.copy(), labels, answers), rows.features.index))
    except AnswersRefused as error:
        expected = f"one finite number for each of {rows.labels.size} rows"
        raise VersionUnusable(
            f"row metric {row_metric} did not return {expected} of version {version.number}, but {error}"
        ) from error
    except (Exception, SystemExit) as error:
        raise VersionUnusable(f"row metric {row_metric} failed: {type(error).__name__}: {error}") from error
    return values


def _as_learned(rows: LabelledRows, predictions: Predictions) -> tuple[Array, Array]:
    """Labels and predictions of one type, so that equal ones are equal, and parts of the rows get the same one."""
    if predictions.classes is None:
        return rows.labels.copy(), predictions.predicted.copy()
    classes = np.concatenate([rows.distinct_labels, predictions.classes])
    return natural_labels(rows.labels.copy(), classes), natural_labels(predictions.predicted.copy(), classes)


def _columns_for(version: LoadedVersion, rows: LabelledRows) -> pd.DataFrame:
    features = list(version.features or rows.features.columns)
    others = [name for name in features if name not in rows.features]
    frame = pd.concat([rows.features, _read_others(version, others, rows)], axis=1) if others else rows.features
    return frame[features]


def _read_others(version: LoadedVersion, names: list[str], rows: LabelledRows) -> pd.DataFrame:
    """Columns that are no features any more, but that a version learned from, as the champion may have."""
    texts = [name for name in names if name in version.texts]
    try:
        return rows.read_others([name for name in names if name not in texts], texts)
    except DataInvalid as error:
        more = f" and {len(names) - MAX_NAMED} more" if names[MAX_NAMED:] else ""
        needs = "needs columns that data.numeric and data.categorical do not name"
        problem = f"version {version.number} {needs}: {', '.join(names[:MAX_NAMED])}{more}; {error}"
        raise VersionUnusable(problem) from error


def _extra_arrays(rows: LabelledRows, columns: Columns) -> dict[str, Array]:
    """The same arrays for all versions: the entity of each row, and its value in each column of slices."""
    arrays = {f"{SLICE_PREFIX}{name}": rows.extra[name] for name in columns.slices}
    if columns.entity:
        entities = rows.extra[columns.entity]
        # A row without an entity is its own entity.
        arrays["entities"] = np.where(entities == "", np.char.add("row ", rows.row_ids), entities)
    return arrays


def to_arrays(predictions: dict[str, Predictions], rows: LabelledRows) -> dict[str, dict[str, Array]]:
    """The content of each prediction file, with labels and predictions as numbers, or as codes into shared classes."""
    texts = [
        array
        for prediction in predictions.values()
        if prediction.classes is not None
        for array in (prediction.classes, prediction.predicted)
    ]
    classes = np.unique(np.concatenate([rows.labels, *texts])) if texts else None
    if classes is not None:
        _check_size(classes.size, rows.labels.size, any(one.scores is not None for one in predictions.values()))
    return {number: _arrays_of(prediction, rows, classes) for number, prediction in predictions.items()}


def _check_size(classes: int, rows: int, has_scores: bool) -> None:
    """Refuse what nobody could read, before it fills the memory here."""
    if classes > MAX_CLASSES:
        raise DataInvalid(f"the rows and versions know {classes} classes; at most {MAX_CLASSES} can be compared")
    needed = classes * rows * np.dtype(float).itemsize
    if has_scores and needed > MAX_BYTES_OF_SCORES:
        raise DataInvalid(
            f"probabilities of {classes} classes for {rows} rows take {needed >> 20} MB of a file; "
            f"at most {MAX_BYTES_OF_SCORES >> 20} MB can be compared"
        )


def _arrays_of(predictions: Predictions, rows: LabelledRows, classes: Array | None) -> dict[str, Array]:
    arrays = {"row_ids": rows.row_ids}
    if classes is None or predictions.classes is None:
        arrays |= {"labels": rows.labels, "predictions": predictions.predicted}
    else:
        arrays["classes"] = classes
        arrays |= {"labels": encode(rows.labels, classes), "predictions": encode(predictions.predicted, classes)}
        if predictions.scores is not None:
            arrays["scores"] = _spread(predictions.scores, encode(predictions.classes, classes), classes.size)
    return arrays if predictions.row_metric is None else arrays | {"row_metric": predictions.row_metric}


def _spread(scores: Array, codes: Array, n_classes: int) -> Array:
    spread = np.zeros((len(scores), n_classes))
    spread[:, codes] = scores
    return spread
