"""A model's input columns and output, as MLflow stores them with the version."""

from typing import Any

import numpy as np
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, Schema

from .order import Columns

TARGET_TYPES = {"i": "long", "b": "boolean", "U": "string", "f": "double"}


def signature_of(columns: Columns, targets: np.ndarray[Any, Any]) -> ModelSignature:
    """Stated rather than inferred from an example, so that no row of data gets into the registry."""
    numbers = [ColSpec("double", name) for name in columns.numeric]
    texts = [ColSpec("string", name) for name in columns.categorical]
    target = ColSpec(TARGET_TYPES[targets.dtype.kind])
    return ModelSignature(Schema([*numbers, *texts]), Schema([target]))
