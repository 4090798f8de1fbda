"""A policy that is tried on the past decides there as it did when that was the present."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from auto_retrain.bootstrap import simulation_of
from auto_retrain.domain.back_test import BackTest
from auto_retrain.domain.ending import Ending
from auto_retrain.domain.errors import MetricsUnavailable
from auto_retrain.domain.messages.references import JobReference, ScheduledEvent
from auto_retrain.domain.messages.rolling_out import RollbackRequest
from auto_retrain.domain.metric_reading import MetricQuery, MetricReading
from auto_retrain.domain.model_state import ModelState
from auto_retrain.domain.past_decision import BeyondLimit, PastDecision
from auto_retrain.domain.policy.policy import Policy
from auto_retrain.domain.proxy import ProxyCheck
from auto_retrain.domain.status import RetrainingStatus
from auto_retrain.domain.trigger_type import TriggerType
from auto_retrain.domain.validation import Decision
from auto_retrain.domain.windows import Window
from auto_retrain.in_memory import InMemory
from auto_retrain.usecases.back_testing.past import past_of
from auto_retrain.usecases.ending.end_job import end_as
from auto_retrain.usecases.promoting.deploy_model import deploy_model
from auto_retrain.usecases.rolling_out.roll_back import roll_back
from auto_retrain.usecases.triggering.sweep_models import sweep_models
from tests.unit.usecases.back_testing.past_days import DAY, HOUR, START, Levels, falling, past_world, the_policy, tried
from tests.unit.usecases.world import a_data_check, predictions


class _Deployment:
    """A deployment that lives through a time; its champion does worse each day until the next one."""

    def __init__(self, policy: Policy) -> None:
        self.world = InMemory(START)
        self.ports: Any = self.world.ports
        self.ports.metrics = self.levels = Levels()
        self.ports.policies.apply(policy, "ada", START)
        self.since, self.hours = START, 0

    def live(self, days: int, *, improves: bool) -> None:
        for hour in range(self.hours, self.hours + 24 * days):
            at = START + hour * HOUR
            self.ports.clock.advance(at - self.ports.clock.now())
            if at.hour == 0:
                self.levels.of_day[(at - DAY).date()] = 0.95 - 0.003 * (at - self.since).days
            sweep_models(ScheduledEvent(time=at), self.ports)
            for job in self.ports.jobs.list_active():
                self._train(job.job_id, at, better=improves or not self.ports.registry.champion("churn"))
        self.hours += 24 * days

    def _train(self, job_id: str, at: datetime, *, better: bool) -> None:
        result = self.world.score_job(job_id, _answers(0.95 if better else 0.5, 0.85))
        if result.decision is Decision.PROMOTE:
            deploy_model(JobReference(job_id=job_id), self.ports)
            self.since = at
        self.world.end_job(job_id)


def _answers(challenger: float, champion: float) -> dict[str, Any]:
    numbers = np.arange(1000)
    label = numbers % 2
    right = {"challenger": numbers < 1000 * challenger, "champion": numbers[::-1] < 1000 * champion}
    answers = {name: np.where(is_right, label, 1 - label).astype(str) for name, is_right in right.items()}
    return {"row_id": numbers.astype(str), "label": label.astype(str), **answers}


@pytest.mark.parametrize("improves", [True, False], ids=["promoted", "rejected"])
def test_the_policy_of_then_decides_on_each_day_as_it_did(improves: bool) -> None:
    policy = the_policy()
    deployment = _Deployment(policy)
    deployment.live(120, improves=improves)
    really = [
        (each.event_time.date(), each.trigger_type, each.outcome, each.held_by)
        for each in deployment.ports.decisions.recent("churn", 1000)[::-1]
    ]
    again = tried(policy, 120, deployment.ports)
    assert [(each.at.date(), each.trigger_type, each.outcome, each.held_by) for each in again.decisions] == really
    endings = [job.ending for job in deployment.ports.jobs.list_recent("churn", 1000)[::-1]]
    assert [each.ending for each in again.starts] == endings
    assert endings[-1] is (Ending.PROMOTED if improves else Ending.REJECTED)
    assert len(again.starts) > 4
    started = [job.event_time for job in deployment.ports.jobs.list_recent("churn", 1000)[::-1]]
    assert again.days_unanswered == sum(_days_unanswered(each, started) for each in again.beyond)
    alarms = [each.at for each in again.starts if each.trigger_type is TriggerType.PERFORMANCE_DEGRADATION]
    assert again.needless == sum(_is_over(at, deployment) for at in alarms)


def _days_unanswered(beyond: BeyondLimit, started: Sequence[datetime]) -> int:
    """How many of these days had passed when a retraining really started."""
    days = Window(start=beyond.first, end=beyond.last + DAY).days()
    first = next((at.date() for at in started if beyond.first <= at.date() <= beyond.last), None)
    return len([day for day in days if first is None or day < first])


def _is_over(at: datetime, deployment: _Deployment) -> bool:
    """Whether the metric was within its limit again in the 30 days that followed, on 500 rows at least."""
    known = deployment.levels.of_day
    days = [(at + number * DAY).date() for number in range(30) if at + (number + 1) * DAY <= START + 120 * DAY]
    return len(days) >= 5 and float(np.mean([known[day] for day in days])) >= 0.92


@pytest.mark.parametrize("improves", [True, False], ids=["promoted", "rejected"])
def test_a_past_that_begins_in_the_middle_knows_what_went_before(improves: bool) -> None:
    deployment = _Deployment(the_policy())
    deployment.live(120, improves=improves)
    middle = START + 75 * DAY
    really = [
        (each.event_time.date(), each.trigger_type, each.outcome, each.held_by)
        for each in deployment.ports.decisions.recent("churn", 1000)[::-1]
        if each.event_time >= middle
    ]
    again = tried(the_policy(), 120, deployment.ports, start=middle)
    assert [(each.at.date(), each.trigger_type, each.outcome, each.held_by) for each in again.decisions] == really


@pytest.mark.parametrize("start", [START, START + 45 * DAY], ids=["from the first day", "from the middle"])
def test_a_trigger_whose_promoted_versions_were_taken_back_backs_off_as_it_did(start: datetime) -> None:
    deployment = _Deployment(the_policy(performance_metric_threshold=0.9))
    deployment.live(20, improves=True)
    good_until = deployment.since
    for _ in range(70):
        deployment.live(1, improves=True)
        if deployment.since > good_until:
            roll_back(RollbackRequest(model_name="churn", actor="ada", reason="worse"), deployment.ports)
            deployment.since = good_until
    really = [
        (each.event_time.date(), each.trigger_type, each.outcome, each.held_by)
        for each in deployment.ports.decisions.recent("churn", 1000)[::-1]
        if each.event_time >= start
    ]
    assert [each[2] for each in really].count("started") > 2
    again = tried(the_policy(performance_metric_threshold=0.9), 90, deployment.ports, start=start)
    assert [(each.at.date(), each.trigger_type, each.outcome, each.held_by) for each in again.decisions] == really


def test_another_policy_is_tried_on_the_same_past_and_answers_sooner() -> None:
    ports, levels = past_world(120)
    falling(levels, 120)
    only_metric = {"enabled": ["performance_degradation"]}
    late, soon = (
        tried(the_policy(**only_metric, performance_metric_threshold=limit), 120, ports) for limit in (0.90, 0.93)
    )
    assert soon.starts[0].at < late.starts[0].at
    assert [each.trigger_type for each in soon.starts] == ["performance_degradation"] * len(soon.starts)
    assert {each.needed for each in [*soon.starts, *late.starts][:-2]} == {"confirmed"}
    assert soon.held["back_off"] > 10


def test_a_start_on_noise_is_needless_in_hindsight() -> None:
    ports, levels = past_world(120)
    falling(levels, 120, healthy=1000)
    for number in range(50, 60):
        levels.of_day[(START + number * DAY).date()] = 0.80
    rash = the_policy(enabled=["performance_degradation"], confidence=0, evaluation_window_days=14)
    tested = tried(rash, 120, ports)
    assert tested.starts[0].needed == "confirmed"  # the bad days were not over yet
    assert tested.starts[-1].needed == "needless"
    (beyond,) = tested.beyond
    assert beyond.first > START.date() + 40 * DAY
    assert 0 < beyond.days_unanswered < beyond.days < 30


def few_rows(reading: MetricReading) -> MetricReading:
    return reading.changed(rows=3)


def few_labels(reading: MetricReading) -> MetricReading:
    return reading.changed(label_share=0.4)


def in_percent(reading: MetricReading) -> MetricReading:
    return reading.changed(value=95.0)


def uncounted_rows(reading: MetricReading) -> MetricReading:
    return reading.changed(unknown_rows=10 * (reading.rows or 0))


@pytest.mark.parametrize("spoil", [few_rows, few_labels, in_percent, uncounted_rows])
def test_hindsight_says_nothing_where_the_trigger_could_not_judge(
    spoil: Callable[[MetricReading], MetricReading],
) -> None:
    class Spoiled(Levels):
        def _read(self, query: MetricQuery) -> MetricReading:
            reading = super()._read(query).changed(label_share=1.0)
            return spoil(reading) if reading.value and query.start > START + 30 * DAY else reading

    ports, levels = past_world(120, Spoiled())
    falling(levels, 120, healthy=1000)
    for number in range(30, 36):
        levels.of_day[(START + number * DAY).date()] = 0.80
    given = the_policy(enabled=["performance_degradation"], evaluation_window_days=14, max_back_off_days=30)
    policy = given.changed(metric=given.metric.changed(label_share="labels_arrived"))
    tested = tried(policy, 120, ports)
    assert tested.starts[0].needed == "unknown"
    # The windows around later days are spoiled.
    last_known = START.date() + 36 * DAY
    assert tested.beyond[-1].last == tested.levels[-1].day == last_known


def test_days_that_nobody_answered_are_counted() -> None:
    ports, levels = past_world(120)
    falling(levels, 120)
    tested = tried(the_policy(enabled=["scheduled"]), 120, ports)
    assert tested.beyond == ()  # the policy does not ask for the metric
    watched = tried(the_policy(observe_only=["performance_degradation"], schedule_expression="0 3 1 1 *"), 120, ports)
    (beyond,) = watched.beyond
    assert beyond.days_unanswered == beyond.days > 40
    assert watched.held["observe_only"] > 20


def test_a_person_who_asked_then_asks_again_and_it_ends_as_it_did() -> None:
    policy = the_policy(enabled=["performance_degradation"])
    deployment = _Deployment(policy)
    deployment.live(10, improves=True)
    deployment.ports.executions.start(
        "ada-asks",
        {"model_name": "churn", "actor": "ada", "reason": "new labels", "event_time": (START + 9 * DAY).isoformat()},
    )
    (job,) = deployment.ports.jobs.list_active()
    deployment.world.end_job(job.job_id, "out of memory")
    deployment.ports.clock.advance(5 * DAY)
    (start,) = tried(policy, 12, deployment.ports).starts
    assert (start.trigger_type, start.ending, start.at) == ("manual", Ending.FAILED, START + 9 * DAY)


def test_what_people_asked_for_afterwards_is_left_out() -> None:
    deployment = _Deployment(the_policy(enabled=["performance_degradation"]))
    deployment.live(10, improves=True)
    request = {"model_name": "churn", "actor": "ada", "reason": "new labels"}
    deployment.ports.executions.start("ada-asks", {**request, "event_time": (START + 9 * DAY).isoformat()})
    assert tried(the_policy(enabled=["performance_degradation"]), 5, deployment.ports).decisions == ()


def test_what_a_person_asked_for_in_the_last_minutes_of_the_days_is_asked_again() -> None:
    policy, asked = the_policy(enabled=["performance_degradation"]), START + 5 * DAY - timedelta(minutes=2)
    deployment = _Deployment(policy)
    deployment.live(5, improves=True)
    deployment.ports.clock.advance(DAY)
    request = {"model_name": "churn", "actor": "ada", "reason": "new labels"}
    deployment.ports.executions.start("ada-asks", {**request, "event_time": asked.isoformat()})
    assert [each.at for each in tried(policy, 5, deployment.ports).decisions] == [asked]


def test_no_decision_is_later_than_the_last_day() -> None:
    """Although a deployment met what fell due in its last minutes in the first sweep of the next one."""
    ports, _ = past_world(2)
    each_minute = the_policy(enabled=["scheduled"], schedule_expression="* * * * *", schedule_spread_minutes=0)
    last = tried(each_minute, 2, ports).decisions[-1]
    assert last.at == START + 2 * DAY - timedelta(minutes=1)


def test_what_was_held_before_the_first_day_is_left_out() -> None:
    ports, _ = past_world(60)
    watched = the_policy(enabled=["scheduled"], observe_only=["scheduled"])
    first, *_ = tried(watched, 60, ports, start=START + 10 * DAY).decisions
    assert (first.at.day, first.at.month) == (1, 2)


@pytest.mark.parametrize("label_delay_days", [0, 10])
def test_the_metric_is_never_asked_for_days_whose_labels_are_not_due(label_delay_days: int) -> None:
    class Due(Levels):
        def _read(self, query: MetricQuery) -> MetricReading:
            # A source that keeps what it counted would keep that there are no labels, or few.
            assert query.start < query.end <= START + (60 - label_delay_days) * DAY
            return super()._read(query)

    ports, levels = past_world(60, Due())
    falling(levels, 60, healthy=1)
    often = {"max_back_off_days": 1, "cool_down_hours": 24, "monthly_cap": 30, "confidence": 0, "min_rows": 100}
    rash = the_policy(enabled=["performance_degradation"], performance_metric_threshold=0.94, **often)
    tested = tried(rash.changed(data=rash.data.changed(label_delay_days=label_delay_days)), 60, ports)
    assert tested.starts[0].needed == "confirmed"
    assert (tested.starts[-2].needed == "unknown") is bool(label_delay_days)


def test_a_schedule_that_was_answered_by_skipping_is_not_due_again_the_next_day() -> None:
    policy = the_policy(enabled=["scheduled"], schedule_expression="0 3 1 6 *")
    ports = _Deployment(policy).ports
    sweep_models(ScheduledEvent(time=ports.clock.now()), ports)
    (job,) = ports.jobs.list_active()
    checked = a_data_check(predictions(np.ones(100, dtype=bool)))
    end_as(job.changed(data_check=checked), Ending.SKIPPED, None, ports)
    ports.clock.advance(60 * DAY)
    for start in (START, START + 5 * DAY):
        ended = [each.ending for each in tried(policy, 10, ports, start=start).starts]
        assert ended == ([Ending.SKIPPED] if start == START else [])


def test_drift_is_judged_on_the_data_of_that_day() -> None:
    ports, _ = past_world(60)
    random = np.random.default_rng(1)
    for number in range(-40, 60):
        day = (START + number * DAY).date()
        uri = ports.data.add_partition("churn", day, str(day).encode())
        ports.tables.by_uri[uri] = {"age": random.normal(60 if number >= 30 else 40, 10, 200)}
    policy = the_policy(enabled=["data_drift"], evaluation_window_days=5, training_window_days=20)
    first, *_ = tried(policy, 60, ports).starts
    assert 30 < (first.at - START).days < 36
    assert "of 'age' exceeds 0.25" in first.reason


def test_nothing_is_written_and_the_metrics_are_read_in_few_calls() -> None:
    ports, levels = past_world(120)
    falling(levels, 120)
    before = repr((vars(ports.states), vars(ports.data), vars(ports.jobs), ports.events.published))
    tried(the_policy(), 120, ports)
    assert repr((vars(ports.states), vars(ports.data), vars(ports.jobs), ports.events.published)) == before
    assert not ports.executions.started
    assert levels.calls < 15


def test_a_source_that_fails_is_named() -> None:
    class Away:
        def read(self, queries: Sequence[MetricQuery]) -> list[MetricReading]:
            raise MetricsUnavailable("CloudWatch did not answer")

    ports, _ = past_world(30)
    ports.metrics = Away()
    with pytest.raises(MetricsUnavailable, match="CloudWatch did not answer"):
        tried(the_policy(), 30, ports)


def test_a_past_without_anything_says_so() -> None:
    ports, _ = past_world(30)
    tested = tried(the_policy(enabled=["performance_degradation"]), 30, ports)
    assert (tested.starts, tested.beyond, tested.usd) == ([], (), 0.0)


def test_the_metric_of_each_day_and_what_served_are_told() -> None:
    policy = the_policy()
    deployment = _Deployment(policy)
    deployment.live(120, improves=True)
    middle = START + 75 * DAY
    tested = tried(policy, 120, deployment.ports, start=middle)
    lines = [line for line in deployment.ports.ledger.lines("churn", 100)[::-1] if line.is_new_champion]
    before = [line for line in lines if line.deployed_at < middle]
    assert [served.version for served in tested.champions] == [line.version.number for line in lines[len(before) - 1 :]]
    assert tested.champions[0].at < middle < tested.champions[1].at
    assert (tested.metric, tested.limit) == ("accuracy", 0.92)
    assert [level.day for level in tested.levels] == [(middle + number * DAY).date() for number in range(45)]
    beyond = {day for each in tested.beyond for day in Window(start=each.first, end=each.last + DAY).days()}
    assert {level.day for level in tested.levels if level.value < 0.92} == beyond


def test_a_policy_that_does_not_judge_the_metric_has_no_limit() -> None:
    ports, levels = past_world(60)
    falling(levels, 60)
    tested = tried(the_policy(enabled=["scheduled"]), 60, ports)
    assert (tested.levels, tested.limit, tested.champions) == ((), None, ())


def test_retrainings_at_about_the_same_time_are_the_same() -> None:
    ports, levels = past_world(120)
    falling(levels, 120)
    first, later = (
        tried(the_policy(enabled=["performance_degradation"], performance_metric_threshold=limit), 120, ports)
        for limit in (0.93, 0.929)
    )
    assert first.starts_beside(first) == []
    assert first.starts_beside(later) == [each for each in first.starts if min(gaps(each, later)) > 3 * DAY]


def gaps(start: PastDecision, other: BackTest) -> list[timedelta]:
    return [abs(start.at - each.at) for each in other.starts]


@pytest.mark.parametrize("ending", [Ending.REJECTED, Ending.FAILED, Ending.ROLLED_BACK])
@pytest.mark.parametrize("asked_by", ["schedule", "person"])
def test_the_state_before_counts_the_same_challengers_as_the_end_of_their_job_did(
    ending: Ending, asked_by: str
) -> None:
    policy = the_policy(enabled=["scheduled"], schedule_expression="0 3 1 6 *")
    ports = _Deployment(policy).ports
    if asked_by == "schedule":
        sweep_models(ScheduledEvent(time=ports.clock.now()), ports)
    else:
        request = {"model_name": "churn", "actor": "ada", "reason": "new labels", "event_time": START.isoformat()}
        ports.executions.start("ada-asks", request)
    (job,) = ports.jobs.list_active()
    end_as(job.changed(status=RetrainingStatus.DEPLOYING), ending, "worse on real requests", ports)
    really = ports.states.get("churn")
    before = past_of("churn", START + DAY, ports).state
    assert before.rejections == really.rejections
    assert (before.last_retrained_at, before.attempts) == (really.last_retrained_at, really.attempts)


def test_a_challenger_that_was_taken_back_from_real_requests_is_taken_back_again() -> None:
    policy = the_policy(enabled=["scheduled"])
    ports = _Deployment(policy).ports
    sweep_models(ScheduledEvent(time=ports.clock.now()), ports)
    (job,) = ports.jobs.list_active()
    end_as(job.changed(status=RetrainingStatus.DEPLOYING), Ending.ROLLED_BACK, "worse on real requests", ports)
    ports.clock.advance(60 * DAY)
    assert tried(policy, 10, ports).starts[0].ending is Ending.ROLLED_BACK


def test_what_serves_in_the_past_is_followed_as_in_a_deployment() -> None:
    deployment = _Deployment(the_policy())
    deployment.live(60, improves=True)
    world = simulation_of(deployment.ports, START)
    world.begin(the_policy(), ModelState(model_name="churn"), ())
    world.ports.states.record_breach("churn", TriggerType.PERFORMANCE_DEGRADATION, START.date())
    for line in deployment.ports.ledger.lines("churn", 100)[::-1]:
        world.serve(line)
    now, really = world.ports.states.get("churn"), deployment.ports.states.get("churn")
    assert (now.deployed, now.breaches, now.rejections) == (really.deployed, {}, {})
    assert world.ports.ledger.serving("churn").champion == deployment.ports.ledger.serving("churn").champion


class _Clumsy(_Deployment):
    """A deployment in which two of three retrainings run out of memory."""

    def _train(self, job_id: str, at: datetime, *, better: bool) -> None:
        if len(self.ports.jobs.list_recent("churn", 1000)) % 3:
            self.world.end_job(job_id, "out of memory")
        else:
            super()._train(job_id, at, better=better)


@pytest.mark.parametrize("expression", ["0 3 1 * *", "0 3 * * 1"])
def test_a_schedule_whose_retraining_failed_is_tried_again_when_it_was(expression: str) -> None:
    # A deployment that sweeps hourly starts later than one that sweeps every five minutes, but on the same day.
    policy = the_policy(enabled=["scheduled"], schedule_expression=expression, cool_down_hours=30)
    deployment = _Clumsy(policy)
    deployment.live(60, improves=True)
    really = [
        (each.event_time.date(), each.outcome, each.held_by)
        for each in deployment.ports.decisions.recent("churn", 1000)[::-1]
        if each.event_time >= START  # the schedule fired last before the first day
    ]
    again = tried(policy, 60, deployment.ports)
    assert [(each.at.date(), each.outcome, each.held_by) for each in again.decisions] == really
    assert {each.ending for each in again.starts} >= {Ending.FAILED, Ending.PROMOTED}
    assert "cool_down" in again.held


class _Refusing(_Deployment):
    """A deployment in which a proxy refuses each training after the first one."""

    def _train(self, job_id: str, at: datetime, *, better: bool) -> None:
        if not self.ports.registry.champion("churn"):
            super()._train(job_id, at, better=better)
            return
        refused = ProxyCheck(reason="a proxy was trained", refused="it would not be promoted", refused_in_a_row=1)
        end_as(self.ports.jobs.get(job_id).proxied(refused), Ending.SKIPPED, None, self.ports)


def test_a_trigger_backs_off_after_trainings_that_a_proxy_refused_as_it_did() -> None:
    policy = the_policy(enabled=["performance_degradation"])
    deployment = _Refusing(policy)
    deployment.live(70, improves=True)
    really = [
        (each.event_time.date(), each.trigger_type, each.outcome, each.held_by)
        for each in deployment.ports.decisions.recent("churn", 1000)[::-1]
    ]
    assert [each[3] for each in really].count("back_off") > 10
    again = tried(policy, 70, deployment.ports)
    assert [(each.at.date(), each.trigger_type, each.outcome, each.held_by) for each in again.decisions] == really
