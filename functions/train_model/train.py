"""Carries out a train order: fits on the training window and registers the version under the job's id."""

from typing import Any

from .artifacts import digest_of, size_of
from .data import LabelledRows, read_window
from .errors import DataInvalid
from .fitting import fit_model, training_quality
from .order import Manifest, Order
from .outputs import Outputs
from .storage import Storage
from .versions import TrainedVersion, Versions


def train(order: Order, manifest: Manifest, storage: Storage, versions: Versions, outputs: Outputs) -> dict[str, Any]:
    """Return the findings for the result document; a job that already has a version is not trained again."""
    trained = versions.find() or _train_new(order, manifest, storage, versions, outputs)
    files = versions.record_files(trained.number)
    outputs.use.stored(size_of(files))
    return {
        "model_version": trained.number,
        "run_id": trained.run_id,
        "rows": int(trained.metrics["training_rows"]),
        "metrics": trained.metrics,
        "artifacts_uri": outputs.write_document("artifacts.json", files),
        "artifact_sha256": digest_of(files),
        "image": order.image,
        "reads_parts": True,
    }


def help_training(order: Order, manifest: Manifest, storage: Storage, versions: Versions) -> None:
    """Fit like the first of several pods, and leave it to that one to register the model.

    A pod that lost its node may come back when the first one is done, and would wait for it in vain.
    """
    if versions.find() is None:
        fit_model(order, read_window(storage, manifest.data, manifest.training), storage)


def _train_new(
    order: Order, manifest: Manifest, storage: Storage, versions: Versions, outputs: Outputs
) -> TrainedVersion:
    with outputs.spans.measure("read data"):
        rows = read_window(storage, manifest.data, manifest.training)
    if rows.label_share < order.min_label_share:
        raise DataInvalid(
            f"only {rows.label_share:.1%} of the {rows.labels.size + rows.unlabelled} rows from {manifest.training} "
            f"have a label yet, {order.min_label_share:.1%} are needed"
        )
    with versions.run():
        with outputs.spans.measure("fit"):
            model = fit_model(order, rows, storage)
        with outputs.spans.measure("register"):
            versions.register(model, manifest.data, rows, _metrics(model, rows))
    registered = versions.find()
    if registered is None:
        raise RuntimeError("MLflow does not show the version that was just registered")
    return registered


def _metrics(model: Any, rows: LabelledRows) -> dict[str, float]:
    return {
        **training_quality(model, rows),
        "training_rows": float(rows.labels.size),
        "rows_without_label": float(rows.unlabelled),
    }
