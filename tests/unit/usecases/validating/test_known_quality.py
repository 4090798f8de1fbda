"""What is known of a champion comes from its promotion, from production and from its last comparison."""

from datetime import timedelta

import pytest

from auto_retrain.domain.messages.triggering import ExecutionStarted
from auto_retrain.domain.validation import Decision, ValidatedInputs, ValidationResult
from auto_retrain.domain.verdict import Outcome, Verdict
from auto_retrain.usecases.triggering.check_triggers import check_triggers
from auto_retrain.usecases.validating.replay import replay_validation
from tests.unit.builders import a_policy
from tests.unit.usecases.world import EXECUTION, MANUAL, World, rows

ROWS = 2000
MISREAD = rows(ROWS, 0.0)


def promoted() -> World:
    """Version 2 was promoted at 0.95 a moment ago."""
    world = World(a_policy(triggers={"evaluation_window_days": 5, "training_window_days": 10, "cool_down_hours": 0}))
    job_id = world.scored_job(rows(ROWS, 0.95), rows(ROWS, 0.88))
    world.validate(job_id)
    world.deploy(job_id)
    world.close(decision={"job_id": job_id})
    return world


def compared_again(
    world: World, champion: object, number: int = 3, production: Verdict | None = None
) -> ValidationResult:
    """The verdict of another job with a challenger of 0.97, from the check of its triggers to its end."""
    execution = f"{EXECUTION}-{number}"
    job_id = check_triggers(ExecutionStarted(event=MANUAL, execution_arn=execution), world.ports).job_id
    assert job_id is not None
    if production:
        world.ports.jobs.save(world.job(job_id).changed(trigger_verdicts=(production,)))
    world.start(job_id, "train")
    world.train(job_id, str(number))
    world.start(job_id, "score")
    world.score(job_id, **{f"v{number}": rows(ROWS, 0.97), "v2": champion})
    world.validate(job_id)
    assert replay_validation(job_id, world.ports).has_same_words
    result = world.job(job_id).validation
    assert result is not None
    world.close(decision={"job_id": job_id})
    return result


def reading(accuracy: float, outcome: Outcome = Outcome.MET, **more: object) -> Verdict:
    return Verdict(check="performance_degradation", outcome=outcome, reason="-", value=accuracy, n=ROWS, **more)  # type: ignore[arg-type]


def sources(result: ValidationResult) -> dict[str, float]:
    return {quality.source: quality.value for quality in result.inputs.known_of_champion}


def test_a_champion_that_is_misread_keeps_serving_and_the_record_says_why() -> None:
    result = compared_again(promoted(), MISREAD)
    assert result.decision is Decision.INCONCLUSIVE
    assert result.reason.startswith(
        "the champion's accuracy 0.0000 contradicts all that is known of it: accuracy 0.9500"
    )
    assert sources(result) == {"promotion": 0.95}


@pytest.mark.parametrize("accuracy", [0.9, 0.75, 0.6])
def test_a_champion_that_decayed_while_nobody_published_its_metric_is_replaced(accuracy: float) -> None:
    assert compared_again(promoted(), rows(ROWS, accuracy)).decision is Decision.PROMOTE


def test_production_decides_whether_a_sudden_decay_is_real() -> None:
    sudden = rows(ROWS, 0.6)
    seen, unseen = (compared_again(promoted(), sudden, production=reading(live)) for live in (0.62, 0.91))
    assert (seen.decision, unseen.decision) == (Decision.PROMOTE, Decision.INCONCLUSIVE)
    assert sources(unseen) == {"promotion": 0.95, "production": 0.91}


def test_no_number_of_jobs_that_came_to_nothing_makes_a_comparison_forgotten() -> None:
    world = promoted()
    compared_again(world, MISREAD)
    job = next(iter(world.ports.jobs.list_recent("churn", 1)))
    for number in range(200):
        created_at = job.created_at + timedelta(minutes=1 + number)
        ended = job.changed(job_id=f"churn-{number:010}", created_at=created_at, validation=None)
        world.ports.jobs._jobs[ended.job_id] = ended
    world.ports.clock.advance(timedelta(days=30))
    assert "comparison" in sources(compared_again(world, MISREAD, number=4))


@pytest.mark.parametrize(
    "verdict",
    [
        reading(0.91, Outcome.INCONCLUSIVE),
        reading(91.0),
        reading(0.91).changed(check="data_drift"),
        reading(0.91).changed(value=None),
    ],
)
def test_a_reading_that_proves_nothing_does_not_count(verdict: Verdict) -> None:
    result = compared_again(promoted(), rows(ROWS, 0.6), production=verdict)
    assert (sources(result), result.decision) == ({"promotion": 0.95}, Decision.PROMOTE)


def test_a_reading_that_may_be_due_to_chance_counts_as_what_it_is() -> None:
    result = compared_again(
        promoted(), rows(ROWS, 0.6), production=reading(0.91, Outcome.INCONCLUSIVE, evidence="counted")
    )
    assert result.decision is Decision.INCONCLUSIVE


def test_nothing_is_known_of_a_champion_that_a_person_adopted() -> None:
    world = World()
    job_id = world.scored_job(rows(ROWS, 0.95), MISREAD)
    assert world.validate(job_id).decision is Decision.PROMOTE
    result = world.job(job_id).validation
    assert result is not None
    assert result.inputs.known_of_champion == ()


def test_what_an_earlier_release_sealed_keeps_its_hash() -> None:
    world = World()
    job_id = world.scored_job(rows(ROWS, 0.95), rows(ROWS, 0.88))
    world.validate(job_id)
    result = world.job(job_id).validation
    assert result is not None
    stored = result.inputs.model_dump(mode="json")
    assert "known_of_champion" not in stored
    assert ValidatedInputs.model_validate(stored, strict=False) == result.inputs
