"""One look at a rollout: from its counts, and the evidence so far, to the next evidence."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from ..domain.analysis import Analysis, Look, RolloutEvidence
from ..domain.live import LiveCounts, hold_began
from ..domain.policy.analysis import AnalysisPolicy
from ..domain.rollout import Rollout
from ..domain.verdict import Outcome, Verdict
from .base import Process, Sight, is_shadow, states_of
from .conclude import conclude
from .guards import judge_guards
from .increments import UncountableError, as_compared, since, with_labels_of
from .looks import thinned, values_of
from .register import CHECKS
from .sample_ratio import CHECK as SAMPLE_RATIO
from .sample_ratio import judge_label_share, judge_sample_ratio, split_of
from .sharing import Shared

# Without a request for so long, nothing is known of how the challenger does now.
MAX_SILENCE = timedelta(hours=1)


class _Lesson(NamedTuple):
    """What a look teaches: its analysis, and what is known after it."""

    analysis: Analysis
    counts: LiveCounts
    processes: Mapping[str, Any]
    values: Mapping[str, float] = {}


def analyse(
    policy: AnalysisPolicy, rollout: Rollout, before: RolloutEvidence | None, counts: LiveCounts, at: datetime
) -> RolloutEvidence:
    """The evidence after one more look.

    A look that cannot be trusted says so and teaches nothing: the counts and tests before it stay, so that the next
    one takes up from there.
    """
    same_step = before if before and before.step == rollout.step else None
    known = same_step.counts if same_step else LiveCounts.as_default()
    lesson = _lesson(policy, rollout, known, before.processes if before else {}, counts, at)
    look = Look(at=at, weight=rollout.weight, values=lesson.values)
    return RolloutEvidence(
        model_name=before.model_name if before else "",
        rollout_id=rollout.job_id,
        step=rollout.step,
        looked_at=at,
        counts=lesson.counts,
        processes=lesson.processes,
        analysis=lesson.analysis,
        held_since=hold_began(same_step.held_since if same_step else None, lesson.analysis.missing is not None, at),
        looks=thinned((*(before.looks if before else ()), look)),
    )


def _lesson(
    policy: AnalysisPolicy,
    rollout: Rollout,
    known: LiveCounts,
    processes: Mapping[str, Any],
    counts: LiveCounts,
    at: datetime,
) -> _Lesson:
    if counts.problem:
        return _Lesson(_untrusted(_error("counts", counts.problem)), known, processes)
    # After a failed look nobody knows what was counted already: nothing is counted twice.
    begin = counts if known.problem else known
    seen = with_labels_of(begin, counts) if counts.label_problem else counts
    try:
        sight = _sight(policy, rollout, begin, seen)
    except UncountableError as error:
        return _Lesson(_untrusted(_error("counts", str(error))), known, processes)
    guards, split = judge_guards(sight), split_of(sight, processes.get(SAMPLE_RATIO))
    fairness = [each for each in (judge_sample_ratio(sight, split), judge_label_share(sight)) if each]
    unfair = next((verdict for verdict in fairness if verdict.outcome is Outcome.ERROR), None)
    if unfair:
        return _Lesson(_untrusted(unfair, guards), known, processes)
    tests = _tests(sight, processes)
    verdicts = (guards, *_judged(sight, tests), *fairness)
    analysis = conclude(sight, tests, verdicts, _absence(sight, at))
    kept = {**processes, **states_of(tests), SAMPLE_RATIO: split._asdict()}
    return _Lesson(analysis, seen, kept, values_of(verdicts, tests))


def _sight(policy: AnalysisPolicy, rollout: Rollout, begin: LiveCounts, counts: LiveCounts) -> Sight:
    shadow = is_shadow(rollout)
    compared = as_compared(counts, shadow)
    return Sight(policy, rollout, compared, since(as_compared(begin, shadow), compared))


def _error(check: str, reason: str) -> Verdict:
    return Verdict(check=check, outcome=Outcome.ERROR, reason=reason)


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


def _untrusted(failed: Verdict, guards: Verdict | None = None) -> Analysis:
    """Nothing is judged; only the hard guard, which compares nothing, still ends a rollout."""
    is_broken = guards is not None and guards.outcome is Outcome.UNMET
    return Analysis(
        verdicts=(failed, guards) if guards else (failed,),
        unhealthy=guards.reason if guards and is_broken else None,
        missing=failed.reason,
    )
