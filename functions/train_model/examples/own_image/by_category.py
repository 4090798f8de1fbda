"""A training image that shares no code with ours: it predicts the most frequent label of each category.

It shows each part of the contract once: the order, the frozen data, a version in MLflow with its files, the result with
their digest, predictions of exactly the holdout rows, and the exit codes. It does not support drift reports.
"""

import base64
import hashlib
import io
import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from typing import Any

import boto3
import numpy as np
import pyarrow.parquet as parquet

PERMANENT = 65

Document = dict[str, Any]


class PermanentFailure(Exception):
    """A failure that a retry cannot fix; the message is the reason."""


def main() -> int:
    order = json.loads(os.environ["AUTO_RETRAIN_ORDER"])
    if isinstance(order, list):  # several variants, each in its own pod
        order = order[int(os.environ["JOB_COMPLETION_INDEX"])]
    storage = boto3.client("s3")
    try:
        manifest = json.loads(read(storage, order["manifest_uri"]))
        work = {"train": train, "score": score}.get(order["kind"])
        if work is None:
            raise PermanentFailure(f"this image does not support the kind '{order['kind']}'")
        findings = work(order, manifest, storage)
    except PermanentFailure as failure:
        print(failure, file=sys.stderr)
        return PERMANENT
    about = {name: order[name] for name in ("kind", "job_id", "manifest_sha256")}
    result = {"schema_version": 1, **about, **findings}
    publish(storage, order["output_uri"] + "result.json", result)
    return 0


def train(order: Document, manifest: Document, storage: Any) -> Document:
    columns = manifest["data"]
    rows = rows_of(storage, columns, manifest["training"])
    labelled = len(rows["labels"])
    if labelled < order["min_label_share"] * (labelled + rows["unlabelled"]):
        raise PermanentFailure(f"only {labelled} of {labelled + rows['unlabelled']} rows have a label yet")
    registry = Mlflow(order)
    version = registry.version_of_job()
    if version is None:
        registry.register(json.dumps(fit(rows, columns)).encode())
        version = registry.version_of_job()
    assert version is not None
    files = json.dumps(registry.files(version), sort_keys=True, separators=(",", ":")).encode()
    return {
        "model_version": version["version"],
        "run_id": version.get("run_id") or "none",
        "rows": len(rows["labels"]),
        "metrics": {},
        "image": order["image"],
        "artifacts_uri": write(storage, order["output_uri"] + "artifacts.json", files),
        "artifact_sha256": hashlib.sha256(files).hexdigest(),
    }


def score(order: Document, manifest: Document, storage: Any) -> Document:
    rows = rows_of(storage, manifest["data"], manifest["holdout"], order.get("part"))
    predictions = {}
    for version, expected in order["versions"].items():
        content = Mlflow(order).read_model(version, expected)
        predictions[version] = predict(json.loads(content), rows, version, order, storage)
    return {"predictions": predictions, "versions": order["versions"], "rows_without_label": rows["unlabelled"]}


def fit(rows: Document, columns: Document) -> Document:
    """The most frequent label, of all rows and of each category of the first categorical column."""
    if not columns["categorical"]:
        raise PermanentFailure("this image needs a categorical column")
    by_category: dict[str, Counter[str]] = {}
    for category, label in zip(rows["categories"], rows["labels"], strict=True):
        by_category.setdefault(category, Counter())[label] += 1
    labels = {category: counts.most_common(1)[0][0] for category, counts in by_category.items()}
    return {"otherwise": Counter(rows["labels"]).most_common(1)[0][0], "by_category": labels}


def predict(model: Document, rows: Document, version: str, order: Document, storage: Any) -> Document:
    predictions = [model["by_category"].get(category, model["otherwise"]) for category in rows["categories"]]
    classes = sorted({*rows["labels"], *predictions})
    code = {label: number for number, label in enumerate(classes)}
    file = io.BytesIO()
    np.savez_compressed(
        file,
        row_ids=np.array(rows["row_ids"]),
        classes=np.array(classes),
        labels=np.array([code[label] for label in rows["labels"]], dtype=np.int32),
        predictions=np.array([code[prediction] for prediction in predictions], dtype=np.int32),
    )
    content = file.getvalue()
    uri = write(storage, f"{order['output_uri']}predictions-{version}.npz", content)
    return {"uri": uri, "sha256": hashlib.sha256(content).hexdigest(), "rows": len(predictions)}


def rows_of(storage: Any, columns: Document, window: Document, part: int | None = None) -> Document:
    """Row ids, labels and categories of the labelled rows, or of those of one part, as text.

    Each object is as it was when the job began.
    """
    rows: Document = {"row_ids": [], "labels": [], "categories": [], "unlabelled": 0}
    if columns["format"] != "parquet" or columns.get("labels"):
        raise PermanentFailure("this image reads only Parquet that has the labels in the same objects as the features")
    if columns.get("task") == "regression" or columns.get("entity") or columns.get("slices"):
        raise PermanentFailure("this image supports only classification, and neither entity nor slices")
    if any(frozen.get("date_column") for frozen in window["objects"]):
        raise PermanentFailure("this image reads only data in folders of days, not one table with a date column")
    wanted = [columns["row_id"], columns["label"], *columns["categorical"][:1]]
    for frozen in window["objects"]:
        if part not in (None, frozen.get("part")):
            continue
        content = read(storage, frozen["uri"], frozen["etag"])
        for row in parquet.read_table(io.BytesIO(content), columns=wanted).to_pylist():
            if row[columns["label"]] is None:
                rows["unlabelled"] += 1
                continue
            rows["row_ids"].append(str(row[columns["row_id"]]))
            rows["labels"].append(str(row[columns["label"]]))
            rows["categories"].append(str(row[wanted[-1]]))
    if not rows["labels"]:
        raise PermanentFailure(f"no row from {window['start']} to {window['end']} has a label")
    return rows


