"""Retrain when the metric, estimated from the scores of answers without labels, crosses its threshold.

An estimate follows the scores alone. It never sees concept drift, so it is observed only, unless the policy says
otherwise, and silent once labels have contradicted it.
"""

from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple

from ..domain.metric_reading import MetricQuery, MetricReading
from ..domain.model_state import ModelState
from ..domain.numbers import shown_number
from ..domain.policy.policy import Policy
from ..domain.trigger_type import TriggerType
from ..domain.verdict import Outcome, Strength, Verdict
from ..statistics.estimated_performance import MIN_ROWS_OF_RATIO, Estimate
from .base import Evidence, Trigger
from .estimate_trust import CHECKED_WINDOWS, UNKNOWN, Trust, judge_trust
from .score_estimates import Estimates, estimate_metrics, interval_of

CHECK = "estimated_performance"

_DAY = timedelta(days=1)


class EstimatedPerformance(Trigger):
    """The metric should have crossed its threshold by now, going by the scores alone."""

    kind = TriggerType.ESTIMATED_PERFORMANCE
    reads_metrics = True
    backs_off = True
    needs_breach_days = True

    def queries(self, policy: Policy, state: ModelState, at: datetime) -> tuple[MetricQuery, ...]:
        """The scores of the newest whole days, then scores and labels of earlier windows, the newest first."""
        metric, serving = policy.logged_metric, state.serving
        if metric is None:
            return ()
        version = serving.version if serving else None
        length, end = policy.triggers.estimated_performance.window_days * _DAY, _midnight(at)
        due = _midnight(at - policy.data.label_delay_days * _DAY)
        newest = MetricQuery(policy.model, metric, end - length, end, version, policy.data, asks="scores")
        earlier = [due - number * length for number in range(CHECKED_WINDOWS)]
        # What a version answered in the windows before it served checks nothing.
        checks = (
            newest._replace(start=end - length, end=end, asks="scores_and_labels")
            for end in earlier
            if serving and end > serving.since
        )
        return (newest, *checks)

    def judge(self, policy: Policy, evidence: Evidence, at: datetime) -> tuple[Verdict, ...]:
        return (_judge(policy, look_at_estimate(policy, evidence.readings.get(self.kind, ()))),)


class EstimateLook(NamedTuple):
    """What is estimated of the newest days, how far it is trusted, and why there is nothing, if so."""

    reading: MetricReading | None
    estimates: Estimates
    trust: Trust


def look_at_estimate(policy: Policy, readings: tuple[MetricReading, ...]) -> EstimateLook:
    """The estimates from the answers to the trigger's queries; nothing is judged."""
    metric = policy.logged_metric
    if metric is None or not readings:
        return EstimateLook(None, Estimates({}, "the policy names no prediction log"), UNKNOWN)
    newest, *earlier = readings
    if newest.scores is None or newest.profile is None:
        doubt = newest.problem or "the prediction log was not read"
        return EstimateLook(newest, Estimates({}, doubt), UNKNOWN)
    trust = judge_trust(metric.name, newest.profile, reversed(earlier), policy.data.min_label_share)
    return EstimateLook(newest, estimate_metrics(newest.profile, newest.scores), trust)


def _judge(policy: Policy, look: EstimateLook) -> Verdict:
    name = policy.estimated_metric
    if look.estimates.doubt:
        return _verdict(policy, Outcome.INCONCLUSIVE, f"nothing can be estimated: {look.estimates.doubt}")
    estimate = look.estimates.of_metric.get(name)
    if estimate is None:
        return _verdict(policy, Outcome.INCONCLUSIVE, f"'{name}' cannot be estimated from this log, {_why_not(look)}")
    if look.trust.word == "not trusted":
        return _verdict(policy, Outcome.INCONCLUSIVE, f"the estimator is not trusted: {_trust(policy, name, look)}")
    return _judge_estimate(policy, name, estimate, look)


def _why_not(look: EstimateLook) -> str:
    """What can be estimated, and why nothing else; where there are two classes, only rows may be too few."""
    known = f"only {', '.join(look.estimates.of_metric)}"
    is_answer = look.reading and look.reading.profile and look.reading.profile.kind == "answer"
    if is_answer:
        return f"{known}: of more than two classes it has the probability of the answer alone"
    return f"{known}: fewer than {MIN_ROWS_OF_RATIO} rows are expected to tell"


def _judge_estimate(policy: Policy, name: str, estimate: Estimate, look: EstimateLook) -> Verdict:
    config = policy.triggers
    limit, confidence = config.performance_metric_threshold, config.confidence
    assert look.reading is not None
    counts, profile = look.reading.scores, look.reading.profile
    assert counts is not None
    assert profile is not None
    text = f"{name} of version {profile.version} is estimated at {shown_number(estimate.value)} from the scores of "
    text += f"{counts.scored} answers, without labels"
    side = "below" if config.higher_is_better else "above"
    # Of one side, the two-sided interval leaves out half.
    low, high = interval_of(name, estimate, max(2 * confidence - 1, 0.0))
    bound = high if config.higher_is_better else low
    if not config.is_worse(estimate.value):
        outcome, text = Outcome.UNMET, f"{text}: not {side} {limit}"
    elif confidence and not config.is_worse(bound):
        chance = f"this may be due to chance (bound {shown_number(bound)})"
        outcome, text = Outcome.INCONCLUSIVE, f"{text}: {side} {limit}, but {chance}"
    else:
        outcome, text = Outcome.MET, f"{text}: {side} {limit}"
    evidence: Strength = "estimated" if look.trust.word == "trusted" else "estimated_unchecked"
    return _verdict(policy, outcome, f"{text}; {_trust(policy, name, look)}").changed(
        value=estimate.value, n=counts.scored, interval=interval_of(name, estimate), evidence=evidence
    )


def _trust(policy: Policy, name: str, look: EstimateLook) -> str:
    """The sentence about trust, and of which metric it is."""
    checked = policy.logged_metric
    if not look.trust.checked or checked is None or checked.name == name:
        return look.trust.sentence
    return f"{look.trust.sentence}; that is about '{checked.name}', no label checks '{name}'"


def _verdict(policy: Policy, outcome: Outcome, reason: str) -> Verdict:
    limit = policy.triggers.performance_metric_threshold
    return Verdict(check=CHECK, outcome=outcome, reason=reason, limit=limit)


def _midnight(at: datetime) -> datetime:
    """The last one, in UTC."""
    return datetime.combine(at.astimezone(UTC).date(), time(), UTC)
