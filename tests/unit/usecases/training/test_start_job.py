"""Each step starts one Kubernetes Job, with data and champion frozen once."""

import json
import re
from datetime import timedelta

import pytest

from auto_retrain.domain.errors import (
    ArtifactInvalid,
    ArtifactMissing,
    ChampionConflict,
    ClusterConflict,
    IllegalTransition,
    JobUnknown,
    OrdersTooLarge,
    RegistryRefused,
)
from auto_retrain.domain.policy.training import TrainingPolicy
from auto_retrain.domain.proxy import ProxyPlan
from auto_retrain.domain.status import RetrainingStatus
from auto_retrain.domain.trigger_type import TriggerType
from tests.unit.builders import NOON, a_policy
from tests.unit.usecases.world import EXECUTION, MANUAL, World, predictions, rows


def test_training_freezes_the_windows_the_champion_and_the_objects() -> None:
    world = World()
    world.give_champion("1")
    job_id = world.open()
    world.start(job_id, "train")
    job = world.job(job_id)
    manifest = json.loads(world.ports.data.read(job.manifest_uri or ""))
    order = world.ports.cluster.orders[f"{job_id}-train-1"][-1]
    assert (job.status, job.champion_version) == (RetrainingStatus.RUNNING, "1")
    assert len(manifest["training"]["objects"]) == 10
    assert [item["date"] for item in manifest["holdout"]["objects"]] == [f"2026-02-{day}" for day in range(24, 29)]
    assert order.manifest_sha256 == job.manifest_sha256
    assert order.output_uri == f"s3://artifacts/{job.output_of('train')}"


def test_a_repeated_start_keeps_the_frozen_data_and_renews_the_token() -> None:
    world = World()
    job_id = world.open()
    world.start(job_id, "train", token="first")
    before = world.job(job_id)
    world.ports.data.add_partition("churn", NOON.date(), b"new data", name="late.parquet")
    world.start(job_id, "train", token="second")
    after = world.job(job_id)
    assert after.manifest_sha256 == before.manifest_sha256
    assert after.pending is not None
    assert after.pending.task_token == "second"
    assert len(world.ports.cluster.orders) == 1


def test_several_workers_train_and_one_pod_scores() -> None:
    world = World(a_policy(training={"workers": 3}, triggers={"evaluation_window_days": 5, "training_window_days": 10}))
    job_id = world.open()
    world.start(job_id, "train")
    world.train(job_id)
    (training,) = [job for job in world.ports.cluster.list_jobs().jobs if job.kind == "train"]
    assert (training.workers, training.pods_at_once) == (3, 3)
    world.start(job_id, "score")
    usage = world.job(job_id).usage.pods
    assert (usage["train"].pods, usage["score"].pods) == (3, 1)


def test_the_task_token_is_hidden_when_a_job_is_printed() -> None:
    world = World()
    job_id = world.open()
    world.start(job_id, "train", token="canary-token")
    assert "canary-token" not in repr(world.job(job_id))


def test_scoring_orders_both_versions() -> None:
    world = World()
    job_id = world.scored_job(rows(100, 1), rows(100, 1))
    assert world.ports.cluster.orders[f"{job_id}-score-1"][-1].versions == {
        "1": None,
        "2": world.digest("2"),
    }
    assert world.job(job_id).challenger_version == "2"


def retrained(world: World, version: str) -> str:
    """The next job of a model, scored."""
    world.ports.clock.advance(timedelta(days=2))
    event = {**MANUAL, "event_time": world.ports.clock.now().isoformat(), "force": True}
    job_id = world.check(event, f"{EXECUTION}-{version}").job_id
    assert job_id is not None
    world.start(job_id, "train")
    world.train(job_id, version)
    world.start(job_id, "score")
    return job_id


def promoted_world() -> World:
    """A model whose champion, version 2, was trained in the default image of that time."""
    world = World()
    job_id = world.scored_job(rows(500, 0.9))
    world.validate(job_id)
    world.deploy(job_id)
    world.close(decision={"job_id": job_id})
    return world


def test_versions_are_scored_in_the_images_that_made_them() -> None:
    world = promoted_world()
    old = world.ports.cluster.default_image
    world.ports.cluster.default_image = "trainer:new"
    job_id = retrained(world, "3")

    champion, challenger = world.ports.cluster.orders[f"{job_id}-score-1"]

    assert (champion.image, champion.versions) == (old, {"2": world.digest("2")})
    assert (challenger.image, list(challenger.versions)) == ("trainer:new", ["3"])
    # The challenger's container runs last, and must not be able to write what the champion predicted.
    assert challenger.output_uri not in champion.output_uri
    assert champion.output_uri == f"s3://artifacts/{world.job(job_id).output_of_champion}"


