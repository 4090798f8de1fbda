"""The real process of the training container honours the whole contract, with a real MLflow server."""

import hashlib
import io
import json
import socket
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from mlflow import MlflowClient

from tests.contracts.trainer.container import DEADLINE_SECONDS, Container, Ended, end_of
from tests.unit.train_model.shelf import COLUMNS, FIRST_DAY, Shelf, some_rows
from train_model.__main__ import MAY_BE_RETRIED


def result_of(order: dict[str, Any], shelf: Shelf) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(shelf.get(f"{order['output_uri']}result.json"))
    return document


def test_an_invalid_order_is_a_permanent_failure_with_a_reason(container: Container) -> None:
    ended = container.run({"kind": "train"})
    assert ended.code == 65
    assert ended.reason.startswith("order is invalid: schema_version: Field required")


def test_a_process_that_is_stopped_reports_it_and_may_be_retried(container: Container, shelf: Shelf) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(DEADLINE_SECONDS)
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        process = container.start(shelf.order("train", shelf.manifest("stopped-1"), mlflow_tracking_uri=address))
        connection, _ = silent.accept()
        with connection:
            process.terminate()
            ended = end_of(process)
    assert ended == Ended(1, "stopped by a signal before the order was carried out")


def test_a_process_that_waits_for_mlflow_says_so_at_once(container: Container, shelf: Shelf) -> None:
    order = shelf.order("train", shelf.manifest("waiting-1"), mlflow_tracking_uri="http://127.0.0.1:9")
    process = container.start(order)
    assert process.stderr
    line = next(line for line in process.stderr if "Retrying" in line)
    assert "127.0.0.1" in line
    assert "port=9" in line
    process.terminate()
    assert end_of(process).code == 1


def test_each_pod_trains_its_own_variant_with_its_own_parameters(
    container: Container, shelf: Shelf, mlflow_url: str
) -> None:
    order = shelf.order("train", shelf.manifest("variants-1", model_name="variants"), mlflow_tracking_uri=mlflow_url)
    orders = [
        {**order, "variant": n, "parameters": {"max_iter": 2 + n}, "output_uri": f"{order['output_uri']}{n}/"}
        for n in range(2)
    ]

    ended = [container.run_here(orders, JOB_COMPLETION_INDEX=str(index)) for index in range(2)]

    assert [pod.code for pod in ended] == [0, 0]
    client = MlflowClient(mlflow_url)
    for n, variant in enumerate(orders):
        result = result_of(variant, shelf)
        assert client.get_model_version("variants", result["model_version"]).tags["variant"] == str(n)
        assert client.get_run(result["run_id"]).data.params["max_iter"] == str(2 + n)


@pytest.fixture(scope="module")
def manifest(shelf: Shelf) -> dict[str, Any]:
    return shelf.manifest("whole-1")


@pytest.fixture(scope="module")
def trained(
    container: Container, shelf: Shelf, manifest: dict[str, Any], mlflow_url: str
) -> tuple[dict[str, Any], list[Ended]]:
    """A train order, and how the two processes that carried it out at the same time ended.

    MLflow may refuse one of two writers at the same instant, by its database; Kubernetes starts that one again.
    """
    order = shelf.order("train", manifest, mlflow_tracking_uri=mlflow_url)
    ended = [end_of(process) for process in [container.start(order), container.start(order)]]
    return order, [container.run(order) if end.code == MAY_BE_RETRIED else end for end in ended]


@pytest.fixture
def versions(trained: tuple[dict[str, Any], list[Ended]], shelf: Shelf) -> dict[str, str]:
    """The trained version and the digest of its files, as a score order names them."""
    result = result_of(trained[0], shelf)
    return {result["model_version"]: result["artifact_sha256"]}


def test_two_processes_for_one_job_leave_one_result_with_the_lower_version(
    trained: tuple[dict[str, Any], list[Ended]], shelf: Shelf, mlflow_url: str
) -> None:
    order, ended = trained
    assert [end.code for end in ended] == [0, 0]
    assert shelf.keys("jobs/whole-1/train/") == ["jobs/whole-1/train/artifacts.json", "jobs/whole-1/train/result.json"]
    registered = MlflowClient(mlflow_url).search_model_versions("name='shop' and tags.job_id='whole-1'")
    assert result_of(order, shelf)["model_version"] == str(min(int(version.version) for version in registered))


def test_the_result_of_training_names_its_data(trained: tuple[dict[str, Any], list[Ended]], shelf: Shelf) -> None:
    order, _ = trained
    result = result_of(order, shelf)
    assert {name: result[name] for name in ("schema_version", "kind", "job_id", "rows", "manifest_sha256")} == {
        "schema_version": 1,
        "kind": "train",
        "job_id": "whole-1",
        "rows": 400,
        "manifest_sha256": order["manifest_sha256"],
    }
    assert result["metrics"]["training_accuracy"] > 0.98