class Mlflow:
    """The parts of MLflow's REST API that this image needs."""

    def __init__(self, order: Document) -> None:
        self._order, self._url = order, order["mlflow_tracking_uri"]

    def version_of_job(self) -> Document | None:
        """The job's version; if two processes registered one each, the lower number counts for both."""
        job = f"name='{self._order['model_name']}' and tags.job_id='{self._order['job_id']}'"
        versions = self._ask("GET", f"model-versions/search?filter={urllib.parse.quote(job)}").get("model_versions", [])
        versions = [version for version in versions if self._variant(version) == self._order.get("variant")]
        return min(versions, key=lambda version: int(version["version"]), default=None)

    def _variant(self, version: Document) -> int | None:
        tags = {tag["key"]: tag["value"] for tag in version.get("tags", [])}
        return int(tags["variant"]) if "variant" in tags else None

    def register(self, content: bytes) -> None:
        name = self._order["model_name"]
        try:
            self._ask("POST", "registered-models/create", {"name": name})
        except urllib.error.HTTPError as error:
            if error.code != 400:  # it exists already
                raise
        model = self._ask("POST", "logged-models", {"experiment_id": "0", "name": "model"})["model"]["info"]
        root = urllib.parse.urlsplit(model["artifact_uri"]).path
        self._send("PUT", f"/api/2.0/mlflow-artifacts/artifacts{root}/model.json", content)
        tags = {"job_id": self._order["job_id"], "manifest_sha256": self._order["manifest_sha256"]}
        tags |= {"image": self._order["image"]} if self._order["image"] else {}
        tags |= {"variant": str(self._order.get("variant"))} if self._order.get("variant") is not None else {}
        version = {"name": name, "source": f"models:/{model['model_id']}", "model_id": model["model_id"]}
        self._ask(
            "POST", "model-versions/create", version | {"tags": [{"key": k, "value": v} for k, v in tags.items()]}
        )

    def files(self, version: Document) -> Document:
        content = self._model_of(version["version"])
        return {"model.json": {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}}

    def read_model(self, version: str, expected: str | None) -> bytes:
        """The file of a version; refused before it is used if it is not what was registered."""
        files = json.dumps(self.files({"version": version}), sort_keys=True, separators=(",", ":")).encode()
        if expected not in (None, hashlib.sha256(files).hexdigest()):
            raise PermanentFailure(f"version {version} is not what was registered")
        return self._model_of(version)

    def _model_of(self, version: str) -> bytes:
        query = urllib.parse.urlencode({"name": self._order["model_name"], "version": version, "path": "model.json"})
        return self._send("GET", f"/model-versions/get-artifact?{query}")

    def _ask(self, method: str, path: str, body: Document | None = None) -> Document:
        content = json.dumps(body).encode() if body else None
        answer: Document = json.loads(self._send(method, f"/api/2.0/mlflow/{path}", content))
        return answer

    def _send(self, method: str, path: str, content: bytes | None = None) -> bytes:
        headers = {"Content-Type": "application/json", **authorization()}
        request = urllib.request.Request(self._url + path, content, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as response:
            answer: bytes = response.read()
        return answer


def authorization() -> dict[str, str]:
    """MLflow's own variables, which a policy's pod template fills from a Kubernetes secret."""
    if token := os.environ.get("MLFLOW_TRACKING_TOKEN"):
        return {"Authorization": f"Bearer {token}"}
    if username := os.environ.get("MLFLOW_TRACKING_USERNAME"):
        pair = f"{username}:{os.environ['MLFLOW_TRACKING_PASSWORD']}".encode()
        return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
    return {}


def read(storage: Any, uri: str, etag: str | None = None) -> bytes:
    condition = {"IfMatch": etag} if etag else {}
    try:
        content: bytes = storage.get_object(**address(uri), **condition)["Body"].read()
    except storage.exceptions.ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchKey", "PreconditionFailed"):
            raise PermanentFailure(f"{uri} was deleted or has changed since the job began") from error
        raise
    return content


def write(storage: Any, uri: str, content: bytes) -> str:
    storage.put_object(**address(uri), Body=content)
    return uri


def publish(storage: Any, uri: str, result: Document) -> None:
    """Write the result last, so that everything that it names exists, and only if no other process was faster."""
    try:
        storage.put_object(**address(uri), Body=json.dumps(result).encode(), IfNoneMatch="*")
    except storage.exceptions.ClientError as error:
        if error.response["Error"]["Code"] != "PreconditionFailed":
            raise


def address(uri: str) -> dict[str, str]:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return {"Bucket": bucket, "Key": key}


if __name__ == "__main__":
    sys.exit(main())
