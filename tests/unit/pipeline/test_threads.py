"""Thirty-two threads share one pipeline: whatever they do at once, no effect is lost and none is doubled."""

import json
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import numpy as np
import pytest

from auto_retrain import AutoRetrainPipeline, RetrainingHeld, ScheduledTrigger, TriggerConfig
from auto_retrain.domain.drill import Drill
from auto_retrain.domain.errors import (
    AutoRetrainError,
    DrillRefused,
    JobConflict,
    PolicyConflict,
    RequestRefused,
    ServingConflict,
)
from tests.unit.builders import NOON, a_policy
from tests.unit.usecases.after_promotion.watch_world import WatchWorld

THREADS = 32
MODELS = [f"model-{number}" for number in range(THREADS)]


def at_once(call: Callable[[int], Any]) -> list[Any]:
    """What each of the threads got from a call, or the error that it raised; they begin together."""
    together = Barrier(THREADS)

    def run(number: int) -> Any:
        together.wait()
        try:
            return call(number)
        except AutoRetrainError as error:
            return error

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, range(THREADS)))


def answers() -> dict[str, Any]:
    labels = np.arange(1000) % 2
    old = np.where(np.arange(1000) < 150, 1 - labels, labels)
    return {"row_id": np.arange(1000), "label": labels, "challenger": labels, "champion": old}


def facts_of(pipeline: AutoRetrainPipeline, model: str) -> list[Any]:
    """The facts in a model's chain, whose entries are numbered without a gap."""
    entries = list(pipeline._ports.audit.entries(model))
    assert [entry.number for entry in entries] == list(range(1, len(entries) + 1))
    return [json.loads(entry.text) for entry in entries]


def facts(pipeline: AutoRetrainPipeline, model: str) -> Counter[str]:
    """How many facts of each kind are in a model's chain."""
    return Counter(each["kind"] for each in facts_of(pipeline, model))


@pytest.fixture
def pipeline() -> AutoRetrainPipeline:
    pipeline = AutoRetrainPipeline.in_memory(at=NOON, actor="ada")
    pipeline.apply_policy(a_policy())
    return pipeline


@pytest.fixture
def scored(pipeline: AutoRetrainPipeline) -> str:
    job_id = pipeline.start_retrain_job("churn", reason="new labels")
    pipeline.world.score_job(job_id, answers())
    return job_id


def test_of_many_starts_for_one_model_one_opens_its_job(pipeline: AutoRetrainPipeline) -> None:
    started = at_once(lambda number: pipeline.start_retrain_job("churn", reason=str(number)))
    (job,) = pipeline.list_recent_jobs("churn")
    assert {type(each) for each in started} <= {str, RequestRefused, JobConflict, RetrainingHeld}
    assert {each for each in started if isinstance(each, str)} == {job.job_id}
    assert facts(pipeline, "churn")["job_opened"] == 1


def test_starts_for_many_models_open_a_job_for_each(pipeline: AutoRetrainPipeline) -> None:
    at_once(lambda number: pipeline.apply_policy(a_policy(model=MODELS[number])))
    ids = at_once(lambda number: pipeline.start_retrain_job(MODELS[number]))
    assert len(set(ids)) == THREADS
    assert sorted(job.job_id for job in pipeline.list_recent_jobs(limit=99)) == sorted(ids)


def test_every_policy_that_was_applied_is_a_version(pipeline: AutoRetrainPipeline) -> None:
    configured = at_once(lambda n: pipeline.configure_trigger("churn", TriggerConfig(drift_threshold=0.3 + n / 100)))
    versions = [each.version for each in configured if not isinstance(each, Exception)]
    assert all(isinstance(each, PolicyConflict) for each in configured if isinstance(each, Exception))
    assert sorted(versions) == list(range(2, 2 + len(versions)))
    assert facts(pipeline, "churn")["policy_applied"] == 1 + len(versions)


def test_a_challenger_is_deployed_once(pipeline: AutoRetrainPipeline, scored: str) -> None:
    outcomes = at_once(lambda _: pipeline.deploy_if_better("churn", scored))
    assert True in outcomes
    assert pipeline.deploy_if_better("churn", scored)
    assert [period.version.number for period in pipeline.list_served("churn")] == ["2", "1"]
    assert facts(pipeline, "churn")["promoted"] == 1


