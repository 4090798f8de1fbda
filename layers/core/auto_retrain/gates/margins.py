"""Non-inferiority: whether a metric is certain not to be worse by more than a margin."""

from ..domain.comparison import Comparison, MetricResult
from ..domain.numbers import shown_number
from ..domain.verdict import Outcome, Verdict


def judge_margin(check: str, name: str, metric: MetricResult, margin: float, comparison: Comparison) -> Verdict:
    """Met if even the lower bound of the gain is above minus the margin, unmet if the gain itself is not.

    Source: the two-step reading of a non-inferiority trial by its confidence bound, ICH E9 (1998), 3.3.2.
    """
    gain, bound = metric.gain, metric.gain_bound
    if gain is None or bound is None:
        reason = f"it is unknown whether {name} got worse"
        return Verdict(check=check, outcome=Outcome.INCONCLUSIVE, reason=reason)
    numbers = f"{name} {shown_number(metric.value)}, champion {shown_number(metric.champion or 0.0)}"
    allowed = f"less than {margin:g} allowed"
    if not gain > -margin:
        outcome, reason = Outcome.UNMET, f"{numbers}: worse by {-gain:.4g} ({allowed})"
    elif not bound > -margin:
        outcome = Outcome.INCONCLUSIVE
        reason = f"{numbers}: possibly worse by {-bound:.4g} ({allowed})"
    elif bound < 0:
        outcome, reason = Outcome.MET, f"{numbers}: worse by at most {-bound:.4g} ({allowed})"
    else:
        outcome, reason = Outcome.MET, f"{numbers}: not worse, and better by at least {bound:.4g}"
    return Verdict(
        check=check,
        outcome=outcome,
        reason=reason,
        value=gain,
        limit=-margin,
        n=comparison.rows,
        interval=metric.gain_interval,
    )
