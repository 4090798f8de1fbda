"""Rules of a policy that are legal and yet can never pass, never fire, or do less than they say; all certainly so."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice, pairwise, takewhile

from ..schedule import upcoming
from ..trigger_type import TriggerType
from .metric import CloudWatchMetric, PrometheusMetric
from .policy import Policy
from .training import is_pinned

# Rounding may not make a warning out of a rule that just passes.
_MARGIN = 1e-9
# One more than the largest cap, so that each cap can be seen to be passed.
_RUNS_LOOKED_AT = 201
_SOME_DAY = datetime(2000, 1, 1, tzinfo=UTC)
_MORE_THAN_A_YEAR = timedelta(days=400)


def warnings_of(policy: Policy) -> tuple[str, ...]:
    """Sentences for people on what a policy alone shows."""
    return tuple(sentence for rule in _RULES for sentence in rule(policy))


def warnings_with_champion(policy: Policy, accuracy: float) -> tuple[str, ...]:
    """Sentences on what the champion's accuracy, as of when it was deployed, shows beside that."""
    if not _is_out_of_reach(policy, accuracy):
        return ()
    found = f"the champion's accuracy was {accuracy:.4f} when it was deployed"
    return (f"{_least(policy)}: {found}, and {_unbeatable(policy)}, so it stays while it is that good",)


def _floor_out_of_reach(policy: Policy) -> Iterator[str]:
    floor = policy.validation.accuracy_floor
    if _is_out_of_reach(policy, floor):
        only = f"validation.accuracy_floor = {floor:g} lets no other champion in"
        yield f"{_least(policy)}: {_unbeatable(policy)}, and {only}, so the first one stays while it is that good"


def _threshold_out_of_reach(policy: Policy) -> Iterator[str]:
    threshold, highest = policy.triggers.performance_metric_threshold, _highest_beatable(policy)
    if _watches_accuracy(policy) and _is_out_of_reach(policy, threshold):
        between = f"one between {highest:.4f} and {threshold:g} is to be retrained and cannot be replaced"
        yield f"triggers.performance_metric_threshold = {threshold:g}: {_unbeatable(policy)}, so {between}"


def _threshold_below_floor(policy: Policy) -> Iterator[str]:
    floor, threshold = policy.validation.accuracy_floor, policy.triggers.performance_metric_threshold
    if _watches_accuracy(policy) and threshold < floor:
        below = f"the champion may fall below validation.accuracy_floor = {floor:g} before a retraining is called for"
        yield f"triggers.performance_metric_threshold = {threshold:g}: {below}"


def _no_trigger(policy: Policy) -> Iterator[str]:
    if not policy.triggers.enabled:
        yield "triggers.enabled = []: only people start a retraining"


def _alarm_without_trigger(policy: Policy) -> Iterator[str]:
    if policy.triggers.alarms and not _is_enabled(TriggerType.PERFORMANCE_DEGRADATION, policy):
        yield "triggers.alarms: performance_degradation is not enabled, so an alarm only lets other triggers be judged"


def _no_feature_that_drifts(policy: Policy) -> Iterator[str]:
    drift = policy.drift
    counted = [name for name in policy.data.features if name not in drift.ignore and drift.weights.get(name, 1) > 0]
    if not _is_enabled(TriggerType.DATA_DRIFT, policy):
        return
    if not counted:
        yield "drift: every feature is ignored or weighs 0, so data_drift never calls for a retraining"
    elif drift.min_drifted_share == 1 and len(counted) > 1:
        yield f"drift.min_drifted_share = 1: all of the {len(counted)} features that count have to drift at once"


def _single_row(policy: Policy) -> Iterator[str]:
    config = policy.triggers
    counts = policy.metric.counts_rows and _is_enabled(TriggerType.PERFORMANCE_DEGRADATION, policy)
    if config.confidence == 0 and config.min_rows <= 1 and (counts or _is_enabled(TriggerType.DATA_DRIFT, policy)):
        yield f"triggers.min_rows = {config.min_rows} with triggers.confidence = 0: a single row can start a retraining"


def _too_few_points(policy: Policy) -> Iterator[str]:
    config, metric = policy.triggers, policy.metric
    if not isinstance(metric, PrometheusMetric) or not _is_enabled(TriggerType.PERFORMANCE_DEGRADATION, policy):
        return
    most = config.evaluation_window_days * 1440 // metric.step_minutes + 1
    if config.min_data_points > most:
        window = f"{config.evaluation_window_days} days have at most {most} steps of {metric.step_minutes} minutes"
        yield f"triggers.min_data_points = {config.min_data_points}: {window}, so performance is never judged"


