"""Parts of the holdout rows are compared on their own."""

import numpy as np
import pytest

from auto_retrain.comparison.compare import compare
from auto_retrain.comparison.pair_up import pair_up
from auto_retrain.comparison.slices import MAX_SLICES_OF_A_COLUMN, compare_slices
from auto_retrain.domain.verdict import Outcome
from auto_retrain.gates import judge_gates
from tests.unit.comparison.answers import of_classes, policy_with


def test_slices_are_compared_one_by_one_and_small_ones_are_left_out() -> None:
    policy = policy_with(slices=("plan",))
    plans = np.array(["free"] * 600 + ["plus"] * 300 + ["pro"] * 20)
    challenger, champion = np.ones(920, dtype=bool), np.ones(920, dtype=bool)
    champion[:120], challenger[600:650] = False, False
    slices = {"plan": plans}
    pair = pair_up(of_classes(challenger, slices=slices), of_classes(champion, slices=slices), policy, 0)
    free, plus = compare_slices(pair)
    assert (free.column, free.value, free.rows, free.gain) == ("plan", "free", 600, pytest.approx(0.2))
    assert (plus.value, plus.challenger, plus.champion) == ("plus", pytest.approx(5 / 6, abs=1e-9), 1.0)
    assert free.p_worse > 0.99
    assert plus.p_worse < 1e-6
    verdicts = judge_gates(policy, compare(pair, slices=(free, plus)))
    assert [verdict.check for verdict in verdicts if verdict.outcome is Outcome.UNMET] == ["slices"]


def test_of_many_values_only_the_most_frequent_are_compared() -> None:
    cities = {"city": (np.arange(3000) % 25).astype(str)}
    answers = of_classes(np.arange(3000) % 10 > 0, slices=cities)
    slices = compare_slices(pair_up(answers, answers, policy_with(slices=("city",)), 0))
    assert len(slices) == MAX_SLICES_OF_A_COLUMN


def test_a_first_model_has_no_slices_to_compare() -> None:
    answers = of_classes(np.ones(500, dtype=bool), slices={"plan": np.array(["free"] * 500)})
    assert compare_slices(pair_up(answers, None, policy_with(slices=("plan",)), 0)) == ()
