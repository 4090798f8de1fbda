"""Tests that may be looked at any number of times: e-processes.

An e-process starts at 1 and grows on average never while its null hypothesis is true, so it ever reaches 20 with a
probability of at most 1/20 (Ville's inequality). Each one here is the average of a few bets, each on one alternative;
the state of a bet is its logarithm, and that of a test is small enough to be kept in a record between two looks.
"""

from collections.abc import Sequence
from functools import lru_cache
from math import erfc, exp, inf, log, log1p, sqrt
from typing import NamedTuple

# The alternatives that are bet on, as ratios of odds, and how much: most on what a rollout must not miss, a doubling.
ODDS_RATIOS = (1.25, 1.5, 2.0, 3.0, 6.0)
_STAKES = (0.1, 0.2, 0.4, 0.2, 0.1)
_INVERSE_RATIOS = tuple(1 / odds for odds in ODDS_RATIOS)
_NO_BETS = (0.0,) * len(ODDS_RATIOS)
# What a bet adds to the past, so that its rate is never 0: half an event in ten rows.
_PRIOR_EVENTS, _PRIOR_ROWS = 0.5, 10.0
_MAX_RATE = 0.99
# Before anything is known, a bet is split over rates from one in 100,000 to nine in ten, whose odds grow by a half.
_FIRST_RATES = tuple(1.5**power / (1 + 1.5**power) for power in range(-28, 6))
_MAX_LOG = 700.0


@lru_cache(maxsize=64)  # each look asks for the same few ones several times
def e_value(logs: tuple[float, ...]) -> float:
    """The average of bets by their stakes, given their logarithms: one for each ratio of odds, or a single bet."""
    stakes = _STAKES if len(logs) == len(_STAKES) else (1.0,)
    return sum(stake * exp(min(each, _MAX_LOG)) for stake, each in zip(stakes, logs, strict=True))


class Block(NamedTuple):
    """What happened between two looks: rows and events, such as requests and errors, in the arms a and b."""

    rows_a: int
    events_a: int
    rows_b: int
    events_b: int

    def and_then(self, later: "Block") -> "Block":
        """Both as one block."""
        return Block(
            self.rows_a + later.rows_a,
            self.events_a + later.events_a,
            self.rows_b + later.rows_b,
            self.events_b + later.events_b,
        )


_NOTHING = Block(0, 0, 0, 0)


class TwoProportions(NamedTuple):
    """The exact test of two proportions that are observed in blocks of any size: `higher` tests that the rate of b is
    not above that of a, `lower` that it is not below.

    A bet on the rates p_a and p_b multiplies by the likelihood of a block under them over that under
    p_0 = (n_a p_a + n_b p_b) / (n_a + n_b) in both arms; this has a mean of at most 1 whatever the true rate is, and
    whether or not it stays the same from block to block. The rates of a bet come from earlier blocks alone; in the
    first one it is the average of bets on rates of every size. Source: R. Turner, A. Ly and P. Grünwald, "Generic
    E-variables for exact sequential k-sample tests that allow for optional stopping" (2021, arXiv 2106.02693).

    `waiting` are rows of one arm that wait for rows of the other to be compared with.
    """

    higher: tuple[float, ...] = _NO_BETS
    lower: tuple[float, ...] = _NO_BETS
    before: Block = _NOTHING
    waiting: Block = _NOTHING

    def after(self, block: Block, weight: float = 1.0) -> "TwoProportions":
        """The test after one more block.

        A weight below 1 is the share of rows that count as independent. It raises a bet to that power, whose mean is
        then at most 1 as well (Jensen's inequality).
        """
        block = self.waiting.and_then(block)
        if not block.rows_a or not block.rows_b:
            return self._replace(waiting=block)
        higher, lower = (
            tuple(bet + _log_bet(self.before, block, odds, weight) for bet, odds in zip(bets, ratios, strict=True))
            for bets, ratios in ((self.higher, ODDS_RATIOS), (self.lower, _INVERSE_RATIOS))
        )
        return TwoProportions(higher, lower, self.before.and_then(block))