def test_validating_again_always_gives_the_same_hash(pipeline: AutoRetrainPipeline, scored: str) -> None:
    hashes = {result.validation_hash for result in at_once(lambda _: pipeline.validate_new_model("churn"))}
    assert len(hashes) == 1
    own_rows = at_once(lambda _: pipeline.validate_new_model("churn", answers()))
    assert len({result.validation_hash for result in own_rows}) == 1


def test_a_review_is_given_once_and_is_that_of_one_thread(pipeline: AutoRetrainPipeline) -> None:
    job_id = pipeline.start_retrain_job("churn", reason="new labels", review=True)
    pipeline.world.score_job(job_id, answers())
    given = at_once(lambda number: pipeline.approve(job_id, f"reason {number}"))
    assert {type(each) for each in given} <= {type(None), JobConflict}
    job = pipeline.get_job_status(job_id)
    assert job is not None
    assert job.review is not None
    (entry,) = [each for each in facts_of(pipeline, "churn") if each["kind"] == "review_given"]
    assert entry["reason"] == job.review.reason
    assert pipeline.deploy_if_better("churn", job_id)


@pytest.mark.parametrize("live", [False, True])
def test_each_drill_is_recorded_and_none_moves_what_serves(
    pipeline: AutoRetrainPipeline, scored: str, live: bool
) -> None:
    pipeline.deploy_if_better("churn", scored)
    pipeline.world.end_job(scored)
    drills = at_once(lambda _: pipeline.drill("churn", live=live))
    passed = [each for each in drills if isinstance(each, Drill)]
    refused = {type(each) for each in drills if isinstance(each, Exception)}
    assert refused <= ({DrillRefused, ServingConflict} if live else set())
    assert [each.problem for each in passed] == [None] * len(passed)
    assert facts(pipeline, "churn")["drill_passed"] == len(passed) > 0
    # There and back are a line each.
    assert facts(pipeline, "churn")["drill_moved"] == (2 * len(passed) if live else 0)
    assert pipeline.serving("churn").champion.version.number == "2"  # type: ignore[union-attr]
    assert pipeline.serving("churn").drill is None


def test_a_failure_is_acknowledged_once_and_everybody_learns_by_whom() -> None:
    world = WatchWorld()
    world.degrade()
    world.passes(72, every=6)
    colleagues = [AutoRetrainPipeline(world.ports, actor=f"person-{number}") for number in range(THREADS)]
    alerts = at_once(lambda number: colleagues[number].acknowledge("churn", "I look into it"))
    (entry,) = [each for each in facts_of(colleagues[0], "churn") if each["kind"] == "failure_acknowledged"]
    assert {each.acknowledged.actor for each in alerts} == {entry["actor"]}


def test_a_job_ends_once_and_a_promotion_is_taken_back_once(pipeline: AutoRetrainPipeline, scored: str) -> None:
    pipeline.deploy_if_better("churn", scored)
    at_once(lambda _: pipeline.world.end_job(scored))
    assert facts(pipeline, "churn")["job_ended"] == 1
    at_once(lambda number: pipeline.roll_back("churn", reason=f"request {number}"))
    assert pipeline.serving("churn").champion.version.number == "1"  # type: ignore[union-attr]
    assert len(pipeline.list_served("churn")) == 3


def test_reading_while_others_write_never_fails(pipeline: AutoRetrainPipeline, scored: str) -> None:
    def use(number: int) -> Any:
        if number % 2:
            return pipeline.start_retrain_job("churn", reason=str(number), force=True)
        pipeline.trigger(ScheduledTrigger).record_retrain("churn")
        pipeline.check_retrain_needed("churn")
        assert pipeline.get_job_status(scored) is not None
        return pipeline.list_recent_jobs(), pipeline.list_decisions("churn"), pipeline.serving("churn")

    results = at_once(use)
    assert {type(each) for each in results} <= {str, tuple, RequestRefused, RetrainingHeld}
