"""Estimates how a model's champion does now, from the scores in its prediction log; nothing is decided by it."""

from datetime import date, timedelta
from typing import Literal

from ...domain.base import Record, UtcTime
from ...domain.verdict import Verdict
from ...domain.windows import Window
from ...ports import Ports
from ...triggers import judge_triggers
from ...triggers.base import Evidence
from ...triggers.estimated_performance import EstimatedPerformance, look_at_estimate
from ...triggers.score_estimates import interval_of
from ..lookup import policy_of
from ..validating.holdout_profile import keep_profile_of_champion


class EstimatedMetric(Record):
    """An estimated metric; the interval is two-sided 95 %."""

    metric: str
    value: float
    interval: tuple[float, float]


class CheckedEstimate(Record):
    """An estimate of an earlier window, and what the labels said later."""

    estimate: float
    measured: float
    is_off: bool


class PerformanceEstimate(Record):
    """How a version should be doing, without labels. `doubt` says why there are no metrics, if so.

    `rows` are the scored answers of the window. `calibration_error` is that of the scores on the holdout, before they
    are calibrated; a regression has none. `days_without_answers` are those of the window on which the log has none of
    the version. `checked` has the windows that labels have checked, the oldest first. Unless it `is_enabled`, no
    decision looks at the verdict.
    """

    model_name: str
    at: UtcTime
    is_estimate: Literal[True] = True
    version: str | None
    window: Window
    rows: int
    days_without_answers: tuple[date, ...]
    metrics: tuple[EstimatedMetric, ...]
    doubt: str | None
    holdout: Window | None
    holdout_rows: int
    calibration_error: float | None
    trust: Literal["trusted", "not trusted", "unknown"]
    trust_reason: str
    checked: tuple[CheckedEstimate, ...]
    is_enabled: bool
    verdict: Verdict


def estimate_performance(model_name: str, ports: Ports) -> PerformanceEstimate:
    """Estimate the metrics of the version that serves, over the newest whole days.

    What its scores meant on its holdout is kept, if a job of an earlier release validated it. Raises ModelUnknown, and
    ArtifactInvalid if the predictions of that job were changed.
    """
    policy, state, at = policy_of(model_name, ports).policy, ports.states.get(model_name), ports.clock.now()
    version = state.serving.version if state.serving else None
    if version:
        keep_profile_of_champion(model_name, version, ports)
    trigger = EstimatedPerformance()
    queries = trigger.queries(policy, state, at)
    readings = tuple(ports.metrics.read(queries)) if queries else ()
    look = look_at_estimate(policy, readings)
    (verdict,) = judge_triggers([trigger], policy, Evidence(state, {trigger.kind: readings}), at)[trigger.kind]
    scores, profile = (look.reading.scores, look.reading.profile) if look.reading else (None, None)
    days = policy.triggers.estimated_performance.window_days
    window = Window(start=at.date() - timedelta(days=days), end=at.date())
    answered = look.reading.day_numbers if look.reading and scores else range(days)
    return PerformanceEstimate(
        model_name=model_name,
        at=at,
        version=version,
        window=window,
        rows=scores.scored if scores else 0,
        days_without_answers=tuple(day for number, day in enumerate(window.days()) if number not in answered),
        metrics=tuple(
            EstimatedMetric(metric=name, value=each.value, interval=interval_of(name, each))
            for name, each in look.estimates.of_metric.items()
        ),
        doubt=look.estimates.doubt,
        holdout=profile.window if profile else None,
        holdout_rows=sum(profile.rows) if profile else 0,
        calibration_error=profile.error if profile else None,
        trust=look.trust.word,
        trust_reason=look.trust.sentence,
        checked=tuple(
            CheckedEstimate(estimate=each.estimate, measured=each.measured, is_off=each.is_off)
            for each in look.trust.checked
        ),
        is_enabled=policy.triggers.enables(trigger.kind),
        verdict=verdict,
    )
