"""What looks like drift, but is as it was in the same days a year before, has not drifted."""

from ..domain.verdict import Outcome, Verdict

_THEN = "the same days a year before"


def unless_seasonal(verdict: Verdict, year_before: Verdict | None) -> Verdict:
    """A verdict on drift from the training data; unmet if the live data have not drifted from those of a year before.

    `year_before` is the verdict of the same rule with these days as the reference. If it cannot tell, drift is drift.
    """
    if not verdict.met or year_before is None:
        return verdict
    if _is_alike(year_before):
        size = f"PSI {year_before.value:.3f}"
        return verdict.changed(
            outcome=Outcome.UNMET, reason=f"{verdict.reason}, but it is as it was in {_THEN} ({size})"
        )
    if year_before.outcome is Outcome.INCONCLUSIVE:
        return verdict.changed(reason=f"{verdict.reason}; {_THEN} cannot tell: {year_before.reason}")
    return verdict.changed(reason=f"{verdict.reason}, and it is not as it was in {_THEN} either")


def _is_alike(year_before: Verdict) -> bool:
    """That a difference may be due to chance does not show that there is none."""
    value, limit = year_before.value, year_before.limit
    return year_before.outcome is Outcome.UNMET and value is not None and limit is not None and value <= limit
