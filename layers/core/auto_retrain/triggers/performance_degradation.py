"""Retrain when a metric in production crosses its threshold, for example when accuracy falls below it."""

import math
from datetime import datetime, timedelta

from ..domain.judged_metric import JudgedMetric
from ..domain.metric_reading import MetricQuery, MetricReading
from ..domain.model_state import ModelState, Serving
from ..domain.policy.policy import Policy
from ..domain.trigger_type import TriggerType
from ..domain.verdict import Outcome, Strength, Verdict
from ..domain.windows import metric_window, metric_window_end
from ..statistics.proportions import wilson_upper_bound
from .base import Evidence, Trigger

CHECK = "performance_degradation"

_DAY = timedelta(days=1)


class PerformanceDegradation(Trigger):
    """The metric in production crossed its threshold."""

    kind = TriggerType.PERFORMANCE_DEGRADATION
    reads_metrics = True
    backs_off = True
    needs_breach_days = True

    def queries(self, policy: Policy, state: ModelState, at: datetime) -> tuple[MetricQuery, ...]:
        """The metric of the version that serves: by its name or, if the metric has none, since it has served.

        The window leaves out newer rows whose labels are still missing.
        """
        serving, by_name = state.serving, policy.metric.names_version
        start, end = metric_window(
            at,
            evaluation_days=policy.triggers.evaluation_window_days,
            label_delay_days=policy.data.label_delay_days,
            since=serving.since if serving and not by_name else None,
        )
        # Sources refuse an empty window; one that is too short is read and not judged.
        start, version = min(start, end - _DAY), serving.version if serving else None
        return (MetricQuery(policy.model, policy.metric, start, end, version, policy.data),)

    def judge(self, policy: Policy, evidence: Evidence, at: datetime) -> tuple[Verdict, ...]:
        (reading,) = evidence.readings[self.kind]
        window_end = metric_window_end(at, policy.data.label_delay_days)
        return (judge_performance(policy, reading, window_end, evidence.state.serving),)


def judge_performance(
    policy: Policy, reading: MetricReading, window_end: datetime, serving: Serving | None = None
) -> Verdict:
    """Met if the value and, if rows are counted, its confidence bound are on the bad side of the threshold.

    Inconclusive if nothing was published, points or rows are too few, points are too old, labels are missing, the
    reading is partial, the metric cannot have this value, or the version that serves began too short a time ago.
    """
    metric = JudgedMetric(policy, reading, window_end, serving)
    if metric.not_its_own:
        # The reading is that of another version.
        unread = metric._replace(reading=MetricReading(value=None))
        return _verdict(Outcome.INCONCLUSIVE, metric.not_its_own, unread)
    doubt = metric.doubt
    if doubt:
        return _verdict(Outcome.INCONCLUSIVE, doubt, metric)
    worst, best = metric.extremes
    if not metric.is_worse(worst):
        return _verdict(Outcome.UNMET, f"{metric.named(worst)} is not {_beyond(metric)}", metric)
    if not metric.is_worse(best):
        counted = f"of {(reading.rows or 0) + reading.unknown_rows} labelled rows"
        uncounted = f"for {reading.unknown_rows} {counted} nothing says how many of them are right"
        return _verdict(Outcome.INCONCLUSIVE, f"{metric.named(worst)} may also be {best:.4f}: {uncounted}", metric)
    return _judge_evidence(metric, best)


def _judge_evidence(metric: JudgedMetric, value: float) -> Verdict:
    confidence, rows = metric.policy.triggers.confidence, metric.reading.rows
    crossed = f"{metric.named(value)} is {_beyond(metric)}"
    if confidence == 0:
        return _verdict(Outcome.MET, f"{crossed} (point estimate alone)", metric, "bare_rule")
    if rows is None or not metric.is_share:
        return _verdict(Outcome.MET, f"{crossed} (point value; its rows are not counted)", metric, "point_only")
    rows += metric.reading.unknown_rows
    bound, which = _bound(metric, value, rows), "upper" if metric.higher_is_better else "lower"
    evidence = f"({which} bound {bound:.4f}, {rows} rows)"
    if metric.is_worse(bound):
        return _verdict(Outcome.MET, f"{crossed} {evidence}", metric, "counted")
    return _verdict(Outcome.INCONCLUSIVE, f"{crossed}, but this may be due to chance {evidence}", metric, "counted")


def _bound(metric: JudgedMetric, value: float, rows: int) -> float:
    """One-sided bound on the good side; the lower bound of a share is 1 minus the upper bound of its complement."""
    confidence = metric.policy.triggers.confidence
    if metric.higher_is_better:
        return wilson_upper_bound(value * rows, rows, confidence)
    return 1 - wilson_upper_bound((1 - value) * rows, rows, confidence)


def _beyond(metric: JudgedMetric) -> str:
    side = "below" if metric.higher_is_better else "above"
    return f"{side} {metric.policy.triggers.performance_metric_threshold}"


def _verdict(outcome: Outcome, reason: str, metric: JudgedMetric, strength: Strength | None = None) -> Verdict:
    value = metric.reading.value
    return Verdict(
        check=CHECK,
        outcome=outcome,
        reason=reason,
        value=value if value is not None and math.isfinite(value) else None,
        limit=metric.policy.triggers.performance_metric_threshold,
        n=metric.reading.rows,
        evidence=strength,
    )
