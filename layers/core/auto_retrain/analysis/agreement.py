"""Whether both versions give the same answers to the same requests."""

from typing import Any

from ..domain.verdict import Outcome, Verdict
from ..statistics.differences import confidence_of, errors_at_any_look
from ..statistics.proportions import wilson_interval
from .base import LiveCheck, Process, Sight, inconclusive, not_by_chance, p_value
from .bets import one_proportion
from .differences import share


class Agreement(LiveCheck):
    name = "agreement"

    def process(self, sight: Sight, state: Any) -> Process:
        step, since = sight.counts.paired.answered, sight.since.paired
        counted = sight.counted((0, step), (0, since.answered)).challenger
        allowed = 1 - sight.policy.agreement.min_share
        return one_proportion(state, since.answered, since.answered - since.equal, allowed, counted)

    def judge(self, sight: Sight, process: Process | None, is_worse: bool, limit: float) -> Verdict | None:
        """Unmet if they agree too seldom, and not by chance; met if the lower bound of their share is high enough."""
        paired, needed = sight.counts.paired, sight.policy.agreement.min_share
        if not sight.is_shadow:
            return None
        if process is None or not paired.answered:
            return inconclusive(self.name, "no request was answered by both versions")
        share_of_equal, rows = paired.equal / paired.answered, sight.shares.challenger * paired.answered
        one_sided = confidence_of(errors_at_any_look(paired.answered / sight.planned))
        bound = wilson_interval(share_of_equal, rows, one_sided)[0]
        interval = wilson_interval(share_of_equal, rows, 0.95)
        asked = f"at least {100 * needed:g} % needed"
        if is_worse:
            outcome, more = Outcome.UNMET, f"{asked}; {not_by_chance(process.evidence)}"
        elif paired.answered < sight.planned:
            outcome = Outcome.INCONCLUSIVE
            more = f"{paired.answered:,} of {sight.planned:,} planned requests so far"
        else:
            outcome = Outcome.MET if bound >= needed else Outcome.INCONCLUSIVE
            more = f"at least {100 * bound:.3g} % with 95 % confidence ({asked})"
        return Verdict(
            check=self.name,
            outcome=outcome,
            reason=f"both versions answered {share(paired.equal, paired.answered)} requests alike: {more}",
            value=share_of_equal,
            limit=needed,
            n=paired.answered,
            interval=interval,
            p_value=p_value(process.evidence),
            evidence="counted",
        )
