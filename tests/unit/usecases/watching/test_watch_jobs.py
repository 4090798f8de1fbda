"""The watcher answers every waiting execution, and changes no record of a running one."""

import logging
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from auto_retrain.domain.cluster import ClusterJob, ClusterJobPhase, JobOrder, Obstacle
from auto_retrain.domain.errors import ClusterUnavailable, DataUnavailable, ExecutionsUnavailable
from auto_retrain.domain.job import RetrainingJob
from auto_retrain.domain.messages.references import ScheduledEvent
from auto_retrain.domain.messages.training import WatchOutcome
from auto_retrain.domain.policy.training import TrainingPolicy
from auto_retrain.domain.status import RetrainingStatus
from auto_retrain.usecases.audit.record import FACTS_LOG
from auto_retrain.usecases.watching.answer_token import LOG_LEAD_TIME, MAX_WAIT
from auto_retrain.usecases.watching.watch_jobs import GRACE, MAX_DELETION_TIME, SLOW_START, watch_jobs
from tests.unit.announced import announced
from tests.unit.builders import NOON
from tests.unit.usecases.world import EXECUTION, World


def watch(world: World) -> WatchOutcome:
    return watch_jobs(ScheduledEvent(time=NOON), world.ports)


def only_job(world: World) -> ClusterJob:
    (job,) = world.ports.cluster.list_jobs().jobs
    return job


def waiting_world() -> tuple[World, str]:
    world = World()
    job_id = world.open()
    return world, world.start(job_id, "train", token="token").kubernetes_job


def test_a_running_job_keeps_its_execution_alive() -> None:
    world, _ = waiting_world()
    assert watch(world) == WatchOutcome(alive=1)
    assert world.ports.executions.answers == [("heartbeat", "token", "")]


def test_a_finished_job_wakes_its_execution_and_no_record_changes() -> None:
    world, name = waiting_world()
    before = world.ports.jobs.list_active()
    world.ports.cluster.finish(name)
    assert watch(world) == WatchOutcome(succeeded=1)
    assert world.ports.executions.answers[0][:2] == ("succeed", "token")
    assert world.ports.jobs.list_active() == before


def test_a_failed_job_fails_its_execution_with_the_reason_and_saves_the_log() -> None:
    world, name = waiting_world()
    world.ports.cluster.fail(name, "the container ran out of memory", log="fitting...\nKilled")
    assert watch(world) == WatchOutcome(failed=1)
    assert world.ports.executions.answers == [("fail", "token", "the container ran out of memory")]
    job = world.ports.jobs.list_active()[0]
    assert world.ports.data.read(f"s3://artifacts/jobs/{job.job_id}/train/log.txt") == b"fitting...\nKilled"


@pytest.mark.parametrize("outcome", ["succeeded", "failed"])
def test_the_end_of_a_step_is_a_fact_with_the_seconds_since_its_order(
    outcome: str, caplog: pytest.LogCaptureFixture
) -> None:
    world, name = waiting_world()
    world.ports.clock.advance(timedelta(minutes=3))
    phase = ClusterJobPhase.COMPLETE if outcome == "succeeded" else ClusterJobPhase.FAILED
    world.ports.cluster.change(name, phase=phase)
    with caplog.at_level(logging.INFO, logger=FACTS_LOG):
        watch(world)
    (fact,) = (vars(line)["fact"] for line in caplog.records if vars(line).get("fact", {}).get("kind") == "step_ended")
    assert (fact["step"], fact["outcome"], fact["seconds"]) == ("train", outcome, 180)


def test_a_step_is_not_answered_again_while_its_challenger_rolls_out() -> None:
    world, name = waiting_world()
    world.ports.cluster.finish(name)
    (running,) = world.ports.jobs.list_active()
    world.ports.jobs.save(running.under_validation().deploying())
    world.ports.clock.advance(timedelta(hours=3))
    assert watch(world) == WatchOutcome()
    assert not world.ports.executions.answers


