"""Turns prediction files into the counts that gates judge."""

import io
from typing import Any, NamedTuple
from zipfile import BadZipFile

import numpy as np

from ..domain.comparison import Comparison
from ..domain.digest import sha256_of
from ..domain.errors import ArtifactInvalid
from ..domain.results import PredictionFile
from ..domain.validation import ClassificationMetrics
from ..ports import Ports
from ..statistics.classification import score_classification
from ..statistics.paired import (
    PairedCounts,
    mcnemar_mid_p,
    relative_improvement,
    relative_improvement_interval,
)

Array = np.ndarray[Any, Any]


class Predictions(NamedTuple):
    """What one version answered for the holdout rows; labels and predictions are codes into classes."""

    row_ids: Array
    labels: Array
    predictions: Array
    classes: Array


def load_predictions(file: PredictionFile, ports: Ports) -> Predictions:
    """Read one file; raises ArtifactInvalid unless it is exactly what its digest and row count say.

    Nothing in it is ever unpickled.
    """
    content = ports.data.read(file.uri)
    if sha256_of(content) != file.sha256:
        raise ArtifactInvalid(f"'{file.uri}' is not the file that was written: its digest differs")
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            predictions = Predictions(*(arrays[name] for name in Predictions._fields))
    except (KeyError, ValueError, OSError, EOFError, BadZipFile) as error:
        raise ArtifactInvalid(f"'{file.uri}' is not a file of predictions: {error}") from error
    _check(predictions, file)
    return predictions


def _check(predictions: Predictions, file: PredictionFile) -> None:
    rows = predictions.row_ids.size
    sizes = {array.shape for array in predictions[:3]}
    if sizes != {(file.rows,)} or rows == 0:
        raise ArtifactInvalid(f"'{file.uri}' should hold {file.rows} rows (at least one) in each of its columns")
    if np.unique(predictions.row_ids).size != rows:
        raise ArtifactInvalid(f"'{file.uri}' holds a row id more than once")
    for name, codes in (("labels", predictions.labels), ("predictions", predictions.predictions)):
        if not np.issubdtype(codes.dtype, np.integer) or codes.min() < 0 or codes.max() >= predictions.classes.size:
            raise ArtifactInvalid(f"'{file.uri}' has {name} that are no classes")


def compare(
    challenger: Predictions, champion: Predictions | None, positive_label: str | None, compared: int = 1
) -> Comparison:
    """Counts over identical rows, for one of `compared` challengers.

    Raises ArtifactInvalid when the two were not asked about the same rows.
    """
    if champion is None:
        scored = _score(challenger, positive_label)
        return Comparison(**_holdout_counts(challenger), challenger=scored, compared=compared)
    challenger, champion = _with_shared_classes(challenger, champion)
    _check_same_rows(challenger, champion)
    counts = _paired_counts(challenger, champion)
    return Comparison(
        **_holdout_counts(challenger),
        challenger=_score(challenger, positive_label),
        champion=_score(champion, positive_label),
        improvement=relative_improvement(counts),
        interval=relative_improvement_interval(counts, 1 - 0.05 / compared),
        p_value=mcnemar_mid_p(counts),
        compared=compared,
    )


def _holdout_counts(predictions: Predictions) -> dict[str, Any]:
    per_class = np.bincount(predictions.labels, minlength=predictions.classes.size)
    rows = int(per_class.sum())
    # A class that only a model knows is no class of the holdout, but one label alone leaves nothing to tell apart.
    seen = per_class[per_class > 0]
    rarest = int(seen.min()) if seen.size > 1 else 0
    return {"rows": rows, "rarest_class_rows": rarest, "largest_class_share": float(per_class.max() / rows)}


def _score(predictions: Predictions, positive_label: str | None) -> ClassificationMetrics:
    classes = [str(name) for name in predictions.classes]
    if positive_label is not None and positive_label not in classes:
        raise ArtifactInvalid(f"positive label '{positive_label}' is not among the classes {', '.join(classes)}")
    positive = classes.index(positive_label) if positive_label is not None else _default_positive(len(classes))
    scores = score_classification(predictions.labels, predictions.predictions, len(classes), positive)
    return ClassificationMetrics(**scores._asdict())


def _default_positive(n_classes: int) -> int | None:
    return 1 if n_classes == 2 else None


def _with_shared_classes(*models: Predictions) -> list[Predictions]:
    """The same answers as codes into the classes of all: models that were asked apart do not know each other's."""
    classes = np.unique(np.concatenate([model.classes for model in models]))
    return [
        model._replace(
            labels=np.searchsorted(classes, model.classes[model.labels]),
            predictions=np.searchsorted(classes, model.classes[model.predictions]),
            classes=classes,
        )
        for model in models
    ]


def _check_same_rows(challenger: Predictions, champion: Predictions) -> None:
    for name in ("row_ids", "labels"):
        if not np.array_equal(getattr(challenger, name), getattr(champion, name)):
            raise ArtifactInvalid(f"challenger and champion were not scored on the same rows: their {name} differ")


def _paired_counts(challenger: Predictions, champion: Predictions) -> PairedCounts:
    better = challenger.predictions == challenger.labels
    old = champion.predictions == champion.labels
    return PairedCounts(
        both=int((better & old).sum()),
        only_challenger=int((better & ~old).sum()),
        only_champion=int((~better & old).sum()),
        neither=int((~better & ~old).sum()),
    )
