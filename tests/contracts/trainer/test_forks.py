"""A real training and a real scoring have the same results in a forked pod as in a process of its own."""

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from mlflow import MlflowClient
from pydantic import TypeAdapter

from auto_retrain.domain.results import Spans
from local.cluster import LocalCluster
from local.cluster.tokens import ADMIN
from local.trainer_image import TRAIN_MODEL
from tests.contracts.cluster.conftest import Kubectl
from tests.contracts.cluster.recordings import ADMIN_TOKEN
from tests.unit.train_model.shelf import Shelf

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="pods are forked on Linux only")


class Pods:
    """Carries out orders in pods."""

    def __init__(self, cluster: LocalCluster, shelf: Shelf) -> None:
        self._kubectl, self._shelf = Kubectl(cluster), shelf

    def carry_out(self, way: str, order: dict[str, Any]) -> dict[str, Any]:
        """The result document; each way has a place of its own for it, or the second would find it done."""
        order = {**order, "output_uri": f"{order['output_uri']}{way}/"}
        code, log = self.end(way, order)
        assert code == 0, log
        result: dict[str, Any] = json.loads(self._shelf.get(f"{order['output_uri']}result.json"))
        return result

    def end(self, way: str, order: dict[str, Any]) -> tuple[int, str]:
        """The exit code of a pod, and what it wrote."""
        name = f"{order['job_id']}-{order['kind']}-{way}"
        variables = [{"name": "AUTO_RETRAIN_ORDER", "value": json.dumps(order).replace("$", "$$")}]
        self._kubectl.run(name, container={"image": way, "env": variables})
        assert self._kubectl.cluster.wait_until(
            lambda: "completionTime" in (status := self._kubectl.job(name)["status"]) or bool(status.get("failed")), 60
        )
        (pod,) = self._kubectl.pods(name)
        terminated = pod["status"]["containerStatuses"][0]["state"]["terminated"]
        return terminated["exitCode"], self._kubectl.logs(name)[0]


@pytest.fixture(scope="module")
def pods(shelf: Shelf, s3_settings: dict[str, str]) -> Iterator[Pods]:
    image = replace(TRAIN_MODEL, env={**TRAIN_MODEL.env, **s3_settings})
    images = {"forked": image, "plain": replace(image, preparation=None)}
    # The process that they are forked from was started for another stack, which has gone.
    gone = replace(image, env={**image.env, "AWS_ENDPOINT_URL": "http://127.0.0.1:9"})
    options = {"tokens": {ADMIN_TOKEN: ADMIN}, "namespaces": ("life",), "restricted": False}
    with LocalCluster({"forked": gone}, 2, **options) as cluster:
        assert cluster.wait_until(cluster.is_prepared, 60)
    with LocalCluster(images, 2, **options) as cluster:
        assert cluster.wait_until(cluster.is_prepared, 60)
        yield Pods(cluster, shelf)


def parts_of(result: dict[str, Any]) -> list[str]:
    """What it says that it did, as the functions read it for the trace of the job."""
    spans = TypeAdapter(Spans).validate_python(result["spans"])
    assert all(span.started_at <= span.ended_at for span in spans)
    return [span.name for span in spans]


def test_both_train_the_same_model_and_give_the_same_predictions(pods: Pods, shelf: Shelf, mlflow_url: str) -> None:
    manifest = shelf.manifest("ways-1", model_name="ways")
    train = shelf.order("train", manifest, mlflow_tracking_uri=mlflow_url)

    trained = pods.carry_out("plain", train)
    other = shelf.manifest("ways-2", model_name="ways")
    trained_by_fork = pods.carry_out("forked", shelf.order("train", other, mlflow_tracking_uri=mlflow_url))

    assert trained["metrics"] == trained_by_fork["metrics"]
    client = MlflowClient(mlflow_url)
    runs = [client.get_run(result["run_id"]) for result in (trained, trained_by_fork)]
    assert runs[0].data.params == runs[1].data.params
    assert runs[0].data.metrics == runs[1].data.metrics
    assert runs[0].data.tags.keys() == runs[1].data.tags.keys()

    versions = {result["model_version"]: result["artifact_sha256"] for result in (trained, trained_by_fork)}
    score = shelf.order("score", manifest, mlflow_tracking_uri=mlflow_url, versions=versions)
    scored = [pods.carry_out(way, score) for way in ("plain", "forked")]
    digests = {prediction["sha256"] for result in scored for prediction in result["predictions"].values()}
    assert len(digests) == 1

    assert parts_of(trained) == parts_of(trained_by_fork) == ["read data", "fit", "register"]
    assert parts_of(scored[0]) == ["read data", *(f"predict with version {number}" for number in versions)]


def test_both_fail_alike(pods: Pods, shelf: Shelf, mlflow_url: str) -> None:
    manifest = shelf.manifest("ways-3", model_name="ways-failing")
    order = shelf.order("train", manifest, mlflow_tracking_uri=mlflow_url, trainer="no_such_module:fit")

    plain, forked = (pods.end(way, order) for way in ("plain", "forked"))

    assert plain[0] == 65
    assert forked == plain
