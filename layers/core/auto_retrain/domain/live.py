"""What happened to real requests while two versions answered them: counts, never rows."""

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Self

from pydantic import Field

from .base import Record, UtcTime
from .policy.policy import Policy


class LiveQuery(Record):
    """The requests of a rollout's two arms from `start`, when the present step began, up to but excluding `end`.

    Requests that name another step do not count: for some seconds after a step, routers still follow the one before.
    """

    policy: Policy
    rollout_id: str
    champion: str
    challenger: str
    step: int = 0
    start: UtcTime
    end: UtcTime


LATENCY_BASE = 1.1
SHORTEST_MS = 1e-3
SCORE_BINS = 10


class ArmCounts(Record):
    """Requests that one version answered since the step began, each prediction counted once.

    `entities` are those the requests are about, each counted once; a request that names none is one by itself, and 0
    means that the source does not know. `entity_squares` sums the squares of how many requests each of them has,
    `error_squares` those of how many of these failed, and `error_products` the products of both numbers.
    `latencies` counts answers by bucket: bucket b holds latencies from 1.1 ** b up to 1.1 ** (b + 1) milliseconds.
    `mature` are the answers whose label is due, of the time that both arms share; `labelled` of them have one, and
    `good` of these are right; for a regression, `loss` sums the absolute error, or the squared one if the policy's
    primary metric is of squares, over the labelled, and `loss_squares` its squares. `scores` counts scores in tenths of
    [0, 1]. `business` sums a value of the user's own over `business_rows` requests, and `business_squares` its squares,
    which only a source with rows knows; for others there are `PeriodCounts`.
    """

    requests: int = 0
    entities: int = 0
    entity_squares: int = 0
    error_squares: int = 0
    error_products: int = 0
    errors: int = 0
    latencies: Mapping[int, int] = Field(default_factory=dict)
    mature: int = 0
    labelled: int = 0
    good: int = 0
    loss: float = 0.0
    loss_squares: float = 0.0
    scores: tuple[int, ...] = ()
    business: float = 0.0
    business_squares: float = 0.0
    business_rows: int = 0


class PairedCounts(Record):
    """Requests that both versions answered, one of them a copy: equal answers, and who was right if a label came.

    For a regression, `gain` sums by how much the challenger's loss is smaller over `labelled` requests, and
    `gain_squares` its squares; nobody is right or wrong then.
    """

    answered: int = 0
    equal: int = 0
    both_right: int = 0
    only_champion_right: int = 0
    only_challenger_right: int = 0
    both_wrong: int = 0
    labelled: int = 0
    gain: float = 0.0
    gain_squares: float = 0.0


class PeriodCounts(Record):
    """How the user's own value differs between the versions, from minutes, or longer periods, in which both had it.

    `gain` sums by how much the challenger's mean is larger, and `gain_squares` its squares. `independence` is the share
    of the periods that count, because a period is like those before it.
    """

    periods: int = 0
    gain: float = 0.0
    gain_squares: float = 0.0
    independence: float = 1.0


class LiveCounts(Record):
    """The counts of a step so far. `copies` are the challenger's answers to copies of requests, which nobody got.

    `problem` says why they cannot be trusted (another schema, partial data): then they decide nothing. `dropped` are
    rows that were left out because their time is in the future, they are duplicates, or they name another version.
    `label_problem` says the same of the labels alone: then no label counts, but errors and latencies do.
    `label_rows` are the labels that lie in the days of the step, whatever answers they are of.
    """

    champion: ArmCounts = Field(default_factory=ArmCounts.as_default)
    challenger: ArmCounts = Field(default_factory=ArmCounts.as_default)
    copies: ArmCounts = Field(default_factory=ArmCounts.as_default)
    paired: PairedCounts = Field(default_factory=PairedCounts.as_default)
    by_period: PeriodCounts = Field(default_factory=PeriodCounts.as_default)
    newest_at: UtcTime | None = None
    dropped: int = 0
    problem: str | None = None
    label_problem: str | None = None
    label_rows: int = 0

    @classmethod
    def unknown(cls, problem: str) -> Self:
        """Nothing is known, and why."""
        return cls(problem=problem)


def latency_bucket(milliseconds: float) -> int:
    """The bucket of a latency; shorter ones than a microsecond count as one."""
    return math.floor(math.log(max(milliseconds, SHORTEST_MS)) / math.log(LATENCY_BASE))


def hold_began(held_since: datetime | None, is_held: bool, at: datetime) -> datetime | None:
    """Since when a rollout has been waiting for data; None if it is not."""
    return (held_since or at) if is_held else None
