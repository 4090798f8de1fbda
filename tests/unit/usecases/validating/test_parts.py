"""A holdout that was frozen in parts is scored and judged part by part, each on the very rows that were frozen."""

import json

import numpy as np
import pytest

from auto_retrain.comparison.holdout import digest_rows, merged_digests
from auto_retrain.domain.cluster import ClusterJobPhase
from auto_retrain.domain.digest import sha256_of
from auto_retrain.domain.errors import ArtifactInvalid, ArtifactMissing, OrdersTooLarge
from auto_retrain.domain.files import VersionFiles
from auto_retrain.domain.model_version import ModelVersion
from auto_retrain.domain.scored_days import profile_key
from auto_retrain.domain.validation import Decision
from auto_retrain.usecases.training.check_champion import check_champion
from auto_retrain.usecases.validating import in_parts
from auto_retrain.usecases.validating.replay import replay_validation
from tests.unit.builders import a_policy
from tests.unit.usecases.world import World, a_data_check, predictions, rows, rows_in

PARTS = 3
ALL = 3000


def part_of(right: np.ndarray, part: int) -> bytes:
    """What a version answered for the rows of one part."""
    chosen = np.array_split(np.arange(right.size), PARTS)[part]
    return predictions(right[chosen], [f"row-{number}" for number in chosen])


class PartedWorld(World):
    """A world whose holdouts are frozen in parts."""

    def freeze(self, job_id: str, right: np.ndarray, empty: int = 0) -> None:
        """With some more parts none of whose rows has a label."""
        none = np.empty(0, np.str_)
        checks = [a_data_check(part_of(right, part)) for part in range(PARTS)]
        digests = [check.holdout for check in checks if check.holdout]
        digests += [digest_rows(none, none, None, {})] * empty
        self.ports.jobs.save(self.job(job_id).checked(checks[0].changed(holdout=merged_digests(digests))))

    def leave_part(self, job_id: str, part: int, apart: bool = False, **right: np.ndarray) -> None:
        contents = {name.removeprefix("v"): part_of(each, part) for name, each in right.items()}
        self.leave_files(job_id, part, contents, apart)

    def leave_files(self, job_id: str, part: int, contents: dict[str, bytes], apart: bool = False) -> None:
        job = self.job(job_id)
        versions = job.challengers | ({job.champion.number: job.champion} if job.champion else {})
        output = f"{job.output_of_champion if apart else job.output_of('score')}part-{part}/"
        files, digests = {}, {}
        for number, content in contents.items():
            uri = self.ports.data.write(f"{output}{number}.npz", content)
            files[number] = {"uri": uri, "sha256": sha256_of(content), "rows": rows_in(content)}
            digests[number] = versions[number].files.artifact_sha256
        self.leave_result(job_id, "score", output, predictions=files, versions=digests)

    def started(self, empty: int = 0) -> str:
        """A job whose challenger and champion are about to be scored."""
        self.give_champion()
        job_id = self.open()
        self.start(job_id, "train")
        self.train(job_id)
        self.freeze(job_id, rows(ALL, 0.95), empty)
        self.start(job_id, "score")
        return job_id

    def scored(self, challenger: np.ndarray, champion: np.ndarray) -> str:
        job_id = self.started()
        for part in range(PARTS):
            self.leave_part(job_id, part, v2=challenger, v1=champion)
        return job_id


def test_a_better_challenger_is_promoted_and_its_verdict_replays_to_the_digit() -> None:
    world = PartedWorld()
    job_id = world.scored(rows(ALL, 0.95), rows(ALL, 0.88, first_wrong=500))

    assert world.validate(job_id).decision is Decision.PROMOTE

    job, whole = world.job(job_id), World()
    result, alone = job.validation, whole.scored_job(rows(ALL, 0.95), rows(ALL, 0.88, first_wrong=500))
    whole.validate(alone)
    in_one_piece = whole.job(alone).validation
    assert result is not None
    assert in_one_piece is not None
    assert result.metrics["accuracy"] == in_one_piece.metrics["accuracy"]
    assert (result.holdout_rows, result.confusion) == (ALL, in_one_piece.confusion)
    assert job.data_check is not None
    assert job.data_check.holdout is not None
    assert result.inputs.holdout_sha256 == job.data_check.holdout.rows
    assert replay_validation(job_id, world.ports).has_same_words
    assert world.ports.data.read(world.ports.data.uri(profile_key("churn", "2")))
    assert job.report_uri is not None
    assert "0.95" in world.ports.data.read(job.report_uri).decode()


