"""A verdict follows from the stored evidence, today and on any other day."""

from datetime import timedelta
from math import pi

import pytest

from auto_retrain.domain.errors import ArtifactInvalid, JobUnknown
from auto_retrain.domain.messages.triggering import ExecutionStarted
from auto_retrain.domain.model_version import ModelVersion
from auto_retrain.domain.validation import Decision, ValidatedInputs
from auto_retrain.pipeline import AutoRetrainPipeline
from auto_retrain.usecases.looks import MAX_LOOKS_BACK, count_looks
from auto_retrain.usecases.triggering.check_triggers import check_triggers
from auto_retrain.usecases.validating.replay import replay_validation
from tests.unit.builders import a_policy
from tests.unit.usecases.world import EXECUTION, MANUAL, World, rows


def validated(challenger: float = 0.95, **policy: object) -> tuple[World, str]:
    windows = {"evaluation_window_days": 5, "training_window_days": 10, "cool_down_hours": 0}
    world = World(a_policy(triggers=windows, **policy))
    job_id = world.scored_job(rows(500, challenger), rows(500, 0.88))
    world.validate(job_id)
    return world, job_id


@pytest.mark.parametrize("challenger", [0.95, 0.89])
def test_a_verdict_comes_out_the_same_on_another_day_by_the_policy_of_its_time(challenger: float) -> None:
    world, job_id = validated(challenger)
    world.ports.clock.advance(timedelta(days=400))
    stricter = world.policy.model_copy(
        update={"validation": world.policy.validation.model_copy(update={"min_improvement": 0.5})}
    )
    world.ports.policies.apply(stricter, "ada", world.ports.clock.now())
    replay = replay_validation(job_id, world.ports)
    sealed = world.job(job_id).validation
    assert sealed is not None
    assert (replay.is_same, replay.differences) == (True, ())
    assert replay.replayed.validation_hash == replay.sealed.validation_hash == sealed.validation_hash


def test_every_metric_is_compared_with_the_record() -> None:
    world, job_id = validated()
    job = world.job(job_id)
    assert job.validation is not None
    f1_score = job.validation.metrics["f1_score"].model_copy(update={"gain": 0.2})
    forged = job.validation.model_copy(update={"metrics": {**job.validation.metrics, "f1_score": f1_score}})
    world.ports.jobs.save(job.changed(validation=forged.model_copy(update={"validation_hash": forged.compute_hash()})))
    assert replay_validation(job_id, world.ports).differences == ("metrics.f1_score.gain",)


def test_a_record_that_was_changed_is_reported() -> None:
    world, job_id = validated(0.89)
    job = world.job(job_id)
    assert job.validation is not None
    forged = job.validation.model_copy(update={"decision": Decision.PROMOTE})
    world.ports.jobs.save(job.changed(validation=forged))
    differences = replay_validation(job_id, world.ports).differences
    assert differences == ("the record was changed after it was sealed", "decision")


def test_predictions_that_were_replaced_are_not_judged_as_if_they_were_the_old_ones() -> None:
    world, job_id = validated()
    world.score(job_id, v2=rows(500, 0.99), v1=rows(500, 0.88))
    assert "inputs.predictions_sha256.2" in replay_validation(job_id, world.ports).differences
    world.ports.data.write(f"{world.job(job_id).output_of('score')}2.npz", b"other")
    with pytest.raises(ArtifactInvalid, match="its digest differs"):
        replay_validation(job_id, world.ports)


def test_an_improvement_that_a_call_asked_for_is_part_of_the_evidence() -> None:
    world, job_id = validated(0.91)
    assert AutoRetrainPipeline(world.ports).deploy_if_better("churn", job_id, min_improvement=0.01)
    replay = replay_validation(job_id, world.ports)
    assert (replay.is_same, replay.sealed.inputs.min_improvement) == (True, 0.01)


def test_an_improvement_that_a_call_asked_for_counts_even_if_the_policy_only_observes_its_own() -> None:
    world, job_id = validated(0.91, validation={"observe_only": ["min_improvement"]})
    assert replay_validation(job_id, world.ports).is_same
    pipeline = AutoRetrainPipeline(world.ports)
    assert not pipeline.deploy_if_better("churn", job_id, min_improvement=0.05)
    assert pipeline.deploy_if_better("churn", job_id, min_improvement=0.01)
    assert replay_validation(job_id, world.ports).is_same


def test_a_job_that_was_never_validated_has_nothing_to_replay() -> None:
    world = World()
    with pytest.raises(ArtifactInvalid, match=r"was never validated, .* still open: ask again when it has been judged"):
        replay_validation(world.open(), world.ports)
    with pytest.raises(JobUnknown):
        replay_validation("churn-none", world.ports)


