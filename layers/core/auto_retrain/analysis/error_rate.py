"""Whether more requests fail than with the champion."""

from typing import Any

from ..domain.live import LiveCounts
from ..domain.verdict import Verdict
from ..statistics.e_process import Block
from .base import LiveCheck, Process, Sight, inconclusive
from .bets import two_proportions
from .differences import Wording, judge_difference, of_rates, points, share
from .entities import newly_counted, shares_of_errors


class ErrorRate(LiveCheck):
    name = "error_rate"

    def process(self, sight: Sight, state: Any) -> Process:
        step, new = ((each.champion.requests, each.challenger.requests) for each in (sight.counts, sight.since))
        return two_proportions(
            state, _block(sight.since), newly_counted(sight.counts, sight.since, step, new, shares_of_errors)
        )

    def judge(self, sight: Sight, process: Process | None, is_worse: bool, limit: float) -> Verdict:
        counts = sight.counts
        if process is None or not counts.champion.requests or not counts.challenger.requests:
            return inconclusive(self.name, "there are no requests of both versions to compare")
        return judge_difference(
            self.name,
            of_rates(_block(counts), shares_of_errors(counts), sight.planned),
            Wording(_numbers(counts), "planned requests", points),
            sight.policy.error_rate.margin,
            sight.planned,
            process,
            is_worse,
            limit,
        )


def _block(counts: LiveCounts) -> Block:
    champion, challenger = counts.champion, counts.challenger
    return Block(champion.requests, champion.errors, challenger.requests, challenger.errors)


def _numbers(counts: LiveCounts) -> str:
    champion, challenger = counts.champion, counts.challenger
    failed = share(challenger.errors, challenger.requests)
    return f"{failed} requests failed, champion {share(champion.errors, champion.requests)}"
