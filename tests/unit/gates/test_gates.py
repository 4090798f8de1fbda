"""What a challenger has to show."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_retrain.domain.policy import ValidationPolicy
from auto_retrain.domain.verdict import Outcome, Verdict, worst
from auto_retrain.gates import judge_gates
from auto_retrain.gates.accuracy_floor import judge_accuracy_floor
from tests.unit.builders import a_comparison, a_policy, metrics

POLICY = a_policy()


def decided(validation: ValidationPolicy | None = None, **changes: object) -> Outcome:
    policy = POLICY.model_copy(update={"validation": validation or POLICY.validation})
    return worst(judge_gates(policy, a_comparison(**changes)))


def reasons(**changes: object) -> str:
    return "; ".join(verdict.reason for verdict in judge_gates(POLICY, a_comparison(**changes)) if not verdict.met)


def test_a_clearly_better_challenger_passes_every_gate() -> None:
    assert decided() is Outcome.MET


def test_a_first_model_needs_the_floor_but_no_improvement() -> None:
    alone = {"champion": None, "improvement": None, "interval": None, "p_value": None}
    assert decided(**alone) is Outcome.MET
    assert decided(**alone, challenger=metrics(0.84)) is Outcome.UNMET


def test_exactly_five_percent_is_enough_and_a_hair_less_is_not() -> None:
    assert decided(champion=metrics(0.9), challenger=metrics(0.945)) is Outcome.MET
    assert decided(champion=metrics(0.9), challenger=metrics(0.9449)) is Outcome.UNMET


def test_an_improvement_that_cannot_be_reached_is_called_so() -> None:
    assert "cannot be reached" in reasons(champion=metrics(0.96), challenger=metrics(0.99))


def test_a_gain_that_may_be_chance_is_inconclusive() -> None:
    assert decided(p_value=0.06) is Outcome.INCONCLUSIVE
    assert decided(ValidationPolicy(confidence=0), p_value=0.06) is Outcome.MET


def test_too_few_rows_decide_nothing() -> None:
    assert decided(rows=499) is Outcome.INCONCLUSIVE
    assert decided(rarest_class_rows=49) is Outcome.INCONCLUSIVE


def test_a_challenger_that_only_answers_the_largest_class_is_refused() -> None:
    assert decided(challenger=metrics(0.98), champion=metrics(0.9), largest_class_share=0.98) is Outcome.UNMET


def test_a_comparison_without_a_p_value_is_not_believed() -> None:
    assert decided(p_value=None) is Outcome.INCONCLUSIVE


def test_nothing_judged_is_nothing_known() -> None:
    assert worst([]) is Outcome.INCONCLUSIVE


def test_gates_combine_by_the_worst() -> None:
    def verdict(outcome: Outcome) -> Verdict:
        return Verdict(check="any", outcome=outcome, reason="")

    assert worst(map(verdict, Outcome)) is Outcome.ERROR
    assert worst(map(verdict, [Outcome.MET, Outcome.INCONCLUSIVE, Outcome.UNMET])) is Outcome.UNMET


@given(st.floats(), st.floats())
def test_no_accuracy_below_the_floor_passes_by_any_trick(accuracy: float, floor: float) -> None:
    comparison = a_comparison(champion=None).model_copy(
        update={"challenger": metrics(0.9).model_copy(update={"accuracy": accuracy})}
    )
    # Built past its validation on purpose: the gate must not depend on who built the policy.
    policy = ValidationPolicy.model_construct(accuracy_floor=floor)
    try:
        verdict = judge_accuracy_floor(policy, comparison)
    except ValueError:
        return  # a verdict cannot even carry such a number
    assert not verdict.met or 0.85 <= accuracy <= 1


@pytest.mark.parametrize("accuracy", [float("nan"), float("inf"), -0.1, 1.0000001, 1e308])
def test_an_accuracy_that_is_none_does_not_enter_a_comparison_unseen(accuracy: float) -> None:
    try:
        comparison = a_comparison(challenger=metrics(accuracy))
    except ValueError:
        return
    assert worst(judge_gates(POLICY, comparison)) is Outcome.UNMET


@pytest.mark.parametrize(("share", "expected"), [(1.0, Outcome.MET), (0.9, Outcome.MET), (0.899, Outcome.INCONCLUSIVE)])
def test_a_holdout_whose_labels_are_still_to_come_decides_nothing(share: float, expected: Outcome) -> None:
    assert decided(label_share=share) is expected


def test_the_share_of_labels_that_has_to_be_there_is_the_policys() -> None:
    lenient = a_policy(data={**POLICY.data.model_dump(), "min_label_share": 0.5})
    assert worst(judge_gates(lenient, a_comparison(label_share=0.6))) is Outcome.MET
    assert "60.0% of the holdout rows have a label, 90.0% are needed" in reasons(label_share=0.6)
