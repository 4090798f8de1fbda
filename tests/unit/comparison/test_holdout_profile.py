"""A profile says what scores meant on the holdout, or why nothing can be estimated from it."""

from dataclasses import replace

import numpy as np
import pytest

from auto_retrain.adapters.live.log_scores import group_counts
from auto_retrain.comparison.predictions import Predictions
from auto_retrain.domain.holdout_profile import HoldoutProfile, ScoreCounts, sum_of
from tests.unit.comparison.answers import of_numbers
from tests.unit.scored import HOLDOUT, profile, scored_answers


def test_two_classes_are_profiled_by_the_probability_of_the_positive_one() -> None:
    made = profile()
    assert (made.kind, made.window, made.problem) == ("positive", HOLDOUT, None)
    assert sum(made.rows) == 3000
    assert len(made.rows) == len(made.chances) == len(made.edges) + 1
    negatives, positives = made.answers
    assert (negatives.answer, positives.answer) == ("no", "yes")
    assert negatives.rows + positives.rows == 3000
    assert negatives.greatest < 0.501
    assert positives.least > 0.499


def test_the_other_class_may_be_the_positive_one() -> None:
    made = profile(positive=0)
    assert [each.answer for each in made.answers] == ["yes", "no"]
    assert made.chances[-1] > 0.9


def test_of_more_classes_only_the_answer_has_a_probability() -> None:
    random = np.random.default_rng(3)
    scores = random.dirichlet([0.3, 0.3, 0.3], 1000)
    labels = np.array([random.choice(3, p=row) for row in scores])
    answers = Predictions(np.arange(1000).astype(str), labels, scores.argmax(axis=1), np.array(["a", "b", "c"]), scores)
    made = profile(answers, positive=None)
    assert (made.kind, len(made.answers), made.classes) == ("answer", 1, ("a", "b", "c"))
    right = np.average(made.chances, weights=made.rows)
    assert right == pytest.approx(np.mean(labels == answers.predictions), abs=0.03)


def test_a_regression_is_profiled_by_its_answers() -> None:
    random = np.random.default_rng(4)
    made = profile(of_numbers(random.uniform(0, 10, 1000), 0.5, random), positive=None)
    assert (made.kind, made.problem) == ("number", None)
    assert np.average(made.losses["mae"].means, weights=made.rows) == pytest.approx(0.4, abs=0.05)
    assert np.average(made.losses["rmse"].means, weights=made.rows) == pytest.approx(0.25, abs=0.05)


def test_a_model_of_two_classes_stays_one_beside_a_version_that_knows_a_third() -> None:
    alone, beside = scored_answers(), scored_answers().in_classes(np.array(["maybe", "no", "yes"]))
    assert profile(beside, positive=2) == profile(alone, positive=1)
    assert profile(beside, positive=None) == profile(alone, positive=None)


def test_rows_of_a_class_that_a_model_of_two_does_not_know_are_a_problem() -> None:
    beside = scored_answers().in_classes(np.array(["maybe", "no", "yes"]))
    unknown = replace(beside, labels=np.where(np.arange(3000) < 30, 0, beside.labels))
    assert profile(unknown, positive=2).problem == "its holdout has classes that it does not know"
    assert profile(beside, positive=0).problem == "it does not know the class 'maybe'"


@pytest.mark.parametrize(
    ("classes", "expected"), [(["0.0", "1.0"], ["0", "1"]), (["False", "True"], ["false", "true"])]
)
def test_classes_that_another_release_spelled_otherwise_are_profiled_as_a_log_has_them(
    classes: list[str], expected: list[str]
) -> None:
    made = profile(replace(scored_answers(), classes=np.array(classes)))
    assert [each.answer for each in made.answers] == expected


