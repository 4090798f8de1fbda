"""The scores in a prediction log, in memory and in S3: counted by answer in the groups of the holdout, day by day."""

from datetime import timedelta
from typing import IO, Any

import pytest

from auto_retrain.adapters.metrics.file_digest import digest_of
from auto_retrain.adapters.metrics.logged_scores import ESTIMATING_TIME, LoggedScoreSource
from auto_retrain.domain.holdout_profile import AnswerScores, HoldoutProfile, ScoreCounts
from auto_retrain.domain.labelled_days import SETTLING
from auto_retrain.domain.manifest import DataObject
from auto_retrain.domain.metric_reading import MetricReading
from auto_retrain.domain.prediction_log import default_prefix
from auto_retrain.domain.scored_days import ScoredDay, ScoredDays, profile_key, scored_days_key
from tests.contracts.ports.test_metric_prediction_log import DAY, FIRST, World, a_query, answer, open_world

PROFILE = HoldoutProfile(
    model_name="churn",
    version="1",
    window=None,
    kind="positive",
    classes=("no", "yes"),
    edges=(0.3, 0.5),
    answers=(
        AnswerScores(answer="no", rows=150, least=0.1, greatest=0.49),
        AnswerScores(answer="yes", rows=150, least=0.5, greatest=0.9),
    ),
    border=2,
    rows=(100, 100, 100),
    chances=(0.2, 0.4, 0.8),
)
NUMBERS = HoldoutProfile(
    model_name="churn",
    version="1",
    window=None,
    kind="number",
    edges=(10.0,),
    answers=(AnswerScores(rows=300, least=0.0, greatest=20.0),),
    rows=(150, 150),
)


@pytest.fixture(params=["memory", "s3"])
def world(request: pytest.FixtureRequest) -> World:
    return open_world(request)


def keep(world: World, profile: HoldoutProfile = PROFILE) -> None:
    world.data.write(profile_key("churn", "1"), profile.model_dump_json().encode())


def read(world: World, asks: str = "scores", **query: Any) -> MetricReading:
    source = LoggedScoreSource(world.data, world.clock, world.source)
    return source.read([a_query(**query)._replace(asks=asks)])[0]


def counts(world: World, **query: Any) -> ScoreCounts:
    reading = read(world, **query)
    assert reading.problem is None
    assert reading.scores is not None
    assert reading.profile is not None
    return reading.scores


def test_scores_are_counted_by_answer_and_group(world: World) -> None:
    keep(world)
    scores = (0.1, 0.3, 0.31, 0.5, 0.7)
    world.log(
        [answer(number, score=score, prediction="yes" if score >= 0.5 else "no") for number, score in enumerate(scores)]
    )
    assert counts(world) == ScoreCounts(
        answered=5, outside=(0, 0), independent=5.0, without_entity=5, groups=((1, 2, 0), (0, 0, 2))
    )


def test_what_is_no_answer_of_this_version_and_day_is_left_out_and_repeats_count_once(world: World) -> None:
    keep(world)
    rows = [
        answer(1, score=0.7),
        answer(1, score=0.2, day=0.6),
        answer(2, score=0.7, version="2"),
        answer(3, score=0.7, error="timeout", prediction=None),
        answer(4, score=0.7, served=False),
        answer(5, score=0.7, day=1.5),
    ]
    world.log(rows)
    expected = {"answered": 1, "outside": (0, 0), "independent": 1.0, "without_entity": 1}
    assert counts(world) == ScoreCounts(**expected, groups=((0, 0, 0), (0, 0, 1)))


def test_scores_that_cannot_be_ones_are_none_and_strange_ones_are_outside(world: World) -> None:
    keep(world)
    scores = {1: None, 2: float("nan"), 3: 1.5, 4: 0.95, 5: 0.2}
    world.log([answer(number, score=score) for number, score in scores.items()])
    # All were answered yes; 0.95 and 0.2 are what no row of the holdout had with this answer.
    found = counts(world)
    assert (found.answered, found.without_score, found.outside) == (5, 3, (0, 2))
    assert found.groups == ((0, 0, 0), (0, 0, 2))