def test_each_part_has_a_pod_and_writes_below_a_place_of_its_own() -> None:
    world = PartedWorld()
    job = world.job(world.started())
    assert job.pending is not None
    orders = world.ports.cluster.orders[job.pending.kubernetes_job]
    output = world.ports.data.uri(job.output_of("score"))
    assert [(order.part, order.output_uri) for order in orders] == [
        (part, f"{output}part-{part}/") for part in range(PARTS)
    ]
    assert all(set(order.versions) == {"1", "2"} for order in orders)
    assert job.usage.pods["score"].pods == PARTS
    assert [each.orders for each in world.ports.cluster.list_jobs().jobs if each.kind == "score"] == [PARTS]


def test_a_champion_of_another_image_is_scored_first_in_each_pod() -> None:
    world = PartedWorld()
    job_id = world.started()
    job = world.job(job_id)
    apart = job.changed(
        champion=ModelVersion(number="1", files=VersionFiles(image="old")),
    )
    world.ports.jobs.save(apart)
    for kubernetes_job in world.ports.cluster.list_jobs().jobs:
        world.ports.cluster.delete_job(kubernetes_job)
    world.start(job_id, "score")

    orders = world.ports.cluster.orders[f"{job_id}-score-1"]
    assert [(set(order.versions), order.part) for order in orders] == [
        *(({"1"}, part) for part in range(PARTS)),
        *(({"2"}, part) for part in range(PARTS)),
    ]
    assert len({order.image for order in orders}) == 2
    for part in range(PARTS):
        world.leave_part(job_id, part, apart=True, v1=rows(ALL, 0.88))
        world.leave_part(job_id, part, v2=rows(ALL, 0.95))
    assert world.validate(job_id).decision is Decision.PROMOTE


def test_a_part_that_failed_fails_the_scoring_although_others_are_done() -> None:
    world = PartedWorld()
    job = world.job(world.started())
    assert job.pending is not None
    world.ports.cluster.fail_orders(job.pending.kubernetes_job, {1: "no memory"})
    (seen,) = [each for each in world.ports.cluster.list_jobs().jobs if each.kind == "score"]
    assert seen.phase_of(None) is ClusterJobPhase.FAILED


def test_a_part_without_a_result_is_missed() -> None:
    world = PartedWorld()
    job_id = world.started()
    for part in (0, 2):
        world.leave_part(job_id, part, v2=rows(ALL, 0.95), v1=rows(ALL, 0.88))
    with pytest.raises(ArtifactMissing, match=r"part-1/result\.json"):
        world.validate(job_id)


def test_rows_of_another_part_are_not_those_that_were_frozen() -> None:
    world = PartedWorld()
    job_id = world.scored(rows(ALL, 0.95), rows(ALL, 0.88))
    result = world.ports.data.read(f"{world.ports.data.uri(world.job(job_id).output_of('score'))}part-0/result.json")
    output = world.job(job_id).output_of("score")
    for number in (1, 2):
        world.ports.data.write(
            f"{output}part-1/{number}.npz", world.ports.data.read(world.ports.data.uri(f"{output}part-0/{number}.npz"))
        )
    world.ports.data.write(f"{output}part-1/result.json", result.replace(b"part-0/", b"part-1/"))
    with pytest.raises(ArtifactInvalid, match="rows in part 1 are not those that were frozen"):
        world.validate(job_id)


def test_a_part_without_labels_has_no_predictions_and_one_with_labels_needs_them() -> None:
    world = PartedWorld()
    job_id = world.started(empty=1)
    for part in range(PARTS):
        world.leave_part(job_id, part, v2=rows(ALL, 0.95), v1=rows(ALL, 0.88))
    world.leave_part(job_id, PARTS)
    output, versions = f"{world.job(job_id).output_of('score')}part-", {"2": world.digest("2"), "1": None}
    world.leave_result(job_id, "score", f"{output}{PARTS}/", predictions={}, versions=versions)
    assert world.validate(job_id).decision is Decision.PROMOTE

    world.leave_result(job_id, "score", f"{output}0/", predictions={}, versions=versions)
    with pytest.raises(ArtifactInvalid, match="version 2 was not scored"):
        replay_validation(job_id, world.ports)


