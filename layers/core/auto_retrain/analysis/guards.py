"""The hard guard, which needs no statistics: a challenger whose requests all fail."""

from ..domain.live import LiveCounts
from ..domain.verdict import Outcome, Verdict
from .base import Sight

CHECK = "guards"


def judge_guards(sight: Sight) -> Verdict:
    """Unmet if every request of the challenger failed, in this step or since the last look, and enough of them.

    While the champion fails as well, the fault is outside: then it waits.
    """
    for counts, when in ((sight.counts, "in this step"), (sight.since, "since the last look")):
        requests = counts.challenger.requests
        if requests >= sight.policy.guard_requests and counts.challenger.errors == requests:
            return _all_failed(counts, requests, when)
    requests, failed = sight.counts.challenger.requests, sight.counts.challenger.errors
    if requests < sight.policy.guard_requests:
        return _verdict(Outcome.INCONCLUSIVE, f"{requests:,} of {sight.policy.guard_requests:,} requests", requests)
    return _verdict(Outcome.MET, f"{failed:,} of {requests:,} requests of the challenger failed, not all", requests)


def _all_failed(counts: LiveCounts, requests: int, when: str) -> Verdict:
    failed = f"all {requests:,} requests of the challenger {when} failed"
    if counts.champion.requests and counts.champion.errors == counts.champion.requests:
        return _verdict(Outcome.INCONCLUSIVE, f"{failed}, and all of the champion", requests)
    return _verdict(Outcome.UNMET, failed, requests)


def _verdict(outcome: Outcome, reason: str, requests: int) -> Verdict:
    return Verdict(check=CHECK, outcome=outcome, reason=reason, n=requests, evidence="counted")
