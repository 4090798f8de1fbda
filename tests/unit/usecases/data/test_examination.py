"""Data in several parts are examined by pods, whose findings are merged and trusted only if they are about the job."""

import re
from typing import Any

import numpy as np
import pytest

from auto_retrain.domain.digest import sha256_of
from auto_retrain.domain.errors import ArtifactInvalid, ArtifactMissing, DataInvalid
from auto_retrain.domain.messages.references import JobReference
from auto_retrain.domain.names import kubernetes_job_name
from auto_retrain.domain.status import RetrainingStatus
from auto_retrain.usecases.data.check_data import check_data
from auto_retrain.usecases.data.kept_profiles import load_job_profile
from tests.unit.usecases.data.examined import examine
from tests.unit.usecases.data.test_check_data import Data


def opened(parts: int = 4, **policy: object) -> tuple[Data, JobReference]:
    world = Data({"parts": parts}, **policy)
    return world, JobReference(job_id=world.open())


def test_a_pod_for_each_part_examines_it_in_our_own_image_before_anything_is_trained() -> None:
    world, job = opened(training={"image": "example.com/own:1", "gpus": 2, "pods_at_once": 3})
    for _ in range(2):
        assert check_data(job, world.ports).next == "examine"
    examine(world, job.job_id)
    name = kubernetes_job_name(job.job_id, "check")
    orders = world.ports.cluster.orders[name]
    assert [(order.part, order.image) for order in orders] == [(0, None), (1, None), (2, None), (3, None)]
    assert len({order.output_uri for order in orders}) == 4
    assert check_data(job, world.ports).next == "train"
    record = world.job(job.job_id)
    assert (record.status, record.usage.pods["check"].pods) == (RetrainingStatus.RUNNING, 4)
    assert record.usage.pods["check"].gpus == 0
    assert record.data_check is not None
    assert record.data_check.holdout is not None
    assert len(record.data_check.holdout.parts) == 4


def test_the_pods_that_score_parts_are_told_the_labels_of_all_of_them() -> None:
    world, job = opened()
    world.change(range(1, 2), left=lambda old: ["2"] * len(old))
    world.check_opened(job.job_id)
    check = world.job(job.job_id).data_check
    assert check is not None
    assert check.holdout_labels is not None
    content = world.ports.data.read(check.holdout_labels.uri)
    assert "/manifest" in check.holdout_labels.uri  # that is what pods may read
    assert (content, sha256_of(content)) == (b'["0","1","2"]', check.holdout_labels.sha256)
    world.start(job.job_id, "train")
    world.train(job.job_id)
    world.start(job.job_id, "score")
    orders = world.ports.cluster.orders[kubernetes_job_name(job.job_id, "score")]
    told = {(order.labels_uri, order.labels_sha256) for order in orders}
    assert (len(orders), told) == (4, {(check.holdout_labels.uri, check.holdout_labels.sha256)})


@pytest.mark.parametrize(("parts", "data"), [(1, {}), (4, {"task": "regression", "label": "age", "numeric": []})])
def test_one_piece_and_a_regression_need_no_labels(parts: int, data: dict[str, Any]) -> None:
    world = Data({"parts": parts, **data})
    job_id = world.open()
    world.check_opened(job_id)
    check = world.job(job_id).data_check
    assert check is not None
    assert "holdout_labels" not in check.model_dump()


def test_a_repeated_check_reads_the_parts_only_once() -> None:
    world, job = opened()
    check_data(job, world.ports)
    examine(world, job.job_id)
    outcome = check_data(job, world.ports)
    world.ports.data.prune("training/", set())
    assert check_data(job, world.ports) == outcome


def test_the_profile_of_the_version_is_the_merged_one() -> None:
    (one, job), (other, same) = opened(1), opened(4)
    for world, reference in ((one, job), (other, same)):
        world.check_opened(reference.job_id)
    assert load_job_profile(job.job_id, one.ports) == load_job_profile(same.job_id, other.ports)


def test_broken_data_of_a_part_are_broken_data_and_the_field_is_named() -> None:
    world, job = opened()
    columns = world.ports.tables.by_uri[world.uri(3)]
    world.put(3, **{name: values for name, values in columns.items() if name != "age"})
    with pytest.raises(DataInvalid, match=r"^data\.numeric names age: .* lacks the columns age"):
        world.check_opened(job.job_id)


def test_a_part_that_nobody_examined_fails_the_job() -> None:
    world, job = opened()
    check_data(job, world.ports)
    world.start(job.job_id, "check")
    with pytest.raises(ArtifactMissing):
        check_data(job, world.ports)


@pytest.mark.parametrize("change", ["manifest", "evidence"])
def test_findings_about_other_data_are_refused(change: str) -> None:
    world, job = opened()
    check_data(job, world.ports)
    examine(world, job.job_id)
    output = world.ports.cluster.orders[kubernetes_job_name(job.job_id, "check")][0].output_uri
    key = output.removeprefix(world.ports.data.uri(""))
    if change == "manifest":
        uri = f"{output}result.json"
        manifest = world.job(job.job_id).manifest_sha256 or ""
        world.ports.data.write(f"{key}result.json", world.ports.data.read(uri).replace(manifest.encode(), b"0" * 64))
    else:
        world.ports.data.write(f"{key}evidence.npz", b"something else")
    with pytest.raises(ArtifactInvalid, match=re.escape("about the manifest" if change == "manifest" else "evidence")):
        check_data(job, world.ports)


def test_a_missing_value_in_every_row_of_a_part_is_merged() -> None:
    world, job = opened()
    world.change(range(6, 9), age=lambda old: np.full(len(old), np.nan))
    assert world.check_opened(job.job_id).next == "train"
