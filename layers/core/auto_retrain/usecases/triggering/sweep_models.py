"""Finds the models that may be due, in a few batched calls, and starts an execution for each."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple, TypeVar

from ...domain.decision_record import DecisionRecord, Hold
from ...domain.fleet import FleetLimits, FleetUsage, SweepMark
from ...domain.messages.references import ScheduledEvent
from ...domain.messages.triggering import SweepOutcome
from ...domain.model_state import ModelState
from ...domain.names import execution_name
from ...domain.policy.policy import AppliedPolicy, Policy, PolicyStatus
from ...domain.schedule import daily_slot
from ...domain.trigger_type import TriggerType
from ...domain.verdict import Verdict
from ...holds.fleet import room, urgency, usage_of
from ...holds.model import model_holds, observed_hold, only_broken_data
from ...ports import Ports
from ...triggers import TRIGGERS, all_met, enabled_triggers, first_observed, judge_triggers, trigger_of
from ...triggers.base import Evidence, Occasion, Trigger
from ..isolation import Losses
from .gather_evidence import Question
from .gather_in_parts import gather_in_parts
from .record_decision import record_decision

PARALLEL_CALLS = 16
MAX_PROBLEMS = 20
_INSTANT = timedelta(microseconds=1)
# Policies are applied by the clocks of people's computers.
_CLOCK_DIFFERENCE = timedelta(minutes=15)

Member = tuple[AppliedPolicy, ModelState]
Fleet = list[Member]
Done = TypeVar("Done")


class DueModel(NamedTuple):
    """A model that may be due: a trigger is met or, once a day, a trigger can only be judged by reading the data."""

    policy: Policy
    state: ModelState
    trigger: Trigger
    occasion: Occasion
    verdicts: tuple[Verdict, ...]
    held: list[Hold]


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


class Starts(NamedTuple):
    """How many executions were started, how many had been started before, and what waits for the next sweep."""

    began: int
    known: int
    queued: list[DueModel]


def sweep_models(tick: ScheduledEvent, ports: Ports) -> SweepOutcome:
    """Start one execution for each model that may be due, and none twice for the same occasion.

    Schedules are judged in every sweep; metrics and data once a day, in the first sweep after the model's daily slot.
    If the fleet's limits leave no room for a model, it waits for the next sweep. Whatever goes wrong with one model, or
    with one source of metrics, does not affect the others.

    Raises:
        TransientError: some models could not be judged or started; the sweep, repeated, starts only those.
    """
    now = ports.clock.now()
    at = tick.time or now
    last = ports.sweeps.last()
    since = min(last.at, at) if last else at - timedelta(days=1)
    losses = Losses()
    fleet = list(ports.policies.fleet(losses.problems))
    candidates = list(_candidates(fleet, since, at, now, losses, ports))
    held = [candidate for candidate in candidates if candidate.held]
    usage = usage_of((state for _, state in fleet), at, now)
    begin = partial(_in_parallel, partial(_start, at=at, ports=ports), losses=losses)
    free = [candidate for candidate in candidates if not candidate.held]
    data_checks = begin([candidate for candidate in free if candidate.trigger.reads_data])
    due = [candidate for candidate in free if not candidate.trigger.reads_data]
    starts = _start_within(due, ports.limits, usage, begin)
    _in_parallel(partial(_record, ports=ports), [*held, *starts.queued], losses)
    losses.raise_transient()
    ports.sweeps.save(_mark(at, len(fleet), usage, starts))
    losses.attempt(partial(_index_alarms, [applied for applied, _ in fleet], since, at, ports), "index of alarms")
    return SweepOutcome(
        models=len(fleet),
        started=starts.began + sum(data_checks),
        known=starts.known + len(data_checks) - sum(data_checks),
        suppressed=len(held),
        queued=len(starts.queued),
        failed=len(losses.problems),
        problems=tuple(sorted(losses.problems)[:MAX_PROBLEMS]),
    )


def _candidates(
    fleet: Fleet, since: datetime, at: datetime, now: datetime, losses: Losses, ports: Ports
) -> Iterator[DueModel]:
    for member in fleet:
        if member[0].status is not PolicyStatus.ACTIVE:
            yield from losses.attempt(partial(_paused, member, since, at, now), member[0].policy.model) or ()
    asked = [
        one
        for member in fleet
        if (one := losses.attempt(partial(_ask, member, since, at, now), member[0].policy.model))
    ]
    for source, of_source in _by_source(asked).items():
        evidence = gather_in_parts([one.question for one in of_source], source, at, losses, ports)
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
    return [DueModel(applied.policy, state, trigger, Occasion(slot, slot.isoformat()), (), holds)]


def _ask(member: Member, since: datetime, at: datetime, now: datetime) -> Asked | None:
    """What is asked about a model now; nothing while a job owns it."""
    applied, state = member
    # A model that is being retrained needs no trigger; one that still calls for a retraining is met again tomorrow.
    if applied.status is not PolicyStatus.ACTIVE or state.owner_at(now) is not None:
        return None
    slot = daily_slot(applied.policy.model, at)
    turn = Turn(applied, state, slot, slot > since)
    triggers = _judged_now(turn, at)
    needs_metrics = any(trigger.queries(turn.policy, turn.state, at) for trigger in triggers)
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
    candidate = _met(turn, one.question, evidence, at)
    holds_of = partial(model_holds, turn.applied, turn.state, at=at, now=now)
    if candidate:
        candidate = candidate._replace(held=[*holds_of(candidate.trigger.kind), *candidate.held])
        due.append(candidate)
    if turn.is_now and not _may_start(candidate):
        holds = holds_of(TriggerType.DATA_DRIFT)
        # Broken data may have been repaired, which only another check can show.
        checks = _data_check(turn, at)
        if not holds or only_broken_data(holds):
            due.extend(checks)
        elif candidate is None:
            due.extend(check._replace(held=holds) for check in checks)
    return due


def _judged_now(turn: Turn, at: datetime) -> list[Trigger]:
    """Triggers that read metrics are judged once a day, when it is the model's turn, the others in every sweep."""
    triggers = enabled_triggers(turn.policy, reads_data=False)
    return [trigger for trigger in triggers if turn.is_now or not trigger.queries(turn.policy, turn.state, at)]