def test_an_execution_is_answered_even_if_the_failure_cannot_be_explained() -> None:
    world, name = waiting_world()
    world.ports.cluster.fail(name, "broken")

    def unavailable(job: ClusterJob, *arguments: object) -> str:
        raise ClusterUnavailable("the API server is away")

    world.ports.cluster.log_tail = unavailable  # type: ignore[method-assign]
    world.ports.cluster.explain_failure = unavailable  # type: ignore[method-assign]
    outcome = watch(world)
    assert (outcome.failed, len(outcome.problems)) == (1, 2)
    assert world.ports.executions.answers == [("fail", "token", f"Kubernetes Job '{name}' failed")]


def test_an_execution_gets_the_reason_even_if_the_log_cannot_be_saved() -> None:
    world, name = waiting_world()
    world.ports.cluster.fail(name, "the container ran out of memory", log="Killed\n")

    def unavailable(key: str, content: bytes) -> str:
        raise DataUnavailable("slow down")

    world.ports.data.write = unavailable  # type: ignore[method-assign]
    outcome = watch(world)
    assert (outcome.failed, len(outcome.problems)) == (1, 1)
    assert world.ports.executions.answers == [("fail", "token", "the container ran out of memory")]


def test_a_vanished_job_fails_its_execution_after_a_grace_period() -> None:
    world, _ = waiting_world()
    world.ports.cluster.delete_job(only_job(world))
    assert watch(world) == WatchOutcome(alive=1)
    world.ports.clock.advance(GRACE)
    assert watch(world) == WatchOutcome(failed=1)
    assert "vanished" in world.ports.executions.answers[-1][2]


def test_an_orphaned_kubernetes_job_is_deleted_after_a_grace_period() -> None:
    world = World()
    world.ports.cluster.occupy("churn-old-train-1", "churn-old", created_at=NOON)
    assert watch(world) == WatchOutcome()
    world.ports.clock.advance(GRACE + timedelta(seconds=1))
    assert watch(world) == WatchOutcome(deleted=1)
    assert world.ports.cluster.list_jobs().jobs == []


def test_a_kubernetes_job_whose_record_is_not_listed_yet_is_left_alone() -> None:
    world, name = waiting_world()
    world.ports.clock.advance(max(GRACE, datetime.now(UTC) - world.ports.clock.now()) + GRACE)
    world.ports.jobs.list_active = list  # type: ignore[method-assign]
    assert watch(world) == WatchOutcome()
    assert [job.name for job in world.ports.cluster.list_jobs().jobs] == [name]


@pytest.mark.parametrize("listing", ["list_active", "list_unannounced"])
def test_a_record_that_cannot_be_read_is_a_problem_of_every_pass(listing: str) -> None:
    world, _ = waiting_world()
    read = getattr(world.ports.jobs, listing)

    def without_one(unreadable: list[str] | None = None) -> list[RetrainingJob]:
        (unreadable if unreadable is not None else []).append("'JOB#odd-1' cannot be read: status")
        return cast("list[RetrainingJob]", read())

    setattr(world.ports.jobs, listing, without_one)
    for _ in range(2):
        outcome = watch(world)
        assert (outcome.alive, outcome.problems) == (1, ("'JOB#odd-1' cannot be read: status",))
        assert outcome.metrics["watch_problems"] == 1


def test_a_finished_orphan_is_left_to_its_time_to_live() -> None:
    world = World()
    world.ports.cluster.occupy("churn-old-train-1", "churn-old", created_at=NOON - timedelta(hours=1))
    world.ports.cluster.finish("churn-old-train-1")
    assert watch(world) == WatchOutcome()


def test_a_drift_report_is_not_deleted_as_an_orphan() -> None:
    world = World()
    world.ports.cluster.occupy("churn-old-report-1", "churn-old", "report", created_at=NOON - timedelta(hours=1))
    assert watch(world) == WatchOutcome()
    assert [job.name for job in world.ports.cluster.list_jobs().jobs] == ["churn-old-report-1"]


def test_a_job_whose_execution_ended_without_closing_it_is_closed_after_a_grace_period() -> None:
    world = World()
    job_id = world.open()
    world.ports.executions.ended.add(EXECUTION)
    assert watch(world) == WatchOutcome()
    world.ports.clock.advance(GRACE)
    assert watch(world) == WatchOutcome(closed=1)
    job = world.job(job_id)
    assert (job.status, job.error) == (
        RetrainingStatus.FAILED,
        "ExecutionEnded: the execution ended without closing this job",
    )
    assert world.ports.states.get("churn").active_job is None
    assert announced(world.ports)[-1].topic == "job_failed"


