"""The verdict comes from predictions alone, and never from files that were tampered with."""

import io
import json
from datetime import timedelta

import numpy as np
import pytest

from auto_retrain.domain.digest import sha256_of
from auto_retrain.domain.errors import ArtifactInvalid, JobUnknown, PromotionRefused
from auto_retrain.domain.files import VersionFiles
from auto_retrain.domain.model_version import ModelVersion
from auto_retrain.domain.status import RetrainingStatus
from auto_retrain.domain.validation import Decision
from tests.unit.builders import NOON, a_policy
from tests.unit.usecases.world import World, a_data_check, predictions, rows


def test_a_clearly_better_challenger_may_be_deployed() -> None:
    world = World()
    job_id = world.scored_job(rows(2000, 0.95), rows(2000, 0.88))
    outcome = world.validate(job_id)
    result = world.job(job_id).validation
    assert (outcome.next, outcome.decision) == ("deploy", Decision.PROMOTE)
    assert result is not None
    assert (result.accuracy, result.holdout_rows) == (0.95, 2000)
    assert result.metrics["accuracy"].champion == 0.88
    assert result.improvement == pytest.approx(0.95 / 0.88 - 1)
    assert result.interval is not None
    assert result.interval[0] < result.improvement < result.interval[1]
    assert world.job(job_id).status is RetrainingStatus.VALIDATION


def test_that_a_first_version_has_no_champion_is_said_once_and_beside_each_gate_that_asks() -> None:
    world = World()
    outcome = world.validate(job_id := world.scored_job(rows(2000, 0.95)))
    result = world.job(job_id).validation
    assert result is not None
    assert [verdict.check for verdict in result.verdicts if verdict.reason == "there is no champion to beat"] == [
        "min_improvement",
        "paired_evidence",
    ]
    assert outcome.reason.startswith("there is no champion to beat; accuracy 0.9500 reaches the floor 0.85; ")


def test_a_champion_that_was_scored_separately_is_compared_by_the_names_of_classes() -> None:
    world = World()
    job_id = world.scored_job(rows(2000, 0.95), rows(2000, 0.88))
    job = world.job(job_id)
    champion_version = ModelVersion(number="1", files=VersionFiles(image="old"))
    challenger_version = ModelVersion(number="2", files=VersionFiles(image="new"))
    world.ports.jobs.save(job.changed(champion=champion_version, challenger=challenger_version))
    # Another container, which knows a class that the challenger's does not.
    champion = predictions(rows(2000, 0.88), classes=["no", "perhaps", "yes"], codes=(0, 2))
    world.leave_scores(job_id, apart=True, v1=champion)
    world.score(job_id, v2=rows(2000, 0.95))

    assert world.validate(job_id).decision is Decision.PROMOTE
    result = world.job(job_id).validation
    assert result is not None
    assert (result.accuracy, result.metrics["accuracy"].champion) == (0.95, 0.88)
    assert set(result.inputs.predictions_sha256) == {"1", "2"}


def test_a_challenger_that_gains_too_little_is_rejected_with_the_numbers() -> None:
    world = World()
    outcome = world.validate(world.scored_job(rows(2000, 0.91), rows(2000, 0.88)))
    assert (outcome.next, outcome.decision) == ("close", Decision.REJECT)
    assert outcome.reason == "accuracy 0.9100 is not 5.0% above the champion's 0.8800 (needed: 0.9240)"


def test_a_challenger_below_the_floor_is_rejected_even_as_a_first_model() -> None:
    world = World()
    outcome = world.validate(world.scored_job(rows(2000, 0.84)))
    assert outcome.decision is Decision.REJECT
    assert "does not reach the floor 0.85" in outcome.reason


@pytest.mark.parametrize(
    ("n", "challenger", "champion"),
    [(200, 0.95, 0.85), (1, 1, 1), (20, 0.8, 0.75), (20, 0.85, 0.85), (100, 0.91, 0.9), (400, 0.5, 0.9)],
)
def test_too_few_rows_are_inconclusive_and_no_rejection(n: int, challenger: float, champion: float) -> None:
    world = World()
    job_id = world.scored_job(rows(n, challenger), rows(n, champion))
    outcome = world.validate(job_id)
    assert (outcome.next, outcome.decision) == ("close", Decision.INCONCLUSIVE)
    assert outcome.reason == f"{n} holdout rows (500 needed)"


