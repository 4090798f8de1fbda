"""A holdout in parts is compared as if it were in one piece: exactly where sums decide, else as from seed to seed."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from auto_retrain.comparison import merge, survey, version_sums
from auto_retrain.comparison.compare import compare
from auto_retrain.comparison.confusion import confusion_of
from auto_retrain.comparison.curves import curves_of
from auto_retrain.comparison.holdout_profile import profile_of
from auto_retrain.comparison.merge import merge_parts
from auto_retrain.comparison.pair_up import pair_up
from auto_retrain.comparison.predictions import Predictions
from auto_retrain.comparison.slices import compare_slices, small_slices
from auto_retrain.comparison.survey import PartOfPair
from auto_retrain.comparison.versions import Pair, Terms, Versions
from auto_retrain.domain.comparison import Comparison, MetricResult
from auto_retrain.domain.errors import ArtifactInvalid
from auto_retrain.domain.policy.policy import Policy
from auto_retrain.statistics import parted_units
from tests.unit.builders import a_policy
from tests.unit.comparison.answers import drawn, of_classes, of_numbers, policy_with, regression_policy, with_scores

ROWS = 6000
AREAS = ("roc_auc", "pr_auc")


def some_of(answers: Predictions, chosen: np.ndarray) -> Predictions:
    return replace(answers.only(chosen), slices={name: texts[chosen] for name, texts in answers.slices.items()})


def divided(answers: Predictions, into: int | Sequence[np.ndarray]) -> list[Predictions]:
    places = np.array_split(np.arange(answers.rows), into) if isinstance(into, int) else into
    return [some_of(answers, chosen) for chosen in places]


def in_parts(
    challenger: Predictions, champion: Predictions | None, policy: Policy, into: int | Sequence[np.ndarray] = 3
) -> Versions:
    versions = [divided(version, into) for version in (challenger, champion) if version is not None]
    parts = [PartOfPair(*together) for together in zip(*versions, strict=True)]
    return merge_parts(lambda: iter(parts), challenger.rows, Terms(policy), 7)


def both_ways(
    challenger: Predictions, champion: Predictions | None, policy: Policy, into: int | Sequence[np.ndarray] = 3
) -> tuple[Comparison, Comparison]:
    whole, parted = pair_up(challenger, champion, policy, 7), in_parts(challenger, champion, policy, into)
    return (
        compare(whole, slices=compare_slices(whole)),
        compare(parted, slices=compare_slices(parted)),
    )


def are_alike(one: float, other: float) -> bool:
    """P values of different draws: in normal deviates, a tenth of their size and a fifth apart."""
    first, second = norm.isf([one, other])
    return bool(abs(first - second) <= 0.2 + 0.12 * abs(first))


def check_alike(whole: MetricResult, parted: MetricResult, name: str) -> None:
    assert parted.value == pytest.approx(whole.value, abs=1e-9)
    assert parted.champion == pytest.approx(whole.champion, abs=1e-9)
    assert parted.method == whole.method
    assert whole.interval is not None
    assert parted.interval is not None
    width = whole.interval[1] - whole.interval[0]
    assert parted.interval == pytest.approx(whole.interval, abs=0.15 * width)
    if whole.p_value is not None and parted.p_value is not None:
        assert are_alike(whole.p_value, parted.p_value), (name, whole.p_value, parted.p_value)


def scored_pair(rows: int = ROWS, seed: int = 1, **more: Any) -> tuple[Predictions, Predictions]:
    random = np.random.default_rng(seed)
    labels = (random.random(rows) < 0.3).astype(int)
    return with_scores(labels, 0.9, random, **more), with_scores(labels, 0.85, random, **more)


def of_several(rows: int = ROWS, seed: int = 1, classes: int = 5) -> tuple[Predictions, Predictions]:
    random = np.random.default_rng(seed)
    labels, names = random.integers(classes, size=rows), np.array([f"c{code}" for code in range(classes)])
    versions = []
    for noise in (1.0, 1.02):
        scores = np.exp(1.5 * np.eye(classes)[labels] + noise * random.normal(size=(rows, classes)))
        scores /= scores.sum(axis=1, keepdims=True)
        ids = np.arange(rows).astype(str)
        versions.append(Predictions(ids, labels, scores.argmax(axis=1), names, scores))
    return versions[0], versions[1]


@pytest.mark.parametrize("entities", [None, 40, 2500])
def test_two_classes_are_compared_alike(entities: int | None) -> None:
    of_row = None if entities is None else np.random.default_rng(3).integers(entities, size=ROWS).astype(str)
    challenger, champion = scored_pair(entities=of_row)
    policy = policy_with(entity=None if entities is None else "customer")

    whole, parted = both_ways(challenger, champion, policy)

    assert list(parted.metrics) == list(whole.metrics)
    for name, metric in whole.metrics.items():
        check_alike(metric, parted.metrics[name], name)
    apart = {"metrics", "improvement", "interval"}
    assert parted.model_dump(exclude=apart) == whole.model_dump(exclude=apart)
    assert parted.improvement == whole.improvement


def test_accuracy_on_independent_rows_is_compared_to_the_last_digit() -> None:
    challenger, champion = drawn(ROWS, 0.1, 0.85, 0.01, np.random.default_rng(2))
    whole, parted = both_ways(challenger, champion, a_policy())
    assert parted.metrics["accuracy"] == whole.metrics["accuracy"]
    assert (parted.improvement, parted.interval) == (whole.improvement, whole.interval)


def test_several_classes_are_compared_alike_even_if_no_part_knows_all_of_them() -> None:
    challenger, champion = of_several()
    # Each part has rows of some classes, and files that know only these.
    places = [np.flatnonzero(challenger.labels < 2), np.flatnonzero(challenger.labels >= 2)]
    whole, parted = both_ways(challenger, champion, a_policy(), places)

    assert parted.rarest_class_rows == whole.rarest_class_rows
    for name, metric in whole.metrics.items():
        check_alike(metric, parted.metrics[name], name)


def test_a_part_that_knows_fewer_classes_is_read_by_their_names() -> None:
    right = np.arange(ROWS) % 10 > 0
    answers = of_classes(right)
    positives = of_classes(right).only(np.flatnonzero(answers.labels == 1))
    only_yes = replace(
        positives, classes=np.array(["yes"]), labels=positives.labels * 0, predictions=positives.labels * 0
    )
    others = answers.only(np.flatnonzero(answers.labels == 0))
    parts = [PartOfPair(only_yes), PartOfPair(others)]

    merged = merge_parts(lambda: iter(parts), ROWS, Terms(a_policy()), 0)

    assert merged.challenger.positive == 1
    assert merged.challenger.label_rows().rows.tolist() == [ROWS // 2, ROWS // 2]
    assert merged.challenger.value("recall") == 1


def test_numbers_are_compared_alike_far_from_zero() -> None:
    random = np.random.default_rng(5)
    labels = 1e6 + random.normal(0, 10, ROWS)
    challenger, champion = of_numbers(labels, 3.0, random), of_numbers(labels, 3.05, random)
    # Sorted, so that every part has a mean of its own.
    places = np.array_split(np.argsort(labels), 3)
    whole, parted = both_ways(challenger, champion, regression_policy(), places)
    for name, metric in whole.metrics.items():
        check_alike(metric, parted.metrics[name], name)
    assert parted.distinct_labels == whole.distinct_labels == 3


@pytest.mark.parametrize("metric", ["accuracy", "log_loss"])
def test_slices_are_compared_alike(metric: str) -> None:
    random = np.random.default_rng(4)
    slices = {"plan": random.choice(["free", "plus", "pro"], ROWS, p=[0.6, 0.39, 0.01])}
    challenger, champion = scored_pair(slices=slices)
    policy = a_policy(data={**a_policy().data.model_dump(), "slices": ("plan",)}, validation={"primary_metric": metric})
    whole, parted = both_ways(challenger, champion, policy)
    assert len(whole.slices) == 2
    for one, other in zip(whole.slices, parted.slices, strict=True):
        assert (one.column, one.value, one.rows, one.entities) == (
            other.column,
            other.value,
            other.rows,
            other.entities,
        )
        assert other.gain == pytest.approx(one.gain, abs=1e-9)
        assert are_alike(one.p_worse, other.p_worse)
    small = [small_slices(way(challenger, champion, policy)) for way in (lambda *a: pair_up(*a, 7), in_parts)]
    assert small[0] == small[1]


def test_slices_are_not_compared_by_areas() -> None:
    """A policy that asks for it is refused; the slices are those that the job was frozen with."""
    challenger, champion = scored_pair(slices={"plan": np.full(ROWS, "free")})
    with pytest.raises(ArtifactInvalid, match="slices cannot be compared by 'roc_auc' in parts"):
        in_parts(challenger, champion, a_policy(validation={"primary_metric": "roc_auc"}))


def test_a_slice_keeps_nothing_that_was_drawn_to_compare_it() -> None:
    challenger, champion = scored_pair(slices={"plan": np.full(ROWS, "free")})
    policy = a_policy(validation={"primary_metric": "log_loss"})
    merged = in_parts(challenger, champion, policy)
    assert isinstance(merged, Pair)
    samples = [merged.on_slice("plan", "free").challenger.sample for _ in range(2)]
    assert samples[0] is not samples[1]


def test_entities_whose_signs_cancel_are_weighed_as_if_they_had_a_row_each(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KEPT", "MAX_GROUPS"):
        monkeypatch.setattr(parted_units, name, 2)
    entities = np.repeat(np.arange(ROWS // 2), 2).astype(str)
    plan = np.repeat(np.arange(ROWS // 4), 4).astype(str)
    answers = of_classes(np.arange(ROWS) % 3 > 0, entities=entities, slices={"plan": plan})
    data = {**a_policy().data.model_dump(), "entity": "customer"}
    merged = in_parts(answers, answers, a_policy(data=data, validation={"min_slice_rows": 1}))
    assert {pair.entities for pair in compare_slices(merged).compared} == {1.0, 2.0, 4.0}


def test_matrix_curves_and_profile_are_the_same_while_all_rows_are_sampled() -> None:
    challenger, champion = scored_pair()
    whole, parted = pair_up(challenger, champion, a_policy(), 7), in_parts(challenger, champion, a_policy())
    assert confusion_of(parted) == confusion_of(whole)
    assert curves_of(parted.challenger) == curves_of(whole.challenger)
    assert profile_of("m", "2", parted.challenger, None) == profile_of("m", "2", whole.challenger, None)


def test_a_sample_of_the_rows_is_enough_for_levels_and_curves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(survey, "MAX_SAMPLED", 1500)
    challenger, champion = scored_pair(seed=8)
    whole, parted = both_ways(challenger, champion, a_policy())
    for name in AREAS:
        check_alike(whole.metrics[name], parted.metrics[name], name)


@pytest.mark.parametrize("rare", [1, 0])
def test_all_rows_of_a_rare_class_are_levels_though_a_sample_has_none(
    rare: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(survey, "MAX_SAMPLED", 300)
    random = np.random.default_rng(6)
    labels = np.where(np.arange(ROWS) % 200 == 7, rare, 1 - rare)
    challenger, champion = (with_scores(labels, 0.97, random) for _ in range(2))
    whole, parted = both_ways(challenger, champion, a_policy())
    for name in AREAS:
        check_alike(whole.metrics[name], parted.metrics[name], name)


def test_of_very_many_scores_those_in_a_cell_are_ties(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(version_sums, "MAX_CELLS_OF_ONE_CLASS", 512)
    challenger, champion = scored_pair()
    whole, parted = both_ways(challenger, champion, a_policy())
    for name in AREAS:
        assert 0 < abs(parted.metrics[name].value - whole.metrics[name].value) < 2e-3


def test_very_many_entities_are_counted_and_weighed_closely(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parted_units, "KEPT", 1024)
    # One entity has a tenth of the rows.
    of_row = np.random.default_rng(3).integers(5000, size=ROWS)
    of_row[: ROWS // 10] = 0
    challenger, champion = scored_pair(entities=of_row.astype(str))
    whole, parted = both_ways(challenger, champion, policy_with(entity="customer"))
    assert parted.entities == pytest.approx(whole.entities, rel=0.1)
    assert parted.effective_entities == pytest.approx(whole.effective_entities, rel=0.1)
    check_alike(whole.metrics["accuracy"], parted.metrics["accuracy"], "accuracy")


def test_a_first_model_is_measured_alike() -> None:
    challenger, _ = scored_pair()
    whole, parted = both_ways(challenger, None, a_policy())
    for name, metric in whole.metrics.items():
        check_alike(metric, parted.metrics[name], name)


def test_the_rows_of_one_kind_have_no_areas_in_parts_either() -> None:
    challenger, champion = scored_pair()
    chosen = challenger.labels == 0
    whole, parted = both_ways(some_of(challenger, chosen), some_of(champion, chosen), a_policy())
    assert list(parted.metrics) == list(whole.metrics)


def test_probabilities_in_some_parts_only_are_refused() -> None:
    challenger, _ = scored_pair()
    first, second = divided(challenger, 2)
    parts = [PartOfPair(first), PartOfPair(replace(second, scores=None))]
    with pytest.raises(ArtifactInvalid, match="1 of 2 parts of the holdout were scored without scores"):
        merge_parts(lambda: iter(parts), ROWS, Terms(a_policy()), 0)


def test_more_than_fits_into_the_memory_is_refused_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = of_classes(np.ones(ROWS, bool), slices={"plan": (np.arange(ROWS) % 3).astype(str)})
    policy = policy_with(slices=("plan",))
    monkeypatch.setattr(merge, "MAX_BYTES_OF_SUMS", 1 << 18)
    with pytest.raises(ArtifactInvalid, match=r"name fewer columns in data\.slices, or set data\.parts: 1"):
        in_parts(answers, answers, policy)
    monkeypatch.setattr(survey, "MAX_VALUES_IN_PARTS", 2)
    with pytest.raises(ArtifactInvalid, match=r"column 'plan' of data\.slices has more than 2 values"):
        in_parts(answers, answers, policy)
    monkeypatch.setattr(survey, "MAX_CLASSES_IN_PARTS", 1)
    with pytest.raises(ArtifactInvalid, match="more than 1 classes, too many for a holdout in parts"):
        in_parts(answers, answers, policy)


@pytest.mark.parametrize(("metric", "entities"), [("roc_auc", None), ("log_loss", None), ("accuracy", 150)])
def test_equal_models_are_called_better_as_often_as_five_percent_say(metric: str, entities: int | None) -> None:
    """Both versions draw from one law, on 600 rows in three parts; 400 comparisons, four Monte-Carlo errors."""
    random, runs, rows, better = np.random.default_rng(11), 400, 600, 0
    policy = policy_with(entity=None if entities is None else "customer")
    for _ in range(runs):
        of_row = None if entities is None else random.integers(entities, size=rows).astype(str)
        labels = (random.random(rows) < 0.4).astype(int)
        pair = [with_scores(labels, 0.8, random, entities=of_row) for _ in range(2)]
        merged = in_parts(pair[0], pair[1], policy)
        assert isinstance(merged, Pair)
        gain = merged.gain(metric)
        assert gain is not None
        better += gain.p_value < 0.05
    assert better / runs <= 0.05 + 4 * (0.05 * 0.95 / runs) ** 0.5
    assert better / runs >= 0.05 - 4 * (0.05 * 0.95 / runs) ** 0.5
