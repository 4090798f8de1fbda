"""Whether the challenger takes too long."""

from collections.abc import Mapping

from ..domain.policy.analysis import LatencyCheck
from ..domain.verdict import Outcome, Verdict
from ..statistics.latency import quantile, slower_than
from ..statistics.proportions import wilson_upper_bound
from .base import LiveCheck, Process, Sight, inconclusive

# The absolute limit is judged at every look by itself, so each look has to be almost certain.
_CONFIDENCE = 0.9999


class Latency(LiveCheck):
    name = "latency"

    def judge(self, sight: Sight, process: Process | None, is_worse: bool, limit: float) -> Verdict | None:
        """Unmet beyond the absolute limit; a challenger that is only much slower than the champion is inconclusive."""
        rules = sight.policy.latency
        champion, challenger = sight.counts.champion.latencies, sight.counts.challenger.latencies
        requests = sum(challenger.values())
        if not requests and rules.max_ms is None:
            return None
        if requests < rules.min_requests:
            seen = f"{requests:,} of {rules.min_requests:,} requests with a latency so far"
            return inconclusive(self.name, seen, n=requests)
        own = quantile(challenger, rules.quantile)
        outcome, reason = _outcome(rules, own, champion, challenger)
        return Verdict(
            check=self.name,
            outcome=outcome,
            reason=f"{100 * rules.quantile:g} % of {requests:,} requests took at most {own:.3g} ms{reason}",
            value=own,
            limit=rules.max_ms,
            n=requests,
            evidence="counted",
        )


def _outcome(
    rules: LatencyCheck, own: float, champion: Mapping[int, int], challenger: Mapping[int, int]
) -> tuple[Outcome, str]:
    if rules.max_ms is not None and _is_beyond(rules.max_ms, rules.quantile, challenger):
        slow = slower_than(challenger, rules.max_ms)
        return Outcome.UNMET, f": {slow:,} took longer than {rules.max_ms:g} ms, more than the share allowed"
    if rules.max_ms is not None and own > 1.1 * rules.max_ms:
        return Outcome.INCONCLUSIVE, f", which may be more than {rules.max_ms:g} ms"
    if rules.max_ratio is None:
        return Outcome.MET, ""
    if sum(champion.values()) < rules.min_requests:
        return Outcome.INCONCLUSIVE, "; the champion has had too few requests to compare with"
    theirs = quantile(champion, rules.quantile)
    words = f", champion {theirs:.3g} ms"
    if own > rules.max_ratio * theirs:
        return Outcome.INCONCLUSIVE, f"{words}: more than {rules.max_ratio:g} times as long"
    return Outcome.MET, words


def _is_beyond(max_ms: float, share: float, challenger: Mapping[int, int]) -> bool:
    """Whether certainly more requests took longer than may do."""
    requests, slow = sum(challenger.values()), slower_than(challenger, max_ms)
    return 1 - wilson_upper_bound(requests - slow, requests, _CONFIDENCE) > 1 - share
