"""What a job cost, on its page: beside its forecast, and by kind."""

from ..domain.cost import dollars
from ..domain.job import RetrainingJob
from .html import definitions, text


def costs_of(job: RetrainingJob) -> str:
    """The cost of a job that has ended, or its forecast; nothing for jobs of earlier releases."""
    rows = [("in all", text(job.money or ""))] if job.money else []
    cost = job.cost
    if cost:
        kinds = (
            ("pods", cost.pods),
            ("functions", cost.functions),
            ("state transitions", cost.transitions),
            ("a month of what it stored", cost.stored),
        )
        rows += [(name, dollars(usd)) for name, usd in kinds]
        rows.append(("by prices", f"as of {cost.prices_as_of}"))
        if cost.problem:
            rows.append(("list prices, because yours could not be read", text(cost.problem)))
    return definitions(*rows) if rows else ""
