"""Finds, among all models, those that may be due, in a few batched calls, and starts an execution for each."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import NamedTuple, TypeVar

from ...domain.decision_record import Hold, TriggerRecord
from ...domain.errors import TransientError
from ...domain.fleet import FleetLimits, FleetUsage, SweepMark
from ...domain.messages import ScheduledEvent, SweepReport
from ...domain.metric_reading import MetricReading
from ...domain.model_state import ModelState
from ...domain.names import execution_name
from ...domain.policy.policy import AppliedPolicy, Policy, PolicyStatus
from ...domain.schedule import daily_slot
from ...domain.trigger_type import TriggerType
from ...domain.verdict import Verdict
from ...holds.fleet import room, urgency, usage_of
from ...holds.model import holds, only_broken_data
from ...ports import Ports
from ...triggers import first_met, screen
from ...triggers.scheduled import due_at
from .gather_evidence import performance_query

PARALLEL_CALLS = 16
_INSTANT = timedelta(microseconds=1)

Fleet = list[tuple[AppliedPolicy, ModelState]]
Item = TypeVar("Item")
Done = TypeVar("Done")


class Candidate(NamedTuple):
    """A model that may be due, for a trigger that is met or, once a day, for a look at its data."""

    policy: Policy
    state: ModelState
    trigger: TriggerType
    moment: datetime
    verdicts: tuple[Verdict, ...]
    held: list[Hold]


class Starts(NamedTuple):
    """How many executions began and how many had begun before, and who waits for the next sweep."""

    began: int
    known: int
    queued: list[Candidate]


def sweep_models(tick: ScheduledEvent, ports: Ports) -> SweepReport:
    """Start one execution for each model that may be due; a trigger that was started before is not started again.

    Schedules are judged in every sweep; metrics and data once a day, when it is the model's turn since the last sweep
    that was completed. What the fleet's limits leave no room for waits for the next sweep.

    Raises:
        TransientError: some executions could not be started; done again, the sweep starts just those.
    """
    now = ports.clock.now()
    at = tick.time or now
    last = ports.sweeps.last()
    since = min(last.at, at) if last else at - timedelta(days=1)
    fleet = list(ports.policies.fleet())
    candidates = list(_candidates(fleet, since, at, now, ports))
    held = [candidate for candidate in candidates if candidate.held]
    usage = usage_of((state for _, state in fleet), at, now)
    begin = partial(_start, at=at, ports=ports)
    looks = _in_parallel(begin, [look for look in candidates if _is_look(look) and not look.held])
    due = [candidate for candidate in candidates if not _is_look(candidate) and not candidate.held]
    starts = _start_within(due, ports.limits, usage, begin)
    _in_parallel(partial(_record, ports=ports), [*held, *starts.queued])
    ports.sweeps.save(_mark(at, len(fleet), usage, starts))
    return SweepReport(
        models=len(fleet),
        started=starts.began + sum(looks),
        known=starts.known + len(looks) - sum(looks),
        suppressed=len(held),
        queued=len(starts.queued),
    )


def _candidates(fleet: Fleet, since: datetime, at: datetime, now: datetime, ports: Ports) -> Iterator[Candidate]:
    # A model that is being retrained has what a trigger could ask for; what came too late for it is met tomorrow.
    followed = [
        (applied, state)
        for applied, state in fleet
        if applied.status is PolicyStatus.ACTIVE and state.owner_at(now) is None
    ]
    slots = [daily_slot(applied.policy.model, at) for applied, _ in followed]
    on_turn = [slot > since for slot in slots]
    readings = _read([applied.policy for (applied, _), turn in zip(followed, on_turn, strict=True) if turn], at, ports)
    for (applied, state), slot, turn in zip(followed, slots, on_turn, strict=True):
        reading = next(readings) if turn else MetricReading(value=None)
        met = _met(applied.policy, state, reading, slot if turn else None, at)
        against = holds(applied, state, met.trigger if met else TriggerType.DATA_DRIFT, at, now)
        if met:
            yield met._replace(held=against)
        # Broken data may have been repaired, which only another look at them can show.
        if turn and (only_broken_data(against) or not (met or against)) and _watches_drift(applied.policy):
            yield Candidate(applied.policy, state, TriggerType.DATA_DRIFT, slot, (), [])


def _read(policies: list[Policy], at: datetime, ports: Ports) -> Iterator[MetricReading]:
    watched = [policy for policy in policies if TriggerType.PERFORMANCE_DEGRADATION.value in policy.triggers.enabled]
    found = ports.metrics.read([performance_query(policy, at) for policy in watched])
    readings = {policy.model: reading for policy, reading in zip(watched, found, strict=True)}
    return (readings.get(policy.model, MetricReading(value=None)) for policy in policies)


def _met(
    policy: Policy, state: ModelState, reading: MetricReading, slot: datetime | None, at: datetime
) -> Candidate | None:
    verdicts = screen(policy, state, reading, at)
    trigger = first_met(verdicts)
    if trigger is None:
        return None
    due = due_at(policy, at) if trigger is TriggerType.SCHEDULED else slot
    return Candidate(policy, state, trigger, due or _midnight(at), tuple(verdicts.values()), [])


def _watches_drift(policy: Policy) -> bool:
    return TriggerType.DATA_DRIFT.value in policy.triggers.enabled


def _is_look(candidate: Candidate) -> bool:
    return candidate.trigger is TriggerType.DATA_DRIFT


def _start_within(
    due: list[Candidate], limits: FleetLimits, usage: FleetUsage, begin: Callable[[Candidate], bool]
) -> Starts:
    """Start the most urgent first, as many as there is room for; one that had begun before takes no room."""
    waiting = sorted(due, key=lambda candidate: urgency(candidate.trigger, candidate.state))
    places, hold = room(limits, usage)
    began = known = 0
    while waiting and began < places:
        batch, waiting = waiting[: places - began], waiting[places - began :]
        results = _in_parallel(begin, batch)
        began, known = began + sum(results), known + results.count(False)
    return Starts(began, known, [candidate._replace(held=[hold]) for candidate in waiting])


def _mark(at: datetime, models: int, usage: FleetUsage, starts: Starts) -> SweepMark:
    """Stops before the first turn that waits, so that the next sweep meets it again."""
    turns = [daily_slot(candidate.policy.model, at) for candidate in starts.queued]
    used = FleetUsage(
        active_jobs=usage.active_jobs + starts.began,
        retrained_in_30_days=usage.retrained_in_30_days + starts.began,
    )
    return SweepMark(at=min(turns, default=at + _INSTANT) - _INSTANT, models=models, usage=used)


def _midnight(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _in_parallel(call: Callable[[Item], Done], items: Iterable[Item]) -> list[Done]:
    """Results of all calls; one that fails for now does not keep the others from being made."""
    with ThreadPoolExecutor(PARALLEL_CALLS) as threads:
        calls = [threads.submit(call, item) for item in items]
    failed = [error for error in (made.exception() for made in calls) if error]
    for error in failed:
        if not isinstance(error, TransientError):
            raise error
    if failed:
        raise TransientError(f"{len(failed)} of {len(calls)} calls failed, the first with: {failed[0]}") from failed[0]
    return [made.result() for made in calls]


def _start(candidate: Candidate, at: datetime, ports: Ports) -> bool:
    """Whether an execution began; false when it had begun before.

    Each trigger starts an execution once a day, so that a retraining that failed is tried again the next day.
    """
    model, trigger = candidate.policy.model, candidate.trigger.value
    moment = candidate.moment.isoformat()
    name = execution_name(model, trigger, f"{moment} {at.date()}" if trigger == "scheduled" else moment)
    event = {"model_name": model, "trigger_type": trigger, "event_time": at.isoformat()}
    return ports.executions.start(name, event) is not None


def _record(candidate: Candidate, ports: Ports) -> None:
    """Keep what held a trigger back, once for each moment that it stands for."""
    ports.decisions.record(
        TriggerRecord(
            model_name=candidate.policy.model,
            key=f"sweep-{candidate.trigger.value}",
            event_time=candidate.moment,
            recorded_at=ports.clock.now(),
            trigger_type=candidate.trigger,
            outcome="suppressed",
            reason="; ".join(hold.reason for hold in candidate.held),
            held_by=candidate.held[0].kind,
            verdicts=candidate.verdicts,
        )
    )
