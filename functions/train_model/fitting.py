"""Calls the function that fits the model: the policy's own or the default one."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

from .data import LabelledRows
from .errors import DataInvalid, TrainerBroken
from .labels import label_texts, natural_labels
from .order import Order

DEFAULT_TRAINER = "train_model.default_trainer:fit"


def fit_model(order: Order, rows: LabelledRows) -> Any:
    """Give the fitted model; raises DataInvalid when there is only one class, and TrainerBroken."""
    if np.unique(rows.labels).size < 2:
        raise DataInvalid(f"all {rows.labels.size} training rows have the same label")
    trainer = order.trainer or DEFAULT_TRAINER
    fit = _find(trainer)
    try:
        model = fit(rows.features.copy(), natural_labels(rows.labels), dict(order.parameters), order.seed)
    except (Exception, SystemExit) as error:
        raise TrainerBroken(f"trainer {trainer} failed: {type(error).__name__}: {error}") from error
    if not callable(getattr(model, "predict", None)):
        raise TrainerBroken(f"trainer {trainer} returned a {type(model).__name__}, which has no method predict")
    return model


def training_accuracy(model: Any, rows: LabelledRows) -> float:
    """How well the model repeats what it was taught; for information only."""
    try:
        predicted = label_texts(np.asarray(model.predict(rows.features)).ravel())
        return float(np.mean(predicted == rows.labels))
    except Exception as error:
        raise TrainerBroken(f"the fitted model cannot predict its own training rows: {error}") from error


def _find(trainer: str) -> Callable[..., Any]:
    module, _, name = trainer.partition(":")
    try:
        function: Callable[..., Any] = getattr(import_module(module), name)
    except Exception as error:
        raise TrainerBroken(f"trainer {trainer} cannot be imported: {type(error).__name__}: {error}") from error
    return function
