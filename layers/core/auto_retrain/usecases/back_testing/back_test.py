"""Tries a policy on the past: when it would have retrained, what would have held it back. Nothing is written."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import InitVar, dataclass
from datetime import UTC, date, datetime, time, timedelta
from heapq import heappop, heappush
from itertools import groupby
from typing import Any, Protocol

from ...domain.asked_retraining import AskedRetraining
from ...domain.back_test import BackTest
from ...domain.decision_record import DecisionRecord
from ...domain.deployment_ledger import LedgerLine, serving_after
from ...domain.ending import Ending
from ...domain.job import RetrainingJob
from ...domain.messages.references import ScheduledEvent
from ...domain.messages.triggering import ExecutionStarted
from ...domain.metric_reading import MetricQuery
from ...domain.model_state import ModelState
from ...domain.past_decision import PastDecision, Served
from ...domain.policy.policy import Policy
from ...domain.schedule import daily_slot
from ...domain.trigger_type import TriggerType
from ...domain.windows import Window
from ...holds.model import model_holds
from ...ports import MetricSource, Ports
from ...triggers import enabled_triggers
from ...triggers.scheduled import Scheduled, is_due
from ..ending.end_job import end_as
from ..lookup import policy_of
from ..triggering.check_triggers import check_triggers
from ..triggering.detect_drift import detect_drift
from ..triggering.sweep_models import sweep_models
from .hindsight import Hindsights, judges_metric, look_back
from .past import Past, asked_in, past_of

SWEEP = timedelta(minutes=5)
_DAY = timedelta(days=1)
_ASKED = "arn:aws:states:none:000000000000:execution:retraining:asked"


class World(Protocol):
    """A world whose clock is moved; its metrics and data are those of the past, and nothing leaves it."""

    @property
    def ports(self) -> Ports: ...
    @property
    def metrics(self) -> MetricSource: ...
    def begin(self, policy: Policy, state: ModelState, champions: Sequence[LedgerLine]) -> None: ...
    def play(self, execution: Any) -> None: ...
    def move_to(self, at: datetime) -> None: ...
    def serve(self, line: LedgerLine) -> None: ...


WorldAt = Callable[[Ports, datetime], World]


def try_policy(policy: Policy, days: Window, world_at: WorldAt, ports: Ports) -> BackTest:
    """A back-test in a world that begins with the first of the days. Raises like `back_test`."""
    return back_test(policy, days, world_at(ports, datetime.combine(days.start, time(), UTC)), ports)


def back_test(policy: Policy, days: Window, world: World, ports: Ports) -> BackTest:
    """Decide on each day of a time, in a world of its own, as a deployment with this policy would have.

    What served, and who asked for retrainings, is as `ports` recorded it. A retraining is not done: it ends as the one
    did that was started for the same reason within a day, and otherwise without a promotion.

    Raises:
        TransientError: a source could not be reached.
    """
    start = datetime.combine(days.start, time(), UTC)
    past = past_of(policy.model, start, ports)
    before = [line for line in past.champions if line.deployed_at < start]
    world.begin(policy, past.state, before)
    asked = [each for _, each in asked_in(past.jobs)]
    run = Run(policy, days, past, world, asked, past.champions[len(before) :])
    world.play(run.execute)
    moments = run.moments()
    _read_ahead(policy, moments, past, world.metrics)
    run.go(moments)
    looked = look_back(policy, days, [*run.decisions()], past, world.metrics, ports.clock.now())
    return found(policy, days, past.champions, looked)


def found(policy: Policy, days: Window, champions: Sequence[LedgerLine], looked: Hindsights) -> BackTest:
    """What came of it, with what served."""
    return BackTest(
        model_name=policy.model,
        days=days,
        decisions=tuple(looked.decisions),
        champions=tuple(_served(champions, days)),
        metric=policy.metric.name,
        limit=policy.triggers.performance_metric_threshold if judges_metric(policy) else None,
        levels=tuple(looked.levels),
        beyond=tuple(looked.beyond),
        unread=looked.unread,
    )


def _served(champions: Sequence[LedgerLine], days: Window) -> Iterator[Served]:
    """What served at the beginning of these days, and each change in them."""
    lines = [line for line in champions if line.deployed_at.date() < days.end]
    before = [line for line in lines if line.deployed_at.date() < days.start]
    for line in [*before[-1:], *lines[len(before) :]]:
        yield Served(at=line.deployed_at, version=line.version.number, change=line.change)


def _read_ahead(policy: Policy, moments: Sequence[datetime], past: Past, metrics: MetricSource) -> None:
    """Read what most looks will need in few calls rather than in one for each."""
    queries = list[MetricQuery]()
    triggers = enabled_triggers(policy, reads_data=False)
    for line, served in groupby(moments, past.champion_at):
        state = ModelState(model_name=policy.model, deployed=line and serving_after(line))
        for at in served:
            for trigger in triggers:
                queries += trigger.queries(policy, state, at)
    if queries:
        metrics.read(queries)


def _first_sweep(policy: Policy, day: date) -> datetime:
    """The first sweep after a model's turn on a day."""
    return _sweep_after(daily_slot(policy.model, datetime.combine(day, time.max, UTC)))


def _sweep_after(moment: datetime) -> datetime:
    since = moment - datetime.min.replace(tzinfo=UTC)
    return moment + -since % SWEEP


