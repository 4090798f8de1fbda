"""Predicts what a model's triggers would do now; starts nothing, writes nothing and reads no data."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from ...domain.decision_record import DecisionRecord, Hold
from ...domain.errors import AutoRetrainError
from ...domain.forecast import expected_usd
from ...domain.model_state import ModelState, with_breach
from ...domain.outlook import ModelOutlook, Prospect, TriggerOutlook
from ...domain.policy.policy import AppliedPolicy, Policy
from ...domain.trigger_type import TriggerType
from ...domain.verdict import Outcome, Verdict
from ...holds.budgets import spending_hold
from ...holds.estimated_quality import holding_estimate
from ...holds.fleet import fleet_holds, room
from ...holds.model import breach_hold, model_holds, observed_hold
from ...holds.next_scheduled import next_scheduled
from ...ports import Ports
from ...triggers import enabled_triggers, judge_triggers, trigger_of
from ...triggers.base import Evidence, Trigger
from ..lookup import policy_of
from .drift_holds import answered_drift, drift_holds, waits_while_quality_holds
from .gather_evidence import Question, gather_evidence

MAX_DECISIONS = 100

_DAY, _MONTH = timedelta(days=1), timedelta(days=30)
# A sweep and its execution take some time.
_LATE = timedelta(hours=1)


class _Model(NamedTuple):
    applied: AppliedPolicy
    state: ModelState
    at: datetime

    @property
    def policy(self) -> Policy:
        return self.applied.policy


class _Judged(NamedTuple):
    """Verdicts of one trigger, the decisive one first, and when they were made."""

    verdicts: tuple[Verdict, ...] = ()
    at: datetime | None = None

    @property
    def outcome(self) -> Outcome | None:
        return self.verdicts[0].outcome if self.verdicts else None


def predict_triggers(model_name: str, ports: Ports) -> ModelOutlook:
    """Judge the triggers that need no data; for the others, give the last verdicts on the data.

    Raises:
        ModelUnknown: the model has no policy.
    """
    applied, state = policy_of(model_name, ports), ports.states.get(model_name)
    model = _Model(applied, state, ports.clock.now())
    config, fleet = applied.policy.triggers, _held_by_the_fleet(model, ports)
    judged = {**_judged_now(model, ports), **_last_data_check(model, ports)}
    return ModelOutlook(
        model_name=model_name,
        at=model.at,
        policy_version=applied.version,
        status=applied.status,
        last_retrained_at=state.last_retrained_at,
        daily_left=_left(config.daily_cap, model, _DAY),
        monthly_left=_left(config.monthly_cap, model, _MONTH),
        triggers=tuple(_outlook(kind, judged, fleet, model, ports) for kind in TriggerType),
        waiting=tuple(ports.waiting.of(model_name)),
    )


def _judged_now(model: _Model, ports: Ports) -> dict[TriggerType, _Judged]:
    """Judge the triggers that read no data; if a metric source fails, those that query it get an error verdict."""
    triggers = enabled_triggers(model.policy, reads_data=False)
    failed: dict[TriggerType, _Judged] = {}
    try:
        (evidence,) = gather_evidence([Question(model.policy, model.state, triggers)], model.at, ports)
    except AutoRetrainError as error:
        # The other triggers can still be predicted.
        querying = [trigger for trigger in triggers if trigger.reads_metrics]
        failed = {trigger.kind: _Judged((_failed(trigger, error),), model.at) for trigger in querying}
        triggers = [trigger for trigger in triggers if trigger.kind not in failed]
        evidence = Evidence(model.state)
    verdicts = judge_triggers(triggers, model.policy, evidence, model.at)
    return {**failed, **{kind: _Judged(of_trigger, model.at) for kind, of_trigger in verdicts.items()}}


def _failed(trigger: Trigger, error: AutoRetrainError) -> Verdict:
    return Verdict(check=trigger.kind.value, outcome=Outcome.ERROR, reason=str(error))


def _last_data_check(model: _Model, ports: Ports) -> dict[TriggerType, _Judged]:
    readers = [trigger.kind for trigger in enabled_triggers(model.policy, reads_data=True)]
    decisions = ports.decisions.recent(model.policy.model, MAX_DECISIONS) if readers else []
    return {kind: _last_verdicts(kind, decisions) for kind in readers}


def _last_verdicts(kind: TriggerType, decisions: list[DecisionRecord]) -> _Judged:
    for decision in decisions:
        verdicts = [verdict for verdict in decision.verdicts if verdict.check.startswith(kind.value)]
        if verdicts:
            return _Judged(tuple(verdicts), decision.event_time)
    return _Judged()


def _left(cap: int, model: _Model, span: timedelta) -> int:
    return max(cap - sum(model.at - span < attempt <= model.at for attempt in model.state.attempts), 0)


def _held_by_the_fleet(model: _Model, ports: Ports) -> list[Hold]:
    mark, limits = ports.sweeps.last(), ports.limits
    if mark is None:
        return []
    left, hold = room(limits, mark.usage)
    money, expected = mark.usage.money, expected_usd(model.state.costs, model.policy)
    no_money = spending_hold(limits, money, expected, model.at) if money else None
    next_sweep = [each for each in (no_money, hold if left == 0 else None) if each]
    return fleet_holds(limits, mark, model.at) or next_sweep


def _outlook(
    kind: TriggerType, all_judged: Mapping[TriggerType, _Judged], fleet: list[Hold], model: _Model, ports: Ports
) -> TriggerOutlook:
    trigger, judged = trigger_of(kind), all_judged.get(kind, _Judged())
    if trigger and not model.policy.triggers.enables(kind):
        return TriggerOutlook(trigger_type=kind, prospect="disabled")
    holds = model_holds(model.applied, model.state, kind, model.at, model.at)
    if trigger:
        holds = [*holds, *fleet, *_not_met_often_enough(trigger, judged, model), *_only_observed(kind, judged, model)]
    if kind is TriggerType.DATA_DRIFT and judged.outcome is Outcome.MET:
        answered = answered_drift(model.policy, judged.verdicts, ports)
        estimated = all_judged.get(TriggerType.ESTIMATED_PERFORMANCE, _Judged())
        estimate = holding_estimate(model.policy, estimated.verdicts)
        waits = waits_while_quality_holds(model.policy, estimate, model.state, model.at)
        holds += drift_holds(model.policy, answered, model.at, ports) or ([waits] if waits else [])
    return TriggerOutlook(
        trigger_type=kind,
        prospect=_prospect(kind, judged, holds, model),
        is_out_of_date=_is_out_of_date(kind, judged, model),
        verdicts=judged.verdicts,
        judged_at=judged.at,
        holds=tuple(holds),
        next_at=_next(trigger, model) if trigger else None,
    )


def _next(trigger: Trigger, model: _Model) -> datetime | None:
    if trigger.kind is TriggerType.SCHEDULED:
        return next_scheduled(model.applied, model.state, model.at)
    return trigger.next_check(model.policy, model.state, model.at)


def _not_met_often_enough(trigger: Trigger, judged: _Judged, model: _Model) -> list[Hold]:
    if judged.at is None or not trigger.needs_breach_days or judged.outcome is not Outcome.MET:
        return []
    day = judged.at.date()
    hold = breach_hold(model.policy.triggers, with_breach(model.state.breach_days(trigger.kind), day), day)
    return [hold] if hold else []


def _only_observed(kind: TriggerType, judged: _Judged, model: _Model) -> list[Hold]:
    # Today's policy counts, not that of the day on which the data were read.
    observed = model.policy.triggers.observes(kind)
    return [observed_hold(judged.verdicts[0])] if observed and judged.outcome is Outcome.MET else []


def _prospect(kind: TriggerType, judged: _Judged, holds: list[Hold], model: _Model) -> Prospect:
    last = model.state.last_attempt_at
    # A verdict from before the last retraining says nothing about today's model.
    if (judged.at and last and judged.at < last) or _is_out_of_date(kind, judged, model):
        return "unknown"
    if kind is TriggerType.MANUAL or judged.outcome is Outcome.MET:
        return "held_back" if holds else "would_start"
    return "not_due" if judged.outcome is Outcome.UNMET else "unknown"


def _is_out_of_date(kind: TriggerType, judged: _Judged, model: _Model) -> bool:
    """Whether the trigger has not been judged since long ago, as for a model that was paused or held back."""
    trigger = trigger_of(kind)
    return trigger is not None and judged.at is not None and model.at - judged.at > trigger.judged_every + _LATE
