"""Puts a challenger and its champion side by side, unless they did not answer for the same rows."""

import numpy as np

from ..domain.errors import ArtifactInvalid
from ..domain.policy.policy import Policy
from .canonical_answers import in_canonical_texts
from .predictions import Predictions
from .versions import Terms, Versions, first_model_of, pair_of

# The function has 3,008 MB. Measured: sums and replicates of both versions take this much for each class, however many
# rows there are, beside the probabilities of each version.
BYTES_OF_A_CLASS = 175_000
MAX_BYTES = 2300 << 20


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
        ArtifactInvalid: they were not scored on the same rows, or know too many classes, or do not know the
            policy's positive label.
    """
    terms = Terms(policy, compared, look, champion_look)
    if champion is None:
        return first_model_of(challenger, terms, seed)
    champion = on_same_rows(challenger, champion)
    return pair_of(*_with_shared_classes(challenger, champion), terms, seed)


def on_same_rows(challenger: Predictions, champion: Predictions) -> Predictions:
    """The champion's answers as they are spelled for the challenger; raises ArtifactInvalid if the rows differ."""
    if _differing(challenger, champion):
        # Perhaps the image that trained the champion spelled the same values otherwise.
        champion = in_canonical_texts(champion)
    for name in _differing(challenger, champion):
        raise ArtifactInvalid(f"challenger and champion were not scored on the same rows: their {name} differ")
    return champion


def _differing(challenger: Predictions, champion: Predictions) -> list[str]:
    same = {
        "row_ids": np.array_equal(challenger.row_ids, champion.row_ids),
        "labels": np.array_equal(challenger.label_texts, champion.label_texts),
    }
    return [name for name, is_same in same.items() if not is_same]


def _with_shared_classes(challenger: Predictions, champion: Predictions) -> tuple[Predictions, Predictions]:
    """The same answers as codes into the classes of both: versions scored apart do not know each other's."""
    if challenger.classes is None or champion.classes is None:
        return challenger, champion
    classes = np.union1d(challenger.classes, champion.classes)
    scored = sum(version.scores is not None for version in (challenger, champion))
    needed = classes.size * (BYTES_OF_A_CLASS + scored * challenger.rows * np.dtype(float).itemsize)
    if needed > MAX_BYTES:
        raise ArtifactInvalid(
            f"challenger and champion know {classes.size} classes together, too many for {challenger.rows} rows: "
            f"to compare them takes {needed >> 20} MB, of which {MAX_BYTES >> 20} MB may be used"
        )
    return challenger.in_classes(classes), champion.in_classes(classes)