def test_another_comparison_on_the_same_rows_is_a_second_look_and_stays_one_when_replayed() -> None:
    world, first = validated(0.89)
    world.close(decision={"job_id": first})
    decision = check_triggers(ExecutionStarted(event=MANUAL, execution_arn=f"{EXECUTION}-2"), world.ports)
    assert decision.job_id is not None
    second = decision.job_id
    world.start(second, "train")
    world.train(second, "3")
    world.start(second, "score")
    world.score(second, v3=rows(500, 0.95), v1=rows(500, 0.88))
    world.validate(second)

    looks = [world.job(job_id).validation for job_id in (first, second)]
    assert [result.inputs.look for result in looks if result] == [1, 2]
    assert looks[1] is not None
    (evidence,) = (verdict for verdict in looks[1].verdicts if verdict.check == "paired_evidence")
    assert evidence.limit == pytest.approx(0.025)
    assert [replay_validation(job_id, world.ports).is_same for job_id in (first, second)] == [True, True]


def test_a_verdict_in_the_words_of_another_release_is_the_same_verdict() -> None:
    world, job_id = validated()
    job = world.job(job_id)
    assert job.validation is not None
    verdicts = tuple(verdict.changed(reason="as it was put before") for verdict in job.validation.verdicts)
    worded = job.validation.changed(reason="as it was put before", verdicts=verdicts)
    world.ports.jobs.save(job.changed(validation=worded.changed(validation_hash=worded.compute_hash())))
    replay = replay_validation(job_id, world.ports)
    assert replay.is_same
    assert not replay.has_same_words


def next_job(world: World, number: int, challenger: float) -> str:
    """Another job with a champion that stays, validated on other rows than the ones before."""
    decision = check_triggers(ExecutionStarted(event=MANUAL, execution_arn=f"{EXECUTION}-{number}"), world.ports)
    assert decision.job_id is not None
    job_id, version = decision.job_id, number + 1
    world.start(job_id, "train")
    world.train(job_id, str(version))
    world.start(job_id, "score")
    size = 2000 + 10 * number
    world.score(job_id, **{f"v{version}": rows(size, challenger), "v1": rows(size, 0.88)})
    world.validate(job_id)
    return job_id


def inputs_of(world: World, job_id: str) -> ValidatedInputs:
    result = world.job(job_id).validation
    assert result is not None
    return result.inputs


def test_comparisons_with_a_champion_are_counted_judged_by_their_number_and_replayed() -> None:
    world, job_id = validated(0.89, validation={"error_budget": "year"})
    jobs = [job_id]
    for number in (2, 3):
        world.close(decision={"job_id": jobs[-1]})
        jobs.append(next_job(world, number, 0.89))
    assert [inputs_of(world, job_id).champion_look for job_id in jobs] == [1, 2, 3]
    assert [inputs_of(world, job_id).look for job_id in jobs] == [1, 1, 1]
    # Judging a job again is no other look.
    world.validate(jobs[2])
    assert inputs_of(world, jobs[2]).champion_look == 3
    result = world.job(jobs[2]).validation
    assert result is not None
    (evidence,) = (verdict for verdict in result.verdicts if verdict.check == "paired_evidence")
    assert evidence.limit == pytest.approx(0.05 * 3 / (3 * pi) ** 2)
    for job_id in jobs:
        assert replay_validation(job_id, world.ports).differences == ()


def test_no_number_of_jobs_that_came_to_nothing_makes_a_comparison_forgotten() -> None:
    world, first = validated(0.89)
    world.close(decision={"job_id": first})
    job = world.job(first)
    for number in range(3 * MAX_LOOKS_BACK):
        created_at = job.created_at + timedelta(minutes=1 + number)
        ended = job.changed(job_id=f"churn-{number:010}", created_at=created_at, validation=None)
        world.ports.jobs._jobs[ended.job_id] = ended
    later = job.changed(job_id="churn-later", created_at=job.created_at + timedelta(days=1), validation=None)
    assert count_looks(later, "other", world.ports) == (1, 2)
    another = later.changed(champion=ModelVersion(number="7"))
    assert count_looks(another, "other", world.ports) == (1, 1)
    assert count_looks(later.changed(champion=None), "other", world.ports) == (1, None)


def test_verdicts_from_before_comparisons_were_counted_count_as_one_each() -> None:
    world, first = validated(0.89)
    job = world.job(first)
    assert job.validation is not None
    for number in range(2):
        before = job.validation.changed(inputs=job.validation.inputs.changed(champion_look=None))
        created_at = job.created_at - timedelta(days=1 + number)
        world.ports.jobs._jobs[f"old-{number}"] = job.changed(
            job_id=f"old-{number}", created_at=created_at, validation=before
        )
    assert count_looks(job, "other", world.ports).champion == 3


def test_what_an_earlier_release_sealed_keeps_its_hash_and_says_that_statistics_changed() -> None:
    world, job_id = validated()
    job = world.job(job_id)
    assert job.validation is not None
    old = job.validation.changed(inputs=job.validation.inputs.changed(statistics=1, champion_look=None))
    document = old.model_dump(mode="json")
    assert not {"statistics", "champion_look"} & document["inputs"].keys()
    world.ports.jobs.save(job.changed(validation=old.changed(validation_hash=old.compute_hash())))
    replay = replay_validation(job_id, world.ports)
    assert (replay.differences, replay.has_other_statistics) == (("inputs.statistics",), True)