def test_a_job_between_two_steps_of_a_running_execution_is_left_alone() -> None:
    world = World()
    world.open()
    world.ports.clock.advance(GRACE)
    assert watch(world) == WatchOutcome()


def test_a_running_kubernetes_job_of_an_ended_execution_is_closed_and_then_deleted() -> None:
    world, _ = waiting_world()
    world.ports.executions.ended.add(EXECUTION)
    world.ports.executions.heartbeat = lambda task_token: False  # type: ignore[method-assign]
    world.ports.clock.advance(max(GRACE, datetime.now(UTC) - world.ports.clock.now()) + GRACE)
    assert watch(world).closed == 1
    assert watch(world).deleted == 1
    assert world.ports.cluster.list_jobs().jobs == []


def test_a_job_that_cannot_be_answered_does_not_delay_the_others() -> None:
    world, name = waiting_world()
    world.ports.cluster.finish(name)
    world.ports.cluster.occupy("old-train-1", "old", created_at=NOON - timedelta(hours=1))

    def unavailable(task_token: str, output: object) -> None:
        raise ExecutionsUnavailable("slow down")

    world.ports.executions.succeed = unavailable  # type: ignore[method-assign]
    outcome = watch(world)
    assert outcome.deleted == 1
    assert "ExecutionsUnavailable: slow down" in outcome.problems[0]


def log_of(world: World) -> bytes:
    job = world.ports.jobs.list_active()[0]
    return world.ports.data.read(f"s3://artifacts/jobs/{job.job_id}/train/log.txt")


def test_the_log_of_a_successful_job_is_saved_too() -> None:
    world, name = waiting_world()
    world.ports.cluster.finish(name, log="fitted\n")
    watch(world)
    assert log_of(world) == b"fitted\n"


def test_the_log_is_saved_before_the_deadline_and_survives_it() -> None:
    world, name = waiting_world()
    deadline = NOON + timedelta(hours=2)
    world.ports.cluster.change(name, deadline_at=deadline)
    world.ports.cluster.write(name, "epoch 40 of 100\n")
    world.ports.clock.advance(deadline - LOG_LEAD_TIME + timedelta(seconds=1) - world.ports.clock.now())
    assert watch(world) == WatchOutcome(alive=1)
    # Then the cluster removes the pods and their logs.
    world.ports.cluster.fail(name, "it ran longer than its deadline", reason="DeadlineExceeded", log="")
    assert watch(world) == WatchOutcome(failed=1)
    assert log_of(world) == b"epoch 40 of 100\n"


def stuck_world(may_pass: bool) -> tuple[World, str]:
    world, name = waiting_world()
    world.ports.cluster.change(name, ready_pods=0, started_at=NOON)
    world.ports.cluster.obstruct(name, Obstacle(reason="it cannot run", since=NOON, may_pass=may_pass))
    return world, name


def test_a_job_that_waits_in_vain_for_an_image_is_failed_and_deleted() -> None:
    world, name = stuck_world(may_pass=False)
    world.ports.clock.advance(GRACE)
    assert watch(world) == WatchOutcome(alive=1, waiting={name: "it cannot run"})
    world.ports.clock.advance(MAX_WAIT - GRACE)
    assert watch(world) == WatchOutcome(failed=1, waiting={name: "it cannot run"})
    assert world.ports.executions.answers[-1] == ("fail", "token", "it cannot run, for at least 10 minutes")
    assert world.ports.cluster.list_jobs().jobs == []


def test_an_image_that_can_never_be_pulled_fails_its_job_in_the_first_pass_that_sees_it() -> None:
    world, name = stuck_world(may_pass=False)
    hopeless = Obstacle(reason="InvalidImageName", since=NOON, may_pass=False, never_passes=True)
    world.ports.cluster.obstruct(name, hopeless)
    world.ports.clock.advance(SLOW_START)
    assert watch(world).failed == 1
    assert world.ports.executions.answers[-1] == ("fail", "token", "InvalidImageName")
    assert world.ports.cluster.list_jobs().jobs == []


