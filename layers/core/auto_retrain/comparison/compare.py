"""Gathers the evidence that gates judge."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from ..domain.comparison import Comparison, SliceResult
from .predictions import Predictions
from .versions import Versions

# Beyond two, how many different labels there are decides nothing.
MAX_DISTINCT_LABELS = 3


def compare(
    versions: Versions,
    metrics: Iterable[str] | None = None,
    slices: tuple[SliceResult, ...] = (),
    label_share: float = 1.0,
) -> Comparison:
    """The evidence on some metrics, or on all that the challenger has; the primary one is always among them."""
    challenger, terms = versions.challenger, versions.terms
    primary = terms.policy.primary_metric
    results = versions.measure(dict.fromkeys([primary, *(challenger.names if metrics is None else metrics)]))
    labels = _count_labels(challenger.predictions)
    return Comparison(
        task=terms.policy.data.task,
        primary=primary,
        rows=challenger.predictions.rows,
        entities=None if challenger.predictions.entities is None else challenger.sample.n_units,
        distinct_labels=labels.distinct,
        rarest_class_rows=labels.rarest_class_rows,
        largest_class_share=labels.largest_class_share,
        has_champion=versions.champion is not None,
        metrics=results.metrics,
        improvement=results.improvement,
        interval=results.interval,
        slices=slices,
        compared=terms.compared,
        look=terms.look,
        label_share=label_share,
    )


class _LabelCounts(NamedTuple):
    """What gates ask about the labels; numbers have no classes."""

    distinct: int
    rarest_class_rows: int | None = None
    largest_class_share: float | None = None


def _count_labels(answers: Predictions) -> _LabelCounts:
    labels, rows = np.unique(answers.labels, return_counts=True)
    distinct = min(labels.size, MAX_DISTINCT_LABELS)
    if answers.classes is None:
        return _LabelCounts(distinct)
    # A class that only a model knows is no class of the holdout, but one label alone leaves nothing to tell apart.
    rarest = int(rows.min()) if rows.size > 1 else 0
    return _LabelCounts(distinct, rarest, float(rows.max() / answers.rows))