def _met(turn: Turn, question: Question, evidence: Evidence, at: datetime) -> DueModel | None:
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
    return DueModel(turn.policy, turn.state, trigger, occasion, judged, held)


def _may_start(candidate: DueModel | None) -> bool:
    return candidate is not None and not candidate.held


def _data_check(turn: Turn, at: datetime) -> Iterator[DueModel]:
    """One check serves all triggers that read data."""
    for trigger in enabled_triggers(turn.policy, reads_data=True)[:1]:
        occasion = trigger.occasion(turn.policy, turn.state, at, turn.slot)
        yield DueModel(turn.policy, turn.state, trigger, occasion, (), [])


def _start_within(
    due: list[DueModel], limits: FleetLimits, usage: FleetUsage, begin: Callable[[list[DueModel]], list[bool]]
) -> Starts:
    """Start the most urgent first, as many as there is room for; one that was started before takes no room."""
    waiting = sorted(due, key=lambda candidate: urgency(candidate.trigger.kind, candidate.state))
    places, hold = room(limits, usage)
    began = known = 0
    while waiting and began < places:
        batch, waiting = waiting[: places - began], waiting[places - began :]
        results = begin(batch)
        began, known = began + sum(results), known + results.count(False)
    return Starts(began, known, [candidate._replace(held=[hold]) for candidate in waiting])


def _mark(at: datetime, models: int, usage: FleetUsage, starts: Starts) -> SweepMark:
    """The mark stops before the first turn that waits, so that the next sweep comes to it again."""
    turns = [daily_slot(candidate.policy.model, at) for candidate in starts.queued]
    used = FleetUsage(
        active_jobs=usage.active_jobs + starts.began,
        retrained_in_30_days=usage.retrained_in_30_days + starts.began,
    )
    return SweepMark(at=min(turns, default=at + _INSTANT) - _INSTANT, models=models, usage=used)


def _index_alarms(fleet: list[AppliedPolicy], since: datetime, at: datetime, ports: Ports) -> None:
    """Index what was applied lately, and each other policy once a day: an older command line leaves no entries."""
    lately = since - _CLOCK_DIFFERENCE
    anew = (one for one in fleet if one.applied_at > lately or daily_slot(one.policy.model, at) > since)
    ports.policies.index_alarms(fleet, anew)


def _in_parallel(call: Callable[[DueModel], Done], candidates: Iterable[DueModel], losses: Losses) -> list[Done]:
    """The results of the calls that succeeded."""
    with ThreadPoolExecutor(PARALLEL_CALLS) as threads:
        calls = [
            threads.submit(losses.attempt, partial(call, candidate), candidate.policy.model) for candidate in candidates
        ]
    return [done for made in calls if (done := made.result()) is not None]


def _start(candidate: DueModel, at: datetime, ports: Ports) -> bool:
    """Whether an execution was started; false if it had been started before.

    Each trigger starts at most one execution a day, so a retraining that failed is tried again the next day.
    """
    model, trigger = candidate.policy.model, candidate.trigger.kind.value
    event = {"model_name": model, "trigger_type": trigger, "event_time": at.isoformat()}
    return ports.executions.start(execution_name(model, trigger, candidate.occasion.key), event) is not None


def _record(candidate: DueModel, ports: Ports) -> None:
    """Record what held a trigger back, once for each occasion."""
    record_decision(
        DecisionRecord(
            model_name=candidate.policy.model,
            key=f"sweep-{candidate.trigger.kind.value}",
            event_time=candidate.occasion.moment,
            recorded_at=ports.clock.now(),
            trigger_type=candidate.trigger.kind,
            outcome="suppressed",
            reason="; ".join(hold.reason for hold in candidate.held),
            held_by=candidate.held[0].kind,
            verdicts=candidate.verdicts,
        ),
        ports,
    )