def test_a_threshold_is_midway_between_the_scores_of_both_answers() -> None:
    scores, positive = np.repeat([0.1, 0.2, 0.7, 0.9], 100), np.repeat([False, False, True, True], 100)
    made = profile(
        replace(
            scored_answers(400),
            labels=positive.astype(int),
            predictions=positive.astype(int),
            scores=np.column_stack([1 - scores, scores]),
        )
    )
    assert made.border is not None
    assert made.edges[made.border - 1] == pytest.approx(0.45)
    # Nearer to the others than to those of the same answer.
    counts = group_counts(np.array([0.44, 0.46]), np.array([True, False]), made)
    assert [groups.index(1) for groups in counts.groups] == [made.border - 1, made.border]


def test_rows_of_one_entity_weigh_less() -> None:
    answers = scored_answers(1000)
    assert profile(replace(answers, entities=np.repeat(np.arange(250), 4).astype(str))).design_effect == pytest.approx(
        4
    )


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (replace(scored_answers(), scores=None), "its predictions on the holdout have no probabilities"),
        (scored_answers(299), "its holdout has 299 labelled rows (300 needed)"),
        (replace(scored_answers(), labels=np.ones(3000, int)), "all rows of its holdout are of one class"),
        (replace(scored_answers(), scores=np.full((3000, 2), 0.5)), "its score is the same in all rows of its holdout"),
        (replace(scored_answers(), labels=1 - scored_answers().labels), "what came true on its holdout does not rise"),
    ],
)
def test_a_holdout_that_tells_nothing_says_why(answers: Predictions, expected: str) -> None:
    assert str(profile(answers).problem).startswith(expected)


def test_a_regression_that_always_says_the_same_tells_nothing() -> None:
    random = np.random.default_rng(5)
    answers = replace(of_numbers(random.uniform(0, 10, 1000), 0.5, random), predictions=np.ones(1000))
    assert profile(answers, positive=None).problem == "its prediction is the same in all rows of its holdout"


def test_a_profile_is_read_as_it_was_written() -> None:
    made = profile()
    assert HoldoutProfile.model_validate_json(made.model_dump_json()) == made
    assert len(made.model_dump_json()) < 10_000


def test_counts_of_days_add_up_and_a_day_without_answers_adds_nothing() -> None:
    counted = {"answered": 4, "of_other_classes": 1, "without_score": 1, "independent": 2.0}
    one = ScoreCounts(**counted, outside=(0, 1), groups=((1, 0), (0, 1)))
    twice = {name: 2 * count for name, count in counted.items()}
    assert sum_of([one, ScoreCounts(), one]) == ScoreCounts(**twice, outside=(0, 2), groups=((2, 0), (0, 2)))
    assert one.scored == 2
    assert sum_of([]) == ScoreCounts()


def test_a_group_of_one_row_is_not_taken_for_one_without_variance() -> None:
    random = np.random.default_rng(8)
    predictions = np.array([-5.0, *np.repeat([0.0, 1.0], 200)])
    labels = predictions + random.normal(size=401)
    made = profile(Predictions(np.arange(401).astype(str), labels, predictions), positive=None)
    assert made.rows[0] == 1
    assert made.losses["rmse"].variances[0] == pytest.approx(np.var((labels - predictions) ** 2))


def test_errors_that_are_too_large_to_be_squared_twice_tell_nothing_and_break_nothing() -> None:
    random = np.random.default_rng(0)
    labels = np.array([*random.normal(size=999), 1e90])
    found = profile(Predictions(np.arange(1000).astype(str), labels, random.normal(size=1000)))
    assert found.problem == "its errors on its holdout are too large to tell how much they vary"


def test_rare_answers_have_groups_of_their_own() -> None:
    scores = np.linspace(0, 0.01, 10_000)
    scores[-50:] = np.linspace(0.95, 0.99, 50)
    positive = scores > 0.5
    classes = np.array(["no", "yes"])
    answers = replace(
        scored_answers(),
        row_ids=np.arange(10_000).astype(str),
        labels=positive.astype(int),
        predictions=positive.astype(int),
        classes=classes,
        scores=np.column_stack([1 - scores, scores]),
    )
    found = profile(answers)
    assert found.rows[-1] == 50
    assert found.chances[-1] > 0.9
