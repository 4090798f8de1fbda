"""Refuse to believe that the champion is bad while everything that is known of it says otherwise."""

from ..domain.comparison import Comparison, Interval, KnownQuality, MetricResult
from ..domain.metric_kinds import MetricKind
from ..domain.policy.policy import Policy
from ..domain.verdict import Outcome, Verdict

CHECK = "champion_quality"
# Champions decay, and production shows it over the same days. An error that is several times the one that production
# showed is no decay.
MAX_TIMES_THE_ERROR = 2
WORDS = {"promotion": "when it was promoted", "production": "in production", "comparison": "in the last comparison"}


def judge_champion_quality(policy: Policy, comparison: Comparison) -> list[Verdict]:
    """Inconclusive if the champion is measured much worse than by all that is known of it; no verdict if nothing is.

    Much worse is more than twice the error, even between the near ends of both intervals. Where no production metric
    is known, a champion may have decayed unnoticed, so it must also be worse than a constant prediction. A comparison
    is itself something that is known: the next one with the same result is believed, so this holds a model only once.
    """
    measured = [
        (quality, metric)
        for quality in comparison.known_of_champion
        if (metric := comparison.metrics.get(quality.metric)) is not None and metric.champion_interval is not None
    ]
    if not measured:
        return []
    is_doubtful = all(_is_contradicted(*pair, policy.kind_of(pair[0].metric)) for pair in measured) and (
        any(quality.source == "production" for quality, _ in measured) or _is_useless(comparison)
    )
    quality, metric = measured[0]
    return [
        Verdict(
            check=CHECK,
            outcome=Outcome.INCONCLUSIVE if is_doubtful else Outcome.MET,
            reason=_reason(measured, is_doubtful),
            value=metric.champion,
            limit=quality.value,
            n=comparison.rows,
            interval=metric.champion_interval,
        )
    ]


def _is_contradicted(quality: KnownQuality, metric: MetricResult, kind: MetricKind) -> bool:
    """Whether the error is many times larger than known; unknown for a metric without a best value."""
    if metric.champion_interval is None or kind.best is None:
        return False
    measured = _ends(metric.champion_interval, kind)[0]
    known = _ends(quality.interval or (quality.value, quality.value), kind)[1]
    return abs(kind.best - measured) > MAX_TIMES_THE_ERROR * abs(kind.best - known)


def _ends(interval: Interval, kind: MetricKind) -> Interval:
    """The better and the worse end."""
    low, high = interval
    return (high, low) if kind.higher_is_better else (low, high)


def _is_useless(comparison: Comparison) -> bool:
    """Whether the champion is worse, beyond chance, than always predicting the largest class, the mean or a coin."""
    constant = {"accuracy": comparison.largest_class_share, "r2": 0.0, "roc_auc": 0.5}
    return any(
        limit is not None
        and (metric := comparison.metrics.get(name)) is not None
        and metric.champion_interval is not None
        and metric.champion_interval[1] < limit
        for name, limit in constant.items()
    )


def _reason(measured: list[tuple[KnownQuality, MetricResult]], is_doubtful: bool) -> str:
    now = ", ".join(dict.fromkeys(f"{quality.metric} {metric.champion:.4f}" for quality, metric in measured))
    known = ", ".join(f"{quality.metric} {quality.value:.4f} {WORDS[quality.source]}" for quality, _ in measured)
    if not is_doubtful:
        return f"the champion's {now} does not contradict what is known of it: {known}"
    return (
        f"the champion's {now} contradicts all that is known of it: {known}. Look at what it predicts; "
        f"if another retraining measures the same, it is believed"
    )