@dataclass
class Run:
    """One policy on its way through the past; what becomes of a job that was opened is for `end_job` to say."""

    policy: Policy
    days: Window
    past: Past
    world: World
    asked: InitVar[Sequence[AskedRetraining]]
    champions: InitVar[Sequence[LedgerLine]] = ()

    def __post_init__(self, asked: Sequence[AskedRetraining], champions: Sequence[LedgerLine]) -> None:
        self._begin, self._end = (datetime.combine(day, time(), UTC) for day in (self.days.start, self.days.end))
        self._moments: list[datetime] = []
        self._endings: dict[str, Ending] = {}
        self._champions = list(champions)
        self._requests = [each for each in enumerate(asked) if each[1].at < self._end]

    def moments(self) -> list[datetime]:
        """The sweeps that may find something to do, in order."""
        wanted = {self._begin, *(_first_sweep(self.policy, day) for day in self.days.days())}
        wanted |= {_sweep_after(moment) for moment in self._schedule()}
        wanted |= {_sweep_after(asked.at) for _, asked in self._requests}
        # Beyond the last day, what falls due there would be met with what fell due in its last minutes.
        last = self._end - datetime.resolution
        return sorted({min(moment, last) for moment in wanted})

    def go(self, moments: Sequence[datetime]) -> None:
        """Sweep at these moments, and when the holds end that these sweeps find."""
        self._moments = list(moments)
        done = None
        while self._moments:
            moment = heappop(self._moments)
            if moment != done:
                self._sweep(moment)
            done = moment

    def before_sweep(self, at: datetime) -> None:
        """What happens at the moment of a sweep besides it."""

    def _schedule(self) -> Iterator[datetime]:
        """When it fires."""
        if not self.policy.triggers.enables(TriggerType.SCHEDULED):
            return
        at = self._begin
        state = ModelState(model_name=self.policy.model)
        while (fires := Scheduled().next_check(self.policy, state, at)) and fires < self._end:
            yield fires
            at = fires

    def _sweep(self, at: datetime) -> None:
        """Let everything happen that did until then, and then sweep."""
        while self._champions and self._champions[0].deployed_at <= at:
            line = self._champions.pop(0)
            self.world.move_to(line.deployed_at)
            self.world.serve(line)
            if failure := self.past.failures.get(line.sequence):
                self.world.ports.states.record_rejection(line.model_name, *failure)
        self.world.move_to(at)
        self.before_sweep(at)
        while self._requests and self._requests[0][1].at <= at:
            number, asked = self._requests.pop(0)
            self.execute(f"{_ASKED}-{number}", asked.event(self.policy.model))
        sweep_models(ScheduledEvent(time=at), self.world.ports)
        self._come_back(at)

    def _come_back(self, at: datetime) -> None:
        """A schedule that is due is met again at the beginning of the next day, and when other things hold it."""
        ports, policy = self.world.ports, self.policy
        state = ports.states.get(policy.model)
        if not policy.triggers.enables(TriggerType.SCHEDULED) or not is_due(policy, state.last_retrained_at, at):
            return
        holds = model_holds(policy_of(policy.model, ports), state, TriggerType.SCHEDULED, at, at)
        until = [_sweep_after(hold.until) for hold in holds if hold.until and at < hold.until]
        # What this sweep started holds the schedule from the next one on; what else its turn found was told instead.
        is_turn = at - daily_slot(policy.model, at) < SWEEP
        again = [at + SWEEP] if is_turn or at in state.attempts else []
        for moment in (datetime.combine(at.date() + _DAY, time(), UTC), *until, *again):
            if moment < self._end:
                heappush(self._moments, moment)

    def execute(self, execution_arn: str, event: Mapping[str, Any]) -> None:
        ports = self.world.ports
        decision = check_triggers(ExecutionStarted(event=dict(event), execution_arn=execution_arn), ports)
        if decision.next == "detect_drift":
            decision = detect_drift(decision, ports)
        job = ports.jobs.get(decision.job_id) if decision.job_id else None
        if job and not job.status.is_terminal:
            self.end_job(job, ports)

    def end_job(self, job: RetrainingJob, ports: Ports) -> None:
        """Let a job end that was opened."""
        alike = self.past.job_like(job.trigger_type, job.event_time)
        told = (alike and alike.ending) or Ending.REJECTED
        self._endings[job.job_id] = told
        # What it put into production and took back again is told by the ledger. Here it never was in production.
        ending = Ending.REJECTED if told is Ending.ROLLED_BACK else told
        job = job.checked(alike.data_check) if alike and alike.data_check else job
        job = job.proxied(alike.proxy) if alike and alike.proxy else job
        end_as(job, ending, "as in the past" if ending is Ending.FAILED else None, ports)

    def decisions(self) -> Iterator[PastDecision]:
        """All decisions, oldest first; those on a schedule that fired before the first day belong to another time."""
        ports = self.world.ports
        for record in [*ports.decisions.newest_first(self.policy.model)][::-1]:
            if record.event_time >= self._begin:
                job = ports.jobs.get(record.job_id) if record.job_id else None
                yield _decision(record, job, self._endings)


def _decision(record: DecisionRecord, job: RetrainingJob | None, endings: Mapping[str, Ending]) -> PastDecision:
    return PastDecision(
        at=record.event_time,
        trigger_type=record.trigger_type,
        outcome=record.outcome,
        held_by=record.held_by,
        reason=record.reason,
        ending=endings.get(job.job_id, job.ending) if job else None,
        usd=job.forecast.usd if job and job.forecast else None,
    )
