"""The scores of a version's answers, counted as those of a prediction log are."""

from typing import Any

import numpy as np
import pyarrow as pa

from auto_retrain.adapters.live.log_hashes import hashed
from auto_retrain.adapters.live.log_scores import counts_of
from auto_retrain.domain.canonical_text import canonical_text
from auto_retrain.domain.holdout_profile import HoldoutProfile, ScoreCounts

from .asking import Predictions
from .labels import Array


def count_scores(answers: Predictions, entities: Array | None, profile: HoldoutProfile) -> ScoreCounts:
    """Count answers by the groups of the version's holdout profile; `entities` has '' where a row names none."""
    texts = pa.array(entities if entities is not None else [""] * answers.predicted.size, pa.string())
    rows = pa.table(
        {
            "answer": pa.array(_places(answers, profile), pa.int8()),
            "score": pa.array(_scores(answers, profile), pa.float64()),
            "entity": hashed(pa.compute.if_else(pa.compute.equal(texts, ""), None, texts)),
        }
    )
    return counts_of(rows, profile)


def _places(answers: Predictions, profile: HoldoutProfile) -> Array:
    """The place of each answer among those of the profile."""
    if not profile.classes:
        return np.zeros(answers.predicted.size, np.int8)
    place_of = profile.place_of
    different, codes = np.unique(answers.predicted, return_inverse=True)
    return np.array([place_of.get(canonical_text(text), -1) for text in different.tolist()], np.int8)[codes]


def _scores(answers: Predictions, profile: HoldoutProfile) -> Array:
    """What a server would log: a regression's answer, or the probability of the positive class or of the answer."""
    if profile.kind == "number":
        return answers.predicted
    if answers.scores is None or answers.classes is None:
        return np.full(answers.predicted.size, np.nan)
    names = np.array([canonical_text(str(text)) for text in answers.classes.tolist()])
    if profile.kind == "positive":
        return _of_class(answers.scores, names, profile)
    codes = {text: code for code, text in enumerate(answers.classes.tolist())}
    chosen = [codes[text] for text in answers.predicted.tolist()]
    probabilities: Array = answers.scores[np.arange(answers.predicted.size), chosen]
    return probabilities


def _of_class(scores: Array, names: Array, profile: HoldoutProfile) -> Array:
    positive = profile.answers[-1].answer if profile.answers else None
    of_positive: Any = scores[:, names == positive].sum(axis=1)
    return np.asarray(of_positive)
