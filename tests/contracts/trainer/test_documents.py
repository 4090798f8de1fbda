"""The pipeline and the container share no code, so their documents are checked against each other here."""

import json
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from auto_retrain.domain.cluster import JobOrder
from auto_retrain.domain.digest import canonical_json, sha256_of
from auto_retrain.domain.manifest import Manifest as OrderedManifest
from auto_retrain.domain.results import ScoringResult, TrainingResult
from auto_retrain.usecases.validating.load_predictions import load_predictions
from tests.unit.builders import a_policy
from tests.unit.train_model.shelf import COLUMNS, Shelf
from train_model.order import Manifest, Order, parse_manifest, parse_order
from train_model.outputs import Outputs
from train_model.score import score
from train_model.storage import Storage
from train_model.train import train
from train_model.versions import LoadedVersion, TrainedVersion


class Always:
    """A model that predicts 1."""

    def predict(self, frame: pd.DataFrame) -> np.ndarray[Any, Any]:
        return np.ones(len(frame), dtype=np.int64)


class Versions:
    """A registry with the versions of the job."""

    def find(self) -> TrainedVersion:
        return TrainedVersion("4", "run-4", {"training_rows": 400.0})

    def record_files(self, number: str) -> bytes:
        return b"{}"

    def load(self, number: str, artifact_sha256: str | None) -> LoadedVersion:
        return LoadedVersion(number, Always(), None)


def ordered(shelf: Shelf, columns: dict[str, Any] | None = None, **changes: Any) -> tuple[Order, Any]:
    """Order and manifest as the pipeline writes them and the container reads them."""
    written = OrderedManifest.model_validate(shelf.manifest("documents-1", data={**COLUMNS, **(columns or {})}))
    content = canonical_json(written)
    order = JobOrder(
        job_id="documents-1",
        model_name="shop",
        manifest_uri="s3://shelf/jobs/documents-1/manifest.json",
        manifest_sha256=sha256_of(content),
        output_uri="s3://shelf/jobs/documents-1/out/",
        mlflow_tracking_uri="http://127.0.0.1:9",
        seed=0,
        **changes,
    )
    read = parse_order(order.model_dump_json())
    return read, parse_manifest(content, read, Manifest)


def test_the_pipeline_reads_the_result_of_training(shelf: Shelf) -> None:
    order, manifest = ordered(shelf, kind="train")
    storage = Storage(shelf.client)
    outputs = Outputs(order, storage)
    outputs.publish(train(order, manifest, storage, Versions(), outputs))  # type: ignore[arg-type]

    result = TrainingResult.model_validate_json(shelf.get(f"{order.output_uri}result.json"))

    assert (result.job_id, result.model_version, result.rows) == ("documents-1", "4", 400)
    assert result.artifact_sha256 == sha256_of(b"{}")


def zeros(frame: pd.DataFrame, labels: object, predictions: object) -> np.ndarray[Any, Any]:
    return np.zeros(len(frame))


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_the_pipeline_reads_the_result_of_scoring(shelf: Shelf, task: str) -> None:
    fields = {"task": task, "entity": "plan", "slices": ["plan", "unused"]}
    order, manifest = ordered(
        shelf, fields, kind="score", versions={"3": None, "4": "0" * 64}, row_metric=f"{__name__}:zeros"
    )
    policy = a_policy(data={"prefix": "shop", **COLUMNS, **fields})
    storage = Storage(shelf.client)
    findings = score(order, manifest, storage, Versions(), Outputs(order, storage))  # type: ignore[arg-type]
    document = {"schema_version": 1, "kind": "score", "job_id": order.job_id, **findings}

    result = ScoringResult.model_validate_json(json.dumps(document))

    ports: Any = SimpleNamespace(data=SimpleNamespace(read=lambda uri, _: shelf.get(uri)))
    champion, challenger = (load_predictions(result.predictions[number], policy.data, ports) for number in ("3", "4"))
    assert champion.row_ids.size == 100
    assert np.array_equal(champion.labels, challenger.labels)
    predicted = champion.predictions if champion.classes is None else champion.classes[champion.predictions]
    assert set(predicted.tolist()) == {1.0 if task == "regression" else "1"}
    assert champion.entities is not None
    assert set(champion.entities) == set(challenger.slices["plan"]) == {"free", "plus", "pro"}
    assert set(challenger.slices["unused"]) == {"x"}
    assert champion.row_metric is not None
    assert champion.row_metric.tolist() == [0.0] * 100
