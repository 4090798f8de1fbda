"""What the jobs of a model cost, in its STATE item: added without being read, in the transaction that closes a job."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ...domain.cost import RecentCost
from ...domain.forecast import recent_cost
from ...domain.job import RetrainingJob
from ...domain.model_state import MAX_RECENT_COSTS
from .keys import Item

_SPENT = "spent_"
# The sums of this month and the one before stay; a model that closed no job in a year keeps an older one.
_MONTHS_REMOVED = range(2, 14)


class CostUpdate(NamedTuple):
    """The parts of an update that add what a job cost; nothing for a job without a cost."""

    sets: list[str]
    removes: list[str]
    adds: list[str]
    values: Item


def cost_update(job: RetrainingJob) -> CostUpdate:
    """Add to the month in which a job ended, and to the costs of recent jobs if it went all the way."""
    if job.cost is None or job.completed_at is None:
        return CostUpdate([], [], [], {})
    month = job.completed_at.year * 12 + job.completed_at.month - 1
    removes = [_sum_of((month - back) // 12, (month - back) % 12 + 1) for back in _MONTHS_REMOVED]
    adds = [f"{_sum_of(job.completed_at.year, job.completed_at.month)} :usd"]
    sets: list[str] = []
    values: Item = {":usd": {"N": f"{job.cost.total:.6f}"}}
    recent = recent_cost(job)
    if recent:
        sets = ["costs = list_append(if_not_exists(costs, :none), :recent)"]
        document = {"like": {"S": recent.like}, "usd": {"N": repr(recent.usd)}}
        values |= {":none": {"L": []}, ":recent": {"L": [{"M": document}]}}
    return CostUpdate(sets, removes, adds, values)


def update_expression(sets: list[str], removes: list[str], adds: list[str]) -> str:
    """The expression of an update, without the clauses that are empty."""
    clauses = {"SET": sets, "REMOVE": removes, "ADD": adds}
    return " ".join(f"{verb} {', '.join(parts)}" for verb, parts in clauses.items() if parts)


def oldest_cost(costs: Sequence[RecentCost]) -> list[str]:
    """What an update has to remove so that the list stays as long as it may be: closing a job adds to it unread.

    The list is not written anew, because another job may be closed at the same moment.
    """
    return ["costs[0]"] if len(costs) >= MAX_RECENT_COSTS else []


def costs_in(item: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a state that an item's costs and sums are."""
    sums = {
        name.removeprefix(_SPENT).replace("_", "-"): float(item[name]["N"])
        for name in sorted(item)
        if name.startswith(_SPENT)
    }
    costs = [RecentCost(like=each["M"]["like"]["S"], usd=float(each["M"]["usd"]["N"])) for each in _listed(item)]
    return {"spent": dict(list(sums.items())[-2:]), "costs": tuple(costs[-MAX_RECENT_COSTS:])}


def _listed(item: Mapping[str, Any]) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = item.get("costs", {"L": []})["L"]
    return listed


def _sum_of(year: int, month: int) -> str:
    """The attribute that holds the sum of a month; `month_of` with an underscore, which needs no placeholder."""
    return f"{_SPENT}{year:04}_{month:02}"
