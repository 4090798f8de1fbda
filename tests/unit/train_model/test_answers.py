"""What a model answers is understood by value, or refused with the version, the count and what came back."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from train_model.asking import Predictions
from train_model.data import LabelledRows
from train_model.errors import VersionUnusable
from train_model.known_labels import KnownLabels
from train_model.score import predict
from train_model.versions import LoadedVersion

ROWS = 1000
AGES = np.arange(ROWS) % 80.0
RIGHT = (AGES > 40).astype(int)
TEXTS = RIGHT.astype(str)
YES = 1 / (1 + np.exp(40.5 - AGES))

Array = np.ndarray[Any, Any]


class Model:
    """Answers whatever it is made to answer."""

    def __init__(self, answers: Any, classes: Any = None) -> None:
        self.answers = answers
        if classes is not None:
            self.classes_ = np.array(classes)

    def predict(self, frame: pd.DataFrame) -> Any:
        return self.answers


class Probable(Model):
    def __init__(self, scores: Any, classes: Any = (0, 1), answers: Any = RIGHT) -> None:
        super().__init__(answers, classes)
        self.scores = scores

    def predict_proba(self, frame: pd.DataFrame) -> Any:
        return self.scores


def asked(model: Any, labels: Array = TEXTS) -> Predictions:
    rows = LabelledRows(np.arange(ROWS).astype(str), pd.DataFrame({"age": AGES}), labels, unlabelled=0)
    return predict(LoadedVersion("2", model, None), rows)


def two(yes: Array) -> Array:
    return np.column_stack([1 - yes, yes])


def with_one(answer: Any, kind: Any = object) -> Array:
    answers = RIGHT.astype(kind)
    answers[-1] = answer
    return answers


SPELLINGS: dict[str, Callable[[Array], Any]] = {
    "integers": lambda right: right,
    "small integers": lambda right: right.astype(np.uint8),
    "whole floats": lambda right: right.astype(float),
    "half floats": lambda right: right.astype(np.float16),
    "booleans": lambda right: right == 1,
    "texts": lambda right: right.astype(str),
    "texts of floats": lambda right: right.astype(float).astype(str),
    "words for booleans": lambda right: np.where(right, "True", "False"),
    "bytes": lambda right: right.astype("S"),
    "decimals": lambda right: np.array([Decimal(f"{one}.0") for one in right]),
    "a mixture": lambda right: [one if place % 2 else str(float(one)) for place, one in enumerate(right)],
    "a list": lambda right: right.tolist(),
    "a column": lambda right: right[:, None],
    "a series": lambda right: pd.Series(right),
    "a series with another index": lambda right: pd.Series(right, index=np.arange(ROWS) + 5_000),
    "a frame": lambda right: pd.DataFrame({"left": right}),
    "nullable integers": lambda right: pd.Series(right, dtype="Int64"),
    "categories": lambda right: pd.Categorical(right),
    "texts of Arrow": lambda right: pd.Series(right.astype(str), dtype="string"),
    "a mask that hides nothing": lambda right: np.ma.array(right, mask=False),
}


@pytest.mark.parametrize("spell", SPELLINGS.values(), ids=SPELLINGS)
@pytest.mark.parametrize("classes", [None, [0, 1], [0.0, 1.0], [False, True], ["0", "1"]], ids=str)
def test_labels_are_known_by_value_however_a_model_writes_them(spell: Callable[[Array], Any], classes: Any) -> None:
    assert asked(Model(spell(RIGHT), classes)).predicted.tolist() == TEXTS.tolist()


@pytest.mark.parametrize("spell", [SPELLINGS[name] for name in ("integers", "whole floats", "booleans", "texts")])
def test_truth_values_may_be_answered_as_numbers(spell: Callable[[Array], Any]) -> None:
    labels = np.where(RIGHT, "true", "false")
    assert asked(Model(spell(RIGHT)), labels).predicted.tolist() == labels.tolist()


@given(st.lists(st.integers(-(10**15), 10**15), min_size=1, unique=True), st.sampled_from([int, float, Decimal, str]))
def test_every_whole_number_is_its_own_label(numbers: list[int], kind: Callable[[Any], Any]) -> None:
    known = KnownLabels(map(str, numbers))
    assert [known.text_of(kind(number)) for number in numbers] == [str(number) for number in numbers]


def test_fractions_are_labels_as_well() -> None:
    known = KnownLabels(["0.1", "1.50"])
    assert [known.text_of(answer) for answer in (np.float32(0.1), 0.1, Decimal("1.5"))] == ["0.1", "0.1", "1.50"]


def test_moments_are_labels_as_the_files_write_them() -> None:
    known = KnownLabels(["2026-03-01", "2026-03-02 12:30:00"])
    answers = (pd.Timestamp("2026-03-01"), np.datetime64("2026-03-02T12:30:00"))
    assert [known.text_of(answer) for answer in answers] == ["2026-03-01", "2026-03-02 12:30:00"]


def test_labels_that_differ_only_in_spelling_are_told_apart_by_their_texts() -> None:
    known = KnownLabels(["1", "01", "true"])
    assert [known.text_of(answer) for answer in (1, "01", True, "1.0")] == ["1", "01", "true", "1.0"]


REFUSED = {
    "NaN among floats": (with_one(np.nan, float), "no answer for 1 of 1000 rows, such as 'nan'"),
    "None": (with_one(None), "no answer for 1 of 1000 rows, such as 'None'"),
    "a missing integer": (pd.Series(with_one(pd.NA), dtype="Int64"), "no answer for 1 of 1000 rows"),
    "no moment": (with_one(pd.NaT), "no answer for 1 of 1000 rows"),
    "a category that is missing": (pd.Categorical(with_one(None)), "no answer for 1 of 1000 rows"),
    "a masked answer": (np.ma.array(RIGHT, mask=AGES == 0), "no answer for 13 of 1000 rows"),
    "the word for missing": (with_one("nan"), "no answer for 1 of 1000 rows, such as 'nan'"),
    "infinity": (with_one(np.inf, float), "an answer that is no known label for 1 of 1000 rows"),
    "a probability": (with_one(0.73), "an answer that is no known label for 1 of 1000 rows, such as '0.73'"),
    "probabilities": (YES, "an answer that is no known label for"),
    "a word": (with_one("maybe"), "an answer that is no known label for 1 of 1000 rows, such as 'maybe'"),
    "another language": (np.where(RIGHT, "yes", "no"), "an answer that is no known label for 1000 of 1000 rows"),
    "one row less": (RIGHT[:-1], r"answers of shape \(999,\) for 1000 rows"),
    "one answer for all": (1, r"answers of shape \(\) for 1000 rows"),
    "nothing": (None, r"answers of shape \(\) for 1000 rows"),
    "a row": (RIGHT[None], r"answers of shape \(1, 1000\) for 1000 rows"),
    "rows that only count as many": (RIGHT.reshape(500, 2), r"answers of shape \(500, 2\) for 1000 rows"),
    "probabilities of classes": (two(YES), r"answers of shape \(1000, 2\) for 1000 rows"),
    "another order": (
        pd.Series(RIGHT[::-1], index=np.arange(ROWS)[::-1]),
        "answers whose index has the rows in another order",
    ),
}


@pytest.mark.parametrize(("answers", "problem"), REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("classes", [None, [0, 1]], ids=str)
def test_what_is_no_label_for_each_row_is_refused(answers: Any, problem: str, classes: Any) -> None:
    with pytest.raises(VersionUnusable, match=f"^version 2 gave {problem}"):
        asked(Model(answers, classes))


def test_answers_that_cannot_even_be_compared_are_refused() -> None:
    with pytest.raises(VersionUnusable, match=r"^version 2 cannot predict: TypeError: unhashable"):
        asked(Model([{"label": 1}] * ROWS))


def test_a_label_that_no_row_has_is_wrong_and_not_refused() -> None:
    rare = with_one(2)
    assert asked(Model(rare)).predicted[-1] == "2"
    assert asked(Model(rare, [0, 1, 2])).predicted[-1] == "2"
    with pytest.raises(VersionUnusable, match="no known label for 1 of 1000 rows, such as '2'"):
        asked(Model(rare, [0, 1]))


CLASSES_REFUSED = {
    "another language": (["no", "yes"], "classes_ of type <U3, none of which is a label of the rows"),
    "the same twice": ([1, True, 0], "3 classes_ of which some are missing or the same"),
    "missing": ([0, np.nan], "2 classes_ of which some are missing or the same"),
    "several lists": ([[0, 1], [0, 1]], r"classes_ of shape \(2, 2\) instead of one list"),
}


@pytest.mark.parametrize(("classes", "problem"), CLASSES_REFUSED.values(), ids=CLASSES_REFUSED)
def test_classes_that_are_no_labels_are_refused(classes: Any, problem: str) -> None:
    with pytest.raises(VersionUnusable, match=f"^version 2 gave {problem}"):
        asked(Model(RIGHT, classes))


GIVEN: dict[str, Any] = {
    "as they should be": two(YES),
    "single precision": two(YES.astype(np.float32)),
    "a frame": pd.DataFrame(two(YES), columns=["no", "yes"]),
    "a sparse matrix": csr_matrix(two(YES)),
    "lists": two(YES).tolist(),
    "objects": two(YES).astype(object),
    "a mask that hides nothing": np.ma.array(two(YES), mask=False),
    "above one by rounding": two(YES) * (1 + 1.2e-7),
    "below zero by rounding": two(YES) + np.array([-1e-9, 1e-9]),
    "half precision": two(YES).astype(np.float16),
}


@pytest.mark.parametrize("scores", GIVEN.values(), ids=GIVEN)
@pytest.mark.parametrize("classes", [[0, 1], [False, True], ["0", "1"], [0.0, 1.0]], ids=str)
def test_probabilities_may_come_in_any_type_and_rounded(scores: Any, classes: Any) -> None:
    predictions = asked(Probable(scores, classes))
    assert predictions.classes is not None
    assert predictions.classes.tolist() == ["0", "1"]
    assert predictions.scores is not None
    assert predictions.scores == pytest.approx(two(YES), abs=1e-3)
    assert predictions.scores.min() >= 0
    assert predictions.scores.max() <= 1
    assert np.abs(predictions.scores.sum(axis=1) - 1).max() <= 1e-6


def test_exact_probabilities_are_not_touched() -> None:
    assert np.array_equal(asked(Probable(two(YES))).scores, two(YES))  # type: ignore[arg-type]


def unlike(place: int, value: float) -> Array:
    scores = two(YES)
    scores[place] = value
    return scores


SCORES_REFUSED = {
    "a column": (YES[:, None], r"probabilities of shape \(1000, 1\) for 2 classes"),
    "a list": (YES, r"probabilities of shape \(1000,\) for 2 classes"),
    "a class too many": (np.column_stack([two(YES), 0 * YES]), r"probabilities of shape \(1000, 3\) for 2 classes"),
    "a row too few": (two(YES)[1:], r"probabilities of shape \(999, 2\) for 2 classes"),
    "one array for each class": (list(two(YES).T), r"probabilities of shape \(2, 1000\) for 2 classes"),
    "nothing": (None, r"probabilities of shape \(\) for 2 classes"),
    "NaN": (unlike(3, np.nan), "probabilities that are NaN or infinite in 1 of 1000 rows"),
    "masked": (np.ma.array(two(YES), mask=two(AGES) == 7), "probabilities that are NaN or infinite in"),
    "infinity": (unlike(3, np.inf), "probabilities that are NaN or infinite in 1 of 1000 rows"),
    "complex numbers": (two(YES) + 0j, "answers of type complex128 instead of numbers"),
    "above one": (two(YES) * 1.01, "probabilities that are not between 0 and 1, but from .* to 1.01, in"),
    "percent": (two(YES) * 100, "probabilities that are not between 0 and 1, but from"),
    "logits": (np.column_stack([40.5 - AGES, AGES - 40.5]), "probabilities that are not between 0 and 1"),
    "half of it": (two(YES) / 2, "probabilities that are not 1 together, but from 0.5 to 0.5, in 1000 of 1000 rows"),
    "sigmoids": (
        np.where(two(RIGHT) == 1, 0.95, 0.4),
        "probabilities that are not 1 together, but from 1.35 to 1.35, in 1000 of 1000",
    ),
    "certain of everything": (
        np.ones((ROWS, 2)),
        "probabilities that are not 1 together, but from 2 to 2, in 1000 of 1000 rows",
    ),
    "the other order": (two(1 - YES), "probabilities that are not in the order of its classes_: not in one of 1000"),
    "columns in another order": (pd.DataFrame(two(YES), columns=[1, 0]), "probabilities whose columns are not in the"),
    "shuffled": (
        pd.DataFrame(two(YES)).sample(frac=1, random_state=1),
        "answers whose index has the rows in another order",
    ),
}


@pytest.mark.parametrize(("scores", "problem"), SCORES_REFUSED.values(), ids=SCORES_REFUSED)
def test_what_is_no_probability_of_each_class_is_refused(scores: Any, problem: str) -> None:
    with pytest.raises(VersionUnusable, match=f"^version 2 gave {problem}"):
        asked(Probable(scores))


def test_probabilities_of_other_classes_than_those_answered_are_refused() -> None:
    answers = np.where(RIGHT, "yes", "no")
    with pytest.raises(VersionUnusable, match="answers that are none of its classes_, to which its probabilities"):
        asked(Probable(two(YES), ["no", "perhaps"], answers), labels=answers)


@pytest.mark.parametrize("threshold", [0.01, 0.3, 0.7, 0.99])
def test_a_model_may_decide_by_another_threshold_than_the_most_probable_class(threshold: float) -> None:
    assert asked(Probable(two(YES), answers=(threshold < YES).astype(int))).scores is not None


def test_a_model_that_says_that_it_has_no_probabilities_has_none() -> None:
    class WithoutProbabilities(Model):
        def predict_proba(self, frame: pd.DataFrame) -> Any:
            raise NotImplementedError

    assert asked(WithoutProbabilities(RIGHT, [0, 1])).scores is None


@pytest.mark.parametrize("error", [RuntimeError("no memory left"), SystemExit(0)])
def test_a_model_that_fails_when_it_is_asked_is_named(error: BaseException) -> None:
    class Failing(Model):
        def predict_proba(self, frame: pd.DataFrame) -> Any:
            raise error

    with pytest.raises(VersionUnusable, match=f"^version 2 cannot predict: {type(error).__name__}"):
        asked(Failing(RIGHT, [0, 1]))


def test_a_model_that_changes_its_frame_is_asked_with_a_new_one() -> None:
    class Careless(Model):
        def predict(self, frame: pd.DataFrame) -> Any:
            frame["age"] = 0.0
            return RIGHT

        def predict_proba(self, frame: pd.DataFrame) -> Any:
            assert frame["age"].max() > 40
            return two(YES)

    assert asked(Careless(None, [0, 1])).scores is not None


NUMBERS: dict[str, Any] = {
    "floats": AGES,
    "single precision": AGES.astype(np.float32),
    "integers": AGES.astype(int),
    "a column": AGES[:, None],
    "a series": pd.Series(AGES),
    "a frame": pd.DataFrame({"price": AGES}),
    "decimals": [Decimal(str(age)) for age in AGES],
    "texts": AGES.astype(str),
}


@pytest.mark.parametrize("answers", NUMBERS.values(), ids=NUMBERS)
def test_numbers_may_come_in_any_type(answers: Any) -> None:
    assert asked(Model(answers), labels=AGES).predicted.tolist() == AGES.tolist()


NUMBERS_REFUSED = {
    "NaN": (np.where(AGES == 0, np.nan, AGES), "13 of 1000 answers that are not finite numbers of at most 1e"),
    "infinity": (np.where(AGES == 0, np.inf, AGES), "13 of 1000 answers that are not finite numbers"),
    "huge": (np.where(AGES == 0, 1e200, AGES), "13 of 1000 answers that are not finite numbers"),
    "None": ([None, *AGES[1:]], "1 of 1000 answers that are not finite numbers"),
    "a word": (["high", *AGES[1:]], "1 of 1000 answers that are not finite numbers"),
    "masked": (np.ma.array(AGES, mask=AGES == 0), "13 of 1000 answers that are not finite numbers"),
    "complex": (AGES + 1j, "answers of type complex128 instead of numbers"),
    "moments": (AGES.astype("M8[s]"), r"answers of type datetime64\[s\] instead of numbers"),
    "two columns": (np.column_stack([AGES, AGES]), r"answers of shape \(1000, 2\) for 1000 rows"),
}


@pytest.mark.parametrize(("answers", "problem"), NUMBERS_REFUSED.values(), ids=NUMBERS_REFUSED)
def test_what_is_no_number_for_each_row_is_refused(answers: Any, problem: str) -> None:
    with pytest.raises(VersionUnusable, match=f"^version 2 gave {problem}"):
        asked(Model(answers), labels=AGES)
