"""Parts of the holdout rows are compared on their own."""

import numpy as np
import pytest

from auto_retrain.comparison.compare import compare
from auto_retrain.comparison.pair_up import pair_up
from auto_retrain.comparison.predictions import Predictions
from auto_retrain.comparison.slices import MAX_SLICES_OF_A_COLUMN, NO_SLICES, compare_slices, small_slices
from auto_retrain.domain.comparison import SmallSlice, SmallSlices
from auto_retrain.domain.policy.policy import Policy
from auto_retrain.domain.verdict import Outcome, Verdict
from auto_retrain.gates import judge_gates
from auto_retrain.gates.slices import judge_slices
from tests.unit.builders import a_policy
from tests.unit.comparison.answers import of_classes, policy_with, with_scores


def test_slices_are_compared_one_by_one_and_small_ones_are_left_out() -> None:
    policy = policy_with(slices=("plan",))
    plans = np.array(["free"] * 600 + ["plus"] * 300 + ["pro"] * 20)
    challenger, champion = np.ones(920, dtype=bool), np.ones(920, dtype=bool)
    champion[:120], challenger[600:650] = False, False
    slices = {"plan": plans}
    pair = pair_up(of_classes(challenger, slices=slices), of_classes(champion, slices=slices), policy, 0)
    (free, plus), _ = compare_slices(pair)
    assert (free.column, free.value, free.rows, free.gain) == ("plan", "free", 600, pytest.approx(0.2))
    assert (plus.value, plus.challenger, plus.champion) == ("plus", pytest.approx(5 / 6, abs=1e-9), 1.0)
    assert free.p_worse > 0.99
    assert plus.p_worse < 1e-6
    assert small_slices(pair) == SmallSlices((SmallSlice("plan", "pro", 20),), more=0, needed=100)
    verdicts = judge_gates(policy, compare(pair, slices=compare_slices(pair)))
    assert [verdict.check for verdict in verdicts if verdict.outcome is Outcome.UNMET] == ["slices"]


def test_of_many_values_only_the_most_frequent_are_compared() -> None:
    cities = {"city": (np.arange(3000) % 25).astype(str)}
    answers = of_classes(np.arange(3000) % 10 > 0, slices=cities)
    slices = compare_slices(pair_up(answers, answers, policy_with(slices=("city",)), 0))
    assert (len(slices.compared), slices.left_out) == (MAX_SLICES_OF_A_COLUMN, 5)


def test_a_first_model_has_no_slices_to_compare() -> None:
    answers = of_classes(np.ones(500, dtype=bool), slices={"plan": np.array(["free"] * 500)})
    first = pair_up(answers, None, policy_with(slices=("plan",)), 0)
    assert (compare_slices(first), small_slices(first)) == (NO_SLICES, SmallSlices())


def test_of_many_small_slices_the_largest_are_named_and_the_others_counted() -> None:
    answers = of_classes(np.arange(3000) % 10 > 0, slices={"city": (np.arange(3000) % 100).astype(str)})
    small = small_slices(pair_up(answers, answers, policy_with(slices=("city",)), 0))
    assert (len(small.largest), small.more, small.largest[0].rows) == (MAX_SLICES_OF_A_COLUMN, 80, 30)


def judged(policy: Policy, challenger: Predictions, champion: Predictions) -> Verdict:
    pair = pair_up(challenger, champion, policy, 0)
    (verdict,) = judge_slices(policy, compare(pair, metrics=(), slices=compare_slices(pair)))
    return verdict


@pytest.mark.parametrize(
    ("metric", "columns"),
    [
        ("accuracy", ("region",)),
        ("accuracy", ("region", "country")),
        ("accuracy", tuple(f"c{number}" for number in range(10))),
        ("log_loss", ("region", "country")),
        ("f1_score", ("region", "country")),
    ],
)
def test_a_region_that_collapsed_stops_a_challenger_however_many_slices_there_are(
    metric: str, columns: tuple[str, ...]
) -> None:
    rows, random = 4800, np.random.default_rng(1)
    regions, labels = np.arange(rows) % 20, np.arange(rows) // 20 % 2
    slices = {column: np.char.add("r", regions.astype(str)) for column in columns}
    if "country" in columns:
        slices["country"] = np.full(rows, "us")
    entities = (np.arange(rows) // 2).astype(str)
    champion = with_scores(labels, 2.0, random, slices=slices, entities=entities)
    challenger = with_scores(labels, 4.0, random, slices=slices, entities=entities)
    # In one region, it answers the opposite.
    challenger.scores[regions == 0] = challenger.scores[regions == 0][:, ::-1]
    challenger.predictions[regions == 0] = 1 - challenger.predictions[regions == 0]
    policy = policy_with(slices=columns, entity="customer").changed(
        validation=a_policy(validation={"primary_metric": metric, "confidence": 0.99}).validation
    )
    verdict = judged(policy, challenger, champion)
    assert verdict.outcome is Outcome.UNMET
    assert "r0 (" in verdict.reason


def test_a_slice_of_one_entity_is_not_judged_and_said_so() -> None:
    stores = np.repeat(np.arange(10), 300).astype(str)
    policy, random = policy_with(slices=("store",), entity="store"), np.random.default_rng(2)
    one, other = (of_classes(random.random(3000) < 0.9, slices={"store": stores}, entities=stores) for _ in range(2))
    verdict = judged(policy, one, other)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.reason == ("no slice can be judged; not judged: 10 with too few entities (50 of equal size needed)")


@pytest.mark.parametrize("entities_of_a_slice", [3, 10, 60])
def test_slices_of_few_entities_do_not_stop_an_equal_challenger(entities_of_a_slice: int) -> None:
    policy, random = policy_with(slices=("store",), entity="customer"), np.random.default_rng(3)
    rows, runs, stopped = 3000, 60, 0
    stores = np.arange(rows) % 10
    customers = stores * 1000 + np.arange(rows) // 10 % entities_of_a_slice
    columns = {"slices": {"store": stores.astype(str)}, "entities": customers.astype(str)}
    for _ in range(runs):
        one, other = (of_classes(random.random(rows) < 0.9, **columns) for _ in range(2))
        stopped += judged(policy, one, other).outcome is Outcome.UNMET
    # Four standard errors of 60 runs at 5 of 100.
    assert stopped / runs <= 0.05 + 4 * (0.05 * 0.95 / runs) ** 0.5


def test_values_beyond_the_largest_are_said_to_be_not_judged() -> None:
    cities = {"city": (np.arange(3000) % 25).astype(str)}
    answers = of_classes(np.arange(3000) % 10 > 0, slices=cities)
    verdict = judged(policy_with(slices=("city",)), answers, answers)
    assert verdict.reason == (
        "accuracy is not significantly worse on any of 20 slices; "
        "not judged: 5 beyond the largest of a column or without accuracy"
    )
