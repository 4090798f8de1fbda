"""Finds the models that may be due, in a few batched calls, and starts an execution for each."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple, TypeVar

from ...domain.decision_record import DecisionRecord
from ...domain.fleet import FleetLimits, FleetUsage, SweepMark
from ...domain.messages.references import ScheduledEvent
from ...domain.messages.triggering import SweepOutcome
from ...domain.names import execution_name
from ...domain.policy.policy import AppliedPolicy
from ...domain.schedule import daily_slot
from ...holds.budgets import BUDGETS
from ...holds.fleet import room, urgency
from ...ports import Ports
from ..isolation import Losses
from .admit import Admission, admit
from .due_models import DueModel
from .look_over import look_over
from .record_decision import record_decision
from .remind_of_pauses import remind_of_pauses
from .tell_of_budget import tell_of_budget, tell_of_ended_budgets

PARALLEL_CALLS = 16
MAX_PROBLEMS = 20
_INSTANT = timedelta(microseconds=1)

Done = TypeVar("Done")


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
    look = look_over(ports.policies.fleet(losses.problems), since, at, now, losses, ports)
    held = [candidate for candidate in look.candidates if candidate.held]
    begin = partial(_in_parallel, partial(_start, at=at, ports=ports), losses=losses)
    free = [candidate for candidate in look.candidates if not candidate.held]
    data_checks = begin([candidate for candidate in free if candidate.trigger.reads_data])
    due = [candidate for candidate in free if not candidate.trigger.reads_data]
    admission = admit(sorted(due, key=_urgency), look.money, now, ports)
    held += admission.held
    starts = _start_within(admission.free, ports.limits, look.usage, begin)
    news = [candidate for candidate in held if not _was_said_today(candidate, since, at)]
    _in_parallel(partial(_record, ports=ports), [*news, *starts.queued], losses)
    losses.raise_transient()
    ports.sweeps.save(_mark(since, at, look.models, look.usage, starts, admission))
    _in_parallel(partial(_tell, ports=ports), news, losses)
    ended = partial(tell_of_ended_budgets, look.told, admission.money, since, at, ports)
    losses.attempt(ended, "ends of holds by budgets")
    losses.attempt(partial(_index_alarms, look.listing, last is None, ports), "index of alarms")
    losses.attempt(partial(remind_of_pauses, look.paused, since, at, ports), "reminders of paused models")
    return SweepOutcome(
        models=look.models,
        started=starts.began + sum(data_checks),
        known=starts.known + len(data_checks) - sum(data_checks),
        suppressed=len(held),
        queued=len(starts.queued),
        failed=len(losses.problems),
        problems=tuple(sorted(losses.problems)[:MAX_PROBLEMS]),
    )


def _start_within(
    due: list[DueModel], limits: FleetLimits, usage: FleetUsage, begin: Callable[[list[DueModel]], list[bool]]
) -> Starts:
    """Start the first ones, as many as there is room for; one that was started before takes no room."""
    if not due:
        return Starts(0, 0, [])
    waiting = due
    places, hold = room(limits, usage)
    began = known = 0
    while waiting and began < places:
        batch, waiting = waiting[: places - began], waiting[places - began :]
        results = begin(batch)
        began, known = began + sum(results), known + results.count(False)
    return Starts(began, known, [candidate._replace(held=[hold]) for candidate in waiting])


def _urgency(candidate: DueModel) -> tuple[int, float]:
    return urgency(candidate.trigger.kind, candidate.state)


def _mark(
    since: datetime, at: datetime, models: int, usage: FleetUsage, starts: Starts, admission: Admission
) -> SweepMark:
    """The mark stops before the first turn that waits, so that the next sweep comes to it again.

    It never moves back for a schedule, which every sweep judges: a mark that did would not be stored, nor its usage.
    """
    turns = [daily_slot(candidate.policy.model, at) for candidate in starts.queued]
    used = FleetUsage(
        active_jobs=usage.active_jobs + starts.began,
        retrained_in_30_days=usage.retrained_in_30_days + starts.began,
        money=admission.money_without(starts.queued),
    )
    return SweepMark(at=max(since, min(turns, default=at + _INSTANT) - _INSTANT), models=models, usage=used)


def _index_alarms(anew: list[AppliedPolicy], is_first: bool, ports: Ports) -> None:
    # In the first sweep it is every model's turn; later only an index that was never built reads the fleet once more.
    fleet = anew if is_first else (applied for applied, _ in ports.policies.fleet())
    ports.policies.index_alarms(fleet, anew)


def _in_parallel(call: Callable[[DueModel], Done], candidates: Iterable[DueModel], losses: Losses) -> list[Done]:
    """The results of the calls that succeeded."""
    steps = [(partial(call, candidate), candidate.policy.model) for candidate in candidates]
    if len(steps) < 2:  # most sweeps start nothing, and a thread takes longer than that
        made = [losses.attempt(*step) for step in steps]
    else:
        with ThreadPoolExecutor(PARALLEL_CALLS) as threads:
            made = list(threads.map(losses.attempt, *zip(*steps, strict=True)))
    return [done for done in made if done is not None]


def _start(candidate: DueModel, at: datetime, ports: Ports) -> bool:
    """Whether an execution was started; false if it had been started before.

    Each trigger starts at most one execution a day, so a retraining that failed is tried again the next day.
    """
    model, trigger = candidate.policy.model, candidate.trigger.kind.value
    event = {"model_name": model, "trigger_type": trigger, "event_time": at.isoformat()}
    return ports.executions.start(execution_name(model, trigger, candidate.occasion.key), event) is not None


def _was_said_today(candidate: DueModel, since: datetime, at: datetime) -> bool:
    """Whether an earlier sweep of the day found that a budget holds a model, which may last for weeks."""
    is_new = max(candidate.occasion.moment, daily_slot(candidate.policy.model, at)) > since
    return not is_new and all(hold.kind in BUDGETS for hold in candidate.held)


def _tell(candidate: DueModel, ports: Ports) -> None:
    need = next((verdict.reason for verdict in candidate.verdicts if verdict.met), None)
    if need:
        tell_of_budget(candidate.policy, candidate.state, candidate.trigger.kind, need, candidate.held, ports)


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
        candidate.evidence,
        ports,
    )
