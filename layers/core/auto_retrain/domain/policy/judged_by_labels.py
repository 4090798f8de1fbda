"""A policy as if its metric in production were what the labels say of the answers in its prediction log."""

from typing import Literal

from ..metric_kinds import OF_SQUARES, Task
from .metric import PredictionLogMetric
from .policy import Policy
from .requests import PredictionLogRequests


def judged_by_labels(policy: Policy) -> Policy | None:
    """None if it is judged by them anyway, or if its rollouts are not, so that it may have no log at all."""
    deployment, requests = policy.deployment, policy.deployment.requests
    has_log = deployment.step_minutes > 0 and isinstance(requests, PredictionLogRequests)
    if not has_log or not deployment.analysis.labelled_quality.counts or policy.metric.source == "prediction_log":
        return None
    assert isinstance(requests, PredictionLogRequests)
    is_regression = policy.data.task is Task.REGRESSION
    error: Literal["rmse", "mae"] = "rmse" if policy.primary_metric in OF_SQUARES else "mae"
    metric = PredictionLogMetric.at(requests, error if is_regression else "accuracy")
    triggers = policy.triggers.changed(
        performance_metric_scale="number" if is_regression else "share",
        performance_metric_direction="lower_is_better" if is_regression else "higher_is_better",
        # Of the trigger alone, which does not judge this metric; any that fits a share.
        performance_metric_threshold=0.5,
        # Those of another metric may be minutes, and these are days.
        min_data_points=1,
    )
    return policy.changed(metric=metric, triggers=triggers)
