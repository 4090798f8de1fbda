"""A trainer for several workers: each sums up its share of the rows, and all get the naive Bayes model of the total.

It shows what a trainer needs where `training.workers` is above 1, with the standard library alone: which rows are its
own, how the others are found, and that all of them return a model, of which only the first one's is kept.
"""

import os
import time
from collections.abc import Callable
from multiprocessing.connection import Client, Listener
from typing import Any, TypeVar

import numpy as np
from sklearn.compose import make_column_transformer
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline

PATIENCE_SECONDS = 300.0
# Of the largest variance, as in scikit-learn.
SMOOTHING = 1e-9

Sums = dict[Any, np.ndarray[Any, Any]]
Opened = TypeVar("Opened")


def fit(frame: Any, target: Any, parameters: dict[str, Any], seed: int) -> Any:
    """Every pod is given all rows; a pod without the others has all of them to itself."""
    rank, workers = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
    numeric = list(frame.select_dtypes("number"))
    values, labels = frame[numeric].fillna(0.0).to_numpy(), np.asarray(target)
    classes = np.unique(labels)
    mine = slice(rank, None, workers)
    total = _of_all(_sums(values[mine], labels[mine], classes), rank, workers)
    print(f"worker {rank} of {workers} summed {len(labels[mine])} of {len(labels)} rows", flush=True)
    first = make_column_transformer(("passthrough", numeric)).fit(frame)
    return make_pipeline(first, _model_of(total, classes))


def _sums(values: Any, labels: Any, classes: Any) -> Sums:
    """By class: rows, sums and sums of squares, which add up over workers."""
    of_class = {label: values[labels == label] for label in classes}
    return {
        label: np.vstack([np.full(rows.shape[1], len(rows)), rows.sum(axis=0), (rows**2).sum(axis=0)])
        for label, rows in of_class.items()
    }


def _of_all(own: Sums, rank: int, workers: int) -> Sums:
    """The total of all workers, which the first one works out and sends to the others."""
    if workers == 1:
        return own
    address = os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])
    if rank:
        with _until_possible(lambda: Client(address)) as first:
            first.send(own)
            return dict(first.recv())
    with _until_possible(lambda: Listener(address, backlog=workers)) as listener:
        others = [listener.accept() for _ in range(workers - 1)]
        parts = [own, *(other.recv() for other in others)]
        total = {label: sum(part[label] for part in parts) for label in own}
        for other in others:
            other.send(total)
            other.close()
    return total


def _until_possible(open_it: Callable[[], Opened]) -> Opened:
    """Pods do not start at the same moment, and their names may not be known yet."""
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return open_it()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def _model_of(total: Sums, classes: Any) -> GaussianNB:
    rows, sums, squares = np.stack([total[label] for label in classes], axis=1)
    model = GaussianNB().fit(np.zeros((len(classes), sums.shape[1])), classes)
    model.theta_ = sums / rows
    model.var_ = squares / rows - model.theta_**2
    model.var_ += SMOOTHING * model.var_.max()
    model.class_count_ = rows[:, 0]
    model.class_prior_ = model.class_count_ / model.class_count_.sum()
    return model
