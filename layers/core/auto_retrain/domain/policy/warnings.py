"""Warnings about rules that are legal but certain never to pass, never to fire, or to do less than they say."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice, pairwise, takewhile

from ..durations import in_words
from ..schedule import upcoming
from ..trigger_type import TriggerType
from .default_trainer import unknown_parameters
from .deployment_warnings import deployment_warnings
from .label_warnings import label_warnings
from .metric import CloudWatchMetric
from .metric_warnings import metric_warnings
from .policy import Policy
from .requests_warnings import requests_warnings
from .training import is_pinned

# Rounding must not cause a warning about a rule that just passes.
_MARGIN = 1e-9
# One more than the largest cap, so that exceeding any cap is noticed.
_MAX_RUNS = 201
_SOME_DAY = datetime(2000, 1, 1, tzinfo=UTC)
_MORE_THAN_A_YEAR = timedelta(days=400)


def warnings_of(policy: Policy) -> tuple[str, ...]:
    """Warnings that follow from the policy alone, as sentences for people."""
    return tuple(sentence for rule in _RULES for sentence in rule(policy))


def warnings_with_champion(policy: Policy, accuracy: float) -> tuple[str, ...]:
    """Additional warnings that follow from the champion's accuracy when it was deployed."""
    if not _is_out_of_reach(policy, accuracy):
        return ()
    now = f"the champion's accuracy was {accuracy:.4f} when it was deployed"
    return (f"{_min_improvement(policy)}: {now}, and {_unbeatable(policy)}; it stays while it is that good",)


def _floor_out_of_reach(policy: Policy) -> Iterator[str]:
    floor = policy.validation.accuracy_floor
    if _is_out_of_reach(policy, floor):
        only = f"validation.accuracy_floor = {floor:g} admits no other champion"
        yield f"{_min_improvement(policy)}: {_unbeatable(policy)}, and {only}; the first stays while it is that good"


def _threshold_out_of_reach(policy: Policy) -> Iterator[str]:
    threshold, highest = policy.triggers.performance_metric_threshold, last_beatable(policy)
    if _watches_accuracy(policy) and _is_out_of_reach(policy, threshold):
        between = f"one between {highest:.4f} and {threshold:g} triggers retrainings that cannot replace it"
        yield f"triggers.performance_metric_threshold = {threshold:g}: {_unbeatable(policy)}, so {between}"


def _threshold_below_floor(policy: Policy) -> Iterator[str]:
    floor, threshold = policy.validation.accuracy_floor, policy.triggers.performance_metric_threshold
    if _watches_accuracy(policy) and threshold < floor:
        below = f"the champion can fall below validation.accuracy_floor = {floor:g} before a retraining starts"
        yield f"triggers.performance_metric_threshold = {threshold:g}: {below}"


def _no_trigger(policy: Policy) -> Iterator[str]:
    if not policy.triggers.enabled:
        yield "triggers.enabled = []: only people can start a retraining"


def _observed_triggers(policy: Policy) -> Iterator[str]:
    config = policy.triggers
    if config.enabled and all(config.observes(TriggerType(name)) for name in config.enabled):
        yield "triggers.observe_only: every enabled trigger is only observed, so only people can start a retraining"
    for name in sorted(set(config.observe_only) - set(config.enabled)):
        yield f"triggers.observe_only: {name} is not enabled, so it is not judged either"


def _observed_gates(policy: Policy) -> Iterator[str]:
    if all(map(policy.validation.observes, ("min_improvement", "paired_evidence"))):
        gates = "min_improvement and paired_evidence"
        yield f"validation.observe_only: names {gates}, so a challenger that is no better can replace the champion"


def _slices_of_one_entity(policy: Policy) -> Iterator[str]:
    if policy.data.entity in policy.data.slices:
        few = f"each slice is one entity, and validation.min_entities = {policy.validation.min_entities} are needed"
        yield f"data.slices: names data.entity = '{policy.data.entity}': {few}, so none is judged"


def _alarm_without_trigger(policy: Policy) -> Iterator[str]:
    config, kind = policy.triggers, TriggerType.PERFORMANCE_DEGRADATION
    if config.alarms and not config.enables(kind):
        yield "triggers.alarms: performance_degradation is not enabled, so an alarm only has other triggers judged"
    elif config.alarms and config.observes(kind):
        yield "triggers.alarms: performance_degradation is only observed, so an alarm starts no retraining by itself"


def _no_feature_that_drifts(policy: Policy) -> Iterator[str]:
    drift = policy.drift
    counted = [name for name in policy.data.features if name not in drift.ignore and drift.weights.get(name, 1) > 0]
    if not policy.triggers.enables(TriggerType.DATA_DRIFT):
        return
    if not counted:
        yield "drift: every feature is ignored or has weight 0, so data_drift never calls for a retraining"
    elif drift.min_drifted_share == 1 and len(counted) > 1:
        yield f"drift.min_drifted_share = 1: all {len(counted)} features that count must drift at once"


