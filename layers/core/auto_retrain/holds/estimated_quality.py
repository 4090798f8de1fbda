"""Inputs that moved while the estimated quality holds need no answer yet; by policy, one waits for some days."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta

from ..domain.decision_record import Hold
from ..domain.policy.policy import Policy
from ..domain.verdict import Outcome, Verdict
from ..triggers.estimated_performance import CHECK


def holding_estimate(policy: Policy, verdicts: Iterable[Verdict]) -> Verdict | None:
    """The verdict that the quality holds, if there is one.

    It counts only if labels have checked earlier estimates of this version, and if the whole interval is within the
    limit: unknown is not good.
    """
    return next((each for each in verdicts if each.check == CHECK and _holds(policy, each)), None)


def _holds(policy: Policy, verdict: Verdict) -> bool:
    is_checked = verdict.evidence == "estimated"
    if not is_checked or verdict.outcome is not Outcome.UNMET or verdict.interval is None or verdict.limit is None:
        return False
    low, high = verdict.interval
    return low >= verdict.limit if policy.triggers.higher_is_better else high <= verdict.limit


def quality_hold(policy: Policy, estimate: Verdict | None, drifted: Sequence[date], at: datetime) -> Hold | None:
    """What holds the answer to a drift while an estimate says that the quality holds.

    `drifted` are the last days on which there was a drift, with that of the event; it waits no longer than the policy
    says since the first.
    """
    days = policy.drift.wait_days_while_quality_holds
    if estimate is None or not days:
        return None
    until = datetime.combine(min(drifted), time(), UTC) + timedelta(days=days)
    if at >= until:
        return None
    return Hold(
        kind="quality_holds", reason=f"{sentence_of(estimate)}; held until {until:%F}, or until it falls", until=until
    )


def sentence_of(estimate: Verdict) -> str:
    """For people who wonder whether a drift matters."""
    return f"the inputs have moved, but the quality seems to hold: {estimate.reason}"