def test_a_probability_that_a_float_of_32_bits_made_more_than_1_is_one(world: World) -> None:
    keep(world)
    world.log([answer(1, score=1.0000001), answer(2, score=-1e-7, prediction="no"), answer(3, score=1.001)])
    assert counts(world).without_score == 1
    assert counts(world).groups == ((1, 0, 0), (0, 0, 1))


def test_of_more_classes_an_answer_that_is_none_of_them_is_not_counted(world: World) -> None:
    classes, all_rows = ("no", "perhaps", "yes"), (AnswerScores(rows=300, least=0.3, greatest=1),)
    keep(world, PROFILE.changed(kind="answer", classes=classes, answers=all_rows, border=None))
    world.log([answer(number, score=0.7, prediction=text) for number, text in enumerate([*classes, "maybe", "1"])])
    assert (counts(world).of_other_classes, counts(world).groups) == (2, ((0, 0, 3),))


def test_an_answer_that_is_neither_class_is_not_taken_for_the_negative_one(world: World) -> None:
    keep(world)
    world.log([answer(1, score=0.7, prediction="maybe"), answer(2, score=0.2, prediction="no"), answer(3, score=None)])
    found = counts(world)
    assert (found.answered, found.of_other_classes, found.without_score, found.scored) == (3, 1, 1, 1)
    assert found.groups == ((1, 0, 0), (0, 0, 0))


@pytest.mark.parametrize(("negative", "positive", "logged"), [("0", "1", 1.0), ("false", "true", True), ("0", "1", 1)])
def test_answers_are_classes_by_their_value(world: World, negative: str, positive: str, logged: Any) -> None:
    classes = zip(PROFILE.answers, (negative, positive), strict=True)
    keep(world, PROFILE.changed(answers=tuple(each.changed(answer=text) for each, text in classes)))
    world.log([answer(number, score=0.7, prediction=logged) for number in range(3)])
    assert counts(world).groups == ((0, 0, 0), (0, 0, 3))


def test_rows_of_an_entity_are_taken_for_alike(world: World) -> None:
    keep(world)
    world.log([answer(number, score=0.7, entity_id="one" if number < 3 else f"e{number}") for number in range(6)])
    assert counts(world).independent == pytest.approx(36 / (9 + 3))


def test_an_entity_that_comes_back_each_day_is_one_over_all_days(world: World) -> None:
    """Three customers on each of four days, one of them another one each time, and a row of nobody."""
    keep(world)
    for day in range(4):
        entities = ["one", "two", f"day {day}", None]
        rows = [
            answer(10 * day + number, score=0.7, day=day + 0.5, entity_id=one) for number, one in enumerate(entities)
        ]
        world.log(rows)
    assert counts(world, start=0, end=4).independent == pytest.approx(16**2 / (4**2 + 4**2 + 4 + 4))


def test_of_many_entities_some_tell_how_many_come_back(world: World) -> None:
    keep(world)
    for day in range(3):
        world.log(
            [
                answer(
                    1000 * day + number,
                    score=0.7,
                    day=day + 0.5,
                    entity_id=f"{number}" if number % 2 else f"{day} {number}",
                )
                for number in range(400)
            ]
        )
    # Half of them come each day: 200 have three rows, 600 have one.
    assert counts(world, start=0, end=3).independent == pytest.approx(1200**2 / (200 * 9 + 600), rel=0.2)


def test_the_answers_of_a_regression_are_its_scores(world: World) -> None:
    keep(world, NUMBERS)
    world.log([answer(number, prediction=float(number * 7)) for number in range(4)])
    found = counts(world, name="mae", task="regression")
    assert (found.groups, found.outside, found.answered) == (((2, 2),), (1,), 4)


def test_days_are_added_up(world: World) -> None:
    keep(world)
    world.log([answer(number, score=0.7, day=number + 0.5) for number in range(4)])
    assert counts(world, start=1, end=4).groups == ((0, 0, 0), (0, 0, 3))


def test_a_day_without_answers_has_none(world: World) -> None:
    keep(world)
    assert counts(world) == ScoreCounts()


