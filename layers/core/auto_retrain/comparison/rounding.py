"""Numbers as they are stored: the same on every machine that computes them."""

from math import isfinite

from ..domain.comparison import Interval


def rounded(value: float) -> float:
    """To ten significant digits: the last ones of a sum depend on the processor, and a replay must give the same."""
    return float(f"{value:.10g}")


def rounded_if_known(value: float) -> float | None:
    """None for infinities and NaN."""
    return rounded(value) if isfinite(value) else None


def rounded_interval(interval: Interval | None) -> Interval | None:
    """None when an end of it is not known."""
    if interval is None or not all(map(isfinite, interval)):
        return None
    return rounded(interval[0]), rounded(interval[1])
