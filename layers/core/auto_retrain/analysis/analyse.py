"""One look at a rollout: from its counts, and the evidence so far, to the next evidence."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from ..domain.analysis import Analysis, Look, RolloutEvidence
from ..domain.live import LiveCounts, hold_began
from ..domain.policy.analysis import AnalysisPolicy
from ..domain.serving import Rollout
from ..domain.verdict import Outcome, Verdict
from .base import Process, Sight, states_of
from .conclude import conclude
from .guards import judge_guards
from .increments import UncountableError, since
from .looks import thinned, values_of
from .register import CHECKS
from .sample_ratio import CHECK as SAMPLE_RATIO
from .sample_ratio import judge_label_share, judge_sample_ratio, split_of
from .sharing import Shared

# Without a request for so long, nothing is known of how the challenger does now.
MAX_SILENCE = timedelta(hours=1)


def analyse(
    policy: AnalysisPolicy, rollout: Rollout, before: RolloutEvidence | None, counts: LiveCounts, at: datetime
) -> RolloutEvidence:
    """The evidence after one more look.

    A look that cannot be trusted says so and teaches nothing: the counts and tests before it stay, so that the next
    one takes up from there.
    """
    earlier = before.counts if before and before.step == rollout.step else LiveCounts.model_construct()
    processes = before.processes if before else {}
    if counts.problem:
        return _kept(rollout, before, earlier, processes, _untrusted("counts", counts.problem, ()), at)
    try:
        # After a failed look nobody knows what was counted already: nothing is counted twice.
        sight = Sight(policy, rollout, counts, since(counts if earlier.problem else earlier, counts))
    except UncountableError as error:
        return _kept(rollout, before, earlier, processes, _untrusted("counts", str(error), ()), at)
    return _trusted_if_comparable(sight, before, earlier, processes, at)


def _trusted_if_comparable(
    sight: Sight, before: RolloutEvidence | None, earlier: LiveCounts, processes: Mapping[str, Any], at: datetime
) -> RolloutEvidence:
    guards = judge_guards(sight)
    split = split_of(sight, processes.get(SAMPLE_RATIO))
    fairness = [each for each in (judge_sample_ratio(sight, split), judge_label_share(sight, split)) if each]
    unfair = next((verdict for verdict in fairness if verdict.outcome is Outcome.ERROR), None)
    if unfair:
        analysis = _untrusted(unfair.check, unfair.reason, (guards, *fairness))
        return _kept(sight.rollout, before, earlier, processes, analysis, at)
    tests = _tests(sight, processes)
    verdicts = (guards, *_judged(sight, tests), *fairness)
    analysis = conclude(sight, tests, verdicts, _absence(sight, at))
    kept = {**processes, **states_of(tests), SAMPLE_RATIO: split._asdict()}
    return _kept(sight.rollout, before, sight.counts, kept, analysis, at, values_of(verdicts, tests))


def _tests(sight: Sight, states: Mapping[str, Any]) -> dict[str, Process]:
    enabled = [check for check in CHECKS if check.section(sight.policy).enabled]
    tests = {check.name: check.process(sight, states.get(check.name)) for check in enabled}
    return {name: test for name, test in tests.items() if test}


def _judged(sight: Sight, tests: Mapping[str, Process]) -> list[Verdict]:
    shared, verdicts = Shared.of(sight.policy, tests), []
    for check in CHECKS:
        section, test = check.section(sight.policy), tests.get(check.name)
        if not section.enabled:
            continue
        is_worse = test is not None and shared.is_worse(test, section.observe_only)
        verdict = check.judge(sight, test, is_worse, shared.limit)
        if verdict:
            verdicts.append(verdict.as_observed() if section.observe_only else verdict)
    return verdicts


def _absence(sight: Sight, at: datetime) -> str | None:
    """Which data are missing that should be there."""
    counts, rollout = sight.counts, sight.rollout
    if not counts.challenger.requests:
        return f"the challenger has had no requests since {rollout.since:%Y-%m-%d %H:%M}"
    if sight.has_champion and not counts.champion.requests:
        return f"the champion has had no requests since {rollout.since:%Y-%m-%d %H:%M}"
    if counts.newest_at and at - counts.newest_at > MAX_SILENCE:
        return f"there have been no requests since {counts.newest_at:%Y-%m-%d %H:%M}"
    return None


def _untrusted(check: str, reason: str, verdicts: tuple[Verdict, ...]) -> Analysis:
    """Every check is an error; only the hard guard, which compares nothing, still ends a rollout."""
    others = [verdict for verdict in verdicts if verdict.check != check]
    own = next((verdict for verdict in verdicts if verdict.check == check), None)
    failed = own or Verdict(check=check, outcome=Outcome.ERROR, reason=reason)
    guard = next((verdict.reason for verdict in others if verdict.outcome is Outcome.UNMET), None)
    return Analysis(verdicts=(failed, *others), unhealthy=guard, missing=reason)


def _kept(
    rollout: Rollout,
    before: RolloutEvidence | None,
    counts: LiveCounts,
    processes: Mapping[str, Any],
    analysis: Analysis,
    at: datetime,
    values: Mapping[str, float] | None = None,
) -> RolloutEvidence:
    held_since = before.held_since if before and before.step == rollout.step else None
    look = Look(at=at, weight=rollout.weight, values=values or {})
    return RolloutEvidence(
        model_name=before.model_name if before else "",
        rollout_id=rollout.job_id,
        step=rollout.step,
        looked_at=at,
        counts=counts,
        processes=processes,
        analysis=analysis,
        held_since=hold_began(held_since, analysis.missing is not None, at),
        looks=thinned((*(before.looks if before else ()), look)),
    )
