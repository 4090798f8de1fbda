"""The evidence of tests as it is kept in a record between looks, and the evidence with one more look."""

from typing import Any

from ..statistics.e_process import Block, MeanDifference, OneProportion, TwoProportions
from .base import Process, Sight
from .means import MIN_ROWS, Sums, block_of, spread_around


def two_proportions(state: Any, block: Block, independence: float) -> Process:
    """The test of a bad event's rates in both arms."""
    return _kept(_proportions(state).after(block, independence))


def one_proportion(state: Any, rows: int, events: int, null_rate: float, independence: float) -> Process:
    """The test of one rate of a bad event; it multiplies what other data of the same question have shown."""
    before = _proportions(state)
    after = OneProportion(before.higher, before.lower).after(rows, events, null_rate, independence)
    return _kept(before._replace(higher=after.higher, lower=after.lower))


def mean_of_pairs(state: Any, step: Sums, since: Sums, planned: float, independence: float) -> Process:
    """The test of a difference that is measured in pairs, `planned` of which are expected before a promotion.

    New ones wait until it is known how they vary, from enough of them that are independent.
    """
    before = _means(state)
    new = Sums(*(state or {}).get("waiting_pairs", (0, 0.0, 0.0)))
    if since.rows > 0:
        new = new.and_then(since)
    if independence * step.rows < MIN_ROWS or not new.rows or not step.variance:
        unchanged = _of_means(before)
        return unchanged._replace(state={**unchanged.state, "waiting_pairs": list(new)})
    variance = step.variance / (independence * new.rows)
    return _of_means(before.after(new.mean, variance, spread_around(planned, new.rows, variance)))


def difference_of_means(state: Any, step: tuple[Sums, Sums], since: tuple[Sums, Sums], sight: Sight) -> Process:
    """The test of the means of both arms; rows wait until those of the other arm, and how values vary, are known."""
    waiting = state["waiting"] if state and "waiting" in state else ((0, 0.0, 0.0), (0, 0.0, 0.0))
    champion, challenger = (Sums(*old).and_then(new) for old, new in zip(waiting, since, strict=True))
    block = block_of(step, (champion, challenger), sight)
    process = _of_means(_means(state).after(*block) if block else _means(state))
    return process if block else process._replace(state={**process.state, "waiting": [[*champion], [*challenger]]})


def _means(state: Any) -> MeanDifference:
    return MeanDifference(*state["means"]) if state and "means" in state else MeanDifference()


def _of_means(after: MeanDifference) -> Process:
    return Process({"means": list(after)}, (after.log_e(1),), (after.log_e(-1),))


def _proportions(state: Any) -> TwoProportions:
    if not state or "before" not in state:
        return TwoProportions()
    blocks = Block(*state["before"]), Block(*state.get("waiting", (0, 0, 0, 0)))
    return TwoProportions(tuple(state["worse"]), tuple(state["better"]), *blocks)


def _kept(after: TwoProportions) -> Process:
    bets = {"worse": list(after.higher), "better": list(after.lower)}
    state = {**bets, "before": list(after.before), "waiting": list(after.waiting)}
    return Process(state, after.higher, after.lower)
