"""The answers of one version for the holdout rows."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..domain.data_check import HoldoutDigests
from ..statistics.resampling import Sample
from .holdout import digest_rows

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Predictions:
    """What one version answered, each array of shape (rows,) unless it says otherwise.

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

    def digests(self) -> HoldoutDigests:
        """Digests of the rows that were scored, whatever order they are in."""
        return digest_rows(self.row_ids, self.label_texts, self.entities, self.slices)

    def sample(self, seed: int) -> Sample:
        """What the bootstrap draws from: rows, or whole entities where there are any."""
        codes = None if self.entities is None else np.unique(self.entities, return_inverse=True)[1]
        return Sample(self.rows, seed, codes)

    def in_classes(self, classes: Array) -> "Predictions":
        """The same answers as codes into other classes, which include all of the version's own; numbers stay."""
        if self.classes is None or np.array_equal(classes, self.classes):
            return self
        codes = np.searchsorted(classes, self.classes)
        scores = None
        if self.scores is not None:
            scores = np.zeros((self.rows, classes.size))
            scores[:, codes] = self.scores
        labels, predictions = codes[self.labels], codes[self.predictions]
        return replace(self, labels=labels, predictions=predictions, scores=scores, classes=classes)

    def only(self, chosen: Array) -> "Predictions":
        """Some of the rows, without their slices."""
        return Predictions(
            row_ids=self.row_ids[chosen],
            labels=self.labels[chosen],
            predictions=self.predictions[chosen],
            classes=self.classes,
            scores=_some(self.scores, chosen),
            row_metric=_some(self.row_metric, chosen),
            entities=_some(self.entities, chosen),
        )


def _some(column: Array | None, chosen: Array) -> Array | None:
    return None if column is None else column[chosen]