def test_versions_that_only_some_parts_name_are_refused() -> None:
    world = PartedWorld()
    job_id = world.scored(rows(ALL, 0.95), rows(ALL, 0.88))
    output = f"{world.job(job_id).output_of('score')}part-1/"
    result = json.loads(world.ports.data.read(f"{world.ports.data.uri(output)}result.json"))
    result["predictions"]["99"] = result["predictions"]["2"]
    world.ports.data.write(f"{output}result.json", json.dumps(result).encode())
    with pytest.raises(ArtifactInvalid, match=r"other versions in other parts: 1, 2 / 1, 2, 99"):
        world.validate(job_id)


def test_a_part_of_one_row_without_id_and_label_is_not_without_rows() -> None:
    """As far as the digest goes that identifies rows in verdicts."""
    world = PartedWorld()
    job_id = world.started()
    frozen = world.job(job_id).data_check
    assert frozen is not None
    assert frozen.holdout is not None
    one = np.array([""])
    digests = merged_digests([*frozen.holdout.parts, digest_rows(one, one, None, {})])
    world.ports.jobs.save(world.job(job_id).checked(frozen.changed(holdout=digests)))
    for part in range(PARTS):
        world.leave_part(job_id, part, v2=rows(ALL, 0.95), v1=rows(ALL, 0.88))
    world.leave_part(job_id, PARTS)
    versions = {"2": world.digest("2"), "1": None}
    output = f"{world.job(job_id).output_of('score')}part-{PARTS}/"
    world.leave_result(job_id, "score", output, predictions={}, versions=versions)
    with pytest.raises(ArtifactInvalid, match="version 2 was not scored"):
        world.validate(job_id)


@pytest.mark.parametrize("at", [0, PARTS - 1])
def test_a_champion_of_another_image_is_put_into_canonical_texts_in_all_parts(at: int) -> None:
    """Only one part has a label that the older image spells otherwise; each part's file names its class."""

    def content(right: np.ndarray, part: int, *classes: str) -> bytes:
        chosen = np.array_split(np.arange(ALL), PARTS)[part]
        ids = [f"row-{number}" for number in chosen]
        return predictions(right[chosen], ids, classes, (0, 1) if part == at else (0, 2))

    world = PartedWorld()
    job_id = world.started()
    challenger = [content(rows(ALL, 0.95), part, "0.5", "1", "1.5") for part in range(PARTS)]
    digests = [check.holdout for check in map(a_data_check, challenger) if check.holdout]
    world.ports.jobs.save(
        world.job(job_id).checked(a_data_check(challenger[0]).changed(holdout=merged_digests(digests)))
    )
    for part in range(PARTS):
        champion = content(rows(ALL, 0.88), part, "0.5", "1.0", "1.5")
        world.leave_files(job_id, part, {"2": challenger[part], "1": champion})
    world.validate(job_id)
    result = world.job(job_id).validation
    assert result is not None
    assert result.confusion is not None
    assert result.confusion.classes == ("0.5", "1", "1.5")
    assert replay_validation(job_id, world.ports).has_same_words


def test_orders_for_scoring_that_could_not_start_are_found_before_the_training() -> None:
    windows = {"evaluation_window_days": 5, "training_window_days": 10}
    world = PartedWorld(a_policy(triggers=windows, training={"parameters": {"note": "x" * 15_000}}))
    job_id = world.open()
    world.start(job_id, "train")
    world.freeze(job_id, rows(ALL, 0.95), empty=5)
    with pytest.raises(OrdersTooLarge, match="fewer variants or parts"):
        world.start(job_id, "train")


def test_a_job_whose_champion_cannot_be_scored_in_parts_ends_before_it_trains() -> None:
    world = PartedWorld()
    job_id = world.open()
    world.start(job_id, "train")
    world.freeze(job_id, rows(ALL, 0.95))

    def check(image: str | None, reads_parts: bool = False) -> None:
        files = VersionFiles(image=image, reads_parts=reads_parts)
        check_champion(world.job(job_id).changed(champion=ModelVersion(number="1", files=files)), world.ports)

    world.give_champion()
    with pytest.raises(ArtifactInvalid, match="'churn': version 1, the champion, was trained in 'old', which did not"):
        check("old")
    for image, reads_parts in (("old", True), (world.job(job_id).image, False), (None, False)):
        check(image, reads_parts)


def test_more_rows_than_a_function_can_read_in_its_time_are_refused_with_the_first_part(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = PartedWorld()
    job_id = world.scored(rows(ALL, 0.95), rows(ALL, 0.88))
    monkeypatch.setattr(in_parts, "MAX_NUMBERS", 4 * ALL - 1)
    with pytest.raises(
        ArtifactInvalid,
        match=r"1 x 3,000 rows in parts with 0 probabilities .* are 12,000 numbers",
    ):
        world.validate(job_id)