def test_the_trained_version_is_scored_on_the_holdout(
    versions: dict[str, str], container: Container, shelf: Shelf, manifest: dict[str, Any], mlflow_url: str
) -> None:
    (version,) = versions
    order = shelf.order("score", manifest, mlflow_tracking_uri=mlflow_url, versions=versions)

    assert container.run(order).code == 0

    file = result_of(order, shelf)["predictions"][version]
    content = shelf.get(file["uri"])
    assert file["sha256"] == hashlib.sha256(content).hexdigest()
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        assert arrays["row_ids"].size == file["rows"] == 100
        assert np.mean(arrays["labels"] == arrays["predictions"]) > 0.95


def test_a_version_answers_the_same_after_its_features_were_left_out_of_the_policy(
    versions: dict[str, str], container: Container, shelf: Shelf, manifest: dict[str, Any], mlflow_url: str
) -> None:
    (version,) = versions
    scored = []
    for folder, columns in (("all/", {}), ("fewer/", {"numeric": [], "categorical": ["plan"]})):
        data = manifest | {"data": manifest["data"] | columns}
        order = shelf.order("score", data, mlflow_tracking_uri=mlflow_url, versions=versions)
        order["output_uri"] += folder
        assert container.run_here(order).code == 0
        scored.append(result_of(order, shelf)["predictions"][version]["sha256"])
    assert scored[0] == scored[1]


def test_a_version_whose_files_changed_is_not_even_loaded(
    trained: tuple[dict[str, Any], list[Ended]],
    container: Container,
    shelf: Shelf,
    manifest: dict[str, Any],
    mlflow_url: str,
) -> None:
    version = result_of(trained[0], shelf)["model_version"]
    order = shelf.order("score", manifest, mlflow_tracking_uri=mlflow_url, versions={version: "0" * 64})
    order["output_uri"] += "changed/"

    ended = container.run_here(order)

    assert ended.code == 65
    assert ended.reason.startswith(f"version {version} is not what was registered: its files have the digest ")


def test_a_drift_report_is_stored_with_the_job_and_in_mlflow(
    container: Container, shelf: Shelf, mlflow_url: str
) -> None:
    frozen = shelf.manifest("drifted-1")
    common = {name: frozen[name] for name in ("schema_version", "job_id", "model_name", "data")}
    manifest = {**common, "reference": frozen["training"], "live": frozen["holdout"]}
    order = shelf.order("report", manifest, mlflow_tracking_uri=mlflow_url)

    ended = container.run_here(order)

    assert ended.code == 0, ended.reason
    result = result_of(order, shelf)
    psi = json.loads(shelf.get(result["psi.json"]))
    assert (psi["evidently_version"], set(psi["features"])) == ("0.7.23", {"age", "plan"})
    assert b"<html" in shelf.get(result["report.html"])[:2000].lower()
    client = MlflowClient(mlflow_url)
    experiment = client.get_experiment_by_name("shop")
    assert experiment is not None
    (run,) = client.search_runs([experiment.experiment_id], "tags.kind = 'drift_report'")
    assert (run.info.run_name, run.data.tags["job_id"]) == ("drifted-1-drift", "drifted-1")
    assert {file.path for file in client.list_artifacts(run.info.run_id)} == {"psi.json", "report.html", "report.json"}


def test_a_regression_is_trained_and_scored_in_numbers_with_entities_and_slices(
    container: Container, shelf: Shelf, mlflow_url: str
) -> None:
    days = [some_rows(seed=seed).assign(price=lambda rows: 3.5 * rows["age"] + 0.25) for seed in (11, 12, 13)]
    fields = {"label": "price", "task": "regression", "entity": "plan", "slices": ["plan"]}
    windows = {
        "training": shelf.window(FIRST_DAY + timedelta(20), days[:2]),
        "holdout": shelf.window(FIRST_DAY + timedelta(22), days[2:]),
    }
    manifest = shelf.manifest("prices-1", model_name="prices", data={**COLUMNS, **fields}, **windows)
    order = shelf.order("train", manifest, mlflow_tracking_uri=mlflow_url)
    assert container.run_here(order).code == 0
    version = result_of(order, shelf)["model_version"]
    assert result_of(order, shelf)["metrics"]["training_rmse"] < 10

    scoring = shelf.order("score", manifest, mlflow_tracking_uri=mlflow_url, versions={version: None})
    assert container.run_here(scoring).code == 0
    file = result_of(scoring, shelf)["predictions"][version]
    with np.load(io.BytesIO(shelf.get(file["uri"])), allow_pickle=False) as arrays:
        assert set(arrays) == {"row_ids", "labels", "predictions", "entities", "slice:plan"}
        assert arrays["labels"] == pytest.approx(days[2]["price"].to_numpy())
        assert np.corrcoef(arrays["labels"], arrays["predictions"])[0, 1] > 0.99
