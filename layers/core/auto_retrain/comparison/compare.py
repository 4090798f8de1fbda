"""Gathers the evidence that gates judge."""

from collections.abc import Iterable
from typing import NamedTuple

from ..domain.comparison import Comparison
from .rounding import rounded
from .slices import NO_SLICES, Slices
from .version_metrics import Metrics
from .versions import Versions

# Beyond two, how many different labels there are decides nothing.
MAX_DISTINCT_LABELS = 3


def compare(
    versions: Versions,
    metrics: Iterable[str] | None = None,
    slices: Slices = NO_SLICES,
    label_share: float = 1.0,
) -> Comparison:
    """The evidence on some metrics, or on all that the challenger has; the primary one is always among them."""
    challenger, terms = versions.challenger, versions.terms
    primary = terms.policy.primary_metric
    results = versions.measure(dict.fromkeys([primary, *(challenger.names if metrics is None else metrics)]))
    labels = _count_labels(challenger)
    has_entities = challenger.sample.entities is not None
    return Comparison(
        task=terms.policy.data.task,
        primary=primary,
        rows=challenger.rows,
        entities=challenger.sample.n_units if has_entities else None,
        effective_entities=rounded(challenger.sample.effective_units) if has_entities else None,
        distinct_labels=labels.distinct,
        rarest_class_rows=labels.rarest_class_rows,
        largest_class_share=labels.largest_class_share,
        has_champion=versions.champion is not None,
        metrics=results.metrics,
        improvement=results.improvement,
        interval=results.interval,
        slices=slices.compared,
        slices_left_out=slices.left_out,
        compared=terms.compared,
        look=terms.look,
        champion_look=terms.champion_look,
        label_share=label_share,
    )


class _LabelCounts(NamedTuple):
    """What gates ask about the labels; numbers have no classes."""

    distinct: int
    rarest_class_rows: int | None = None
    largest_class_share: float | None = None


def _count_labels(challenger: Metrics) -> _LabelCounts:
    labels, rows = challenger.label_rows()
    distinct = min(labels.size, MAX_DISTINCT_LABELS)
    if challenger.predictions.classes is None:
        return _LabelCounts(distinct)
    # A class that only a model knows is no class of the holdout, but one label alone leaves nothing to tell apart, and
    # without rows of the class that metrics are about they are about nothing.
    is_judged = rows.size > 1 and challenger.positive in (None, *labels)
    rarest = int(rows.min()) if is_judged else 0
    return _LabelCounts(distinct, rarest, float(rows.max() / challenger.rows))