def test_a_holdout_of_one_class_is_inconclusive() -> None:
    world = World()
    job_id = world.scored_job(rows(2000, 0.95))
    everything = np.zeros(2000, dtype=np.int32)
    file = io.BytesIO()
    row_ids = np.array([str(number) for number in range(2000)])
    classes = np.array(["no", "yes"])
    np.savez(file, row_ids=row_ids, labels=everything, predictions=everything, classes=classes)
    world.freeze_holdout(job_id, file.getvalue())
    replace_file(world, job_id, "2", file.getvalue(), 2000)
    outcome = world.validate(job_id)
    assert (outcome.next, outcome.decision) == ("close", Decision.INCONCLUSIVE)
    assert outcome.reason == "0 holdout rows of the rarest class (50 needed)"


def test_what_training_claimed_decides_nothing() -> None:
    world = World()
    job_id = world.scored_job(rows(2000, 0.80))
    assert world.job(job_id).metrics == {"accuracy": 0.99}
    assert world.validate(job_id).decision is Decision.REJECT


def test_the_same_evidence_gives_the_same_hash_on_another_day() -> None:
    hashes = []
    for days in (0, 30):
        world = World()
        job_id = world.scored_job(rows(2000, 0.95), rows(2000, 0.88))
        world.ports.clock.advance(timedelta(days=days))
        hashes.append(world.validate(job_id).validation_hash)
    assert hashes[0] == hashes[1]
    assert len(hashes[0]) == 64


def test_other_evidence_gives_another_hash() -> None:
    first, second = World(), World()
    one = first.validate(first.scored_job(rows(2000, 0.95), rows(2000, 0.88)))
    other = second.validate(second.scored_job(rows(2000, 0.95), rows(2000, 0.88, first_wrong=7)))
    assert one.validation_hash != other.validation_hash


def test_a_repeated_validation_is_the_same() -> None:
    world = World()
    job_id = world.scored_job(rows(2000, 0.95), rows(2000, 0.88))
    assert world.validate(job_id) == world.validate(job_id)


def replace_file(
    world: World, job_id: str, version: str, content: bytes, n_rows: int, sha256: str | None = None
) -> None:
    output = world.job(job_id).output_of("score")
    uri = world.ports.data.write(f"{output}replaced.npz", content)
    document = json.loads(world.ports.data.read(f"s3://artifacts/{output}result.json"))
    document["predictions"][version] = {"uri": uri, "sha256": sha256 or sha256_of(content), "rows": n_rows}
    world.ports.data.write(f"{output}result.json", json.dumps(document).encode())


def npz(**arrays: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


N = 1000
GOOD = {
    "row_ids": np.array([f"row-{number}" for number in range(N)]),
    "labels": np.arange(N, dtype=np.int32) % 2,
    "predictions": np.arange(N, dtype=np.int32) % 2,
    "classes": np.array(["no", "yes"]),
}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is not a prediction file"),
        (npz(**{**GOOD, "row_ids": GOOD["row_ids"][::-1]}), "not scored on the holdout"),
        (npz(**{**GOOD, "labels": 1 - GOOD["labels"]}), "not scored on the holdout"),
        (npz(**{**GOOD, "classes": np.array(["no", "nope"])}), "not scored on the holdout"),
    ],
)
def test_a_malformed_prediction_file_is_refused(content: bytes, problem: str) -> None:
    world = World()
    job_id = world.scored_job(rows(N, 0.95), rows(N, 0.88))
    replace_file(world, job_id, "2", content, N)
    with pytest.raises(ArtifactInvalid, match=problem):
        world.validate(job_id)
    assert world.job(job_id).validation is None


def test_a_file_that_was_changed_after_scoring_is_refused() -> None:
    world = World()
    job_id = world.scored_job(rows(N, 0.84))
    replace_file(world, job_id, "2", predictions(rows(N, 1.0)), N, sha256="0" * 64)
    with pytest.raises(ArtifactInvalid, match="its digest differs"):
        world.validate(job_id)


