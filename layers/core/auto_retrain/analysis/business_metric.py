"""Whether a value of the user's own is worse, such as the revenue of a request."""

from typing import Any

from ..domain.live import LiveCounts
from ..domain.verdict import Verdict
from .base import LiveCheck, Process, Sight, inconclusive
from .bets import difference_of_means
from .differences import Wording, judge_difference, of_means, plain
from .means import Sums, variance_of_difference


class BusinessMetric(LiveCheck):
    name = "business_metric"

    def process(self, sight: Sight, state: Any) -> Process:
        return difference_of_means(state, _sums(sight, sight.counts), _sums(sight, sight.since), sight)

    def judge(self, sight: Sight, process: Process | None, is_worse: bool, limit: float) -> Verdict:
        champion, challenger = sums = _sums(sight, sight.counts)
        share = sight.independence
        variance = variance_of_difference(*sums, (share * champion.rows, share * challenger.rows))
        if process is None or not variance:
            return inconclusive(
                self.name, "there are too few values of both versions to compare, or it is not known how they vary"
            )
        sign = _sign(sight)
        numbers = f"mean {plain(sign * challenger.mean)}, champion {plain(sign * champion.mean)}"
        return judge_difference(
            self.name,
            of_means(challenger.mean - champion.mean, variance, challenger.rows),
            Wording(numbers, "planned requests with a value", plain),
            sight.policy.business_metric.margin,
            sight.planned,
            process,
            is_worse,
            limit,
        )


def _sign(sight: Sight) -> int:
    return -1 if sight.policy.business_metric.direction == "higher_is_better" else 1


def _sums(sight: Sight, counts: LiveCounts) -> tuple[Sums, Sums]:
    """As a loss: less is better."""
    sign = _sign(sight)
    champion, challenger = (
        Sums(arm.business_rows, sign * arm.business, arm.business_squares)
        for arm in (counts.champion, counts.challenger)
    )
    return champion, challenger
