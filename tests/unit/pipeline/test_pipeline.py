"""The facade does what the functions do, and is safe to share."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

import auto_retrain
from auto_retrain import (
    AutoRetrainPipeline,
    PerformanceDegradationTrigger,
    RetrainingTrigger,
    ScheduledTrigger,
    TriggerConfig,
    TriggerType,
)
from auto_retrain.domain.errors import (
    EventInvalid,
    IllegalTransition,
    JobConflict,
    JobUnknown,
    ModelUnknown,
    PolicyConflict,
)
from auto_retrain.domain.metric_reading import MetricReading
from auto_retrain.domain.model_version import ModelVersion
from auto_retrain.domain.policy.policy import AppliedPolicy, PolicyStatus
from auto_retrain.domain.serving import ServingRecord
from auto_retrain.domain.validation import Decision
from auto_retrain.usecases.operating.policies import pause_model
from tests.unit.builders import NOON, a_policy
from tests.unit.usecases.world import World, rows


def pipeline_on(world: World) -> AutoRetrainPipeline:
    return AutoRetrainPipeline(world.ports, actor="ada")


def test_every_public_name_exists() -> None:
    assert all(getattr(auto_retrain, name) is not None for name in auto_retrain.__all__)
    with pytest.raises(AttributeError, match="no attribute 'Nonsense'"):
        _ = auto_retrain.Nonsense


def test_triggers_are_configured_as_a_new_version_of_the_policy() -> None:
    world = World()
    applied = pipeline_on(world).configure_trigger("churn", TriggerConfig(drift_threshold=0.3))
    assert (applied.version, applied.policy.triggers.drift_threshold, applied.applied_by) == (2, 0.3, "ada")
    with pytest.raises(ModelUnknown):
        pipeline_on(world).configure_trigger("nobody", TriggerConfig())


def test_a_concurrent_change_by_someone_else_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    policies, read = world.ports.policies, world.ports.policies.get

    def change_after_reading(model_name: str) -> AppliedPolicy | None:
        applied = read(model_name)
        policies.apply(a_policy(owner="bob"), "bob", NOON)
        return applied

    monkeypatch.setattr(policies, "get", change_after_reading)
    with pytest.raises(PolicyConflict, match="is now at version 2, not 1"):
        pipeline_on(world).configure_trigger("churn", TriggerConfig(drift_threshold=0.3))
    assert policies.history("churn")[0].policy.owner == "bob"


def test_a_paused_model_stays_paused_when_its_triggers_are_configured() -> None:
    world = World()
    pause_model("churn", "audit", "bob", world.ports)
    applied = pipeline_on(world).configure_trigger("churn", TriggerConfig(drift_threshold=0.3))
    assert (applied.version, applied.status, applied.note) == (3, PolicyStatus.PAUSED, "audit")


def test_the_same_triggers_again_change_nothing() -> None:
    world = World()
    applied = pipeline_on(world).configure_trigger("churn", world.policy.triggers)
    assert applied.version == 1


def test_a_check_starts_nothing() -> None:
    world = World()
    world.ports.states.record_retrain("churn", NOON)
    world.ports.data._partitions.clear()
    assert not pipeline_on(world).check_retrain_needed("churn")
    world.ports.metrics.readings["churn"] = MetricReading(value=0.5, rows=5000, points=30, newest_at=NOON)
    assert pipeline_on(world).check_retrain_needed("churn")
    assert not world.ports.executions.started


def test_a_disabled_trigger_is_not_judged() -> None:
    world = World()
    pipeline = pipeline_on(world)
    pipeline.configure_trigger("churn", TriggerConfig(enabled=("performance_degradation",)))
    assert not pipeline.check_retrain_needed("churn")


def test_a_trigger_gives_its_reason() -> None:
    world = World()
    trigger: RetrainingTrigger = PerformanceDegradationTrigger(world.ports)
    world.ports.metrics.readings["churn"] = MetricReading(value=0.5, rows=5000, points=30, newest_at=NOON)
    needed, reason = trigger.should_retrain("churn")
    assert needed
    assert "accuracy 0.5000 is below 0.92" in reason
    assert trigger.get_trigger_type() is TriggerType.PERFORMANCE_DEGRADATION


def test_a_trigger_that_cannot_be_judged_calls_for_no_retraining() -> None:
    assert PerformanceDegradationTrigger(World().ports).should_retrain("churn") == (
        False,
        "no accuracy was published in the window",
    )


def test_a_retraining_recorded_by_hand_satisfies_the_schedule() -> None:
    world = World()
    trigger = ScheduledTrigger(world.ports)
    assert trigger.should_retrain("churn")[0]
    trigger.record_retrain("churn")
    assert not trigger.should_retrain("churn")[0]


def test_the_started_job_has_the_returned_id() -> None:
    world = World()
    job_id = pipeline_on(world).start_retrain_job("churn", {"max_depth": 3}, reason="new labels")
    ((name, event),) = world.ports.executions.started.items()
    decision = world.check(
        dict(event), execution=f"arn:aws:states:eu-central-1:123456789012:execution:retraining:{name}"
    )
    assert decision.job_id == job_id
    assert world.job(job_id).training_parameters == {"max_depth": 3}


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"rate": float("nan")}, "parameters"),
        ({"layers": np.arange(3)}, "parameters.layers"),
        ({"depth": np.int64(3)}, "parameters.depth"),
        ({"big": "x" * 16_000}, "at most 16000 are allowed"),
        ({"rate": Decimal("0.1")}, "parameters.rate"),
    ],
)
def test_parameters_that_an_execution_cannot_carry_are_refused(config: dict[str, Any], message: str) -> None:
    world = World()
    with pytest.raises(EventInvalid, match=message):
        pipeline_on(world).start_retrain_job("churn", config)
    assert not world.ports.executions.started


def test_a_start_without_a_reason_or_a_policy_is_refused() -> None:
    world = World()
    with pytest.raises(EventInvalid, match="reason = ''"):
        pipeline_on(world).start_retrain_job("churn", reason="")
    with pytest.raises(ModelUnknown, match="'nobody'"):
        pipeline_on(world).start_retrain_job("nobody")
    assert not world.ports.executions.started


def test_jobs_started_from_many_threads_never_share_an_id() -> None:
    world = World()
    pipeline = pipeline_on(world)

    def start(number: int) -> str | None:
        try:
            return pipeline.start_retrain_job("churn", trigger_type=TriggerType.MANUAL, reason=str(number))
        except JobConflict:
            return None

    with ThreadPoolExecutor(8) as pool:
        ids = [job_id for job_id in pool.map(start, range(16)) if job_id]
    assert len(ids) == len(set(ids)) == len(world.ports.executions.started) == 1


def test_a_challenger_can_be_judged_again_and_gives_the_same_hash() -> None:
    world = World()
    job_id = world.scored_job(rows(2000, 0.95), rows(2000, 0.88))
    outcome = world.validate(job_id)
    world.ports.clock.advance(timedelta(days=3))
    again = pipeline_on(world).validate_new_model("churn")
    assert (again.decision, again.validation_hash) == (Decision.PROMOTE, outcome.validation_hash)


def test_without_a_challenger_there_is_nothing_to_validate() -> None:
    with pytest.raises(JobUnknown, match="trained a challenger"):
        pipeline_on(World()).validate_new_model("churn")


def test_a_smaller_improvement_can_be_accepted_for_one_job() -> None:
    world = World()
    job_id = world.scored_job(rows(2000, 0.91), rows(2000, 0.88))
    world.validate(job_id)
    pipeline = pipeline_on(world)
    assert not pipeline.deploy_if_better("churn", job_id)
    assert pipeline.deploy_if_better("churn", job_id, min_improvement=0.02)
    assert world.ports.registry.champion("churn") == "2"
    assert pipeline.deploy_if_better("churn", job_id)


def test_no_call_can_go_below_the_floor() -> None:
    world = World()
    job_id = world.scored_job(rows(2000, 0.84), rows(2000, 0.5))
    world.validate(job_id)
    assert not pipeline_on(world).deploy_if_better("churn", job_id, min_improvement=0)


@pytest.mark.parametrize("value", [-0.5, 2, float("nan"), float("inf")])
def test_an_improvement_out_of_bounds_is_refused(value: float) -> None:
    world = World()
    job_id = world.scored_job(rows(2000, 0.95), rows(2000, 0.88))
    world.validate(job_id)
    with pytest.raises(ValueError, match="min_improvement"):
        pipeline_on(world).deploy_if_better("churn", job_id, min_improvement=value)


def test_a_job_that_has_ended_is_no_longer_deployed() -> None:
    world = World()
    job_id = world.scored_job(rows(2000, 0.91), rows(2000, 0.88))
    world.validate(job_id)
    world.close(decision={"job_id": job_id})
    before = world.job(job_id)
    with pytest.raises(IllegalTransition, match="is completed"):
        pipeline_on(world).deploy_if_better("churn", job_id, min_improvement=0.02)
    assert world.job(job_id) == before
    with pytest.raises(JobUnknown):
        pipeline_on(world).deploy_if_better("fraud", job_id)


def test_jobs_are_listed_and_shown() -> None:
    world = World()
    job_id = world.open()
    pipeline = pipeline_on(world)
    job = pipeline.get_job_status(job_id)
    assert job is not None
    assert pipeline.list_recent_jobs("churn") == [job]
    assert pipeline.get_job_status("churn-0") is None


def test_what_served_is_listed_with_its_end() -> None:
    world = World()
    pipeline = pipeline_on(world)
    assert pipeline.list_served("churn") == []
    record = ServingRecord(model_name="churn")
    for number in ("1", "2"):
        record = world.ports.ledger.write(record.adopted(ModelVersion(number=number), "moved by hand", NOON))
    newest, oldest = pipeline.list_served("churn")
    assert (newest.version.number, newest.until, oldest.until) == ("2", None, newest.deployed_at)
    assert pipeline.list_served("churn", limit=1) == [newest]
    with pytest.raises(ModelUnknown):
        pipeline.list_served("fraud")


def test_judging_again_from_a_notebook_gives_the_hash_of_the_function() -> None:
    world = World()
    job_id = world.scored_job(rows(2000, 0.95), rows(2000, 0.88))
    outcome = world.validate(job_id)
    again = AutoRetrainPipeline(world.ports).validate_new_model("churn")
    assert again.validation_hash == outcome.validation_hash
