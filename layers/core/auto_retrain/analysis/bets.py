"""The evidence of tests as it is kept in a record between looks, and the evidence with one more look.

New rows wait until they can be compared, and until any of them counts: the rows of entities that were counted before
add nothing.
"""

from typing import Any

from ..statistics.e_process import Block, MeanDifference, OneProportion, TwoProportions
from .base import Process, Sight
from .entities import Counted
from .means import MIN_ROWS, Sums, block_of, spread_around

_NOTHING = (0, 0.0, 0.0)


def two_proportions(state: Any, block: Block, counted: Counted) -> Process:
    """The test of a bad event's rates in both arms."""
    before, counted = _proportions(state), _waiting_counted(state).and_then(counted)
    block = before.waiting.and_then(block)
    share = _share(counted, (block.rows_a, block.rows_b))
    if share <= 0:
        return _kept(before._replace(waiting=block), counted)
    return _kept(before._replace(waiting=Block(0, 0, 0, 0)).after(block, share))


def one_proportion(state: Any, rows: int, events: int, null_rate: float, counted: float) -> Process:
    """The test of one rate of a bad event; it multiplies what other data of the same question have shown."""
    before, counted = _proportions(state), _waiting_counted(state).challenger + counted
    block = before.waiting.and_then(Block(0, 0, rows, events))
    if not block.rows_b or counted <= 0:
        return _kept(before._replace(waiting=block), Counted(0.0, counted))
    share = min(counted / block.rows_b, 1.0)
    after = OneProportion(before.higher, before.lower).after(block.rows_b, block.events_b, null_rate, share)
    return _kept(before._replace(higher=after.higher, lower=after.lower, waiting=Block(0, 0, 0, 0)))


def mean_of_pairs(state: Any, step: Sums, since: Sums, planned: float, share: float, counted: float) -> Process:
    """The test of a difference that is measured in pairs, `planned` of which are expected before a promotion.

    This share of them counts; of the new ones, so many do.
    """
    before, counted = _means(state), _waiting_counted(state).challenger + counted
    new = Sums(*(state or {}).get("waiting_pairs", _NOTHING))
    if since.rows > 0:
        new = new.and_then(since)
    if share * step.rows < MIN_ROWS or not new.rows or counted <= 0 or not step.variance:
        return _of_means(before, Counted(0.0, counted), waiting_pairs=list(new))
    variance = step.variance / min(counted, new.rows)
    return _of_means(before.after(new.mean, variance, spread_around(planned, new.rows, variance)))


def compared_means(state: Any, step: tuple[Sums, Sums], since: tuple[Sums, Sums], sight: Sight) -> Process:
    """The test of the means of both arms."""
    waiting = state["waiting"] if state and "waiting" in state else (_NOTHING, _NOTHING)
    champion, challenger = (Sums(*old).and_then(new) for old, new in zip(waiting, since, strict=True))
    new = sight.counted((step[0].rows, step[1].rows), (since[0].rows, since[1].rows))
    counted = _waiting_counted(state).and_then(new)
    block = block_of(step, (champion, challenger), counted, sight)
    if block is None:
        return _of_means(_means(state), counted, waiting=[[*champion], [*challenger]])
    return _of_means(_means(state).after(*block))


def _share(counted: Counted, rows: tuple[int, int]) -> float:
    """The share of rows in both arms that count; 0 while an arm has none."""
    return min(1.0, *(part / whole for part, whole in zip(counted, rows, strict=True))) if min(rows) else 0.0


def _waiting_counted(state: Any) -> Counted:
    return Counted(*(state or {}).get("counted", (0.0, 0.0)))


def _means(state: Any) -> MeanDifference:
    return MeanDifference(*state["means"]) if state and "means" in state else MeanDifference()


def _of_means(after: MeanDifference, counted: Counted | None = None, **waiting: Any) -> Process:
    state = {"means": list(after), **waiting, **_as_waiting(counted)}
    return Process(state, (after.log_e(1),), (after.log_e(-1),))


def _proportions(state: Any) -> TwoProportions:
    if not state or "before" not in state:
        return TwoProportions()
    blocks = Block(*state["before"]), Block(*state.get("waiting", (0, 0, 0, 0)))
    return TwoProportions(tuple(state["worse"]), tuple(state["better"]), *blocks)


def _kept(after: TwoProportions, counted: Counted | None = None) -> Process:
    bets = {"worse": list(after.higher), "better": list(after.lower)}
    state = {**bets, "before": list(after.before), "waiting": list(after.waiting), **_as_waiting(counted)}
    return Process(state, after.higher, after.lower)


def _as_waiting(counted: Counted | None) -> dict[str, list[float]]:
    return {"counted": list(counted)} if counted and any(counted) else {}
