"""What the verdicts of a look mean for a rollout."""

from collections.abc import Iterable, Mapping

from ..domain.analysis import Analysis
from ..domain.live import ArmCounts
from ..domain.verdict import Outcome, Verdict
from .base import Process, Sight
from .labelled_quality import has_labels
from .sharing import PROVING, Shared

NOTHING_PROVES = "nothing has been measured that can prove the challenger"


def conclude(
    sight: Sight, tests: Mapping[str, Process], verdicts: tuple[Verdict, ...], missing: str | None
) -> Analysis:
    """Anything that is unmet is unhealthy; anything that is not met leaves it unproven, and so does a lack of proof."""
    counted = [verdict for verdict in verdicts if not verdict.observed_only]
    return Analysis(
        verdicts=verdicts,
        unhealthy=_joined(verdict for verdict in counted if verdict.outcome is Outcome.UNMET),
        missing=missing,
        unproven=_unproven(counted),
        superior=_superior(sight, tests, counted),
        rewards=(_reward(sight, sight.counts.champion), _reward(sight, sight.counts.challenger)),
    )


def _unproven(counted: list[Verdict]) -> str | None:
    open_questions = _joined(verdict for verdict in counted if not verdict.met)
    if open_questions or any(verdict.check in PROVING for verdict in counted):
        return open_questions
    return NOTHING_PROVES


def _superior(sight: Sight, tests: Mapping[str, Process], counted: list[Verdict]) -> str | None:
    """By labels if there are any or the policy waits for them, otherwise by errors."""
    by_labels = has_labels(sight.counts) or sight.policy.labelled_quality.required
    name = "labelled_quality" if by_labels else "error_rate"
    test, verdict = tests.get(name), next((each for each in counted if each.check == name), None)
    if test is None or verdict is None or not Shared.of(sight.policy, tests).is_better(test):
        return None
    evidence = min(test.evidence_of_gain, 1e300)
    return f"{verdict.reason}; the gain is not due to chance (evidence {evidence:.3g})"


def _reward(sight: Sight, arm: ArmCounts) -> tuple[int, int]:
    """Right answers of those with a label; without labels, requests that did not fail."""
    champion, challenger = sight.counts.champion, sight.counts.challenger
    if sight.policy.labelled_quality.counts and (champion.good or challenger.good):
        return arm.good, arm.labelled
    return arm.requests - arm.errors, arm.requests


def _joined(verdicts: Iterable[Verdict]) -> str | None:
    return "; ".join(f"{verdict.check}: {verdict.reason}" for verdict in verdicts) or None
