"""Where a review is required, nothing is promoted without an approval, and no approval overrules a gate."""

from datetime import timedelta
from typing import Any

import pytest

from auto_retrain.domain.errors import EventInvalid, ExecutionsUnavailable, JobUnknown, PromotionRefused, ReviewRefused
from auto_retrain.domain.job import REVIEW_TIME
from auto_retrain.domain.messages.promoting import ReviewOrder
from auto_retrain.domain.messages.references import ScheduledEvent
from auto_retrain.domain.messages.training import WatchOutcome
from auto_retrain.domain.status import RetrainingStatus
from auto_retrain.pipeline import AutoRetrainPipeline
from auto_retrain.usecases.promoting.await_review import await_review
from auto_retrain.usecases.promoting.review import review_challenger
from auto_retrain.usecases.watching.watch_jobs import watch_jobs
from tests.unit.announced import announced
from tests.unit.usecases.world import MANUAL, World, rows


def validated(world: World, accuracy: float = 0.95, **request: Any) -> str:
    """A job with a validated challenger."""
    world.give_champion()
    job_id = world.check({**MANUAL, "review": True, **request}).job_id or ""
    world.start(job_id, "train")
    world.train(job_id)
    world.start(job_id, "score")
    world.score(job_id, v1=rows(500, 0.88), v2=rows(500, accuracy))
    return job_id


def waiting_world() -> tuple[World, str]:
    """An execution that waits for a review."""
    world = World()
    job_id = validated(world)
    assert world.validate(job_id).next == "review"
    await_review(ReviewOrder(job_id=job_id, task_token="review-token"), world.ports)
    return world, job_id


def review(world: World, job_id: str, approved: bool = True, actor: str = "grace", reason: str | None = None) -> None:
    review_challenger(job_id, approved, actor, reason, world.ports)


def watch(world: World) -> WatchOutcome:
    return watch_jobs(ScheduledEvent(), world.ports)


def test_people_are_notified_of_what_waits_and_until_when() -> None:
    world, job_id = waiting_world()
    event = next(event for event in announced(world.ports) if event.topic == "review_requested")
    assert f"auto-retrain approve {job_id}" in event.sentence
    waits = "is waiting for a review until 2026-03-03 12:00 UTC"
    assert f"{waits}: accuracy 0.9500 is at least 5.0% above" in event.sentence


def test_a_job_that_requires_no_review_does_not_wait() -> None:
    world = World()
    assert world.validate(validated(world, review=False)).next == "deploy"


def test_a_challenger_that_fails_a_gate_is_not_offered_for_review() -> None:
    world = World()
    job_id = validated(world, accuracy=0.89)
    assert world.validate(job_id).next == "close"
    with pytest.raises(PromotionRefused, match="no validation with the decision 'promote'"):
        await_review(ReviewOrder(job_id=job_id, task_token="token"), world.ports)


def test_an_approved_challenger_is_deployed() -> None:
    world, job_id = waiting_world()
    review(world, job_id, reason="checked the slices")
    assert world.ports.executions.answers == [("succeed", "review-token", "{'next': 'deploy'}")]
    assert world.deploy(job_id).version == "2"
    given = world.job(job_id).review
    assert given is not None
    assert (given.approved, given.actor, given.reason) == (True, "grace", "checked the slices")


def test_a_declined_challenger_ends_green_and_changes_nothing() -> None:
    world, job_id = waiting_world()
    review(world, job_id, approved=False, reason="unfair to students")
    assert world.ports.executions.answers == [("succeed", "review-token", "{'next': 'close'}")]
    outcome = world.close(decision={"job_id": job_id})
    job = world.job(job_id)
    assert (outcome.next, job.status, job.deployed) == ("succeed", RetrainingStatus.COMPLETED, False)
    assert outcome.reason == "churn version 2 was not deployed: grace declined it: unfair to students"
    assert announced(world.ports)[-1].topic == "job_declined"


@pytest.mark.parametrize("approved", [None, False])
def test_nothing_is_deployed_without_an_approval(approved: bool | None) -> None:
    world, job_id = waiting_world()
    if approved is not None:
        review(world, job_id, approved=approved, reason="no")
    with pytest.raises(PromotionRefused, match="nobody has approved it"):
        world.deploy(job_id)
    with pytest.raises(PromotionRefused, match="nobody has approved it"):
        AutoRetrainPipeline(world.ports).deploy_if_better("churn", job_id)
    assert world.ports.registry.champion("churn") == "1"
    assert world.job(job_id).status is RetrainingStatus.VALIDATION


