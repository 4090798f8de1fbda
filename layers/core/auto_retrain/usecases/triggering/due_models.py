"""Which models of the fleet may be due, by their triggers; starts nothing."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import NamedTuple

from ...domain.decision_evidence import DecisionEvidence
from ...domain.decision_record import Hold
from ...domain.model_state import ModelState
from ...domain.policy.policy import AppliedPolicy, Policy, PolicyStatus
from ...domain.schedule import daily_slot
from ...domain.trigger_type import TriggerType
from ...domain.verdict import Verdict
from ...holds.model import allows_data_check, model_holds, observed_hold
from ...triggers import TRIGGERS, all_met, enabled_triggers, first_observed, judge_triggers, trigger_of
from ...triggers.base import Evidence, Occasion, Trigger
from ..isolation import Losses
from .gather_evidence import Question
from .gather_in_parts import Gathering
from .kept_evidence import kept_evidence

Member = tuple[AppliedPolicy, ModelState]
Fleet = list[Member]


class DueModel(NamedTuple):
    """A model that may be due: a trigger is met or, once a day, a trigger can only be judged by reading the data."""

    policy: Policy
    state: ModelState
    trigger: Trigger
    occasion: Occasion
    verdicts: tuple[Verdict, ...]
    held: list[Hold]
    evidence: DecisionEvidence


class Turn(NamedTuple):
    """A model that no job owns, its slot of the day, and whether that slot has come up since the last sweep."""

    applied: AppliedPolicy
    state: ModelState
    slot: datetime
    is_now: bool

    @property
    def policy(self) -> Policy:
        return self.applied.policy


class Asked(NamedTuple):
    """What is asked in a model's turn, and the source of its metrics, if it needs any."""

    turn: Turn
    question: Question
    source: str

    @property
    def model(self) -> str:
        return self.turn.policy.model


def due_models(
    fleet: Fleet, since: datetime, at: datetime, now: datetime, losses: Losses, gathering: Gathering
) -> Iterator[DueModel]:
    """The models that may be due, or are held; what goes wrong with one does not affect the others."""
    for member in fleet:
        if member[0].status is not PolicyStatus.ACTIVE:
            yield from losses.attempt(partial(_paused, member, since, at, now), member[0].policy.model) or ()
    asked = [
        one
        for member in fleet
        if (one := losses.attempt(partial(_ask, member, since, at, now), member[0].policy.model))
    ]
    for source, of_source in _by_source(asked).items():
        evidence = gathering.evidence([one.question for one in of_source], source)
        for one in of_source:
            if one.model in evidence:
                yield from losses.attempt(partial(_due, one, evidence[one.model], at, now), one.model) or ()


def _paused(member: Member, since: datetime, at: datetime, now: datetime) -> list[DueModel]:
    """A paused model whose turn has come: it is held, and the record shows that it was not forgotten."""
    applied, state = member
    slot, enables = daily_slot(applied.policy.model, at), applied.policy.triggers.enables
    trigger = next((each for each in TRIGGERS if enables(each.kind)), None)
    if slot <= since or trigger is None:
        return []
    holds = model_holds(applied, state, trigger.kind, at, now)
    kept = kept_evidence(applied, Evidence(state), at, now)
    return [DueModel(applied.policy, state, trigger, Occasion(slot, slot.isoformat()), (), holds, kept)]


def _ask(member: Member, since: datetime, at: datetime, now: datetime) -> Asked | None:
    """What is asked about a model now; nothing while a job owns it."""
    applied, state = member
    # A model that is being retrained needs no trigger; one that still calls for a retraining is met again tomorrow.
    if applied.status is not PolicyStatus.ACTIVE or state.owner_at(now) is not None:
        return None
    slot = daily_slot(applied.policy.model, at)
    turn = Turn(applied, state, slot, slot > since)
    triggers = _judged_now(turn)
    needs_metrics = any(trigger.reads_metrics for trigger in triggers)
    source = turn.policy.metric.source if needs_metrics else ""
    return Asked(turn, Question(turn.policy, state, triggers), source)


def _by_source(asked: list[Asked]) -> dict[str, list[Asked]]:
    groups: dict[str, list[Asked]] = defaultdict(list)
    for one in asked:
        groups[one.source].append(one)
    return groups


def _due(one: Asked, evidence: Evidence, at: datetime, now: datetime) -> list[DueModel]:
    """Why the model may be due."""
    turn, due = one.turn, []
    candidate = _met(turn, one.question, evidence, at, now)
    holds_of = partial(model_holds, turn.applied, turn.state, at=at, now=now)
    if candidate:
        candidate = candidate._replace(held=[*holds_of(candidate.trigger.kind), *candidate.held])
        due.append(candidate)
    checks = list(_data_check(turn, at, now)) if turn.is_now and not _may_start(candidate) else []
    if checks:
        holds = holds_of(TriggerType.DATA_DRIFT)
        # Broken data may have been repaired, which only another check can show; so does drift that nobody may answer.
        if not holds or allows_data_check(holds):
            due.extend(checks)
        elif candidate is None:
            due.extend(check._replace(held=holds) for check in checks)
    return due


def _judged_now(turn: Turn) -> list[Trigger]:
    """Triggers that read metrics are judged once a day, when it is the model's turn, the others in every sweep."""
    triggers = enabled_triggers(turn.policy, reads_data=False)
    return [trigger for trigger in triggers if turn.is_now or not trigger.reads_metrics]


def _met(turn: Turn, question: Question, evidence: Evidence, at: datetime, now: datetime) -> DueModel | None:
    """The strongest trigger that is met; one that is only observed is held for that reason."""
    verdicts = judge_triggers(question.triggers, turn.policy, evidence, at)
    met = all_met(verdicts)
    kind = met[0] if met else first_observed(verdicts)
    trigger = trigger_of(kind) if kind else None
    if kind is None or trigger is None:
        return None
    decisive = verdicts[kind][0]
    held = [observed_hold(decisive)] if decisive.observed_only else []
    occasion = trigger.occasion(turn.policy, turn.state, at, turn.slot)
    judged = tuple(verdict for of_trigger in verdicts.values() for verdict in of_trigger)
    kept = kept_evidence(turn.applied, evidence, at, now)
    return DueModel(turn.policy, turn.state, trigger, occasion, judged, held, kept)


def _may_start(candidate: DueModel | None) -> bool:
    return candidate is not None and not candidate.held


def _data_check(turn: Turn, at: datetime, now: datetime) -> Iterator[DueModel]:
    """One check serves all triggers that read data."""
    for trigger in enabled_triggers(turn.policy, reads_data=True)[:1]:
        occasion = trigger.occasion(turn.policy, turn.state, at, turn.slot)
        kept = kept_evidence(turn.applied, Evidence(turn.state), at, now)
        yield DueModel(turn.policy, turn.state, trigger, occasion, (), [], kept)