def test_versions_of_one_image_are_scored_together() -> None:
    world = promoted_world()
    job_id = retrained(world, "3")

    (order,) = world.ports.cluster.orders[f"{job_id}-score-1"]

    assert (order.image, list(order.versions)) == (world.ports.cluster.default_image, ["2", "3"])


def test_a_proxy_is_ordered_beside_the_champion_with_the_needs_of_its_policy() -> None:
    world = promoted_world()
    proxy = {"rows": 300, "cpu": "500m", "memory": "1Gi", "deadline_minutes": 20}
    training = {"cpu": "4", "gpus": 1, "batched": True, "proxy": {**proxy, "gpus": 0}}
    world.ports.policies.apply(world.policy.changed(training=TrainingPolicy.model_validate(training)), "ada", NOON)
    job_id = with_planned_proxy(world)
    world.start(job_id, "proxy")

    (order,) = world.ports.cluster.orders[f"{job_id}-proxy-1"]

    assert (order.kind, order.sample_share, order.versions) == ("proxy", 0.25, {"2": world.digest("2")})
    use = world.job(job_id).usage.pods["proxy"]
    assert (use.cpu, use.gib, use.gpus) == (0.5, 1.0, 0)
    assert "sample_share" not in order.changed(kind="train", sample_share=None).model_dump_json()


def test_a_champion_of_another_image_is_scored_there_before_a_proxy() -> None:
    world = promoted_world()
    old = world.ports.cluster.default_image
    world.ports.cluster.default_image = "trainer:new"
    job_id = with_planned_proxy(world)
    world.start(job_id, "proxy")

    champion, proxy = world.ports.cluster.orders[f"{job_id}-proxy-1"]

    assert (champion.kind, champion.image, champion.sample_share) == ("score", old, None)
    assert (proxy.image, proxy.versions, proxy.sample_share) == ("trainer:new", {}, 0.25)
    assert champion.output_uri == f"{proxy.output_uri}champion/"


def with_planned_proxy(world: World) -> str:
    job_id = world.check(MANUAL | {"force": True}, "arn:again").job_id
    assert job_id is not None
    world.freeze_holdout(job_id, predictions(rows(500, 0.9)))
    check = world.job(job_id).data_check
    assert check is not None
    plan = ProxyPlan(share=0.25, reason="tests")
    world.ports.jobs.save(world.job(job_id).checked(check.changed(proxy=plan)))
    return job_id


def test_a_tag_of_the_registry_chooses_no_image() -> None:
    world = World()
    world.ports.registry.register("churn", "1", image="evil.example.com/miner:1", artifact_sha256="1" * 64)
    world.ports.registry.set_champion("churn", "1")
    job_id = world.open()
    world.start(job_id, "train")
    world.train(job_id)
    world.start(job_id, "score")

    (order,) = world.ports.cluster.orders[f"{job_id}-score-1"]

    assert (order.image, order.versions) == (
        world.ports.cluster.default_image,
        {"1": "1" * 64, "2": world.digest("2")},
    )


def test_an_older_version_that_a_person_made_the_champion_is_scored_in_its_own_image() -> None:
    world = promoted_world()
    world.ports.cluster.default_image = "trainer:new"
    second = retrained(world, "3")
    world.close(decision={"job_id": second}, error={"Error": "Test", "Cause": "stopped"})
    world.ports.registry.set_champion("churn", "3")
    world.ports.cluster.default_image = "trainer:newest"

    third = retrained(world, "4")

    assert world.job(third).champion.files.image == "trainer:new"  # type: ignore[union-attr]


def test_no_two_orders_write_to_the_same_place_and_scoring_learns_its_own_only_when_it_starts() -> None:
    world = World()
    job_id = world.open()
    world.start(job_id, "train")
    assert set(world.job(job_id).outputs) == {"train"}
    world.train(job_id)
    world.start(job_id, "score")
    training, scoring = world.job(job_id).outputs["train"], world.job(job_id).outputs["score"]
    assert re.fullmatch(rf"training/{job_id}/[0-9a-f]{{32}}/", training)
    assert re.fullmatch(rf"scoring/{job_id}/[0-9a-f]{{32}}/", scoring)
    world.start(job_id, "score", token="again")
    assert world.job(job_id).outputs["score"] == scoring


