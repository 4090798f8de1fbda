"""Retrain when a metric in production crosses its threshold, for example when accuracy falls below it."""

import math
from datetime import datetime, timedelta

from ..domain.metric_reading import MetricQuery, MetricReading
from ..domain.policy.policy import Policy
from ..domain.trigger_type import TriggerType
from ..domain.verdict import Outcome, Strength, Verdict
from ..domain.windows import metric_window_end
from ..statistics.proportions import wilson_upper_bound
from .base import Evidence, Trigger

CHECK = "performance_degradation"


class PerformanceDegradation(Trigger):
    """The metric in production crossed its threshold."""

    kind = TriggerType.PERFORMANCE_DEGRADATION
    backs_off = True
    needs_breach_days = True

    def queries(self, policy: Policy, at: datetime) -> tuple[MetricQuery, ...]:
        """The metric over the evaluation window, which leaves out newer rows whose labels are still missing."""
        end = metric_window_end(at, policy.data.label_delay_days)
        start = end - timedelta(days=policy.triggers.evaluation_window_days)
        return (MetricQuery(model_name=policy.model, metric=policy.metric, start=start, end=end),)

    def judge(self, policy: Policy, evidence: Evidence, at: datetime) -> tuple[Verdict, ...]:
        (reading,) = evidence.readings[self.kind]
        return (judge_performance(policy, reading, metric_window_end(at, policy.data.label_delay_days)),)


def judge_performance(policy: Policy, reading: MetricReading, window_end: datetime) -> Verdict:
    """Met if the value and, if rows are counted, its confidence bound are on the bad side of the threshold.

    Inconclusive if nothing was published, points or rows are too few, points are too old, labels are missing, the
    reading is partial, or the metric cannot have this value.
    """
    value = reading.value
    unknown = _unknown(policy, reading, window_end)
    if unknown or value is None:
        storable = reading if value is None or math.isfinite(value) else reading.changed(value=None)
        return _verdict(Outcome.INCONCLUSIVE, unknown or "nothing was published", policy, storable)
    if not _is_worse(policy, value):
        side = "below" if _higher_is_better(policy) else "above"
        reason = (
            f"{_name(policy)} {_digits(policy, value)} is not {side} {policy.triggers.performance_metric_threshold}"
        )
        return _verdict(Outcome.UNMET, reason, policy, reading)
    return _judge_evidence(policy, reading, value)


def _unknown(policy: Policy, reading: MetricReading, window_end: datetime) -> str | None:
    """Why the metric cannot be judged, if so."""
    config, share = policy.triggers, reading.label_share
    if reading.problem is not None:
        return f"the metric is unreliable: {reading.problem}"
    if reading.value is None or reading.points == 0:
        return f"no {_name(policy)} was published in the window"
    if not _is_possible(policy, reading.value):
        return f"{_name(policy)} {reading.value} is not {'between 0 and 1' if _is_share(policy) else 'a finite number'}"
    if reading.points < config.min_data_points:
        return f"only {reading.points} data points in the window ({config.min_data_points} needed)"
    oldest = window_end - timedelta(hours=config.max_staleness_hours)
    if reading.newest_at is None or reading.newest_at < oldest:
        when = f"from {reading.newest_at.isoformat()}" if reading.newest_at else "of unknown age"
        return f"the newest data point is {when}: not within {config.max_staleness_hours} hours of the window's end"
    if policy.metric.label_share and (share is None or not share >= policy.data.min_label_share):
        part = "an unknown share" if share is None else f"only {share:.1%}"
        return f"{part} of the labels has arrived ({policy.data.min_label_share:.1%} needed)"
    if reading.rows is not None and reading.rows < config.min_rows:
        return f"only {reading.rows} labelled rows in the window ({config.min_rows} needed)"
    return None


def _judge_evidence(policy: Policy, reading: MetricReading, value: float) -> Verdict:
    config, limit = policy.triggers, policy.triggers.performance_metric_threshold
    crossed = f"{_name(policy)} {_digits(policy, value)} is {'below' if _higher_is_better(policy) else 'above'} {limit}"
    if config.confidence == 0:
        return _verdict(Outcome.MET, f"{crossed} (point estimate alone)", policy, reading, "bare_rule")
    if reading.rows is None or not _is_share(policy):
        note = "point value; its rows are not counted"
        return _verdict(Outcome.MET, f"{crossed} ({note})", policy, reading, "point_only")
    bound, which = _bound(policy, value, reading.rows), "upper" if _higher_is_better(policy) else "lower"
    if _is_worse(policy, bound):
        reason = f"{crossed} ({which} bound {bound:.4f}, {reading.rows} rows)"
        return _verdict(Outcome.MET, reason, policy, reading, "counted")
    reason = f"{crossed}, but this may be due to chance ({which} bound {bound:.4f}, {reading.rows} rows)"
    return _verdict(Outcome.INCONCLUSIVE, reason, policy, reading, "counted")


def _bound(policy: Policy, value: float, rows: int) -> float:
    """One-sided bound on the good side; the lower bound of a share is 1 minus the upper bound of its complement."""
    confidence = policy.triggers.confidence
    if _higher_is_better(policy):
        return wilson_upper_bound(value * rows, rows, confidence)
    return 1 - wilson_upper_bound((1 - value) * rows, rows, confidence)


def _is_worse(policy: Policy, value: float) -> bool:
    limit = policy.triggers.performance_metric_threshold
    return value < limit if _higher_is_better(policy) else value > limit


def _is_possible(policy: Policy, value: float) -> bool:
    return math.isfinite(value) and (not _is_share(policy) or 0 <= value <= 1)


def _higher_is_better(policy: Policy) -> bool:
    return policy.triggers.performance_metric_direction == "higher_is_better"


def _is_share(policy: Policy) -> bool:
    return policy.triggers.performance_metric_scale == "share"


def _digits(policy: Policy, value: float) -> str:
    return f"{value:.4f}" if _is_share(policy) else f"{value:.6g}"


def _name(policy: Policy) -> str:
    return policy.metric.name


def _verdict(
    outcome: Outcome, reason: str, policy: Policy, reading: MetricReading, strength: Strength | None = None
) -> Verdict:
    return Verdict(
        check=CHECK,
        outcome=outcome,
        reason=reason,
        value=reading.value,
        limit=policy.triggers.performance_metric_threshold,
        n=reading.rows,
        evidence=strength,
    )
