"""Compares two versions on the same holdout rows, and finds the evidence that gates judge."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..domain.comparison import Comparison, Confusion, Interval, Method, MetricResult
from ..domain.errors import ArtifactInvalid
from ..domain.metric_kinds import MetricKind
from ..domain.policy.policy import Policy
from ..domain.policy.validation import ImprovementBasis
from ..statistics.classification import confusion_matrix
from ..statistics.paired import PairedCounts, gain_interval, mcnemar_mid_p, relative_improvement_interval
from ..statistics.ranking import delong_p_value
from ..statistics.resampling import Sample, bootstrap_p_value, percentile_interval
from .metrics import Measured
from .predictions import Predictions

Array = np.ndarray[Any, Any]

# A matrix of more classes nobody can read.
MOST_CONFUSED_CLASSES = 20


@dataclass(frozen=True)
class Pair:
    """Challenger and champion on identical rows, ready to be measured; the champion is None for a first model.

    `compared` challengers are looked at, on rows that are used for the `look`th time.
    """

    challenger: Measured
    champion: Measured | None
    policy: Policy
    compared: int = 1
    look: int = 1

    def counts_rows(self, metric: str) -> bool:
        """Whether a comparison by this metric is one of counts: of rows that only one of the two classified right."""
        return metric == "accuracy" and self.challenger.sample.entities is None

    @property
    def interval_confidence(self) -> float:
        """Of two-sided intervals, which hold for all compared challengers together (Bonferroni)."""
        return 1 - 0.05 / self.compared

    @property
    def bound_confidence(self) -> float:
        """Of one-sided bounds: shared by challengers and looks, 0 when the policy wants the bare rule."""
        confidence = self.policy.validation.needed_confidence
        return 1 - (1 - confidence) / (self.compared * self.look) if confidence else 0.0


def pair_up(
    challenger: Predictions, champion: Predictions | None, policy: Policy, seed: int, compared: int = 1, look: int = 1
) -> Pair:
    """Put two versions side by side; raises ArtifactInvalid when they were not asked about the same rows."""
    if champion is not None:
        _check_same_rows(challenger, champion)
        challenger, champion = _with_shared_classes(challenger, champion)
    versions = measure_together([challenger] if champion is None else [challenger, champion], policy, seed)
    return Pair(versions[0], versions[1] if champion is not None else None, policy, compared, look)


def measure_together(versions: Sequence[Predictions], policy: Policy, seed: int) -> list[Measured]:
    """Versions on identical rows, whose bootstrap draws the same ones."""
    entities = versions[0].entities
    codes = None if entities is None else np.unique(entities, return_inverse=True)[1]
    sample = Sample(versions[0].rows, seed, codes)
    return [Measured(version, policy.data.positive_label, sample) for version in versions]


def compare(pair: Pair, metrics: Iterable[str] | None = None) -> Comparison:
    """The evidence on some metrics, or on all that the challenger has; the primary one is always among them."""
    primary, found = pair.policy.primary_metric, pair.challenger.predictions
    names = dict.fromkeys([primary, *(pair.challenger.names if metrics is None else metrics)])
    results = {name: result for name in names if (result := compare_metric(name, pair)) is not None}
    improvement, interval = _improvement(pair) if pair.champion else (None, None)
    return Comparison(
        task=pair.policy.data.task,
        primary=primary,
        rows=found.rows,
        entities=pair.challenger.sample.n_units if found.entities is not None else None,
        **_label_counts(found),
        has_champion=pair.champion is not None,
        metrics=results,
        improvement=improvement,
        interval=interval,
        compared=pair.compared,
        look=pair.look,
    )


def compare_metric(name: str, pair: Pair) -> MetricResult | None:
    """One metric of both; None when one of them does not have it."""
    challenger = pair.challenger.value(name)
    champion = pair.champion.value(name) if pair.champion else None
    if challenger is None or (pair.champion is not None and champion is None):
        return None
    interval = pair.challenger.interval(name, pair.interval_confidence)
    # A share of rows is exact as it is; rounded up, it could reach the floor.
    value = challenger if name == "accuracy" else rounded(challenger)
    alone = MetricResult(value=value, interval=_finite(interval))
    if pair.champion is None or champion is None:
        return alone
    gain = pair.policy.kind_of(name).gain(challenger, champion)
    p_value, method = p_value_of(name, pair)
    return alone.model_copy(
        update={
            "champion": rounded(champion),
            "champion_interval": _finite(pair.champion.interval(name, pair.interval_confidence)),
            "gain": rounded(gain),
            **_bounds_of_gain(name, gain, pair),
            "p_value": rounded(p_value),
            "method": method,
        }
    )


def p_value_of(name: str, pair: Pair) -> tuple[float, Method]:
    """One-sided p value of "the challenger is not better", and what found it.

    Mid-p McNemar for accuracy, DeLong for ROC AUC, the paired bootstrap for the rest; and for accuracy as well where
    rows come in entities, which McNemar's test knows nothing of.
    """
    assert pair.champion is not None
    if pair.counts_rows(name):
        return mcnemar_mid_p(_paired_counts(pair)), "mcnemar_mid_p"
    if name == "roc_auc":
        return delong_p_value(pair.challenger.auc, pair.champion.auc, pair.challenger.sample), "delong"
    return bootstrap_p_value(_gains(name, pair)), "paired_bootstrap"


def confusion_of(pair: Pair) -> Confusion | None:
    """Which classes were taken for which; None for numbers and for very many classes."""
    classes = pair.challenger.predictions.classes
    if classes is None or classes.size > MOST_CONFUSED_CLASSES:
        return None

    def matrix(measured: Measured) -> tuple[tuple[int, ...], ...]:
        found = measured.predictions
        return tuple(map(tuple, confusion_matrix(found.labels, found.predictions, classes.size).tolist()))

    return Confusion(
        classes=tuple(map(str, classes)),
        challenger=matrix(pair.challenger),
        champion=matrix(pair.champion) if pair.champion else None,
    )


def rounded(value: float) -> float:
    """To ten significant digits: the last ones of a sum depend on the processor, and a replay must find the same."""
    return float(f"{value:.10g}")


def _finite(interval: Interval | None) -> Interval | None:
    if interval is None or not np.isfinite(interval).all():
        return None
    return rounded(interval[0]), rounded(interval[1])


def _bounds_of_gain(name: str, gain: float, pair: Pair) -> dict[str, Any]:
    two_sided, one_sided = pair.interval_confidence, pair.bound_confidence
    if pair.counts_rows(name):
        counts = _paired_counts(pair)
        interval, bound = gain_interval(counts, two_sided), gain_interval(counts, 2 * one_sided - 1)[0]
    else:
        gains = _gains(name, pair)
        interval, bound = percentile_interval(gains, two_sided), percentile_interval(gains, 2 * one_sided - 1)[0]
    bound = bound if one_sided else gain
    return {"gain_interval": _finite(interval), "gain_bound": rounded(bound) if np.isfinite(bound) else None}


def _gains(name: str, pair: Pair) -> Array:
    assert pair.champion is not None
    challenger, champion = pair.challenger.replicates(name), pair.champion.replicates(name)
    # A metric that is not defined on the rows of a replicate gives a gain that is not known, which is never one.
    with np.errstate(invalid="ignore"):
        gains: Array = pair.policy.kind_of(name).gain(challenger, champion)
    return gains


def _improvement(pair: Pair) -> tuple[float | None, Interval | None]:
    """The primary metric's improvement on the policy's basis, and its interval."""
    name, basis = pair.policy.primary_metric, pair.policy.validation.improvement_basis
    assert pair.champion is not None
    challenger, champion = pair.challenger.value(name), pair.champion.value(name)
    if challenger is None or champion is None:
        return None, None
    kind = pair.policy.kind_of(name)
    value = improvement_on(basis, kind, np.array(challenger), np.array(champion))
    if not np.isfinite(value):
        return None, None
    if pair.counts_rows(name):
        interval = _counted_interval(basis, _paired_counts(pair), pair.interval_confidence)
    else:
        drawn = improvement_on(basis, kind, pair.challenger.replicates(name), pair.champion.replicates(name))
        interval = percentile_interval(drawn, pair.interval_confidence)
    return rounded(float(value)), _finite(interval)


def _counted_interval(basis: ImprovementBasis, counts: PairedCounts, confidence: float) -> Interval | None:
    if basis == "relative":
        return relative_improvement_interval(counts, confidence)
    if basis == "error_reduction":
        # A reduction of the error is a negative improvement in being wrong.
        rise = relative_improvement_interval(counts.turned(), confidence)
        return (-rise[1], -rise[0]) if rise else None
    return gain_interval(counts, confidence)


def improvement_on(basis: ImprovementBasis, kind: MetricKind, challenger: Array, champion: Array) -> Array:
    """Gains on a basis: a share of the champion's metric, of its error, or plain; NaN where that is nothing."""
    with np.errstate(invalid="ignore"):
        gain = kind.gain(challenger, champion)
    if basis == "relative":
        whole = np.abs(champion)
    elif basis == "error_reduction" and kind.best is not None:
        whole = np.abs(kind.best - champion)
    else:
        whole = np.ones_like(champion)
    improvements: Array = np.divide(gain, whole, out=np.full(np.shape(gain), np.nan), where=whole > 0)
    return improvements


