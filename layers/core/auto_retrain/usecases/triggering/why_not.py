"""Foresees what a model's triggers would lead to now; nothing is started or written, and no data set is read."""

from datetime import datetime, timedelta
from typing import NamedTuple

from ...domain.decision_record import Hold
from ...domain.errors import AutoRetrainError
from ...domain.metric_reading import MetricReading
from ...domain.model_state import ModelState, breaches_within, with_breach
from ...domain.names import spread_offset
from ...domain.outlook import ModelOutlook, Prospect, TriggerOutlook
from ...domain.policy.policy import AppliedPolicy, Policy
from ...domain.schedule import daily_slot, upcoming
from ...domain.trigger_type import TriggerType
from ...domain.verdict import Outcome, Verdict
from ...holds.fleet import room
from ...holds.model import fleet_holds, holds
from ...ports import Ports
from ...triggers import screen
from ..lookup import policy_of
from .gather_evidence import performance_query

DECISIONS_LOOKED_AT = 100

_DAY, _MONTH = timedelta(days=1), timedelta(days=30)


class _Model(NamedTuple):
    applied: AppliedPolicy
    state: ModelState
    at: datetime

    @property
    def policy(self) -> Policy:
        return self.applied.policy

    def enables(self, trigger: TriggerType) -> bool:
        return trigger.value in self.policy.triggers.enabled


class _Found(NamedTuple):
    """Verdicts of one trigger, the deciding one first, and when they were found."""

    verdicts: tuple[Verdict, ...] = ()
    at: datetime | None = None

    @property
    def outcome(self) -> Outcome | None:
        return self.verdicts[0].outcome if self.verdicts else None


def foresee_triggers(model_name: str, ports: Ports) -> ModelOutlook:
    """Metrics and schedule are judged now; of drift it tells what the last look at the data found.

    Raises:
        ModelUnknown: no policy was applied for that model.
    """
    applied, state = policy_of(model_name, ports), ports.jobs.model_state(model_name)
    model = _Model(applied, state, ports.clock.now())
    config, fleet = applied.policy.triggers, _held_by_the_fleet(ports)
    found = {**_judged_now(model, ports), TriggerType.DATA_DRIFT: _last_look_at_data(model_name, ports)}
    return ModelOutlook(
        model_name=model_name,
        at=model.at,
        policy_version=applied.version,
        status=applied.status,
        last_retrained_at=state.last_retrained_at,
        daily_left=_left(config.daily_cap, model, _DAY),
        monthly_left=_left(config.monthly_cap, model, _MONTH),
        triggers=tuple(_outlook(trigger, found.get(trigger, _Found()), fleet, model) for trigger in TriggerType),
        waiting=tuple(ports.jobs.waiting(model_name)),
    )


def _judged_now(model: _Model, ports: Ports) -> dict[TriggerType, _Found]:
    reading, problem = MetricReading(value=None), None
    if model.enables(TriggerType.PERFORMANCE_DEGRADATION):
        try:
            reading = ports.metrics.read([performance_query(model.policy, model.at)])[0]
        except AutoRetrainError as error:
            # What holds the other triggers back is worth knowing all the same.
            problem = Verdict(check=TriggerType.PERFORMANCE_DEGRADATION.value, outcome=Outcome.ERROR, reason=str(error))
    verdicts = screen(model.policy, model.state, reading, model.at)
    if problem:
        verdicts[TriggerType.PERFORMANCE_DEGRADATION] = problem
    return {trigger: _Found((verdict,), model.at) for trigger, verdict in verdicts.items()}


def _last_look_at_data(model_name: str, ports: Ports) -> _Found:
    for decision in ports.decisions.recent(model_name, DECISIONS_LOOKED_AT):
        drift = [verdict for verdict in decision.verdicts if verdict.check.startswith(TriggerType.DATA_DRIFT.value)]
        if drift:
            return _Found(tuple(drift), decision.event_time)
    return _Found()


def _left(cap: int, model: _Model, span: timedelta) -> int:
    return max(cap - sum(model.at - span < attempt <= model.at for attempt in model.state.attempts), 0)


def _held_by_the_fleet(ports: Ports) -> list[Hold]:
    mark = ports.sweeps.last()
    if mark is None:
        return []
    left, hold = room(ports.limits, mark.usage)
    return fleet_holds(ports.limits, mark) or ([hold] if left == 0 else [])


def _outlook(trigger: TriggerType, found: _Found, fleet: list[Hold], model: _Model) -> TriggerOutlook:
    manual = trigger is TriggerType.MANUAL
    if not manual and not model.enables(trigger):
        return TriggerOutlook(trigger_type=trigger, prospect="disabled")
    against = holds(model.applied, model.state, trigger, model.at, model.at)
    if not manual:
        against = [*against, *fleet, *_not_seen_often_enough(trigger, found, model)]
    return TriggerOutlook(
        trigger_type=trigger,
        prospect=_prospect(trigger, found, against, model),
        verdicts=found.verdicts,
        judged_at=found.at,
        holds=tuple(against),
        next_at=_next_at(trigger, model),
    )


def _not_seen_often_enough(trigger: TriggerType, found: _Found, model: _Model) -> list[Hold]:
    breaches = {
        TriggerType.PERFORMANCE_DEGRADATION: model.state.performance_breaches,
        TriggerType.DATA_DRIFT: model.state.drift_breaches,
    }
    config = model.policy.triggers
    if found.at is None or trigger not in breaches or found.outcome is not Outcome.MET:
        return []
    day = found.at.date()
    days = breaches_within(with_breach(breaches[trigger], day), day, config.breach_window_days)
    reason = f"seen on {days} of {config.breach_window_days} days, {config.breach_days} are needed"
    return [Hold(kind="breach_days", reason=reason)] if days < config.breach_days else []


def _prospect(trigger: TriggerType, found: _Found, against: list[Hold], model: _Model) -> Prospect:
    last = model.state.last_attempt_at
    # What was seen before the last retraining says nothing about the model of today.
    if found.at and last and found.at < last:
        return "unknown"
    if trigger is TriggerType.MANUAL or found.outcome is Outcome.MET:
        return "held_back" if against else "would_start"
    return "not_due" if found.outcome is Outcome.UNMET else "unknown"


def _next_at(trigger: TriggerType, model: _Model) -> datetime | None:
    """When the schedule is due next, or metrics and data are looked at next."""
    config = model.policy.triggers
    if trigger is TriggerType.MANUAL:
        return None
    if trigger is not TriggerType.SCHEDULED:
        return daily_slot(model.policy.model, model.at) + _DAY
    offset = timedelta(minutes=spread_offset(model.policy.model, "schedule", config.schedule_spread_minutes))
    # A run is done with what was retrained after it, even before the model's own turn has come.
    after = max(model.at - offset, model.state.last_retrained_at or model.at - offset)
    fires = next(upcoming(config.schedule_expression, config.time_zone, after), None)
    return fires + offset if fires else None