def _schedule_too_dense(policy: Policy) -> Iterator[str]:
    config = policy.triggers
    runs = _some_runs(config.schedule_expression)
    if not _is_enabled(TriggerType.SCHEDULED, policy) or len(runs) < 2:
        return
    field = f"triggers.schedule_expression = '{config.schedule_expression}'"
    shortest = min(later - earlier for earlier, later in pairwise(runs))
    if shortest < timedelta(hours=config.cool_down_hours):
        apart = f"triggers.cool_down_hours = {config.cool_down_hours} keeps retrainings apart for longer"
        yield f"{field}: comes again after {_in_words(shortest)}, while {apart}"
        return
    for days, cap, name in ((1, config.daily_cap, "daily_cap"), (30, config.monthly_cap, "monthly_cap")):
        if sum(run < runs[0] + timedelta(days=days) for run in runs) > cap:
            yield f"{field}: comes more often in {days * 24} hours than triggers.{name} = {cap} allows"


@lru_cache(maxsize=64)  # models of a fleet share schedules
def _some_runs(expression: str) -> tuple[datetime, ...]:
    # In UTC: without the jumps of a time zone, which bring two runs closer once a year.
    runs = takewhile(lambda run: run < _SOME_DAY + _MORE_THAN_A_YEAR, upcoming(expression, "UTC", _SOME_DAY))
    return tuple(islice(runs, _RUNS_LOOKED_AT))


def _back_off_too_short(policy: Policy) -> Iterator[str]:
    longest, cool_down = policy.triggers.max_back_off_days, policy.triggers.cool_down_hours
    if 0 < 24 * longest <= cool_down:
        within = f"lies within triggers.cool_down_hours = {cool_down}"
        yield f"triggers.max_back_off_days = {longest}: {within}, so rejected challengers make a model wait no longer"


def _image_by_tag(policy: Policy) -> Iterator[str]:
    image = policy.training.image
    if image is not None and not is_pinned(image):
        yield f"training.image = '{image}': a tag may come to mean another image; production runs only digests"


_RULES = (
    _floor_out_of_reach,
    _threshold_out_of_reach,
    _threshold_below_floor,
    _no_trigger,
    _alarm_without_trigger,
    _no_feature_that_drifts,
    _single_row,
    _too_few_points,
    _schedule_too_dense,
    _back_off_too_short,
    _image_by_tag,
)


def _is_enabled(trigger: TriggerType, policy: Policy) -> bool:
    return trigger.value in policy.triggers.enabled


def _watches_accuracy(policy: Policy) -> bool:
    config, metric = policy.triggers, policy.metric
    is_accuracy = metric.counts_rows or (isinstance(metric, CloudWatchMetric) and metric.name == "accuracy")
    higher = config.performance_metric_direction == "higher_is_better" and config.performance_metric_scale == "share"
    return is_accuracy and higher and _is_enabled(TriggerType.PERFORMANCE_DEGRADATION, policy)


def _is_out_of_reach(policy: Policy, accuracy: float) -> bool:
    """Whether improving on an accuracy as asked would take more than 1."""
    rules, least = policy.validation, policy.validation.min_improvement
    if policy.primary_metric != "accuracy" or rules.improvement_basis not in ("relative", "absolute"):
        return False
    return (accuracy + least if rules.improvement_basis == "absolute" else accuracy * (1 + least)) > 1 + _MARGIN


def _highest_beatable(policy: Policy) -> float:
    least = policy.validation.min_improvement
    return 1 - least if policy.validation.improvement_basis == "absolute" else 1 / (1 + least)


def _least(policy: Policy) -> str:
    return f"validation.min_improvement = {policy.validation.min_improvement:g}"


def _unbeatable(policy: Policy) -> str:
    least, is_absolute = policy.validation.min_improvement, policy.validation.improvement_basis == "absolute"
    improvement = f"{least:g}" if is_absolute else f"{100 * least:g} %"
    return f"no challenger can be {improvement} better than a champion above {_highest_beatable(policy):.4f}"


def _in_words(duration: timedelta) -> str:
    minutes = round(duration.total_seconds() / 60)
    length, unit = next(found for found in ((1440, "day"), (60, "hour"), (1, "minute")) if minutes % found[0] == 0)
    number = minutes // length
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