def _label_counts(found: Predictions) -> dict[str, Any]:
    labels, rows = np.unique(found.labels, return_counts=True)
    if found.classes is None:
        return {"distinct_labels": min(labels.size, 3)}
    # A class that only a model knows is no class of the holdout, but one label alone leaves nothing to tell apart.
    rarest = int(rows.min()) if rows.size > 1 else 0
    return {
        "distinct_labels": min(labels.size, 3),
        "rarest_class_rows": rarest,
        "largest_class_share": float(rows.max() / found.rows),
    }


def _with_shared_classes(*models: Predictions) -> list[Predictions]:
    """The same answers as codes into the classes of all: models that were asked apart do not know each other's."""
    known = [model.classes for model in models if model.classes is not None]
    if not known:
        return list(models)
    classes = np.unique(np.concatenate(known))
    return [model.in_classes(classes) for model in models]


def _check_same_rows(challenger: Predictions, champion: Predictions) -> None:
    same = {
        "row_ids": np.array_equal(challenger.row_ids, champion.row_ids),
        "labels": np.array_equal(challenger.label_texts, champion.label_texts),
    }
    for name, is_same in same.items():
        if not is_same:
            raise ArtifactInvalid(f"challenger and champion were not scored on the same rows: their {name} differ")


def _paired_counts(pair: Pair) -> PairedCounts:
    assert pair.champion is not None
    better, old = (
        found.predictions == found.labels for found in (pair.challenger.predictions, pair.champion.predictions)
    )
    return PairedCounts(
        both=int((better & old).sum()),
        only_challenger=int((better & ~old).sum()),
        only_champion=int((~better & old).sum()),
        neither=int((~better & ~old).sum()),
    )
