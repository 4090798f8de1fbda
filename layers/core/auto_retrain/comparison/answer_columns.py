"""Turns columns that a person has at hand, such as those of a data frame, into prediction files."""

import io
from typing import Any

import numpy as np

from ..domain.canonical_text import canonical_text
from ..domain.errors import ArtifactInvalid
from ..domain.metric_kinds import Task
from ..domain.policy.data import DataPolicy
from .prediction_files import SLICE_PREFIX

Array = np.ndarray[Any, Any]

ROW_ID, LABEL, CHALLENGER, CHAMPION = "row_id", "label", "challenger", "champion"


def prediction_files_of(columns: Any, versions: dict[str, str], data: DataPolicy) -> dict[str, bytes]:
    """A prediction file for each version, whose answers are in the column that `versions` names.

    `columns` is a data frame or a mapping of arrays with `row_id`, `label`, the answers, and the entity and the slices
    of the policy. Labels and answers are values, not codes. Raises ArtifactInvalid naming a column that is absent, of
    another length, or has a missing value.
    """
    names = [ROW_ID, LABEL, *versions.values(), *([data.entity] if data.entity else []), *data.slices]
    given = {name: _column(columns, name) for name in dict.fromkeys(names)}
    rows = len(given[ROW_ID])
    for name, values in given.items():
        _check(name, values, rows)
    shared: dict[str, Array] = {"row_ids": _texts(given[ROW_ID])}
    if data.entity:
        shared["entities"] = _texts(given[data.entity])
    shared |= {f"{SLICE_PREFIX}{name}": _texts(given[name]) for name in data.slices}
    answers = {version: given[name] for version, name in versions.items()}
    if data.task is Task.REGRESSION:
        numbers = {version: _numbers(versions[version], values) for version, values in answers.items()}
        labels = _numbers(LABEL, given[LABEL])
        return {version: _file(**shared, labels=labels, predictions=each) for version, each in numbers.items()}
    texts = {version: _texts(values) for version, values in answers.items()}
    labels = _texts(given[LABEL])
    classes = np.unique(np.concatenate([labels, *texts.values()]))
    codes = np.searchsorted(classes, labels)
    return {
        version: _file(**shared, labels=codes, predictions=np.searchsorted(classes, each), classes=classes)
        for version, each in texts.items()
    }


def feature_columns(columns: Any, data: DataPolicy) -> dict[str, Any]:
    """The features of the policy: numbers as an array, texts with None for missing. Raises like the files above."""
    numbers = {name: _numbers(name, _column(columns, name)) for name in data.numeric}
    given = {name: _column(columns, name) for name in data.categorical}
    texts = {name: [None if value is None or value != value else str(value) for value in given[name]] for name in given}
    return {**numbers, **texts}


def _column(columns: Any, name: str) -> list[Any]:
    try:
        return np.asarray(columns[name]).tolist()  # type: ignore[no-any-return]
    except (KeyError, IndexError, TypeError, ValueError) as error:
        known = ", ".join(map(str, columns)) if hasattr(columns, "keys") else type(columns).__name__
        raise ArtifactInvalid(f"column '{name}' is missing; there are {known or 'none'}") from error


def _check(name: str, values: Any, rows: int) -> None:
    if not isinstance(values, list) or len(values) != rows or not rows:
        size = len(values) if isinstance(values, list) else "no"
        raise ArtifactInvalid(f"column '{name}' has {size} rows; it must have as many as '{ROW_ID}' ({rows}), and one")
    missing = next((place for place, value in enumerate(values) if value is None or value != value), None)
    if missing is not None:
        raise ArtifactInvalid(f"column '{name}' has no value in row {missing}; leave out rows without a label")


def _texts(values: list[Any]) -> Array:
    return np.array([canonical_text(str(value)) for value in values], dtype=np.str_)


def _numbers(name: str, values: list[Any]) -> Array:
    try:
        return np.array(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ArtifactInvalid(f"column '{name}' has values that are not numbers") from error


def _file(**arrays: Array) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, **arrays)
    return file.getvalue()
