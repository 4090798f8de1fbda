"""Which metric of labelled rows a policy's metric is."""

from .errors import PolicyInvalid
from .metric_kinds import METRICS, ROW_METRIC, UNBOUNDED
from .policy.metric import PredictionLogMetric
from .policy.policy import Policy
from .trigger_type import TriggerType


def metric_in(policy: Policy, given: str | None = None) -> str | None:
    """The metric of labelled rows that a policy's metric is, or that was `given` for it; None if nothing judges it.

    That of a prediction log says itself what it is, so nothing else is taken for it.
    Raises PolicyInvalid naming the field if it cannot be worked out from labelled rows, or if its better direction or
    its values are not those that the policy's trigger expects.
    """
    metric = policy.metric
    if isinstance(metric, PredictionLogMetric):
        return metric.name
    if given is not None:
        _check(policy, given, f"--metric {given}")
        return given
    name, judges = _own_name(policy), policy.triggers.enables(TriggerType.PERFORMANCE_DEGRADATION)
    field = "gauge" if metric.source == "prometheus" else "name"
    kind = METRICS.get(name)
    if kind and name != ROW_METRIC and kind.task in (None, policy.data.task):
        if judges:
            _check(policy, name, f"metric.{field} = '{name}'")
        return name
    if not judges:
        return None
    raise PolicyInvalid(
        f"metric.{field} = '{name}': cannot be worked out from the labelled rows of a {policy.data.task}; say by "
        f"--metric which one stands for it ({_allowed(policy)}), or test without --train"
    )


def _own_name(policy: Policy) -> str:
    """The name of a policy's metric; rows that are counted are right or wrong."""
    return "accuracy" if policy.metric.counts_rows else policy.metric.name


def _check(policy: Policy, name: str, given: str) -> None:
    if name not in _of_task(policy):
        raise PolicyInvalid(f"{given}: is no metric of a {policy.data.task}; {_allowed(policy)}")
    if name not in _fitting(policy):
        triggers = policy.triggers
        expected = f"performance_metric_direction '{triggers.performance_metric_direction}' and "
        expected += f"performance_metric_scale '{triggers.performance_metric_scale}'"
        raise PolicyInvalid(f"{given}: does not fit the policy's triggers.{expected}; {_allowed(policy)}")


def _allowed(policy: Policy) -> str:
    if fitting := _fitting(policy):
        return f"allowed are {', '.join(fitting)}"
    triggers = policy.triggers
    direction = f"triggers.performance_metric_direction is '{triggers.performance_metric_direction}'"
    return f"no metric fits while {direction} and performance_metric_scale is '{triggers.performance_metric_scale}'"


def _of_task(policy: Policy) -> list[str]:
    has_own = policy.validation.row_metric is not None
    names = [name for name, kind in METRICS.items() if kind.task == policy.data.task]
    return [*names, *([ROW_METRIC] if has_own else [])]


def _fitting(policy: Policy) -> list[str]:
    """Those that the trigger's threshold can be compared with."""
    triggers = policy.triggers
    is_share = triggers.performance_metric_scale == "share"
    return [
        name
        for name in _of_task(policy)
        if policy.kind_of(name).higher_is_better is triggers.higher_is_better and not (is_share and name in UNBOUNDED)
    ]