def test_the_record_says_within_a_minute_what_a_job_waits_for_and_is_written_only_when_that_changes() -> None:
    world, name = stuck_world(may_pass=True)
    (job,) = world.ports.jobs.list_active()
    world.ports.clock.advance(SLOW_START)
    watch(world)
    seen = world.job(job.job_id)
    assert (seen.waits_for, seen.revision) == ("it cannot run", job.revision + 1)
    assert "it cannot run" in seen._repr_html_()
    watch(world)
    assert world.job(job.job_id) == seen
    # Its pod has begun.
    world.ports.cluster.change(name, ready_pods=1)
    world.ports.cluster.obstruct(name, None)
    watch(world)
    assert world.job(job.job_id).waits_for is None


def test_what_a_job_waits_for_stays_while_nobody_can_see_whether_that_has_passed() -> None:
    world, _ = stuck_world(may_pass=True)
    world.ports.clock.advance(SLOW_START)
    watch(world)
    world.ports.cluster.obstacles = lambda jobs: {}  # type: ignore[method-assign,assignment]
    watch(world)
    (job,) = world.ports.jobs.list_active()
    assert job.waits_for == "it cannot run"


def test_a_record_that_somebody_else_writes_at_the_same_moment_is_no_problem_of_a_pass() -> None:
    world, name = stuck_world(may_pass=True)
    world.ports.clock.advance(SLOW_START)
    (listed,) = world.ports.jobs.list_active()
    written = world.ports.jobs.save(listed.held_up_by("something else"))
    world.ports.jobs.list_active = lambda unreadable=None: [listed]  # type: ignore[method-assign]
    assert watch(world) == WatchOutcome(alive=1, waiting={name: "it cannot run"})
    assert world.job(listed.job_id) == written


def test_a_job_that_waits_for_a_node_is_left_to_its_deadline() -> None:
    world, name = stuck_world(may_pass=True)
    world.ports.clock.advance(timedelta(hours=1))
    assert watch(world) == WatchOutcome(alive=1, waiting={name: "it cannot run"})


def test_the_obstacles_of_a_job_that_just_started_are_not_queried() -> None:
    world, _ = stuck_world(may_pass=False)
    assert watch(world) == WatchOutcome(alive=1)


def test_a_suspended_job_keeps_its_execution_alive() -> None:
    world, name = waiting_world()
    world.ports.cluster.change(name, phase=ClusterJobPhase.SUSPENDED, ready_pods=0, started_at=None)
    world.ports.clock.advance(timedelta(hours=5))
    assert watch(world) == WatchOutcome(alive=1, waiting={name: "someone suspended it"})


def test_a_queued_job_keeps_its_execution_alive_and_names_its_queue() -> None:
    world, name = waiting_world()
    world.ports.cluster.change(name, phase=ClusterJobPhase.SUSPENDED, ready_pods=0, started_at=None, queue="team-a")
    outcome = watch(world)
    assert (outcome.alive, outcome.waiting) == (1, {name: "Kueue has not admitted it from its queue 'team-a'"})


def test_an_execution_is_kept_alive_even_if_its_obstacle_is_unknown() -> None:
    world, _ = stuck_world(may_pass=False)
    world.ports.clock.advance(MAX_WAIT)

    def unavailable(jobs: list[ClusterJob]) -> dict[str, Obstacle]:
        raise ClusterUnavailable("the API server is away")

    world.ports.cluster.obstacles = unavailable  # type: ignore[method-assign,assignment]
    outcome = watch(world)
    assert (outcome.alive, outcome.problems) == (
        1,
        ("obstacles in auto-retrain: ClusterUnavailable: the API server is away",),
    )


def orphan_world() -> World:
    world = World()
    world.ports.cluster.occupy("churn-old-train-1", "churn-old", created_at=NOON - timedelta(hours=1))
    return world


def test_an_orphan_that_cannot_be_deleted_is_unreconciled() -> None:
    world = orphan_world()

    def refused(job: ClusterJob) -> None:
        raise ClusterUnavailable("the API server is away")

    world.ports.cluster.delete_job = refused  # type: ignore[method-assign]
    outcome = watch(world)
    assert (outcome.deleted, outcome.unreconciled, len(outcome.problems)) == (0, 1, 1)