def test_a_champion_that_was_not_scored_does_not_count_as_absent() -> None:
    world = World()
    job_id = world.scored_job(rows(N, 0.95), rows(N, 0.88))
    world.score(job_id, v2=rows(N, 0.95))
    with pytest.raises(ArtifactInvalid, match=r"versions 2 \(.*\) were scored, but 1 \(.*\), 2 \(.*\) were ordered"):
        world.validate(job_id)


def test_a_positive_label_that_does_not_exist_is_named() -> None:
    policy = a_policy(
        triggers={"evaluation_window_days": 5, "training_window_days": 10},
        data={"prefix": "churn", "row_id": "id", "label": "left", "numeric": ["age"], "positive_label": "maybe"},
    )
    world = World(policy)
    with pytest.raises(ArtifactInvalid, match="'maybe' is not among the classes no, yes"):
        world.validate(world.scored_job(rows(N, 0.95)))


def test_a_job_that_does_not_exist_is_named() -> None:
    with pytest.raises(JobUnknown, match="churn-0"):
        World().validate("churn-0")


PRICES = {
    "row_ids": GOOD["row_ids"],
    "labels": np.arange(N, dtype=float),
    "predictions": np.arange(N, dtype=float) + 0.5,
}


def test_a_regression_goes_from_numbers_to_a_champion() -> None:
    data = {"prefix": "churn", "row_id": "id", "label": "price", "numeric": ["age"], "task": "regression"}
    world = World(a_policy(triggers={"evaluation_window_days": 5, "training_window_days": 10}, data=data))
    job_id = world.scored_job(rows(N, 0.95))
    world.freeze_holdout(job_id, npz(**PRICES))
    replace_file(world, job_id, "2", npz(**PRICES), N)
    assert world.validate(job_id).next == "deploy"
    assert world.deploy(job_id).version == "2"


def test_a_regression_that_explains_nothing_is_not_deployed_whatever_the_record_says() -> None:
    data = {"prefix": "churn", "row_id": "id", "label": "price", "numeric": ["age"], "task": "regression"}
    world = World(a_policy(triggers={"evaluation_window_days": 5, "training_window_days": 10}, data=data))
    job_id = world.scored_job(rows(N, 0.95))
    world.freeze_holdout(job_id, npz(**PRICES))
    replace_file(world, job_id, "2", npz(**{**PRICES, "predictions": np.zeros(N)}), N)
    world.validate(job_id)
    job = world.job(job_id)
    assert job.validation is not None
    forged = job.validation.changed(decision=Decision.PROMOTE)
    forged = forged.changed(validation_hash=forged.compute_hash())
    world.ports.jobs.save(job.changed(validation=forged))
    with pytest.raises(PromotionRefused, match="is not above 0"):
        world.deploy(job_id)


def test_a_gate_that_is_only_observed_is_recorded_with_the_verdict_and_stops_nothing() -> None:
    policy = a_policy(
        triggers={"evaluation_window_days": 5, "training_window_days": 10},
        validation={"observe_only": ["min_improvement"]},
    )
    world = World(policy)
    job_id = world.scored_job(rows(2000, 0.91), rows(2000, 0.88))
    assert world.validate(job_id).decision is Decision.PROMOTE
    result = world.job(job_id).validation
    assert result is not None
    (observed,) = [verdict for verdict in result.verdicts if verdict.observed_only]
    assert (observed.check, observed.met) == ("min_improvement", False)
    assert observed.reason not in result.reason
    assert result.validation_hash == result.compute_hash()


def test_a_class_that_a_model_only_says_it_knows_does_not_change_what_recall_means() -> None:
    worlds = {"two": ["no", "yes"], "three": ["no", "yes", "zombie"]}
    recalls = []
    for classes in worlds.values():
        world = World()
        job_id = world.scored_job(rows(N, 0.95))
        replace_file(world, job_id, "2", predictions(rows(N, 0.95), classes=classes), N)
        world.validate(job_id)
        result = world.job(job_id).validation
        assert result is not None
        recalls.append(result.metrics["recall"].value)
    assert recalls[0] == recalls[1]


