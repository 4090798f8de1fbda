"""Calls the function that fits the model: the policy's own or the default one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from inspect import signature
from typing import Any

import numpy as np

from .checkpoints import kept_checkpoints
from .data import LabelledRows
from .entry_points import find
from .errors import DataInvalid, TrainerBroken
from .labels import label_texts
from .order import Order
from .storage import Storage

CHECKPOINTS = "checkpoint_dir"
DEFAULT_TRAINER = "train_model.default_trainer:fit"
DEFAULT_REGRESSOR = "train_model.default_trainer:fit_regressor"


def fit_model(order: Order, rows: LabelledRows, storage: Storage) -> Any:
    """Give the fitted model; raises DataInvalid when all labels are the same, and TrainerBroken.

    A trainer that takes a `checkpoint_dir` finds there what it left before its pod lost its node.
    """
    if np.unique(rows.labels).size < 2:
        raise DataInvalid(f"all {rows.labels.size} training rows have the same label")
    trainer = order.trainer or (DEFAULT_REGRESSOR if rows.are_numbers else DEFAULT_TRAINER)
    fit = find("trainer", trainer)
    with _extras(fit, order, storage) as extras:
        try:
            model = fit(rows.features.copy(), rows.targets, dict(order.parameters), order.seed, **extras)
        except (Exception, SystemExit) as error:
            raise TrainerBroken(f"trainer {trainer} failed: {type(error).__name__}: {error}") from error
    if not callable(getattr(model, "predict", None)):
        raise TrainerBroken(f"trainer {trainer} returned a {type(model).__name__}, which has no method predict")
    return model


def training_quality(model: Any, rows: LabelledRows) -> dict[str, float]:
    """How well the model repeats what it was taught; for information only."""
    try:
        predicted = np.asarray(model.predict(rows.features)).ravel()
        if rows.are_numbers:
            return {"training_rmse": float(np.sqrt(np.mean((predicted - rows.labels) ** 2)))}
        return {"training_accuracy": float(np.mean(label_texts(predicted) == rows.labels))}
    except Exception as error:
        raise TrainerBroken(f"the fitted model cannot predict its own training rows: {error}") from error


@contextmanager
def _extras(fit: Callable[..., Any], order: Order, storage: Storage) -> Iterator[dict[str, Any]]:
    """What a trainer gets only if it asks for it by name."""
    if not _takes_checkpoints(fit):
        yield {}
        return
    with kept_checkpoints(f"{order.output_uri}checkpoint/", storage) as directory:
        yield {CHECKPOINTS: directory}


def _takes_checkpoints(fit: Callable[..., Any]) -> bool:
    try:
        return CHECKPOINTS in signature(fit).parameters
    except (TypeError, ValueError):
        return False  # something that does not tell; whether it fits is found out by calling it
