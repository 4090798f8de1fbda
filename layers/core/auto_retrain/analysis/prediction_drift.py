"""Whether the scores of both versions are distributed alike."""

from ..domain.verdict import Outcome, Verdict
from ..statistics.psi import psi
from .base import LiveCheck, Process, Sight, inconclusive


class PredictionDrift(LiveCheck):
    name = "prediction_drift"

    def judge(self, sight: Sight, process: Process | None, is_worse: bool, limit: float) -> Verdict:
        """Met or inconclusive, never unmet: other scores are a reason to wait for labels, none to say it is worse."""
        rules = sight.policy.prediction_drift
        champion, challenger = sight.counts.champion.scores, sight.counts.challenger.scores
        fewest = min(sum(champion), sum(challenger))
        if fewest < rules.min_requests:
            return inconclusive(self.name, f"{fewest:,} of {rules.min_requests:,} scores of each version")
        index = psi(champion, challenger)
        alike = index <= rules.max_psi
        words = "does not exceed" if alike else "exceeds"
        return Verdict(
            check=self.name,
            outcome=Outcome.MET if alike else Outcome.INCONCLUSIVE,
            reason=f"PSI {index:.3f} between the scores of both versions {words} {rules.max_psi:g}",
            value=index,
            limit=rules.max_psi,
            n=fewest,
            evidence="counted",
        )
