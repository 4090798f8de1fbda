"""The example of an image with its own program honours the contract with the pipeline."""

import json
import subprocess
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from auto_retrain.adapters.mlflow import MlflowRegistry
from auto_retrain.domain.files import artifact_digest
from auto_retrain.domain.results import ScoringResult, TrainingResult
from auto_retrain.usecases.validating.load_predictions import load_predictions
from local.paths import TRAINER, env_python
from tests.unit.builders import a_policy
from tests.unit.train_model.shelf import Shelf

PROGRAM = TRAINER / "examples" / "own_image" / "by_category.py"
IMAGE = "example.com/own@sha256:" + "1" * 64

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(s3_settings: dict[str, str]) -> Run:
    def run(order: Any, **extra: str) -> "subprocess.CompletedProcess[str]":
        environment = {**s3_settings, **extra, "AUTO_RETRAIN_ORDER": json.dumps(order)}
        command = [env_python("trainer"), PROGRAM]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)

    return run


def test_it_trains_registers_and_scores(run: Run, shelf: Shelf, mlflow_url: str) -> None:
    manifest = shelf.manifest("own-1", model_name="own")
    train = shelf.order("train", manifest, mlflow_tracking_uri=mlflow_url, min_label_share=0.9, image=IMAGE)

    ended = run(train)

    assert ended.returncode == 0, ended.stderr
    trained = TrainingResult.model_validate_json(shelf.get(train["output_uri"] + "result.json"))
    registry = MlflowRegistry(mlflow_url)
    assert (trained.model_version, trained.rows, trained.image) == ("1", 400, IMAGE)
    assert artifact_digest(registry.version_files("own", "1")) == trained.artifact_sha256
    tags = registry.version_tags("own", "1")
    assert tags == {"job_id": "own-1", "manifest_sha256": train["manifest_sha256"], "image": IMAGE}

    versions = {"1": trained.artifact_sha256}
    score = shelf.order(
        "score", manifest, mlflow_tracking_uri=mlflow_url, min_label_share=0.9, image=IMAGE, versions=versions
    )
    assert run(score).returncode == 0
    scored = ScoringResult.model_validate_json(shelf.get(score["output_uri"] + "result.json"))
    ports: Any = SimpleNamespace(data=SimpleNamespace(read=lambda uri, _: shelf.get(uri)))
    predictions = load_predictions(scored.predictions["1"], a_policy().data, ports)
    assert predictions.row_ids.size == 100
    assert np.mean(predictions.labels == predictions.predictions) > 0.5


def test_a_second_start_registers_no_second_version(run: Run, shelf: Shelf, mlflow_url: str) -> None:
    order = shelf.order(
        "train",
        shelf.manifest("own-2", model_name="own-twice"),
        mlflow_tracking_uri=mlflow_url,
        min_label_share=0.9,
        image=None,
    )

    assert [run(order).returncode for _ in range(2)] == [0, 0]
    assert MlflowRegistry(mlflow_url).version_tags("own-twice", "2") is None


def test_each_pod_trains_its_own_variant(run: Run, shelf: Shelf, mlflow_url: str) -> None:
    manifest = shelf.manifest("own-4", model_name="own-variants")
    order = shelf.order("train", manifest, mlflow_tracking_uri=mlflow_url, min_label_share=0.9, image=None)
    orders = [{**order, "variant": n, "output_uri": f"{order['output_uri']}{n}/"} for n in range(2)]

    ended = [run(orders, JOB_COMPLETION_INDEX=index).returncode for index in ("0", "1", "1")]

    assert ended == [0, 0, 0]
    results = [json.loads(shelf.get(f"{variant['output_uri']}result.json")) for variant in orders]
    assert [result["model_version"] for result in results] == ["1", "2"]
    tags = MlflowRegistry(mlflow_url).version_tags("own-variants", "2")
    assert tags is not None
    assert tags["variant"] == "1"


def test_a_permanent_failure_ends_with_its_own_exit_code(run: Run, shelf: Shelf, mlflow_url: str) -> None:
    manifest = shelf.manifest("own-3", model_name="own-changed")
    order = shelf.order("train", manifest, mlflow_tracking_uri=mlflow_url, min_label_share=0.9, image=None)
    report = run({**order, "kind": "report"})
    changed = manifest["training"]["objects"][0]["uri"]
    shelf.put(changed.removeprefix(f"s3://{shelf.bucket}/"), b"something else")

    ended = run(order)

    assert (ended.returncode, report.returncode) == (65, 65)
    assert ended.stderr.splitlines()[-1] == f"{changed} was deleted or has changed since the job began"
    assert report.stderr.splitlines()[-1] == "this image does not support the kind 'report'"
