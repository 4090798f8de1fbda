"""Whether estimates made before labels came agree with what the labels said later."""

from collections.abc import Sequence
from typing import NamedTuple

# Of the last four windows in a row, two may not be off.
WINDOWS_IN_A_ROW = 4
MIN_OFF = 2
# Of the interval of each: two standard errors where it is normal.
CONFIDENCE = 0.9545


class Checked(NamedTuple):
    """An estimate, what the labels said of the same window later, and where chance may have put that."""

    estimate: float
    measured: float
    interval: tuple[float, float]

    @property
    def distance(self) -> float:
        return abs(self.estimate - self.measured)

    @property
    def is_off(self) -> bool:
        """Whether they differ by more than chance explains."""
        low, high = self.interval
        return not low <= self.measured <= high


def are_off(checked: Sequence[Checked]) -> bool:
    """Whether two or more of any four windows in a row are off, the oldest first; fewer windows are judged alike.

    One is off by chance in 22; two of four in about 80 if the windows are independent, and more often if most of the
    error is that of the holdout, which they share.
    """
    starts = range(max(len(checked) - WINDOWS_IN_A_ROW, 0) + 1)
    runs = (checked[start : start + WINDOWS_IN_A_ROW] for start in starts)
    return any(sum(each.is_off for each in run) >= MIN_OFF for run in runs)