def test_a_champion_that_we_deployed_is_read_from_the_ledger_not_from_the_registry() -> None:
    world = World()
    job_id = world.scored_job(rows(500, 0.9))
    world.validate(job_id)
    world.deploy(job_id)
    world.close()
    digest = world.digest("2")
    world.ports.registry.register("churn", "2", job_id=job_id, artifact_sha256="f" * 64)
    world.ports.clock.advance(timedelta(days=2))

    second = world.check({**MANUAL, "event_time": world.ports.clock.now().isoformat()}, f"{EXECUTION}-2").job_id
    assert second is not None
    world.start(second, "train")

    assert world.job(second).champion.files.artifact_sha256 == digest  # type: ignore[union-attr]


def test_scoring_a_first_model_orders_it_alone() -> None:
    world = World()
    job_id = world.scored_job(rows(100, 1))
    assert world.ports.cluster.orders[f"{job_id}-score-1"][-1].versions == {"2": world.digest("2")}


def test_a_training_without_a_result_is_not_scored() -> None:
    world = World()
    job_id = world.open()
    world.start(job_id, "train")
    with pytest.raises(ArtifactInvalid, match="there is no"):
        world.start(job_id, "score")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"manifest_sha256": "other"}, "is about the manifest 'other', not about"),
        ({"manifest_sha256": None}, "is about the manifest 'None', not about"),
        ({"job_id": "churn-other"}, "is about the job 'churn-other', not about"),
        ({"artifacts_uri": "s3://artifacts/training/other/1/files.json"}, "which is not a part of its output"),
        ({"image": "evil.example.com/miner:1"}, "'evil.example.com/miner:1', but job '.*' ordered"),
        ({"schema_version": 2}, "schema_version"),
        ({"model_version": None}, "model_version"),
    ],
)
def test_a_result_that_is_malformed_or_not_ours_is_refused(changes: dict[str, object], message: str) -> None:
    world = World()
    job_id = world.open()
    world.start(job_id, "train")
    world.train(job_id)
    key = f"{world.job(job_id).output_of('train')}result.json"
    document = json.loads(world.ports.data.read(f"s3://artifacts/{key}"))
    world.ports.data.write(key, json.dumps({**document, **changes}).encode())
    with pytest.raises(ArtifactInvalid, match=message):
        world.start(job_id, "score")


def test_a_kubernetes_job_of_someone_else_is_not_taken_for_ours() -> None:
    world = World()
    job_id = world.open()
    world.ports.cluster.occupy(f"{job_id}-train-1", "other", created_at=NOON)
    with pytest.raises(ClusterConflict, match="belongs to job 'other'"):
        world.start(job_id, "train")


def test_a_champion_that_vanished_from_the_registry_is_not_taken_for_a_first_model() -> None:
    world = World()
    job_id = world.scored_job(rows(1000, 0.95))
    world.validate(job_id)
    world.deploy(job_id)
    world.close(decision={"job_id": job_id})
    world.ports.registry.delete("churn", "2")
    again = world.check({**MANUAL, "force": True}, execution="arn:2").job_id
    with pytest.raises(ChampionConflict, match="version 2 serves"):
        world.start(again or "", "train")


def test_nothing_is_trained_while_the_champion_has_no_files() -> None:
    world = World()
    world.give_champion()
    world.ports.registry.delete_files("churn", "1")
    job_id = world.open()
    for _ in range(2):
        with pytest.raises(ArtifactMissing, match="version 1 of 'churn', the champion, has no files any more"):
            world.start(job_id, "train")
    assert world.ports.cluster.list_jobs().jobs == []
    world.ports.registry.write_file("churn", "1", "MLmodel", b"restored")
    world.start(job_id, "train")


