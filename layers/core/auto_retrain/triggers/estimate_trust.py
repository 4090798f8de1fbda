"""Whether a version's estimates are trusted, by what the labels said later of the same windows."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from ..domain.holdout_profile import MIN_SCORED_ROWS, HoldoutProfile
from ..domain.metric_kinds import METRICS
from ..domain.metric_reading import MetricReading
from ..statistics.trust import CONFIDENCE, Checked, are_off
from .score_estimates import estimate_metrics, interval_of

# Windows before the one that is estimated, which labels can check.
CHECKED_WINDOWS = 8

_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight")


class Trust(NamedTuple):
    """How far estimates can be relied on: unknown if no label has checked any; the sentence says why."""

    word: Literal["trusted", "not trusted", "unknown"]
    sentence: str
    checked: Sequence[Checked] = ()


UNKNOWN = Trust("unknown", "no labels have checked an estimate of this version yet")


def judge_trust(
    metric: str, profile: HoldoutProfile, windows: Iterable[MetricReading], min_label_share: float
) -> Trust:
    """Compare the estimates of earlier windows, the oldest first, with what the labels said of the same answers.

    A window is a reading of scores with the metric of the labelled answers. Too few answers or labels check nothing.
    """
    checked = list(_checked(metric, profile, windows, min_label_share))
    if not checked:
        return UNKNOWN
    worst = max(each.distance for each in checked)
    if are_off(checked):
        off = sum(each.is_off for each in checked)
        of_all = f"{_WORDS[off]} of the last {_WORDS[len(checked)]} estimates were off"
        cause = "the same scores mean something else now (concept drift), or the log is another one"
        return Trust("not trusted", f"{of_all} by more than chance, by up to {_size(metric, worst)}: {cause}", checked)
    one, many = "the last estimate was", f"the last {_WORDS[len(checked)]} estimates were"
    sentence = f"{one if len(checked) == 1 else many} within {_size(metric, worst)} of what the labels said later"
    return Trust("trusted", sentence, checked)


def _checked(
    metric: str, profile: HoldoutProfile, windows: Iterable[MetricReading], min_label_share: float
) -> Iterator[Checked]:
    for reading in windows:
        share, scores = reading.label_share or 0.0, reading.scores
        if scores is None or reading.problem or reading.value is None:
            continue
        if share < min_label_share or share * scores.independent < MIN_SCORED_ROWS:
            continue
        estimate = estimate_metrics(profile, scores).of_metric.get(metric)
        if estimate:
            interval = interval_of(metric, estimate.of_share(share), CONFIDENCE)
            yield Checked(estimate.value, reading.value, interval)


def _size(metric: str, distance: float) -> str:
    return f"{distance:.3g}" if METRICS[metric].is_in_units_of_label else f"{100 * distance:.1f} points"
