"""The scores that a version answers in a back-test are counted as the prediction log of a server would be."""

from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest

from auto_retrain.adapters.live.log_scores import count_scores as count_log
from auto_retrain.adapters.memory.data import MemoryDataStore
from auto_retrain.domain.holdout_profile import AnswerScores, HoldoutProfile
from auto_retrain.domain.layouts import Layout
from auto_retrain.domain.windows import Window
from tests.contracts.ports.logged import a_row, as_parquet
from train_model.asking import Predictions
from train_model.scored_answers import count_scores

DAY, ROWS = date(2026, 3, 1), 40
ABOUT: dict[str, Any] = {"model_name": "churn", "version": "1", "window": None}
POSITIVE = HoldoutProfile(
    **ABOUT,
    kind="positive",
    classes=("0", "1"),
    edges=(0.3, 0.5),
    answers=(AnswerScores(answer="0", rows=9, least=0.1, greatest=0.5), AnswerScores(answer="1", rows=9, least=0.5)),
    border=2,
)
OF_ANSWER = HoldoutProfile(
    **ABOUT, kind="answer", classes=("a", "b", "c"), edges=(0.5,), answers=(AnswerScores(rows=9, least=0.4),)
)
NUMBERS = HoldoutProfile(**ABOUT, kind="number", edges=(10.0,), answers=(AnswerScores(rows=9, greatest=15.0),))


def answered(profile: HoldoutProfile, known: list[str]) -> tuple[Predictions, list[float | None]]:
    """What a version answers, of the classes that it knows, and what a server would log as the scores."""
    random = np.random.default_rng(3)
    if profile.kind == "number":
        numbers = random.uniform(0, 20, ROWS)
        return Predictions(numbers), [None] * ROWS
    scores = random.dirichlet(np.ones(len(known)), ROWS)
    best = scores.argmax(axis=1)
    logged = scores[:, 1] if profile.kind == "positive" else scores.max(axis=1)
    return Predictions(np.array(known)[best], np.array(known), scores), logged.tolist()


@pytest.mark.parametrize(
    ("profile", "known"),
    [
        (POSITIVE, ["0", "1"]),
        # A class that the holdout's version never answered.
        (OF_ANSWER, ["a", "b", "c", "d"]),
        (NUMBERS, []),
    ],
)
@pytest.mark.parametrize("entities", [None, np.array(["one", "two", "", "three"] * (ROWS // 4))])
def test_they_are_counted_as_in_a_log(profile: HoldoutProfile, known: list[str], entities: Any) -> None:
    answers, scores = answered(profile, known)
    rows = [
        a_row(
            number,
            predicted_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
            prediction=answer,
            score=score,
            entity_id=None if entities is None else entities[number] or None,
        )
        for number, (answer, score) in enumerate(zip(answers.predicted.tolist(), scores, strict=True))
    ]
    data = MemoryDataStore()
    data.add_partition("log", DAY, as_parquet(rows))
    files = data.list_partitions("log", Window(start=DAY, end=date(2026, 3, 2)), Layout.DATE)
    expected = count_log(DAY, files, profile, data)
    assert count_scores(answers, entities, profile) == expected
    assert expected.answered == ROWS


def test_a_version_without_probabilities_has_answers_and_no_scores() -> None:
    answers = Predictions(np.array(["0", "1"]), np.array(["0", "1"]))
    counted = count_scores(answers, None, POSITIVE)
    assert (counted.answered, counted.without_score, counted.scored) == (2, 2, 0)
