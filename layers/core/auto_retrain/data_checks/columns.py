"""Features: columns that are empty or stand still, and those that changed between training and holdout."""

from collections.abc import Iterator, Sequence
from typing import Literal

from ..domain.data_check import CheckName, DataFinding
from ..domain.dead_columns import dead_columns
from ..domain.drift import FeatureHistogram
from ..domain.policy.policy import Policy

FEWEST_ROWS = 100
# Of the values: almost all of them beyond what a tenth of the others was beyond.
JUMPED, OUTER = 0.95, 0.2


def check_columns(policy: Policy, histograms: Sequence[FeatureHistogram]) -> Iterator[DataFinding]:
    """What is wrong with each feature; its histogram has the training rows as reference and the holdout's as live."""
    for found in histograms:
        if sum(found.live) >= FEWEST_ROWS and sum(found.reference) >= FEWEST_ROWS:
            yield from _check(policy, found)


def _check(policy: Policy, found: FeatureHistogram) -> Iterator[DataFinding]:
    filled = sum(found.reference[:-1])
    if not filled:
        yield _finding("constant", "warning", found, f"'{found.feature}' has no value in any training row")
        return
    if max(found.reference[:-1]) == filled and found.stands_still:
        yield _finding("constant", "warning", found, f"'{found.feature}' is one and the same value in all rows")
    dead = dead_columns([found], FEWEST_ROWS)
    if dead:
        yield _finding("dead_column", "error", found, f"{dead[0]} of the holdout, which it was not in training")
        return
    yield from _changes(policy, found)


def _changes(policy: Policy, found: FeatureHistogram) -> Iterator[DataFinding]:
    before, now = (counts[-1] / sum(counts) for counts in (found.reference, found.live))
    if now - before > policy.drift.max_missing_increase:
        text = f"'{found.feature}' is missing in {now:.1%} of the holdout rows, and in {before:.1%} in training"
        yield _finding("missing_values", "warning", found, text)
    if found.unseen is not None and found.unseen / sum(found.live) > policy.drift.max_unseen_share:
        share = found.unseen / sum(found.live)
        text = f"'{found.feature}' has a category never seen in training in {share:.1%} of the holdout rows"
        yield _finding("unseen_values", "warning", found, text)
    side = _jump(found)
    if side:
        text = f"almost all values of '{found.feature}' in the holdout lie {side} most of training: another unit?"
        yield _finding("unit_jump", "error", found, text)


def _jump(found: FeatureHistogram) -> Literal["above", "below"] | None:
    """Where the values of a numeric feature went, if they did; categories have no above."""
    reference, live = found.reference[:-1], found.live[:-1]
    if found.unseen is not None or len(reference) < 5 or not sum(live):
        return None
    outer: tuple[tuple[int, Literal["above", "below"]], ...] = ((-1, "above"), (0, "below"))
    for place, side in outer:
        if live[place] / sum(live) >= JUMPED and reference[place] / sum(reference) <= OUTER:
            return side
    return None


def _finding(
    check: CheckName, severity: Literal["error", "warning"], found: FeatureHistogram, text: str
) -> DataFinding:
    return DataFinding(check=check, severity=severity, column=found.feature, text=text)
