"""Triggers: reasons to retrain, one file each. The register is here and nowhere else."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from ..domain.policy.policy import Policy
from ..domain.trigger_type import TriggerType
from ..domain.verdict import Verdict
from .base import Evidence, Trigger
from .data_drift import DataDrift
from .estimated_performance import EstimatedPerformance
from .performance_degradation import PerformanceDegradation
from .scheduled import Scheduled

# The strongest reason first: it is the one reported, and its models get the fleet's free slots first.
TRIGGERS: tuple[Trigger, ...] = (PerformanceDegradation(), Scheduled(), EstimatedPerformance(), DataDrift())

Verdicts = Mapping[TriggerType, tuple[Verdict, ...]]


def trigger_of(kind: TriggerType) -> Trigger | None:
    """The trigger of a kind; None for a manual request, which is not judged."""
    return next((trigger for trigger in TRIGGERS if trigger.kind is kind), None)


def backs_off(kind: TriggerType) -> bool:
    """Whether a kind of trigger waits longer after each challenger that was not promoted; a person never does."""
    trigger = trigger_of(kind)
    return trigger is not None and trigger.backs_off


def enabled_triggers(policy: Policy, *, reads_data: bool) -> list[Trigger]:
    """The triggers that a policy enables: those that read data, or the others."""
    enabled = policy.triggers.enables
    return [trigger for trigger in TRIGGERS if trigger.reads_data is reads_data and enabled(trigger.kind)]


def judge_triggers(triggers: Sequence[Trigger], policy: Policy, evidence: Evidence, at: datetime) -> Verdicts:
    """The verdicts of the given triggers, in order; those that the policy only observes are marked."""
    observed = policy.triggers.observes
    return {
        trigger.kind: tuple(
            verdict.as_observed() if observed(trigger.kind) else verdict
            for verdict in trigger.judge(policy, evidence, at)
        )
        for trigger in triggers
    }


def all_met(verdicts: Verdicts) -> list[TriggerType]:
    """The triggers that call for a retraining, the strongest first; triggers that are only observed do not."""
    return [kind for kind, (first, *_) in verdicts.items() if first.met and not first.observed_only]


def first_observed(verdicts: Verdicts) -> TriggerType | None:
    """The strongest trigger that would call for a retraining if it were not only observed."""
    return next((kind for kind, (first, *_) in verdicts.items() if first.met and first.observed_only), None)