def _single_row(policy: Policy) -> Iterator[str]:
    config = policy.triggers
    counts = policy.metric.counts_rows and policy.triggers.enables(TriggerType.PERFORMANCE_DEGRADATION)
    if config.confidence == 0 and config.min_rows <= 1 and (counts or policy.triggers.enables(TriggerType.DATA_DRIFT)):
        yield f"triggers.min_rows = {config.min_rows} with triggers.confidence = 0: a single row can start a retraining"


def _schedule_too_dense(policy: Policy) -> Iterator[str]:
    config = policy.triggers
    runs = _some_runs(config.schedule_expression)
    if not policy.triggers.enables(TriggerType.SCHEDULED) or len(runs) < 2:
        return
    field = f"triggers.schedule_expression = '{config.schedule_expression}'"
    shortest = min(later - earlier for earlier, later in pairwise(runs))
    if shortest < timedelta(hours=config.cool_down_hours):
        apart = f"triggers.cool_down_hours = {config.cool_down_hours} keeps retrainings further apart"
        yield f"{field}: fires again after {in_words(shortest)}, but {apart}"
        return
    for days, cap, name in ((1, config.daily_cap, "daily_cap"), (30, config.monthly_cap, "monthly_cap")):
        if sum(run < runs[0] + timedelta(days=days) for run in runs) > cap:
            yield f"{field}: fires more often in {days * 24} hours than triggers.{name} = {cap} allows"


@lru_cache(maxsize=64)  # the models of a fleet share schedules
def _some_runs(expression: str) -> tuple[datetime, ...]:
    # In UTC, because the clock changes of a time zone bring two runs closer together once a year.
    runs = takewhile(lambda run: run < _SOME_DAY + _MORE_THAN_A_YEAR, upcoming(expression, "UTC", _SOME_DAY))
    return tuple(islice(runs, _MAX_RUNS))


def _back_off_too_short(policy: Policy) -> Iterator[str]:
    max_days, cool_down = policy.triggers.max_back_off_days, policy.triggers.cool_down_hours
    if 0 < 24 * max_days <= cool_down:
        shorter = f"is no longer than triggers.cool_down_hours = {cool_down}"
        yield f"triggers.max_back_off_days = {max_days}: {shorter}, so rejected challengers do not lengthen the wait"


def _image_by_tag(policy: Policy) -> Iterator[str]:
    image = policy.training.image
    if image is not None and not is_pinned(image):
        yield f"training.image = '{image}': a tag can later point to another image; production runs only digests"


def _parameters_of_no_use(policy: Policy) -> Iterator[str]:
    yield from unknown_parameters(policy, policy.training.parameters, "training.parameters")


_RULES = (
    _floor_out_of_reach,
    _threshold_out_of_reach,
    _threshold_below_floor,
    _no_trigger,
    _observed_triggers,
    _observed_gates,
    _slices_of_one_entity,
    _alarm_without_trigger,
    _no_feature_that_drifts,
    _single_row,
    metric_warnings,
    _schedule_too_dense,
    _back_off_too_short,
    _image_by_tag,
    _parameters_of_no_use,
    deployment_warnings,
    label_warnings,
    requests_warnings,
)


def _watches_accuracy(policy: Policy) -> bool:
    config, metric = policy.triggers, policy.metric
    is_accuracy = metric.counts_rows or (isinstance(metric, CloudWatchMetric) and metric.name == "accuracy")
    higher = config.higher_is_better and config.performance_metric_scale == "share"
    return is_accuracy and higher and policy.triggers.enables(TriggerType.PERFORMANCE_DEGRADATION)


def _is_out_of_reach(policy: Policy, accuracy: float) -> bool:
    """Whether the required improvement on an accuracy would exceed 1."""
    highest = last_beatable(policy)
    return policy.primary_metric == "accuracy" and highest is not None and accuracy > highest + _MARGIN


def last_beatable(policy: Policy) -> float | None:
    """The primary metric of the best champion that anything can improve on enough; None if all can be beaten."""
    rules, kind = policy.validation, policy.kind_of(policy.primary_metric)
    if kind.best is None:
        return None
    if rules.improvement_basis == "absolute":
        return kind.best - rules.min_improvement if kind.higher_is_better else kind.best + rules.min_improvement
    is_relative = rules.improvement_basis == "relative" and kind.higher_is_better
    return kind.best / (1 + rules.min_improvement) if is_relative else None


def _min_improvement(policy: Policy) -> str:
    return f"validation.min_improvement = {policy.validation.min_improvement:g}"


def _unbeatable(policy: Policy) -> str:
    step, basis = policy.validation.min_improvement, policy.validation.improvement_basis
    improvement = f"{step:g}" if basis == "absolute" else f"{100 * step:g} %"
    above = f"no challenger can be {improvement} better than a champion above {last_beatable(policy):.4f}"
    return f"{above} (validation.improvement_basis = {basis})"