def test_labels_of_the_same_answers_come_along_where_they_are_asked_for(world: World) -> None:
    keep(world)
    world.log([answer(number, score=0.7) for number in range(4)])
    world.label({"p-0": "yes", "p-1": "no", "p-2": "yes"})
    reading = read(world, "scores_and_labels")
    assert (reading.value, reading.label_share) == (pytest.approx(2 / 3), 0.75)
    assert reading.scores is not None
    assert reading.scores.answered == 4
    assert reading.profile is None


def test_a_settled_day_is_neither_listed_nor_read_again(world: World) -> None:
    keep(world)
    world.log([answer(1, score=0.7)])
    before = counts(world)
    world.data.calls.clear()
    assert counts(world) == before
    assert set(world.data.calls) == {"read"}


def test_a_day_without_answers_never_settles_so_a_log_that_is_written_afterwards_counts(world: World) -> None:
    keep(world)
    world.clock.advance(SETTLING + 9 * DAY)
    assert [counts(world).answered for _ in range(2)] == [0, 0]
    world.log([answer(1, score=0.7)])
    assert counts(world).answered == 1


def test_an_empty_day_that_an_earlier_release_kept_as_settled_counts_once_it_is_written(world: World) -> None:
    keep(world)
    empty = ScoredDay(day=FIRST.date(), files=digest_of([]), settled=True)
    key = scored_days_key(PROFILE, default_prefix("churn"))
    world.data.write(key, ScoredDays(days=(empty,)).model_dump_json().encode())
    world.clock.advance(SETTLING + 9 * DAY)
    world.log([answer(1, score=0.7)])
    assert counts(world).answered == 1


def test_a_day_that_may_still_get_rows_is_listed_and_read_only_if_there_are_new_files(world: World) -> None:
    keep(world)
    world.clock.advance(FIRST + DAY + timedelta(hours=1) - world.clock.now())
    world.log([answer(1, score=0.7)])
    assert counts(world).answered == 1
    world.data.calls.clear()
    assert counts(world).answered == 1
    assert world.data.calls["open"] == 0
    world.log([answer(2, score=0.7)])
    assert counts(world).answered == 2
    world.clock.advance(SETTLING)
    counts(world)
    world.log([answer(3, score=0.7)])
    assert counts(world).answered == 2


def test_days_that_could_not_be_counted_in_time_are_counted_by_the_next_reads(world: World) -> None:
    keep(world)
    world.log([answer(day, score=0.7, day=day + 0.5) for day in range(6)])
    opened = world.data.open

    def slowly(item: DataObject) -> IO[bytes]:
        world.clock.advance(ESTIMATING_TIME / 4)
        file: IO[bytes] = opened(item)
        return file

    world.data.open = slowly
    assert "of 6 days of the prediction log are not counted yet" in str(read(world, end=6).problem)
    reads = 1
    while read(world, end=6).problem:
        reads += 1
    assert reads < 8
    assert counts(world, end=6).answered == 6


def test_another_profile_counts_anew(world: World) -> None:
    keep(world)
    world.log([answer(1, score=0.7)])
    counts(world)
    keep(world, PROFILE.changed(edges=(0.5, 0.8), border=1))
    assert counts(world).groups == ((0, 0, 0), (0, 1, 0))


def test_a_version_without_a_profile_has_a_problem_that_says_what_to_do(world: World) -> None:
    assert "'auto-retrain estimate churn' keeps it" in str(read(world).problem)


def test_a_version_that_is_not_known_is_a_problem(world: World) -> None:
    source = LoggedScoreSource(world.data, world.clock, world.source)
    (reading,) = source.read([a_query()._replace(asks="scores", version=None)])
    assert "which version serves" in str(reading.problem)


def test_a_broken_profile_is_a_problem(world: World) -> None:
    world.data.write(profile_key("churn", "1"), b"{}")
    assert "is no holdout profile" in str(read(world).problem)


def test_a_broken_file_is_a_problem_of_its_window(world: World) -> None:
    keep(world)
    world.log([answer(1, score="high")])
    assert str(FIRST.date()) in str(read(world).problem)
    assert read(world, start=1, end=2).problem is None


def test_a_store_that_is_away_is_a_problem_and_no_error(world: World) -> None:
    """An estimate never keeps a metric of the same sweep from being read."""
    keep(world)
    world.data.is_away = True
    assert "S3 did not answer" in str(read(world, "scores_and_labels").problem)
