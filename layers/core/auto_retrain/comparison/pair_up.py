"""Puts a challenger and its champion side by side, unless they did not answer for the same rows."""

import numpy as np

from ..domain.errors import ArtifactInvalid
from ..domain.policy.policy import Policy
from .array_files import MAX_BYTES
from .predictions import Predictions
from .versions import Terms, Versions, first_model_of, pair_of


def pair_up(
    challenger: Predictions,
    champion: Predictions | None,
    policy: Policy,
    seed: int,
    compared: int = 1,
    look: int = 1,
    champion_look: int | None = None,
) -> Versions:
    """Make two versions comparable, or measure a first model alone.

    Raises:
        ArtifactInvalid: they were not scored on the same rows, or do not know the policy's positive label.
    """
    terms = Terms(policy, compared, look, champion_look)
    if champion is None:
        return first_model_of(challenger, terms, seed)
    _check_same_rows(challenger, champion)
    return pair_of(*_with_shared_classes(challenger, champion), terms, seed)


def _check_same_rows(challenger: Predictions, champion: Predictions) -> None:
    same = {
        "row_ids": np.array_equal(challenger.row_ids, champion.row_ids),
        "labels": np.array_equal(challenger.label_texts, champion.label_texts),
    }
    for name, is_same in same.items():
        if not is_same:
            raise ArtifactInvalid(f"challenger and champion were not scored on the same rows: their {name} differ")


def _with_shared_classes(challenger: Predictions, champion: Predictions) -> tuple[Predictions, Predictions]:
    """The same answers as codes into the classes of both: versions scored apart do not know each other's."""
    if challenger.classes is None or champion.classes is None:
        return challenger, champion
    classes = np.union1d(challenger.classes, champion.classes)
    if classes.size * challenger.rows * np.dtype(float).itemsize > MAX_BYTES:
        raise ArtifactInvalid(f"challenger and champion know {classes.size} classes, too many for so many rows")
    return challenger.in_classes(classes), champion.in_classes(classes)