def test_an_orphan_that_stays_although_it_was_deleted_is_unreconciled() -> None:
    world = orphan_world()
    world.ports.cluster.change("churn-old-train-1", deleted_at=NOON)
    assert watch(world) == WatchOutcome()
    world.ports.clock.advance(MAX_DELETION_TIME + timedelta(seconds=1))
    assert watch(world) == WatchOutcome(unreconciled=1)


def test_a_suspended_orphan_is_deleted_too() -> None:
    world = orphan_world()
    world.ports.cluster.change("churn-old-train-1", phase=ClusterJobPhase.SUSPENDED)
    assert watch(world).deleted == 1


def test_a_proxy_that_its_job_waits_for_no_longer_is_deleted() -> None:
    world = World()
    job_id = world.open()
    proxy = world.start(job_id, "proxy").kubernetes_job
    world.ports.cluster.change(proxy, created_at=NOON - timedelta(hours=1))
    assert watch(world) == WatchOutcome(alive=1)
    training = world.start(job_id, "train").kubernetes_job
    assert watch(world) == WatchOutcome(alive=1, deleted=1)
    assert only_job(world).name == training


def test_what_the_job_waits_for_by_now_is_not_deleted_although_the_index_is_older() -> None:
    world = World()
    job_id = world.open()
    world.start(job_id, "proxy")
    stale = world.ports.jobs.list_active()
    training = world.start(job_id, "train").kubernetes_job
    world.ports.cluster.change(training, created_at=NOON - timedelta(hours=1))
    world.ports.jobs.list_active = lambda problems: stale  # type: ignore[method-assign]
    assert watch(world) == WatchOutcome(alive=1)


def test_a_vanished_job_whose_execution_cannot_be_answered_is_unreconciled() -> None:
    world, _ = waiting_world()
    world.ports.cluster.delete_job(only_job(world))
    world.ports.clock.advance(GRACE)

    def unavailable(task_token: str, error: str, cause: str) -> None:
        raise ExecutionsUnavailable("slow down")

    world.ports.executions.fail = unavailable  # type: ignore[method-assign]
    assert watch(world).unreconciled == 1


def held_world(parallel_jobs: int | None) -> World:
    """Three Kubernetes Jobs that wait for a free place."""
    world = World()
    world.ports.cluster.parallel_jobs = 1
    for number, priority in enumerate((0, 5, 0)):
        order = JobOrder.model_construct(job_id=f"job-{number}", kind="report")
        training = TrainingPolicy(priority=priority)
        world.ports.cluster.start_job(f"job-{number}-report-1", [order], training)
    world.ports.cluster.parallel_jobs = parallel_jobs
    return world


def active(world: World) -> list[str]:
    jobs = world.ports.cluster.list_jobs().jobs
    return [job.job_id for job in jobs if job.phase is ClusterJobPhase.ACTIVE]


def test_the_waiting_job_with_the_highest_priority_gets_the_free_place() -> None:
    world = held_world(parallel_jobs=1)
    outcome = watch(world)
    assert outcome.resumed == 1
    assert outcome.waiting["job-0-report-1"] == "it waits for a free slot, with priority 0"
    assert active(world) == ["job-1"]
    assert watch(world).resumed == 0
    world.ports.cluster.finish("job-1-report-1")
    assert watch(world).resumed == 1
    assert "job-0" in active(world)


def test_when_the_limit_is_lifted_all_waiting_jobs_run() -> None:
    world = held_world(parallel_jobs=None)
    assert watch(world).resumed == 3


def fleet_world(others: int = 3) -> tuple[World, str]:
    """A world whose first job may be odd, and others that wait for the same Kubernetes Job."""
    world, name = waiting_world()
    (job,) = world.ports.jobs.list_active()
    assert job.pending
    for number in range(others):
        other = {"job_id": f"other-{number}", "execution_arn": f"arn:{number}"}
        pending = job.pending.model_copy(update={"task_token": f"other-{number}"})
        world.ports.jobs._jobs[f"other-{number}"] = job.model_copy(update=other | {"pending": pending})
    return world, name


class Broken(Exception):
    """Nobody foresaw it."""


