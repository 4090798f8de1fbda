"""Whether a champion does worse in production than the one before did; looked at as often as one likes.

Two bounds share a false alarm rate of 5 % over the whole watch: that the predecessor's level is no worse than its
bound, and that the evidence against it ever reaches `1 / ALPHA` (Ville's inequality). Nothing has to be stored between
looks, because the alternatives that are bet on stay the same. If a champion is judged by several metrics, each has its
part of that rate (Bonferroni), whatever they have to do with each other.
"""

from datetime import datetime
from math import exp, sqrt
from statistics import NormalDist

from ..domain.digest import canonical_json, sha256_of
from ..domain.judged_metric import JudgedMetric
from ..domain.labelled_days import way_of_reading
from ..domain.metric_reading import MetricReading
from ..domain.model_state import Serving
from ..domain.policy.metric import PredictionLogMetric
from ..domain.policy.policy import Policy
from ..domain.verdict import Outcome, Verdict
from ..domain.watch import Level
from ..statistics.day_noise import day_deviation, independent_rows, likeness_of_rows, mean_share
from ..statistics.e_process import MeanDifference, OneProportion, e_value
from ..statistics.proportions import wilson_upper_bound

CHECK = "champion_watch"
# Of each of the two bounds, for all metrics together.
ALPHA = 0.025
# Fewer days may lack the weekend, and do not show how far days differ. More would leave out those promoted weekly.
MIN_LEVEL_DAYS = 6
MIN_DAYS_UNCOUNTED = 3
# Where days never differed, some difference is still to be expected.
_LEAST_NOISE = 0.25
_MAX_RATE = 0.999


def read_by(policy: Policy, metrics: int = 1) -> str:
    """What values of a metric are read by: only those that were read in the same way can be compared."""
    meaning = f"{policy.triggers.performance_metric_scale} {policy.triggers.performance_metric_direction}"
    if isinstance(policy.metric, PredictionLogMetric):
        meaning += f" {way_of_reading(policy.metric, policy.data)}"
    if metrics > 1:
        meaning += f" one of {metrics}"
    return sha256_of(canonical_json(policy.metric) + meaning.encode())[:16]


def level_of(
    policy: Policy, reading: MetricReading, window_end: datetime, predecessor: Serving, metrics: int = 1
) -> Level | str:
    """The level of a predecessor over its own time, or why it is not known; `metrics` is how many are judged."""
    metric = _of_its_days(JudgedMetric(policy, reading, window_end, predecessor))
    doubt = metric.doubt
    if doubt:
        return doubt
    days = len(reading.by_day)
    if days < MIN_LEVEL_DAYS:
        return f"{metric.name} of version {predecessor.version} has {days} days ({MIN_LEVEL_DAYS} needed)"
    return _level_of_rows(metric, metrics) if _is_counted(metric) else _level_of_numbers(metric, metrics)


def _level_of_rows(metric: JudgedMetric, metrics: int) -> Level:
    days = metric.reading.by_day
    noise = likeness_of_rows(days)
    metric = _of_its_days(metric, noise)
    worst, _ = metric.extremes
    independent = _independent(metric.reading, noise)
    bad = wilson_upper_bound(_bad(metric, worst) * independent, independent, 1 - ALPHA / metrics)
    return Level(
        value=metric.reading.value or 0.0,
        worst=_bad(metric, bad),
        noise=noise,
        days=len(days),
        rows=_rows(metric.reading),
        read_by=read_by(metric.policy, metrics),
    )


def _level_of_numbers(metric: JudgedMetric, metrics: int) -> Level | str:
    values = [value for value, _ in metric.reading.by_day]
    level = sum(values) / len(values)
    noise = max(day_deviation(values), _LEAST_NOISE * _margin(metric, level))
    if not noise:
        return f"{metric.name}{metric.of_version} was {level:g} on each day, which shows no margin"
    distance = NormalDist().inv_cdf(1 - ALPHA / metrics) * noise / sqrt(len(values))
    worst = level - distance if metric.higher_is_better else level + distance
    return Level(value=level, worst=worst, noise=noise, days=len(values), read_by=read_by(metric.policy, metrics))