def test_an_approval_counts_only_for_the_validation_that_was_reviewed() -> None:
    world, job_id = waiting_world()
    review(world, job_id)
    world.score(job_id, v1=rows(500, 0.88), v2=rows(500, 0.96))
    world.validate(job_id)
    with pytest.raises(PromotionRefused, match="approved a validation that is not the last one"):
        world.deploy(job_id)


def test_repeating_a_review_changes_nothing_and_reversing_it_is_refused() -> None:
    world, job_id = waiting_world()
    for actor in ("grace", "ada"):
        review(world, job_id, actor=actor)
    with pytest.raises(ReviewRefused, match="was already approved by grace at 2026-03-01 12:00:00 UTC"):
        review(world, job_id, approved=False, reason="no")


def test_only_a_waiting_job_can_be_reviewed() -> None:
    world = World()
    with pytest.raises(JobUnknown, match="churn-0"):
        review(world, "churn-0")
    job_id = validated(world)
    with pytest.raises(ReviewRefused, match="does not wait for a review: its status is running"):
        review(world, job_id)


def test_an_execution_that_waits_for_a_review_is_kept_alive_without_the_cluster() -> None:
    world, job_id = waiting_world()
    for job in world.ports.cluster.list_jobs().jobs:
        world.ports.cluster.delete_job(job)
    world.ports.clock.advance(timedelta(hours=40))
    assert watch(world) == WatchOutcome(alive=1)
    assert world.ports.executions.answers == [("heartbeat", "review-token", "")]
    assert world.job(job_id).pending is None


def test_a_review_that_did_not_reach_the_execution_is_passed_on_by_the_watcher() -> None:
    world, job_id = waiting_world()
    succeed = world.ports.executions.succeed

    def unavailable(task_token: str, output: object) -> None:
        raise ExecutionsUnavailable("slow down")

    world.ports.executions.succeed = unavailable  # type: ignore[method-assign]
    with pytest.raises(ExecutionsUnavailable):
        review(world, job_id)
    world.ports.executions.succeed = succeed  # type: ignore[method-assign]
    assert watch(world).succeeded == 1
    assert world.ports.executions.answers == [("succeed", "review-token", "{'next': 'deploy'}")]


def test_a_challenger_that_nobody_reviews_in_time_is_not_deployed() -> None:
    world, job_id = waiting_world()
    world.ports.clock.advance(REVIEW_TIME)
    assert watch(world).succeeded == 1
    assert world.ports.executions.answers == [("succeed", "review-token", "{'next': 'close'}")]
    world.close(decision={"job_id": job_id})
    assert "auto-retrain declined it: nobody reviewed it within 48 hours" in announced(world.ports)[-1].sentence


def test_a_repeated_state_waits_with_its_new_token_and_no_longer_than_before() -> None:
    world, job_id = waiting_world()
    world.ports.clock.advance(timedelta(hours=1))
    await_review(ReviewOrder(job_id=job_id, task_token="token-2"), world.ports)
    pending = world.job(job_id).pending_review
    assert pending is not None
    assert (pending.task_token, pending.since) == ("token-2", world.ports.clock.now() - timedelta(hours=1))
    assert len([event for event in announced(world.ports) if event.topic == "review_requested"]) == 2
    assert len({event.event_id for event in announced(world.ports) if event.topic == "review_requested"}) == 1
    assert "token-2" not in repr(world.job(job_id))


def test_a_notebook_can_approve() -> None:
    world, job_id = waiting_world()
    AutoRetrainPipeline(world.ports, actor="grace").approve(job_id)
    assert world.ports.executions.answers == [("succeed", "review-token", "{'next': 'deploy'}")]


@pytest.mark.parametrize(("actor", "reason"), [("auto-retrain", None), ("ada", "fine\nindeed"), ("a\u202eb", None)])
def test_a_review_under_the_name_of_the_system_or_with_a_reason_of_several_lines_is_refused(
    actor: str, reason: str | None
) -> None:
    world, job_id = waiting_world()
    with pytest.raises(EventInvalid):
        review(world, job_id, actor=actor, reason=reason)
    assert world.job(job_id).review is None
