"""Whether the values of a feature were converted from one day to the next, as by another unit or a swapped sign.

Only conversions that change values by far are looked for. A factor of two or three (miles, inches, pounds) cannot be
told from what honest features do: prices that double, rates in a crisis, a column with the quarter of the year.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]

QUANTILES = (0.1, 0.5, 0.9)
MIN_VALUES = 100
MIN_BLOCKS_BEFORE, MIN_BLOCKS_AFTER = 4, 3
# Of the later days, whose values scatter as well.
MIN_NEARER = 0.8
# In units of the largest move from one block to the next that the feature made before.
MIN_JUMP, ENORMOUS_JUMP, MAX_MISFIT = 2.0, 10.0, 1.5
_ROUNDING = 1e-6


class Conversion(NamedTuple):
    """What turns a value x into slope · x + offset, in words."""

    words: str
    slope: float
    offset: float = 0.0

    def undo(self, quantiles: Array) -> Array:
        """The quantiles before the conversion; a swapped sign swaps their order as well."""
        before: Array = (quantiles - self.offset) / self.slope
        return before if self.slope > 0 else before[..., ::-1]


FACTORS = (10.0, 60.0, 100.0, 1000.0, 3600.0, 1e6)
CONVERSIONS = (
    *(Conversion(f"multiplied by {factor:,.0f}", factor) for factor in FACTORS),
    *(Conversion(f"divided by {factor:,.0f}", 1 / factor) for factor in FACTORS),
    Conversion("given the opposite sign", -1.0),
    Conversion("turned from Celsius into Fahrenheit", 1.8, 32.0),
    Conversion("turned from Fahrenheit into Celsius", 1 / 1.8, -32 / 1.8),
)


class FeedBreak(NamedTuple):
    """A conversion, the day on which it is first seen, and the median before and after."""

    conversion: str
    day: int
    before: float
    after: float


class _Scale(NamedTuple):
    """Quantiles of each block on one scale, and the largest move of each quantile up to a block."""

    values: Array
    moves: Array


# Differences of the largest numbers overflow, and some numbers have no logarithm: neither is near anything.
@np.errstate(all="ignore")
def find_break(days: Sequence[Array], training_days: int) -> FeedBreak | None:
    """The newest conversion in the later half of the training days, or in the days after them, that lasts.

    Each day is a sample of its finite values. Days of few values are taken together. Values were converted if their
    quantiles jump further than ever before, if undoing the conversion puts them back to where they were, and if it
    brings the later days at least twice as near. What the feature itself did before is no break, so it needs a past.
    """
    blocks, starts = _blocks(days)
    if len(blocks) <= MIN_BLOCKS_BEFORE:
        return None
    quantiles = np.array([_quantiles(block) for block in blocks])
    begin = max(MIN_BLOCKS_BEFORE, int(np.searchsorted(starts, training_days // 2)))
    lasting = min(MIN_BLOCKS_AFTER, int((starts >= training_days).sum()))
    # A conversion in the middle of a block leaves one that is a mixture of both.
    for mixed in (0, 1):
        for place in _jumps(quantiles[: len(quantiles) - lasting + 1], begin, mixed):
            conversion = _conversion_at(quantiles, place, mixed)
            if conversion:
                before, after = quantiles[place - 1, 1], quantiles[place + mixed, 1]
                return FeedBreak(conversion.words, int(starts[place]), float(before), float(after))
    return None


def _quantiles(values: Array) -> Array:
    """Values of the sample itself; sorting a small one is ten times faster than the function of numpy."""
    places = np.array(QUANTILES) * (values.size - 1)
    quantiles: Array = np.sort(values)[places.round().astype(int)]
    return quantiles


def _blocks(days: Sequence[Array]) -> tuple[list[Array], Array]:
    """Consecutive days with enough values together, and the first day of each; a rest that is too small is left out."""
    blocks: list[Array] = []
    starts: list[int] = []
    waiting: list[Array] = []
    for day, values in enumerate(days):
        if not waiting:
            starts.append(day)
        waiting.append(values)
        if sum(map(len, waiting)) >= MIN_VALUES:
            blocks.append(np.concatenate(waiting))
            waiting = []
    return blocks, np.array(starts[: len(blocks)], dtype=int)


def _scales(quantiles: Array, lag: int) -> Iterator[_Scale]:
    """The numbers as they are and, if all of the past are positive, their logarithms."""
    for values in (quantiles, np.log(quantiles)):
        moves = np.zeros_like(values)
        moves[lag:] = np.abs(values[lag:] - values[:-lag])
        yield _Scale(values, np.maximum.accumulate(moves))


def _jumps(quantiles: Array, begin: int, mixed: int) -> list[int]:
    """Where a quantile moved much further than ever before, newest first.

    Where the numbers of a day are alike, as those of a rate, their logarithms do not count: near zero these jump by
    chance.
    """
    places = np.arange(begin, len(quantiles) - mixed)
    jumps = []
    for values, moves in _scales(quantiles, 1 + mixed):
        before, after, largest = values[places - 1], values[places + mixed], moves[places - 1]
        far = np.abs(after - before) > MIN_JUMP * largest + _ROUNDING * np.abs(before)
        # A logarithm that there always was and is not any more has gone further than ever before.
        jumps.append((far | (np.isnan(after) & ~np.isnan(largest))).any(axis=1))
    spread = quantiles[:begin, -1] > quantiles[:begin, 0]
    jumped = np.any(jumps if spread.mean() > 0.5 else jumps[:1], axis=0)
    return [int(place) for place in places[jumped][::-1]]


def _conversion_at(quantiles: Array, place: int, mixed: int) -> Conversion | None:
    past, after = quantiles[:place], quantiles[place + mixed :]
    # A constant tells nothing about what it may become.
    if np.ptp(past) == 0:
        return None
    possible = [each for each in CONVERSIONS if _explains(each, past, after, 1 + mixed)]
    usual = past[-len(after) :].mean(axis=0)
    return min(possible, key=lambda each: _distance(each.undo(after).mean(axis=0), usual), default=None)


def _explains(conversion: Conversion, past: Array, after: Array, lag: int) -> bool:
    undone = conversion.undo(after)
    if _share_nearer(past[-1], undone, after) < MIN_NEARER or not _tells(conversion, past, after[0], lag):
        return False
    return all(_fits(scale, lag) for scale in _both(past, undone[0]))


def _share_nearer(origin: Array, undone: Array, after: Array) -> float:
    """The share of days that undoing brings at least twice as near to the origin, on one of the scales."""
    arrays = [np.atleast_2d(origin), undone, after]
    scales = [arrays, *([[np.log(each) for each in arrays]] if all((each > 0).all() for each in arrays) else [])]
    nearer = [2 * np.abs(near - before).sum(axis=1) < np.abs(far - before).sum(axis=1) for before, near, far in scales]
    return float(np.any(nearer, axis=0).mean())


def _distance(one: Array, other: Array) -> float:
    return float(np.abs(one - other).sum())


def _tells(conversion: Conversion, past: Array, after: Array, lag: int) -> bool:
    """Whether undoing would put only a few of all such jumps back: near zero, a tenth of many numbers is near."""
    jump, usual = np.abs(after - past[-1]).sum(), np.abs(past[lag:] - past[:-lag]).max(axis=0).sum()
    return bool(jump > ENORMOUS_JUMP * usual or jump > MAX_MISFIT**2 * usual * abs(conversion.slope))


def _both(past: Array, undone: Array) -> list[Array]:
    """Past and undone quantiles, one below the other, on each scale that the past allows."""
    together = np.vstack([past, undone])
    return [together, np.log(together)] if (past > 0).all() else [together]


def _fits(values: Array, lag: int) -> bool:
    """Whether the last row continues the rows before it as they continued each other."""
    past, last = values[:-1], values[-1]
    largest = np.abs(past[lag:] - past[:-lag]).max(axis=0)
    misfit = np.abs(last - past[-1])
    return bool((misfit <= MAX_MISFIT * largest + _ROUNDING * np.abs(past[-1])).all())


@np.errstate(all="ignore")
def moved_further(days: Sequence[Array], training_days: int) -> bool:
    """Whether the days after training lie more than twice as far beyond it as a window of as many days ever did before.

    That is how far almost all values of a window lie beyond most of those before it.
    """
    window = len(days) - training_days
    starts = range(window, training_days - window + 1, max(1, window // 4))
    before = [_beyond(days[:start], days[start : start + window]) for start in starts]
    return _beyond(days[:training_days], days[training_days:]) > 2 * max(before, default=0.0)


def _beyond(past: Sequence[Array], now: Sequence[Array]) -> float:
    if min(sum(map(len, past)), sum(map(len, now))) < MIN_VALUES:
        return 0.0
    low, high = np.quantile(np.concatenate(past), (0.2, 0.8))
    lowest, highest = np.quantile(np.concatenate(now), (0.05, 0.95))
    return float(max(lowest - high, low - highest, 0.0))


def middle(days: Sequence[Array]) -> tuple[float, float]:
    """Where nine tenths of the values lie; NaN if there are none."""
    values = np.concatenate(days)
    low, high = np.quantile(values, (0.05, 0.95)) if values.size else (np.nan, np.nan)
    return float(low), float(high)
