"""Calls the trainer, the function that fits the model: the policy's own or the default one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from inspect import signature
from typing import Any

import numpy as np

from .answers import AnswersRefused
from .asking import ask
from .checkpoints import checkpoint_folder
from .data import LabelledRows
from .entry_points import import_function
from .errors import DataInvalid, TrainerBroken
from .order import Order
from .storage import Storage
from .workers import suffix

CHECKPOINTS = "checkpoint_dir"
DEFAULT_TRAINER = "train_model.default_trainer:fit"
DEFAULT_REGRESSOR = "train_model.default_trainer:fit_regressor"


def fit_model(order: Order, rows: LabelledRows, storage: Storage) -> Any:
    """Return the fitted model; raises DataInvalid if all labels are the same, TrainerBroken if the trainer fails.

    A trainer that takes a `checkpoint_dir` finds its last checkpoint there after its pod lost the node.
    """
    if np.unique(rows.labels).size < 2:
        raise DataInvalid(f"all {rows.labels.size} training rows have the same label")
    trainer = order.trainer or (DEFAULT_REGRESSOR if rows.are_numbers else DEFAULT_TRAINER)
    fit = import_function("trainer", trainer)
    with _optional_arguments(fit, order, storage) as optional:
        try:
            model = fit(rows.features.copy(), rows.targets, dict(order.parameters), order.seed, **optional)
        except (Exception, SystemExit) as error:
            raise TrainerBroken(f"trainer {trainer} failed: {type(error).__name__}: {error}") from error
    if not callable(getattr(model, "predict", None)):
        raise TrainerBroken(f"trainer {trainer} returned a {type(model).__name__}, which has no method predict")
    return model


def training_quality(model: Any, rows: LabelledRows) -> dict[str, float]:
    """How well the model predicts its own training rows, for information only.

    Raises TrainerBroken if it cannot predict them, or if it is in doubt what its answers mean.
    """
    try:
        predicted = ask(model, rows.features, rows).predicted
    except AnswersRefused as error:
        raise TrainerBroken(f"the fitted model gave {error}, of its own training rows") from error
    except (Exception, SystemExit) as error:
        raise TrainerBroken(f"the fitted model cannot predict its own training rows: {error}") from error
    if rows.are_numbers:
        return {"training_rmse": float(np.sqrt(np.mean((predicted - rows.labels) ** 2)))}
    return {"training_accuracy": float(np.mean(predicted == rows.labels))}


@contextmanager
def _optional_arguments(fit: Callable[..., Any], order: Order, storage: Storage) -> Iterator[dict[str, Any]]:
    """Arguments that a trainer gets only if its signature names them."""
    if not _takes_checkpoints(fit):
        yield {}
        return
    with checkpoint_folder(f"{order.output_uri}checkpoint{suffix()}/", storage) as directory:
        yield {CHECKPOINTS: directory}


def _takes_checkpoints(fit: Callable[..., Any]) -> bool:
    try:
        return CHECKPOINTS in signature(fit).parameters
    except (TypeError, ValueError):
        return False  # it has no readable signature; calling it will show whether it is a trainer
