"""Non-inferiority: whether a metric can be trusted not to have got worse by more than a margin."""

from ..domain.comparison import Comparison, MetricResult
from ..domain.verdict import Outcome, Verdict


def judge_margin(check: str, name: str, found: MetricResult, margin: float, comparison: Comparison) -> Verdict:
    """Met when even the lower bound of the gain is above minus the margin, unmet when the gain itself is not.

    Source: the two-step reading of a non-inferiority trial by its confidence bound, ICH E9 (1998), 3.3.2.
    """
    gain, bound = found.gain, found.gain_bound
    if gain is None or bound is None:
        reason = f"whether {name} got worse is not known"
        return Verdict(check=check, outcome=Outcome.INCONCLUSIVE, reason=reason)
    numbers = f"{name} {found.value:.4f}, champion {found.champion:.4f}"
    if not gain > -margin:
        outcome, reason = Outcome.UNMET, f"{numbers}: worse by {-gain:.4g}, less than {margin:g} is allowed"
    elif not bound > -margin:
        outcome = Outcome.INCONCLUSIVE
        reason = f"{numbers}: it may be worse by {-bound:.4g}, less than {margin:g} is allowed"
    else:
        outcome, reason = Outcome.MET, f"{numbers}: worse by no more than {max(0.0, -bound):.4g} of allowed {margin:g}"
    return Verdict(
        check=check,
        outcome=outcome,
        reason=reason,
        value=gain,
        limit=-margin,
        n=comparison.rows,
        interval=found.gain_interval,
    )
