"""Warnings about a metric that can never be read or judged, and about shares that are given in percent."""

from collections.abc import Iterator
from datetime import timedelta
from math import ceil

from ..metric_kinds import METRICS, Task
from ..trigger_type import TriggerType
from .metric import MAX_STEPS, PrometheusMetric
from .policy import Policy
from .triggers import MIN_DRIFT_ROWS

_MINUTES_PER_DAY = 1440


def metric_warnings(policy: Policy) -> Iterator[str]:
    """One sentence for each, naming the fields."""
    if policy.triggers.enables(TriggerType.PERFORMANCE_DEGRADATION):
        yield from _too_many_steps(policy)
        yield from _too_few_points(policy)
        yield from _threshold_in_percent(policy)
        yield from _extreme_of_rows(policy)
        yield from _rows_of_challengers(policy)
    yield from _too_long_a_watch(policy)
    yield from _too_few_rows_for_drift(policy)
    yield from _validation_in_percent(policy)


def _too_many_steps(policy: Policy) -> Iterator[str]:
    metric, days = policy.metric, policy.triggers.evaluation_window_days
    if isinstance(metric, PrometheusMetric) and metric.steps_in(timedelta(days=days)) > MAX_STEPS:
        window = f"triggers.evaluation_window_days = {days} with metric.step_minutes = {metric.step_minutes}"
        steps = f"{days * 1440 // metric.step_minutes} steps, and a server gives at most {MAX_STEPS}"
        yield f"{window}: {steps}, so performance is not judged; take steps of {ceil(days * 1440 / MAX_STEPS)} minutes"


def _too_long_a_watch(policy: Policy) -> Iterator[str]:
    metric, days = policy.metric, policy.deployment.watch_days
    if isinstance(metric, PrometheusMetric) and metric.steps_in(timedelta(days=days)) > MAX_STEPS:
        watch = f"deployment.watch_days = {days} with metric.step_minutes = {metric.step_minutes}"
        steps = f"a server gives at most {MAX_STEPS} steps, so a new champion is not judged to the end of its watch"
        yield f"{watch}: {steps}; take steps of {ceil(days * 1440 / MAX_STEPS)} minutes"


def _too_few_points(policy: Policy) -> Iterator[str]:
    config, metric = policy.triggers, policy.metric
    minutes = metric.step_minutes if isinstance(metric, PrometheusMetric) else 1440
    steps = config.evaluation_window_days * 1440 // minutes + 1
    if config.min_data_points > steps:
        window = f"{config.evaluation_window_days} days have at most {steps} steps of {minutes} minutes"
        yield f"triggers.min_data_points = {config.min_data_points}: {window}, so performance is never judged"


def _threshold_in_percent(policy: Policy) -> Iterator[str]:
    config, metric = policy.triggers, policy.metric
    threshold, higher = config.performance_metric_threshold, config.higher_is_better
    if not metric.counts_rows or metric.aggregation in ("minimum", "maximum") or 0 <= threshold <= 1:
        return
    always = "always" if (threshold > 1) is higher else "never"
    share = f"where rows are counted the metric is between 0 and 1, so it is {always} {'below' if higher else 'above'}"
    yield f"triggers.performance_metric_threshold = {threshold:g}: {share}; 0.92 stands for 92 %"


def _extreme_of_rows(policy: Policy) -> Iterator[str]:
    metric = policy.metric
    if metric.counts_rows and metric.aggregation in ("minimum", "maximum"):
        wrong, value = ("wrong", 0) if metric.aggregation == "minimum" else ("right", 1)
        single = f"each sample is 0 or 1, so the metric is {value} as soon as a single row is {wrong}"
        yield f"metric.aggregation = '{metric.aggregation}' with metric.counts_rows: {single}"


def _rows_of_challengers(policy: Policy) -> Iterator[str]:
    deployment, metric = policy.deployment, policy.metric
    days = deployment.planned_minutes / _MINUTES_PER_DAY
    if deployment.needs != "weights" or metric.names_version or days < 1:
        return
    field = "metric.version_label" if isinstance(metric, PrometheusMetric) else "metric.version_dimension"
    shared = f"for {days:.3g} days the metric is that of both versions, and the champion is judged by it afterwards"
    yield f"deployment.strategy = '{deployment.strategy}' without {field}: {shared}"


def _too_few_rows_for_drift(policy: Policy) -> Iterator[str]:
    config = policy.triggers
    judged = config.enables(TriggerType.DATA_DRIFT) and config.confidence > 0
    if judged and config.min_rows < MIN_DRIFT_ROWS:
        needed = f"data_drift needs {MIN_DRIFT_ROWS} rows a side all the same, as its test for chance holds from there"
        yield f"triggers.min_rows = {config.min_rows}: {needed}"


def _validation_in_percent(policy: Policy) -> Iterator[str]:
    rules, primary = policy.validation, policy.primary_metric
    for name, limit in rules.guardrails.items():
        if _is_share(name) and limit >= 1:
            yield f"validation.guardrails.{name} = {limit:g}: {_range(name)}, so only a fall to 0 is refused"
    if _is_share(primary) and rules.improvement_basis == "non_inferior" and rules.non_inferiority_margin >= 1:
        margin = f"validation.non_inferiority_margin = {rules.non_inferiority_margin:g}"
        yield f"{margin}: {_range(primary)}, so however bad a challenger is, it is not inferior"
    if _is_share(primary) and rules.improvement_basis == "absolute" and rules.min_improvement > 1:
        improvement = f"validation.min_improvement = {rules.min_improvement:g}"
        yield f"{improvement}: {_range(primary)}, so no challenger can be that much better"


def _is_share(name: str) -> bool:
    kind = METRICS[name]
    return kind.task is Task.CLASSIFICATION and kind.best == 1


def _range(name: str) -> str:
    return f"{name} is between 0 and 1"
