"""A training image as small as its contract allows: its "models" are right as often as their tag says.

It registers real versions in the real MLflow and writes real predictions to S3; only the learning is left out. The
training parameters control the rest: `exit_code`, `accuracy`, `sleep`, `leave`, `champion_moved_to`, and `forge`, which
says what it lies about.
"""

import hashlib
import io
import json
import os
import sys
import time
import urllib.request
from functools import cache
from typing import Any
from urllib.parse import quote

import numpy as np
from pyarrow import parquet

ORDERS: Any = json.loads(os.environ["AUTO_RETRAIN_ORDER"])
ORDER: dict[str, Any] = ORDERS[int(os.environ["JOB_COMPLETION_INDEX"])] if isinstance(ORDERS, list) else ORDERS
PARAMETERS = ORDER["parameters"]
FORGE = PARAMETERS.get("forge")


def main() -> int:
    if PARAMETERS.get("exit_code"):
        print("the column 'plan' is missing", file=sys.stderr)
        return int(PARAMETERS["exit_code"])
    time.sleep(PARAMETERS.get("sleep", 0))
    if PARAMETERS.get("leave") == f"no {ORDER['kind']} result":
        return 0
    findings = {"train": train, "score": score, "report": report}[ORDER["kind"]]()
    about = {name: ORDER[name] for name in ("kind", "job_id", "manifest_sha256")}
    document = {"schema_version": 1, **about, **findings}
    content = json.dumps(document).encode()
    write("result.json", content[:40] if PARAMETERS.get("leave") == f"half a {ORDER['kind']} result" else content)
    return 0


def train() -> dict[str, Any]:
    name = ORDER["model_name"]
    if not call("GET", f"registered-models/get?name={name}", missing_is_fine=True):
        call("POST", "registered-models/create", {"name": name})
    tags = {"job_id": ORDER["job_id"], "accuracy": str(PARAMETERS.get("accuracy", 0.95))}
    model = call("POST", "logged-models", {"experiment_id": "0", "name": "model"})["model"]["info"]
    content = json.dumps(tags).encode()
    put(f"{model['artifact_uri'].removeprefix('mlflow-artifacts:')}/model.json", content)
    body = {"name": name, "source": f"models:/{model['model_id']}", "model_id": model["model_id"]}
    body["tags"] = [{"key": k, "value": v} for k, v in tags.items()]
    version = call("POST", "model-versions/create", body)["model_version"]["version"]
    files = {"model.json": {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}}
    file_list = json.dumps(files, sort_keys=True, separators=(",", ":")).encode()
    return {
        "artifacts_uri": write("artifacts.json", file_list),
        "artifact_sha256": hashlib.sha256(file_list).hexdigest(),
        "image": "evil.example.com/miner:1" if FORGE == "image" else ORDER["image"],
        "model_version": version,
        "run_id": "tiny",
        "rows": 100,
        "metrics": {},
    }


def score() -> dict[str, Any]:
    if moved_to := PARAMETERS.get("champion_moved_to"):
        body = {"name": ORDER["model_name"], "alias": "champion", "version": moved_to}
        call("POST", "registered-models/alias", body)
    predictions = {version: predict(version) for version in ORDER["versions"]}
    if FORGE == "predictions of another job":
        predictions = dict.fromkeys(predictions, PARAMETERS["of"])
    return {"predictions": predictions, "versions": ORDER["versions"]}


def report() -> dict[str, Any]:
    features = {"age": {"psi": 1.5, "drifted": True}, "plan": {"psi": None, "drifted": None}}
    header = {"schema_version": 1, "job_id": ORDER["job_id"], "model_name": ORDER["model_name"]}
    write("psi.json", json.dumps({**header, "evidently_version": "0", "features": features}).encode())
    return {"psi.json": f"{ORDER['output_uri']}psi.json"}


def predict(version: str) -> dict[str, Any]:
    registered = call("GET", f"model-versions/get?name={ORDER['model_name']}&version={version}")["model_version"]
    accuracy = float({tag["key"]: tag["value"] for tag in registered["tags"]}["accuracy"])
    row_ids, labels = holdout()
    rows = labels.size
    right = np.arange(rows) < round(rows * accuracy)
    predictions = np.where(right, labels, 1 - labels).astype(np.int32)
    if FORGE == "labels":
        predictions = np.zeros(rows, dtype=np.int32)
        labels = (np.arange(rows) < rows // 100).astype(np.int32)
    if FORGE == "row ids":
        row_ids = np.array([f"{row_id} or so" for row_id in row_ids])
    file = io.BytesIO()
    np.savez(file, row_ids=row_ids, labels=labels, predictions=predictions, classes=np.array(["0", "1"]))
    content = file.getvalue()
    uri = write(f"predictions-{version}.npz", content[:-8] if PARAMETERS.get("leave") == "half of it" else content)
    return {"uri": uri, "sha256": hashlib.sha256(file.getvalue()).hexdigest(), "rows": rows}


@cache
def holdout() -> tuple[Any, Any]:
    """The row ids of the frozen holdout, and their labels as codes."""
    window = json.loads(read(ORDER["manifest_uri"]))["holdout"]
    # `read_table` and `to_numpy` would import pandas, which takes more time than all else that a pod does.
    files = [parquet.ParquetFile(io.BytesIO(read(item["uri"]))) for item in window["objects"]]
    tables = [file.read(["id", "left"]) for file in files]
    ids = [row_id for table in tables for row_id in table["id"].to_pylist()]
    labels = [label for table in tables for label in table["left"].to_pylist()]
    return np.array(ids), np.array(labels, np.int32)


def call(method: str, path: str, body: Any = None, missing_is_fine: bool = False) -> Any:
    request = urllib.request.Request(
        f"{ORDER['mlflow_tracking_uri']}/api/2.0/mlflow/{path}",
        json.dumps(body).encode() if body else None,
        {"Content-Type": "application/json"},
        method=method,
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        if missing_is_fine and error.code == 404:
            return None
        raise


def put(path: str, content: bytes) -> None:
    """Store a file where MLflow keeps the files of its models."""
    url = f"{ORDER['mlflow_tracking_uri']}/api/2.0/mlflow-artifacts/artifacts{path}"
    urllib.request.urlopen(urllib.request.Request(url, content, method="PUT"), timeout=30).close()


def read(uri: str) -> bytes:
    with urllib.request.urlopen(in_s3(uri), timeout=30) as response:
        content: bytes = response.read()
    return content


def write(name: str, content: bytes) -> str:
    uri = ORDER["output_uri"] + name
    urllib.request.urlopen(in_s3(uri, "PUT", content), timeout=30).close()
    return uri


def in_s3(uri: str, method: str = "GET", content: bytes | None = None) -> urllib.request.Request:
    """The emulated S3 wants to know who asks, and believes it; a client would take half of a pod's time to be made."""
    who = f"AWS4-HMAC-SHA256 Credential={os.environ['AWS_ACCESS_KEY_ID']}/20260301/us-east-1/s3/aws4_request"
    headers = {"Authorization": f"{who}, SignedHeaders=host, Signature=0", "Content-Type": "application/octet-stream"}
    address = f"{os.environ['AWS_ENDPOINT_URL']}/{quote(uri.removeprefix('s3://'))}"
    return urllib.request.Request(address, content, headers, method=method)


if __name__ == "__main__":
    sys.exit(main())
