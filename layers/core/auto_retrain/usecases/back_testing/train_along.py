"""Tries a policy on the past with its trainings: what they would have made of the data as they were then serves."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from ...domain.asked_retraining import AskedRetraining
from ...domain.deployment_ledger import LedgerLine
from ...domain.errors import PermanentError
from ...domain.job import RetrainingJob
from ...domain.labelled_metric import metric_in
from ...domain.layouts import Layout
from ...domain.messages.references import ScheduledEvent
from ...domain.metric_reading import MetricQuery
from ...domain.model_state import ModelState
from ...domain.past_decision import PastDecision
from ...domain.policy.deployment import AllAtOnceDeployment
from ...domain.policy.policy import Policy
from ...domain.trained_back_test import (
    BackTestRequest,
    ServedDay,
    TrainedBackTest,
    TriedChampion,
    TriedRetraining,
)
from ...ports import MetricSource, Ports
from ..after_promotion.watch_champions import watch_champions
from ..lookup import champion_lines
from .back_test import Run, World, found
from .carry_through import REVIEWER, carry_through
from .hindsight import look_back
from .past import Past

_LOG = logging.getLogger(__name__)
_DAY = timedelta(days=1)
_FIRST = "the first version, as of the first day"

# Told with each day, for people who wait.
Tell = Callable[[date, str], None]


def train_along(
    name: str, policy: Policy, request: BackTestRequest, world: World, tell: Tell | None = None
) -> TrainedBackTest:
    """Walk through the days of a request with one of its policies, in a world whose cluster trains at once.

    Raises TransientError: a source could not be reached, or a pod ended for another reason than its data and its model.
    """
    policy = as_tried(policy)
    asked = list(_asked(request))
    state = ModelState(model_name=policy.model, costs=request.costs)
    world.begin(policy, state, [])
    run = _Trained(policy, request.days, Past([], [], {}, state), world, asked, tell=tell)
    world.play(run.execute)
    run.go(run.moments())
    run.raise_broken()
    return _result(name, policy, request, list(run.decisions()), world)


def as_tried(policy: Policy) -> Policy:
    """A policy as it is tried: no requests are played, so what is promoted serves at once, by the alias alone.

    Where a log of them is, stays: its scores are those of the answers to the rows of each day.
    """
    given = policy.deployment
    deployment = AllAtOnceDeployment(
        requests=given.requests, watch_days=given.watch_days, needs_way_back=given.needs_way_back
    )
    training = policy.training.changed(batched=False, namespace=None, workers=1)
    # What pods do together elsewhere, the one of the back-test does alone.
    return policy.changed(deployment=deployment, training=training, data=policy.data.changed(parts=1))


def _asked(request: BackTestRequest) -> Iterator[AskedRetraining]:
    begin = datetime.combine(request.days.start, time(), UTC)
    if request.trains_first:
        yield AskedRetraining(at=begin, actor=REVIEWER, reason=_FIRST)
    yield from request.asked


class _Tried(Past):
    """What was tried: every version answers for any day, so each is judged by its own answers alone."""

    def champion_at(self, at: datetime) -> LedgerLine | None:
        """What served before a decision at this moment made something of it."""
        return next((line for line in reversed(self.champions) if line.deployed_at < at), None)

    def champion_around(self, at: datetime, half: timedelta) -> LedgerLine | None:
        return self.champion_at(at)


@dataclass
class _Trained(Run):
    """A run whose jobs are carried out, and whose champions are watched."""

    tell: Tell | None = None
    _broken: Exception | None = None

    def execute(self, execution_arn: str, event: Mapping[str, Any]) -> None:
        """What cannot be retried ends an execution, and a deployment goes on; anything else is no part of the past."""
        try:
            super().execute(execution_arn, event)
        except PermanentError as error:
            _LOG.warning("an execution of %s failed: %s", self.policy.model, error)
        except Exception as error:
            # A sweep would go on, and leave a job behind that nobody ends.
            self._broken = self._broken or error
            raise

    def raise_broken(self) -> None:
        """Raise what an execution raised that should not have."""
        if self._broken:
            raise self._broken

    def before_sweep(self, at: datetime) -> None:
        """What got worse since its promotion is taken back, as the hourly look would."""
        self.raise_broken()
        watch_champions(ScheduledEvent(time=at), self.world.ports)
        if self.tell:
            champion = self.world.ports.ledger.current(self.policy.model)
            serves = f"version {champion.version.number} serves" if champion else "no version serves"
            self.tell(at.date(), serves)

    def end_job(self, job: RetrainingJob, ports: Ports) -> None:
        carry_through(job, ports)
        # The verdicts are on the job, and nobody will look at the predictions again.
        ended = ports.jobs.get(job.job_id) or job
        for kind in ("proxy", "score"):
            ports.data.prune(ended.output_of(kind), ())


def _result(
    name: str, policy: Policy, request: BackTestRequest, decisions: Sequence[PastDecision], world: World
) -> TrainedBackTest:
    ports, metric = world.ports, metric_in(policy, request.metric)
    lines = champion_lines(policy.model, ports)[::-1]
    past = _Tried([], lines, {}, ModelState(model_name=policy.model))
    looked = look_back(policy, request.days, decisions, past, world.metrics, request.as_of)
    return TrainedBackTest(
        name=name,
        metric=metric or policy.primary_metric,
        test=found(policy, request.days, lines, looked),
        retrainings=tuple(_retrainings(policy.model, ports)),
        champions=tuple(map(_champion, lines)),
        days=tuple(_served(policy, request, past, world.metrics)) if metric else (),
        whole_from=None if lines else _whole_from(policy, request),
    )


def _whole_from(policy: Policy, request: BackTestRequest) -> date | None:
    """The first day whose windows have data of each day, if the request begins earlier.

    It is not known of one table, in which rows of any day may be anywhere.
    """
    data, triggers = policy.data, policy.triggers
    listings = [each for each in request.listings if (each.prefix, each.layout) == (data.prefix, data.layout)]
    first_data = min((each.date for listing in listings for each in listing.objects), default=None)
    if first_data is None or data.layout == Layout.COLUMN:
        return None
    reach = triggers.training_window_days + triggers.evaluation_window_days + data.label_delay_days
    whole_from = first_data + timedelta(days=reach)
    return whole_from if whole_from > request.days.start else None


def _retrainings(model_name: str, ports: Ports) -> Iterator[TriedRetraining]:
    jobs = ports.jobs.list_of_model(model_name, datetime.min.replace(tzinfo=UTC))
    for job in sorted(jobs, key=lambda job: (job.created_at, job.job_id)):
        if job.ending:
            yield TriedRetraining(
                at=job.event_time,
                trigger_type=job.trigger_type,
                ending=job.ending,
                version=job.challenger_version,
                reason=job.summary(),
            )


def _champion(line: LedgerLine) -> TriedChampion:
    change: Any = line.change
    return TriedChampion(version=line.version.number, since=line.since, change=change, reason=line.reason)


def _served(policy: Policy, request: BackTestRequest, past: Past, metrics: MetricSource) -> Iterator[ServedDay]:
    """The metric of each day whose labels are known by now, of the version that served at noon."""
    known_until = request.as_of - timedelta(days=policy.data.label_delay_days)
    for day in request.days.days():
        start = datetime.combine(day, time(), UTC)
        line = past.champion_at(start + _DAY / 2)
        if line is None or start + _DAY > known_until:
            continue
        version = line.version.number
        query = MetricQuery(
            model_name=policy.model,
            version=version,
            metric=policy.metric,
            data=policy.data,
            start=start,
            end=start + _DAY,
        )
        (reading,) = metrics.read([query])
        rows = int(sum(each for _, each in reading.by_day))
        yield ServedDay(day=day, version=version, value=reading.value, rows=rows, problem=reading.problem)