def test_a_policy_that_drops_a_slice_while_a_job_runs_does_not_make_its_predictions_look_forged() -> None:
    data = {"prefix": "churn", "row_id": "id", "label": "left", "numeric": ["age"]}
    triggers = {"evaluation_window_days": 5, "training_window_days": 10}
    world = World(a_policy(triggers=triggers, data={**data, "slices": ["plan"]}))
    job_id = world.open()
    world.start(job_id, "train")
    world.train(job_id)
    world.start(job_id, "score")
    world.leave_scores(job_id, v2=npz(**GOOD, **{"slice:plan": np.where(np.arange(N) % 3, "basic", "full")}))
    world.ports.policies.apply(a_policy(triggers=triggers, data=data), "ada", NOON)
    assert world.validate(job_id).next == "deploy"


def test_a_policy_that_cannot_judge_the_slices_a_job_was_frozen_with_is_named_as_the_cause() -> None:
    data = {"prefix": "churn", "row_id": "id", "label": "left", "numeric": ["age"]}
    triggers = {"evaluation_window_days": 5, "training_window_days": 10}
    world = World(a_policy(triggers=triggers, data={**data, "slices": ["plan"]}))
    job_id = world.scored_job(rows(N, 0.95))
    by_area = a_policy(triggers=triggers, data={**data, "parts": 2}, validation={"primary_metric": "roc_auc"})
    world.ports.policies.apply(by_area, "ada", NOON)
    with pytest.raises(ArtifactInvalid, match=r"the policy does not fit the columns of job .*cannot compare slices"):
        world.validate(job_id)


def test_a_champion_in_an_image_of_an_earlier_release_is_still_compared() -> None:
    world = World()
    job_id = world.scored_job(rows(2000, 0.95), rows(2000, 0.88))
    job = world.job(job_id)
    champion = ModelVersion(number="1", files=VersionFiles(image="old"))
    challenger = ModelVersion(number="2", files=VersionFiles(image="new"))
    world.ports.jobs.save(job.changed(champion=champion, challenger=challenger))
    world.score(job_id, v2=rows(2000, 0.95))
    content = predictions(rows(2000, 0.88))
    uri = world.ports.data.write(f"{job.output_of_champion}1.npz", content)
    files = {"1": {"uri": uri, "sha256": sha256_of(content), "rows": 2000}}
    document = {"schema_version": 1, "kind": "score", "job_id": job_id, "predictions": files}
    world.ports.data.write(f"{job.output_of_champion}result.json", json.dumps(document).encode())
    assert world.validate(job_id).decision is Decision.PROMOTE


def test_rows_that_were_melted_into_one_are_refused() -> None:
    world = World()
    job_id = world.scored_job(rows(N, 0.5))
    ids, labels = GOOD["row_ids"], GOOD["classes"][GOOD["labels"]]
    order = np.argsort(ids)
    pairs = [order[place : place + 2] for place in range(0, N, 2)]
    melted_ids = np.array(["\n".join(ids[pair]) for pair in pairs])
    texts = np.array(["\n".join(labels[pair]) for pair in pairs])
    classes, codes = np.unique(texts, return_inverse=True)
    melted = npz(row_ids=melted_ids, labels=codes, predictions=codes, classes=classes)
    replace_file(world, job_id, "2", melted, N // 2)
    with pytest.raises(ArtifactInvalid, match="not scored on the holdout"):
        world.validate(job_id)


def test_rows_that_an_image_of_another_release_spelled_otherwise_are_the_same_rows() -> None:
    world = World()
    job_id = world.scored_job(rows(N, 0.95), rows(N, 0.88))
    now = {**GOOD, "row_ids": np.arange(N).astype(str), "classes": np.array(["false", "true"])}
    before = {**now, "row_ids": np.char.add(now["row_ids"], ".0"), "classes": np.array(["False", "True"])}
    world.ports.jobs.save(world.job(job_id).changed(data_check=a_data_check(npz(**now))))
    for version in ("1", "2"):
        replace_file(world, job_id, version, npz(**before), N)
    world.validate(job_id)
    result = world.job(job_id).validation
    assert result is not None
    assert (result.accuracy, result.holdout_rows) == (1.0, N)
