"""Carries out a proxy order: two small models, fitted on a sample and on half of it, predict the holdout rows.

They are registered nowhere: all that is asked of them is how good they are, beside the champion.
"""

from typing import Any

from .asking import Predictions
from .data import LabelledRows, RowSample, read_window
from .fitting import fit_model
from .order import Manifest, Order
from .outputs import Outputs
from .score import predict, predict_all, write_predictions
from .storage import Storage
from .versions import LoadedVersion, Versions

HALF, WHOLE = "half", "whole"


def train_proxies(
    order: Order, manifest: Manifest, storage: Storage, versions: Versions, outputs: Outputs
) -> dict[str, Any]:
    """Write the predictions of both proxies and of the ordered versions; return the findings for the result document.

    Raises DataInvalid if all labels of a sample are the same, TrainerBroken if the trainer fails on it.
    """
    share = order.sample_share or 1.0
    with outputs.spans.measure("read data"):
        fresh = read_window(storage, manifest.data, manifest.holdout, manifest.data.extra)
        whole = read_window(storage, manifest.data, manifest.training, sample=RowSample(share, order.seed))
    half = whole.only(RowSample(share / 2, order.seed).holds(whole.row_ids))
    predictions = predict_all(order, fresh, versions, outputs)
    samples = {HALF: half, WHOLE: whole}
    for name, rows in samples.items():
        predictions[name] = _predictions_of_proxy(name, order, rows, fresh, storage, outputs)
    files = write_predictions(predictions, fresh, manifest.data, outputs)
    proxies = [{"rows": int(rows.labels.size), "predictions": files.pop(name)} for name, rows in samples.items()]
    return {"proxies": proxies, "predictions": files, "versions": order.versions}


def _predictions_of_proxy(
    name: str, order: Order, rows: LabelledRows, fresh: LabelledRows, storage: Storage, outputs: Outputs
) -> Predictions:
    # A trainer that keeps checkpoints must not go on with those of the other one.
    apart = order.model_copy(update={"output_uri": f"{order.output_uri}{name}/"})
    with outputs.spans.measure(f"fit {name}"):
        model = fit_model(apart, rows, storage)
    with outputs.spans.measure(f"predict with {name}"):
        return predict(LoadedVersion(f"{name} sample", model, None), fresh, order.row_metric)