def judge_champion(
    policy: Policy, level: Level, reading: MetricReading, window_end: datetime, champion: Serving, metrics: int = 1
) -> Verdict:
    """Met if the champion does worse than the predecessor did by more than the margin, and that is not chance.

    Inconclusive if that cannot be told, for whatever reason; too few rows or days never take a champion back.
    """
    metric = _of_its_days(JudgedMetric(policy, reading, window_end, champion), level.noise)
    doubt = metric.doubt
    if doubt:
        return _verdict(Outcome.INCONCLUSIVE, doubt, metric, level)
    if level.read_by != read_by(policy, metrics):
        return _verdict(Outcome.INCONCLUSIVE, "the metric is another one than that of the level", metric, level)
    _, value = metric.extremes
    limit = _limit(metric, level)
    text = f"{metric.named(value)} against {level.value:.6g} of the version before"
    if not _is_worse(metric, value, limit):
        return _verdict(Outcome.UNMET, f"{text}: not worse by more than the margin and chance", metric, level)
    if not _is_counted(metric) and len(reading.by_day) < MIN_DAYS_UNCOUNTED:
        few = f"{text}, but of {len(reading.by_day)} days ({MIN_DAYS_UNCOUNTED} needed)"
        return _verdict(Outcome.INCONCLUSIVE, few, metric, level)
    evidence, needed = _evidence(metric, value, limit, level), metrics / ALPHA
    shown = f"(evidence {evidence:.3g}, needed {needed:g})"
    if evidence >= needed:
        return _verdict(Outcome.MET, f"{text} {shown}", metric, level)
    return _verdict(Outcome.INCONCLUSIVE, f"{text}, but this may be due to chance {shown}", metric, level)


def _of_its_days(metric: JudgedMetric, noise: float = 0.0) -> JudgedMetric:
    """The mean over the days of a reading, whatever its aggregation is: a level and its noise are those of days."""
    days = metric.reading.by_day
    if _is_counted(metric):
        value = min(mean_share(days, noise), 1.0) if days else None
        return metric._replace(reading=metric.reading.changed(value=value, rows=round(sum(rows for _, rows in days))))
    value = sum(value for value, _ in days) / len(days) if days else None
    return metric._replace(reading=metric.reading.changed(value=value))


def _independent(reading: MetricReading, noise: float) -> float:
    return sum(independent_rows(rows, noise) for _, rows in reading.by_day)


def _evidence(metric: JudgedMetric, value: float, limit: float, level: Level) -> float:
    """Evidence that the champion is beyond the limit: at most 1 on average if it is not."""
    if _is_counted(metric):
        rows, rate = _rows(metric.reading), _bad(metric, limit)
        if not rows or not 0 < rate < _MAX_RATE:
            return 0.0
        events = round(_bad(metric, value) * rows)
        weight = _independent(metric.reading, level.noise) / rows
        return e_value(OneProportion().after(rows, events, rate, weight).higher)
    values = [each for each, _ in metric.reading.by_day]
    sign = -1 if metric.higher_is_better else 1
    # As so many deviations of a day, because a square may be too small or too large for a number.
    difference = (sum(values) / len(values) - limit) / level.noise
    test = MeanDifference().after(difference, 1 / len(values), spread=MIN_DAYS_UNCOUNTED)
    return exp(min(test.log_e(sign), 700.0))


def _limit(metric: JudgedMetric, level: Level) -> float:
    margin = _margin(metric, level.value)
    return level.worst - margin if metric.higher_is_better else level.worst + margin


def _margin(metric: JudgedMetric, level: float) -> float:
    """The same margins as while a challenger rolls out: absolute for a share, relative for any other number."""
    check = metric.policy.deployment.analysis.labelled_quality
    return check.margin if metric.is_share else check.loss_margin * abs(level)


def _is_worse(metric: JudgedMetric, value: float, limit: float) -> bool:
    return value < limit if metric.higher_is_better else value > limit


def _is_counted(metric: JudgedMetric) -> bool:
    return metric.is_share and metric.policy.metric.counts_rows


def _bad(metric: JudgedMetric, share: float) -> float:
    """The share of rows that are wrong, from the metric; and the metric from that share."""
    return 1 - share if metric.higher_is_better else share


def _rows(reading: MetricReading) -> int:
    return (reading.rows or 0) + reading.unknown_rows


def _verdict(outcome: Outcome, reason: str, metric: JudgedMetric, level: Level) -> Verdict:
    return Verdict(
        check=CHECK,
        outcome=outcome,
        reason=reason,
        value=metric.reading.value,
        limit=_limit(metric, level),
        n=metric.reading.rows,
    )
