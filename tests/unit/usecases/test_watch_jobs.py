"""The watcher answers every wait, and touches no record."""

from datetime import UTC, datetime, timedelta

from auto_retrain.domain.errors import ClusterUnavailable, DataUnavailable, ExecutionsUnavailable
from auto_retrain.domain.job import RetrainingStatus
from auto_retrain.domain.messages import ScheduledEvent, WatchReport
from auto_retrain.usecases.watch_jobs import GRACE, watch_jobs
from tests.unit.builders import NOON
from tests.unit.usecases.world import EXECUTION, World


def watch(world: World) -> WatchReport:
    return watch_jobs(ScheduledEvent(time=NOON), world.ports)


def waiting_world() -> tuple[World, str]:
    world = World()
    job_id = world.open()
    return world, world.start(job_id, "train", token="token").kubernetes_job


def test_a_running_job_keeps_its_execution_alive() -> None:
    world, _ = waiting_world()
    assert watch(world) == WatchReport(alive=1)
    assert world.ports.executions.answers == [("heartbeat", "token", "")]


def test_a_finished_job_wakes_its_execution_and_no_record_changes() -> None:
    world, name = waiting_world()
    before = world.ports.jobs.list_active()
    world.ports.cluster.finish(name)
    assert watch(world) == WatchReport(succeeded=1)
    assert world.ports.executions.answers[0][:2] == ("succeed", "token")
    assert world.ports.jobs.list_active() == before


def test_a_failed_job_fails_its_execution_with_the_reason_and_saves_the_log() -> None:
    world, name = waiting_world()
    world.ports.cluster.fail(name, "the container ran out of memory", log="fitting...\nKilled")
    assert watch(world) == WatchReport(failed=1)
    assert world.ports.executions.answers == [("fail", "token", "the container ran out of memory")]
    job = world.ports.jobs.list_active()[0]
    assert world.ports.data.read(f"s3://artifacts/jobs/{job.job_id}/train/log.txt") == b"fitting...\nKilled"


def test_an_execution_is_answered_even_if_nobody_can_say_why_its_job_failed() -> None:
    world, name = waiting_world()
    world.ports.cluster.fail(name, "broken")

    def unavailable(name: str, lines: int = 100) -> str:
        raise ClusterUnavailable("the API server is away")

    world.ports.cluster.log_tail = unavailable  # type: ignore[method-assign]
    world.ports.cluster.explain_failure = unavailable  # type: ignore[method-assign]
    report = watch(world)
    assert (report.failed, len(report.problems)) == (1, 2)
    assert world.ports.executions.answers == [("fail", "token", f"Kubernetes Job '{name}' failed")]


def test_an_execution_gets_the_reason_even_if_the_log_cannot_be_saved() -> None:
    world, name = waiting_world()
    world.ports.cluster.fail(name, "the container ran out of memory")

    def unavailable(key: str, content: bytes) -> str:
        raise DataUnavailable("slow down")

    world.ports.data.write = unavailable  # type: ignore[method-assign]
    report = watch(world)
    assert (report.failed, len(report.problems)) == (1, 1)
    assert world.ports.executions.answers == [("fail", "token", "the container ran out of memory")]


def test_a_job_that_vanished_fails_its_execution_after_a_grace_time() -> None:
    world, name = waiting_world()
    world.ports.cluster.delete_job(name)
    assert watch(world) == WatchReport(alive=1)
    world.ports.clock.advance(GRACE)
    assert watch(world) == WatchReport(failed=1)
    assert "vanished" in world.ports.executions.answers[-1][2]


def test_a_kubernetes_job_that_nobody_waits_for_is_deleted_after_a_grace_time() -> None:
    world = World()
    world.ports.cluster.occupy("churn-old-train-1", "churn-old", created_at=NOON)
    assert watch(world) == WatchReport()
    world.ports.clock.advance(GRACE + timedelta(seconds=1))
    assert watch(world) == WatchReport(deleted=1)
    assert world.ports.cluster.list_jobs() == []


def test_a_kubernetes_job_whose_record_is_not_listed_yet_is_left_alone() -> None:
    world, name = waiting_world()
    world.ports.clock.advance(max(GRACE, datetime.now(UTC) - world.ports.clock.now()) + GRACE)
    world.ports.jobs.list_active = list  # type: ignore[method-assign]
    assert watch(world) == WatchReport()
    assert [found.name for found in world.ports.cluster.list_jobs()] == [name]


def test_a_finished_job_that_nobody_waits_for_is_left_to_its_time_to_live() -> None:
    world = World()
    world.ports.cluster.occupy("churn-old-train-1", "churn-old", created_at=NOON - timedelta(hours=1))
    world.ports.cluster.finish("churn-old-train-1")
    assert watch(world) == WatchReport()


def test_a_report_that_nobody_waits_for_may_end_in_peace() -> None:
    world = World()
    world.ports.cluster.occupy("churn-old-report-1", "churn-old", "report", created_at=NOON - timedelta(hours=1))
    assert watch(world) == WatchReport()
    assert [found.name for found in world.ports.cluster.list_jobs()] == ["churn-old-report-1"]


def test_a_job_whose_execution_ended_without_closing_it_is_closed_after_a_grace_time() -> None:
    world = World()
    job_id = world.open()
    world.ports.executions.ended.add(EXECUTION)
    assert watch(world) == WatchReport()
    world.ports.clock.advance(GRACE)
    assert watch(world) == WatchReport(closed=1)
    job = world.job(job_id)
    assert (job.status, job.error) == (
        RetrainingStatus.FAILED,
        "ExecutionEnded: the execution ended without closing this job",
    )
    assert world.ports.jobs.model_state("churn").active_job is None
    assert world.ports.events.published[-1].kind == "failed"


def test_a_job_between_two_steps_of_a_running_execution_is_left_alone() -> None:
    world = World()
    world.open()
    world.ports.clock.advance(GRACE)
    assert watch(world) == WatchReport()


def test_a_running_kubernetes_job_of_an_ended_execution_is_closed_and_then_deleted() -> None:
    world, _ = waiting_world()
    world.ports.executions.ended.add(EXECUTION)
    world.ports.executions.heartbeat = lambda task_token: False  # type: ignore[method-assign]
    world.ports.clock.advance(max(GRACE, datetime.now(UTC) - world.ports.clock.now()) + GRACE)
    assert watch(world).closed == 1
    assert watch(world).deleted == 1
    assert world.ports.cluster.list_jobs() == []


def test_a_job_that_cannot_be_served_does_not_keep_others_waiting() -> None:
    world, name = waiting_world()
    world.ports.cluster.finish(name)
    world.ports.cluster.occupy("old-train-1", "old", created_at=NOON - timedelta(hours=1))

    def unavailable(task_token: str, output: object) -> None:
        raise ExecutionsUnavailable("slow down")

    world.ports.executions.succeed = unavailable  # type: ignore[method-assign]
    report = watch(world)
    assert report.deleted == 1
    assert "ExecutionsUnavailable: slow down" in report.problems[0]