def test_a_champion_whose_files_are_somewhere_else_is_no_obstacle(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    world.give_champion()

    def refuse(*_: object) -> bool:
        raise RegistryRefused("version 1 of 'churn' is not a logged model of this MLflow")

    monkeypatch.setattr(world.ports.registry, "has_files", refuse)
    world.start(world.open(), "train")


def test_a_job_that_does_not_exist_or_has_ended_is_not_started() -> None:
    world = World()
    with pytest.raises(JobUnknown, match="churn-0"):
        world.start("churn-0", "train")
    job_id = world.open()
    world.close(decision={"job_id": job_id}, error={"Error": "Test", "Cause": "stopped"})
    with pytest.raises(IllegalTransition, match="is failed"):
        world.start(job_id, "train")


def drifted_world() -> tuple[World, str]:
    """A job that was triggered by drift."""
    world = World()
    job_id = world.open()
    world.ports.jobs.save(world.job(job_id).changed(trigger_type=TriggerType.DATA_DRIFT))
    return world, job_id


def test_a_job_that_was_triggered_by_drift_gets_a_report_during_its_training() -> None:
    world, job_id = drifted_world()
    world.start(job_id, "train")
    order = world.ports.cluster.orders[f"{job_id}-report-1"][-1]
    manifest = json.loads(world.ports.data.read(order.manifest_uri))
    assert (order.kind, order.output_uri) == ("report", f"s3://artifacts/jobs/{job_id}/report/")
    assert (manifest["live"]["start"], manifest["live"]["end"]) == ("2026-02-24", "2026-03-01")
    assert (manifest["reference"]["start"], len(manifest["reference"]["objects"])) == ("2026-02-14", 10)
    assert world.job(job_id).pending.kubernetes_job == f"{job_id}-train-1"  # type: ignore[union-attr]


def test_no_other_trigger_starts_a_report() -> None:
    world = World()
    job_id = world.open()
    world.start(job_id, "train")
    assert list(world.ports.cluster.orders) == [f"{job_id}-train-1"]


def test_a_report_that_cannot_be_started_does_not_prevent_training(caplog: pytest.LogCaptureFixture) -> None:
    world, job_id = drifted_world()
    world.ports.cluster.occupy(f"{job_id}-report-1", "somebody-else")
    assert world.start(job_id, "train").kubernetes_job == f"{job_id}-train-1"
    assert "was not started" in caplog.text


LABELS = {"prefix": "truth", "row_id": "id", "label": "left"}


def test_labels_in_a_separate_data_set_are_frozen_as_far_as_they_have_arrived() -> None:
    data = {"prefix": "churn", "row_id": "id", "label": "left", "numeric": ["age"], "labels": LABELS}
    world = World(a_policy(triggers={"evaluation_window_days": 5, "training_window_days": 10}, data=data))
    for back in range(-1, 31):
        world.ports.data.add_partition("truth", NOON.date() - timedelta(days=back), f"labels {back}".encode())
    job_id = world.open()
    world.start(job_id, "train")
    manifest = json.loads(world.ports.data.read(world.job(job_id).manifest_uri or ""))
    arrived = {name: [item["date"] for item in manifest[name]["label_objects"]] for name in ("training", "holdout")}
    assert (arrived["training"][0], arrived["training"][-1]) == ("2026-02-14", "2026-03-01")
    assert (arrived["holdout"][0], arrived["holdout"][-1]) == ("2026-02-24", "2026-03-01")
    assert manifest["data"]["labels"] == {"format": "parquet", "row_id": "id", "label": "left"}


@pytest.mark.parametrize("delay", [0, 1, 14])
def test_no_row_is_used_before_its_label_has_had_time_to_arrive(delay: int) -> None:
    data = {"prefix": "churn", "row_id": "id", "label": "left", "numeric": ["age"], "label_delay_days": delay}
    world = World(a_policy(triggers={"evaluation_window_days": 5, "training_window_days": 7}, data=data))
    job_id = world.open()
    world.start(job_id, "train")
    manifest = json.loads(world.ports.data.read(world.job(job_id).manifest_uri or ""))
    newest = max(item["date"] for name in ("training", "holdout") for item in manifest[name]["objects"])
    assert newest == (NOON.date() - timedelta(days=delay + 1)).isoformat()


@pytest.mark.parametrize("batched", [False, True])
def test_orders_that_are_too_large_are_refused_before_anything_is_written(
    monkeypatch: pytest.MonkeyPatch, batched: bool
) -> None:
    training = {"parameters": {"text": "日" * 1_000}, "batched": batched}
    world = World(a_policy(triggers={"evaluation_window_days": 5, "training_window_days": 10}, training=training))
    job_id = world.open()
    monkeypatch.setattr("auto_retrain.domain.order_size.MAX_ORDERS_BYTES", 3_000)
    with pytest.raises(OrdersTooLarge, match="at most 3000 fit into an environment variable"):
        world.start(job_id, "train")
    assert world.job(job_id).pending is None
    assert world.ports.cluster.list_jobs().jobs == []
