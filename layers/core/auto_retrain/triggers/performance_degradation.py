"""Retrain when accuracy in production fell below its threshold."""

import math

from ..domain.metric import MetricReading
from ..domain.policy import TriggerConfig
from ..domain.verdict import Outcome, Verdict
from ..statistics.proportions import wilson_upper_bound

CHECK = "performance_degradation"


def judge_performance(config: TriggerConfig, reading: MetricReading) -> Verdict:
    """Met when the mean is below the threshold and, where rows are counted, its upper confidence bound is too.

    Nothing published, too few rows, a partial answer and a value that is no accuracy are inconclusive.
    """
    value, rows, limit = reading.value, reading.rows, config.performance_metric_threshold
    if reading.problem is not None:
        return _verdict(Outcome.INCONCLUSIVE, f"the metric cannot be relied on: {reading.problem}", config, reading)
    if value is None:
        return _verdict(Outcome.INCONCLUSIVE, "no accuracy was published in the window", config, reading)
    if not (math.isfinite(value) and 0 <= value <= 1):
        reason = f"accuracy {value} is not between 0 and 1"
        return _verdict(Outcome.INCONCLUSIVE, reason, config, reading.model_copy(update={"value": None}))
    if rows is not None and rows < config.min_rows:
        reason = f"only {rows} labelled rows in the window, {config.min_rows} are needed"
        return _verdict(Outcome.INCONCLUSIVE, reason, config, reading)
    if value >= limit:
        return _verdict(Outcome.UNMET, f"accuracy {value:.4f} is not below {limit}", config, reading)
    return _judge_evidence(config, reading, value)


def _judge_evidence(config: TriggerConfig, reading: MetricReading, value: float) -> Verdict:
    below = f"accuracy {value:.4f} is below {config.performance_metric_threshold}"
    if config.confidence == 0:
        return _verdict(Outcome.MET, f"{below} (bare rule)", config, reading)
    if reading.rows is None:
        return _verdict(Outcome.MET, f"{below} (point value; the rows behind it are not counted)", config, reading)
    bound = wilson_upper_bound(value * reading.rows, reading.rows, config.confidence)
    if bound < config.performance_metric_threshold:
        return _verdict(Outcome.MET, f"{below} (upper bound {bound:.4f}, {reading.rows} rows)", config, reading)
    reason = f"{below}, but that may be chance (upper bound {bound:.4f}, {reading.rows} rows)"
    return _verdict(Outcome.INCONCLUSIVE, reason, config, reading)


def _verdict(outcome: Outcome, reason: str, config: TriggerConfig, reading: MetricReading) -> Verdict:
    return Verdict(
        check=CHECK,
        outcome=outcome,
        reason=reason,
        value=reading.value,
        limit=config.performance_metric_threshold,
        n=reading.rows,
    )
