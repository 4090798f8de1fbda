"""Features: columns that are empty or constant, and those that changed between training and holdout."""

from collections.abc import Iterator
from typing import Literal

from ..domain.data_check import CheckName, DataFinding
from ..domain.dead_columns import dead_columns, stood_still
from ..domain.drift import FeatureHistogram
from ..domain.policy.policy import Policy
from ..statistics.feed_break import find_break, middle, moved_further
from .evidence import DataEvidence, FeatureValues

MIN_ROWS = 100
# A feature moved when its outermost bin holds almost all live values, and held few of the reference's.
MOVED_SHARE, MAX_REFERENCE_SHARE = 0.95, 0.2
# With fewer bins, the outermost one is no tail.
MIN_BINS = 5


def check_columns(policy: Policy, evidence: DataEvidence) -> Iterator[DataFinding]:
    """What is wrong with each feature.

    Values that were converted, and columns that went dead, are errors. What the training window did itself over as many
    days is no finding, and whatever else moved is a warning: the world may have moved.
    """
    for histogram in evidence.histograms:
        if sum(histogram.live) >= MIN_ROWS and sum(histogram.reference) >= MIN_ROWS:
            yield from _check(policy, histogram, evidence.values.get(histogram.feature))


def _check(policy: Policy, histogram: FeatureHistogram, values: FeatureValues | None) -> Iterator[DataFinding]:
    feature, filled = histogram.feature, sum(histogram.reference[:-1])
    if not filled:
        yield _finding("constant", "warning", feature, f"'{feature}' has no value in any training row")
        return
    if max(histogram.reference[:-1]) == filled and histogram.stands_still:
        yield _finding("constant", "warning", feature, f"'{feature}' has one and the same value in all rows")
    dead = dead_columns([histogram], MIN_ROWS)
    if dead:
        yield _finding("dead_column", "error", feature, f"{dead[0]} of the holdout, unlike in training")
        return
    yield from _changes(policy, histogram)
    if values:
        yield from _moves(histogram, values)


def _changes(policy: Policy, histogram: FeatureHistogram) -> Iterator[DataFinding]:
    feature, rows = histogram.feature, sum(histogram.live)
    before, now = histogram.reference[-1] / sum(histogram.reference), histogram.live[-1] / rows
    if now - before > policy.drift.max_missing_increase:
        text = f"'{feature}' is missing in {now:.1%} of the holdout rows, and in {before:.1%} in training"
        yield _finding("missing_values", "warning", feature, text)
    if histogram.unseen is not None and histogram.unseen / rows > policy.drift.max_unseen_share:
        share = histogram.unseen / rows
        text = f"'{feature}' has a category never seen in training in {share:.1%} of the holdout rows"
        yield _finding("unseen_values", "warning", feature, text)
    if histogram.stands_still and sum(map(bool, histogram.reference[:-1])) > 1 and not stood_still(histogram):
        text = f"'{feature}' has one and the same value in all holdout rows, unlike in training"
        yield _finding("constant", "warning", feature, text)


def _moves(histogram: FeatureHistogram, values: FeatureValues) -> Iterator[DataFinding]:
    feature, (dates, days, training_days) = histogram.feature, values
    broken = find_break(days, training_days)
    if broken:
        medians = f"median {broken.before:,.5g} before, {broken.after:,.5g} after"
        text = f"'{feature}' was {broken.conversion} as of {dates[broken.day]} ({medians}): another unit?"
        yield _finding("unit_jump", "error", feature, f"{text} If it is to stay: data.tolerate: [unit_jump]")
        return
    side = _side(histogram)
    if side and moved_further(days, training_days):
        before, now = (f"{low:,.5g} to {high:,.5g}" for low, high in map(middle, values.windows))
        text = f"almost all values of '{feature}' in the holdout ({now}) lie {side} most of those in training"
        yield _finding("moved_values", "warning", feature, f"{text} ({before})")


def _side(histogram: FeatureHistogram) -> Literal["above", "below"] | None:
    """Where the values of a numeric feature moved to, if they did; categories have no order."""
    reference, live = histogram.reference[:-1], histogram.live[:-1]
    if histogram.kind == "categorical" or len(reference) < MIN_BINS or not sum(live):
        return None
    outer: tuple[tuple[int, Literal["above", "below"]], ...] = ((-1, "above"), (0, "below"))
    for place, side in outer:
        if live[place] / sum(live) >= MOVED_SHARE and reference[place] / sum(reference) <= MAX_REFERENCE_SHARE:
            return side
    return None


def _finding(check: CheckName, severity: Literal["error", "warning"], column: str, text: str) -> DataFinding:
    return DataFinding(check=check, severity=severity, column=column, text=text)