ANSWERS = {"finish": "succeed", "fail": "fail", "run": "heartbeat"}


@pytest.mark.parametrize(("event", "answer"), ANSWERS.items())
def test_an_error_that_nobody_foresaw_costs_no_other_execution_its_answer(event: str, answer: str) -> None:
    world, name = fleet_world()
    if event != "run":
        getattr(world.ports.cluster, event)(name, "log")
    real = getattr(world.ports.executions, answer)

    def broken(token: str, *further: object) -> object:
        if token == "token":
            raise Broken("secret")
        return real(token, *further)

    setattr(world.ports.executions, answer, broken)
    outcome = watch(world)
    assert {answered[1] for answered in world.ports.executions.answers} == {"other-0", "other-1", "other-2"}
    assert [problem.split(": ")[1] for problem in outcome.problems] == ["unexpected Broken, see the log"]
    assert outcome.metrics["watch_problems"] == 1


@pytest.mark.parametrize(
    ("port", "method"),
    [("cluster", "explain_failure"), ("cluster", "log_tail"), ("data", "write"), ("cluster", "obstacles")],
)
def test_an_unforeseen_error_beside_an_answer_does_not_prevent_it(port: str, method: str) -> None:
    world, name = waiting_world()
    world.ports.cluster.occupy("idle", "idle", created_at=NOON)
    world.ports.cluster.change("idle", ready_pods=0)
    world.ports.cluster.fail(name, "it failed", log="Killed")
    world.ports.clock.advance(GRACE)

    def broken(*arguments: object) -> object:
        raise Broken

    setattr(getattr(world.ports, port), method, broken)
    outcome = watch(world)
    assert (outcome.failed, len(outcome.problems)) == (1, 1)


def test_records_that_cannot_be_gathered_into_batches_cost_no_heartbeat(monkeypatch: pytest.MonkeyPatch) -> None:
    world, _ = fleet_world()

    def broken(*arguments: object) -> object:
        raise Broken

    monkeypatch.setattr("auto_retrain.usecases.watching.watch_jobs.gather", broken)
    outcome = watch(world)
    assert (outcome.alive, outcome.problems) == (4, ("batches: unexpected Broken, see the log",))


def test_a_namespace_that_cannot_be_listed_costs_only_its_own_jobs_a_heartbeat() -> None:
    world, _ = waiting_world()
    elsewhere = fleet_world(1)[0].ports.jobs._jobs["other-0"]
    assert elsewhere.pending
    pending = elsewhere.pending.model_copy(update={"kubernetes_job": "other-train-1"})
    world.ports.jobs._jobs["other-0"] = elsewhere.model_copy(update={"pending": pending})
    world.ports.cluster.occupy("other-train-1", "other-0", created_at=NOON, namespace="team")
    world.ports.cluster.unlisted = {"team": "ClusterRefused: 403"}
    world.ports.clock.advance(GRACE)
    outcome = watch(world)
    assert (outcome.alive, outcome.failed) == (1, 0)
    assert outcome.problems == ("namespace 'team' cannot be listed: ClusterRefused: 403",)
    assert world.ports.executions.answers == [("heartbeat", "token", "")]


def test_a_kubernetes_job_that_cannot_be_read_has_not_vanished() -> None:
    world, name = waiting_world()
    world.ports.cluster.unreadable = {name: "it is odd"}
    world.ports.clock.advance(GRACE)
    assert watch(world).problems == (f"Kubernetes Job '{name}' cannot be read: it is odd",)
    assert world.ports.executions.answers == []


@pytest.mark.parametrize("moment", [datetime.min, datetime.max])
def test_times_at_the_edge_of_the_calendar_stop_nothing(moment: datetime) -> None:
    world, name = fleet_world()
    at = moment.replace(tzinfo=UTC)
    world.ports.cluster.change(name, created_at=at, started_at=at, deadline_at=at, ready_pods=0)
    world.ports.cluster.obstruct(name, Obstacle(reason="it waits", since=at, may_pass=False))
    world.ports.cluster.occupy("orphan", "orphan", created_at=at)
    outcome = watch(world)
    assert outcome.alive + outcome.failed == 4
    assert outcome.problems == ()
