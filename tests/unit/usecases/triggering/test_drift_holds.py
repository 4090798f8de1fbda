"""Drift that a promotion or a rejected challenger has already answered does not retrain again at once."""

from datetime import timedelta

import numpy as np
import pytest

from auto_retrain.domain.messages.triggering import TriggerDecision
from auto_retrain.domain.model_state import RejectedJob, Rejections
from auto_retrain.domain.policy.data import DriftPolicy, OverallDriftPolicy
from auto_retrain.domain.trigger_type import TriggerType
from auto_retrain.usecases.triggering.detect_drift import detect_drift
from auto_retrain.usecases.triggering.why_not import predict_triggers
from tests.unit.announced import announced
from tests.unit.builders import NOON
from tests.unit.usecases.drift_world import SWEPT, check_drift, columns, promoted_world, world_with_features
from tests.unit.usecases.world import World, rows

DAY = timedelta(days=1)


def drift_on(world: World, day: int, live_age: float) -> TriggerDecision:
    """Check the data on a later day, whose live window has rows of some age."""
    random = np.random.default_rng(day)
    for back in range(1, 32):
        uri = f"s3://data/churn/date={NOON.date() + timedelta(days=day - back)}/part-0.parquet"
        world.ports.data.add_partition("churn", NOON.date() + timedelta(days=day - back), uri.encode())
        world.ports.tables.by_uri[uri] = columns(random, live_age if back <= 5 else 40.0, 200)
    at = NOON + day * DAY
    world.ports.clock.advance(at - world.ports.clock.now())
    world.ports.states.record_retrain("churn", at)
    checked = world.check({**SWEPT, "event_time": at.isoformat()}, execution=f"arn:{day}")
    return detect_drift(checked, world.ports) if checked.next == "detect_drift" else checked


def reject(world: World, job_id: str | None) -> None:
    assert job_id is not None
    world.start(job_id, "train")
    world.train(job_id, version="9")
    world.start(job_id, "score")
    world.score(job_id, v9=rows(500, 0.5))
    world.validate(job_id)
    world.close(decision={"job_id": job_id})


def rejected_world() -> World:
    """A drift of 20 years whose challenger was rejected on the first day."""
    world = world_with_features(live_age=60)
    reject(world, check_drift(world).job_id)
    return world


def test_a_drift_whose_challenger_was_rejected_is_recognised_until_the_longest_back_off_is_over() -> None:
    world = rejected_world()
    assert drift_on(world, 1, 60).held_by == "back_off"
    for day in (2, 10, 29):
        decision = drift_on(world, day, 60)
        assert (decision.next, decision.held_by) == ("skip", "same_drift")
        assert "the same features drifted as much on 2026-03-01, and the challenger was not promoted" in decision.reason
        assert "held until 2026-03-31, or until it grows" in decision.reason
    again = drift_on(world, 30, 60)
    assert again.next == "start"
    assert "the same features drifted as much on 2026-03-01" in again.reason


def test_a_check_of_the_metric_does_not_end_the_back_off_of_drift() -> None:
    world = world_with_features(live_age=60)
    rejections = {TriggerType.DATA_DRIFT: Rejections(count=9, jobs=(RejectedJob(job_id="churn-1", at=NOON - 2 * DAY),))}
    world.ports.states.set(world.ports.states.get("churn").changed(rejections=rejections))
    checked = world.check({**SWEPT, "trigger_type": "performance_degradation"})
    decision = detect_drift(checked, world.ports)
    assert (checked.next, decision.next, decision.held_by) == ("detect_drift", "skip", "back_off")


def test_why_not_shows_that_the_drift_is_known() -> None:
    world = rejected_world()
    drift_on(world, 2, 60)
    outlooks = {outlook.trigger_type: outlook for outlook in predict_triggers("churn", world.ports).triggers}
    (hold,) = outlooks[TriggerType.DATA_DRIFT].holds
    assert (hold.kind, hold.until) == ("same_drift", NOON.replace(hour=12) + 30 * DAY)


def test_a_drift_that_grows_is_another_one() -> None:
    assert drift_on(rejected_world(), 2, 90).next == "start"


def test_a_drift_of_another_feature_is_another_one() -> None:
    world = rejected_world()
    job_id = world.ports.states.get("churn").rejections[TriggerType.DATA_DRIFT].jobs[0].job_id
    job = world.job(job_id)
    renamed = tuple(each.changed(check=each.check.replace("age", "height")) for each in job.trigger_verdicts)
    world.ports.jobs.save(job.changed(trigger_verdicts=renamed))
    decision = drift_on(world, 2, 60)
    assert decision.next == "start"
    assert "drifted as much" not in decision.reason


def test_without_back_off_a_known_drift_is_not_held() -> None:
    world = world_with_features(live_age=60)
    triggers = world.policy.triggers.changed(max_back_off_days=0)
    world.ports.policies.apply(world.policy.changed(triggers=triggers), "ada", NOON)
    reject(world, check_drift(world).job_id)
    assert drift_on(world, 2, 60).next == "start"


def test_every_rejection_of_drift_counts_for_the_message_to_the_owner() -> None:
    world = rejected_world()
    for day in (30, 60):
        reject(world, drift_on(world, day, 60).job_id)
    assert "rejections_escalated" in [event.topic for event in announced(world.ports)]


@pytest.mark.parametrize("day", [1, 4])
def test_drift_does_not_retrain_while_the_champion_was_chosen_on_the_same_days(day: int) -> None:
    world, job_id = promoted_world()
    world.close(decision={"job_id": job_id})
    decision = drift_on(world, day, 60)
    assert (decision.next, decision.held_by) == ("skip", "new_champion")
    assert "the live window holds days on which version 2 was chosen, until 2026-03-06" in decision.reason
    assert drift_on(world, 5, 60).next == "start"


def test_a_drift_of_all_features_together_is_recognised_although_it_fell_just_short_before() -> None:
    world = world_with_features(live_age=46)
    overall = OverallDriftPolicy(threshold=0.1, observe_only=False)
    world.ports.policies.apply(world.policy.changed(drift=DriftPolicy(overall=overall)), "ada", NOON)
    reject(world, check_drift(world).job_id)
    for day in (2, 10):
        decision = drift_on(world, day, 46.5)
        assert (decision.next, decision.held_by) == ("skip", "same_drift"), decision.reason
    assert drift_on(world, 12, 60).next == "start"
