"""Reasons to retrain, one file each, judging evidence that others fetched; and what holds a retraining back."""

from datetime import datetime

from ..domain.metric_reading import MetricReading
from ..domain.model_state import ModelState
from ..domain.policy.policy import Policy
from ..domain.trigger_type import TriggerType
from ..domain.verdict import Verdict
from ..domain.windows import metric_window_end
from .performance_degradation import judge_performance
from .scheduled import judge_schedule


def screen(policy: Policy, state: ModelState, reading: MetricReading, at: datetime) -> dict[TriggerType, Verdict]:
    """Verdicts of the enabled triggers that can be judged without reading data, strongest reason first."""
    config = policy.triggers
    verdicts = {
        TriggerType.PERFORMANCE_DEGRADATION: judge_performance(
            policy, reading, metric_window_end(at, policy.data.label_delay_days)
        ),
        TriggerType.SCHEDULED: judge_schedule(policy, state.last_retrained_at, at),
    }
    return {kind: verdict for kind, verdict in verdicts.items() if kind.value in config.enabled}


def first_met(verdicts: dict[TriggerType, Verdict]) -> TriggerType | None:
    """The first trigger that calls for a retraining, if any."""
    return next((kind for kind, verdict in verdicts.items() if verdict.met), None)
