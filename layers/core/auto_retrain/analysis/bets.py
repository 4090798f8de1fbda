"""The evidence of tests as it is kept in a record between looks, and the evidence with one more look."""

from typing import Any

from ..statistics.e_process import Block, MeanDifference, OneProportion, TwoProportions
from .base import Process, Sight
from .means import MeanBlock, Sums, block_of


def two_proportions(state: Any, block: Block, independence: float) -> Process:
    """The test of a bad event's rates in both arms."""
    return _kept(_proportions(state).after(block, independence))


def one_proportion(state: Any, rows: int, events: int, null_rate: float, independence: float) -> Process:
    """The test of one rate of a bad event; it multiplies what other data of the same question have shown."""
    before = _proportions(state)
    after = OneProportion(before.higher, before.lower).after(rows, events, null_rate, independence)
    return _kept(before._replace(higher=after.higher, lower=after.lower))


def mean_difference(state: Any, block: MeanBlock | None) -> Process:
    """The test of two means of the same requests from one block."""
    return _of_means(_means(state).after(*block) if block else _means(state))


def difference_of_means(state: Any, step: tuple[Sums, Sums], since: tuple[Sums, Sums], sight: Sight) -> Process:
    """The test of the means of both arms; rows wait until those of the other arm, and how values vary, are known."""
    waiting = state["waiting"] if state and "waiting" in state else ((0, 0.0, 0.0), (0, 0.0, 0.0))
    champion, challenger = (Sums(*old).and_then(new) for old, new in zip(waiting, since, strict=True))
    block = block_of(step, (champion, challenger), sight)
    process = mean_difference(state, block)
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