def _log_bet(before: Block, block: Block, odds_ratio: float, weight: float) -> float:
    """Logarithm of what a bet on this ratio of odds multiplies by."""
    if before.rows_a:
        return weight * _log_ratio(_past_rate(before, odds_ratio), block, odds_ratio)
    logs = [weight * _log_ratio(rate, block, odds_ratio) for rate in _FIRST_RATES]
    largest = max(logs)
    return largest + log(sum(exp(each - largest) for each in logs) / len(logs))


def _past_rate(before: Block, odds_ratio: float) -> float:
    """Any rate would be allowed that depends on the past alone; this one explains the past well if rates are small."""
    events = before.events_a + before.events_b + _PRIOR_EVENTS
    return min(events / (before.rows_a + odds_ratio * before.rows_b + _PRIOR_ROWS), _MAX_RATE)


def _log_ratio(rate_a: float, block: Block, odds_ratio: float) -> float:
    rows_a, events_a, rows_b, events_b = block
    odds_b = odds_ratio * rate_a / (1 - rate_a)
    rate_b = odds_b / (1 + odds_b)
    rate = (rows_a * rate_a + rows_b * rate_b) / (rows_a + rows_b)
    return _log_likelihood(rows_a, events_a, rate_a, rate) + _log_likelihood(rows_b, events_b, rate_b, rate)


def _log_likelihood(rows: float, events: float, rate: float, null_rate: float) -> float:
    return events * log(rate / null_rate) + (rows - events) * (log1p(-rate) - log1p(-null_rate))


class OneProportion(NamedTuple):
    """The exact test of one proportion against a given one: `higher` tests that it is not above, `lower` not below.

    Each bet is the likelihood ratio of one alternative; it has a mean of at most 1 for every rate on the side of the
    null. Source: A. Wald, "Sequential Analysis" (1947); averaged over alternatives as in H. Robbins, "Statistical
    methods related to the law of the iterated logarithm", Annals of Mathematical Statistics 41 (1970).
    """

    higher: tuple[float, ...] = _NO_BETS
    lower: tuple[float, ...] = _NO_BETS

    def after(self, rows: int, events: int, null_rate: float, weight: float = 1.0) -> "OneProportion":
        """The test after so many more rows, of which this share counts as independent."""
        counted = weight * rows, weight * events, null_rate
        higher = _against(self.higher, counted, ODDS_RATIOS)
        return OneProportion(higher, _against(self.lower, counted, _INVERSE_RATIOS))


def _against(bets: Sequence[float], counted: tuple[float, float, float], ratios: Sequence[float]) -> tuple[float, ...]:
    rows, events, null_rate = counted
    null_odds = null_rate / (1 - null_rate)
    rates = [ratio * null_odds / (1 + ratio * null_odds) for ratio in ratios]
    return tuple(bet + _log_likelihood(rows, events, rate, null_rate) for bet, rate in zip(bets, rates, strict=True))


class MeanDifference(NamedTuple):
    """A test whether one mean exceeds another, from differences of block means; it holds with many rows only.

    `score` sums differences times their `information`, which is 1 / variance of each; they behave like a Brownian
    motion. The bet is on a half-normal mixture of drifts, whose `spread` is the information around which it is
    strongest: 2 sqrt(c / (V + c)) exp(S² / (2 (V + c))) Phi(S / sqrt(V + c)). Source: H. Robbins (as above); with
    estimated variances I. Waudby-Smith et al., "Time-uniform central limit theory and asymptotic confidence sequences",
    Annals of Statistics 52 (2024).
    """

    score: float = 0.0
    information: float = 0.0
    spread: float = 0.0

    def after(self, difference: float, variance: float, spread: float) -> "MeanDifference":
        """The test after one more block; the first one settles the spread."""
        information = 1 / variance
        return MeanDifference(
            self.score + difference * information, self.information + information, self.spread or spread
        )

    def log_e(self, sign: int) -> float:
        """Logarithm of the evidence that the difference is above (sign 1) or below (sign -1) zero."""
        if not self.information:
            return 0.0
        total = self.information + self.spread
        z = sign * self.score / sqrt(total)
        # Twice the normal distribution function.
        tail = erfc(-z / sqrt(2))
        return log(self.spread / total) / 2 + z * z / 2 + (log(tail) if tail > 0 else -inf)
