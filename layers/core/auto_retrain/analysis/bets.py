"""The evidence of tests as it is kept in a record between looks, and the evidence with one more look."""

from typing import Any

from ..statistics.e_process import Block, MeanDifference, OneProportion, TwoProportions
from .base import Process
from .means import MeanBlock


def two_proportions(state: Any, block: Block, independence: float) -> Process:
    """The test of a bad event's rates in both arms."""
    return _kept(_proportions(state).after(block, independence))


def one_proportion(state: Any, rows: int, events: int, null_rate: float, independence: float) -> Process:
    """The test of one rate of a bad event; it multiplies what other data of the same question have shown."""
    before = _proportions(state)
    after = OneProportion(before.higher, before.lower).after(rows, events, null_rate, independence)
    return _kept(before._replace(higher=after.higher, lower=after.lower))


def mean_difference(state: Any, block: MeanBlock | None) -> Process:
    """The test of two means from one block."""
    before = MeanDifference(*state["means"]) if state and "means" in state else MeanDifference()
    after = before.after(*block) if block else before
    return Process({"means": list(after)}, (after.log_e(1),), (after.log_e(-1),))


def _proportions(state: Any) -> TwoProportions:
    if not state or "before" not in state:
        return TwoProportions()
    return TwoProportions(tuple(state["worse"]), tuple(state["better"]), Block(*state["before"]))


def _kept(after: TwoProportions) -> Process:
    state = {"worse": list(after.higher), "better": list(after.lower), "before": list(after.before)}
    return Process(state, after.higher, after.lower)
