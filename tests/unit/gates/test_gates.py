"""What each gate demands of a challenger."""

import math
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from auto_retrain import gates
from auto_retrain.domain.comparison import MetricResult, SliceResult, share_of_error
from auto_retrain.domain.metric_kinds import Task
from auto_retrain.domain.policy.policy import Policy
from auto_retrain.domain.policy.validation import ObservableGate, ValidationPolicy
from auto_retrain.domain.verdict import SUPPORT, Outcome, Verdict, decisive, worst
from auto_retrain.gates import GATES, judge_gates
from auto_retrain.gates.accuracy_floor import judge_accuracy_floor
from auto_retrain.gates.guardrails import judge_guardrails
from auto_retrain.gates.holdout_size import judge_holdout_size
from auto_retrain.gates.min_improvement import judge_min_improvement
from auto_retrain.gates.paired_evidence import judge_paired_evidence
from auto_retrain.gates.r2_floor import judge_r2_floor
from auto_retrain.gates.slices import judge_slices
from tests.unit.builders import a_comparison, a_policy

POLICY = a_policy()
REGRESSION = a_policy(
    data={"prefix": "churn", "row_id": "id", "label": "price", "task": "regression", "numeric": ["age"]}
)


def decided(validation: dict[str, Any] | None = None, **changes: Any) -> Outcome:
    return worst(judge_gates(a_policy(validation=validation or {}), a_comparison(**changes)))


def reasons(**changes: Any) -> str:
    return "; ".join(verdict.reason for verdict in judge_gates(POLICY, a_comparison(**changes)) if not verdict.met)


def test_a_clearly_better_challenger_passes_every_gate() -> None:
    assert decided() is Outcome.MET


def test_a_first_model_must_reach_the_floor_but_needs_no_improvement() -> None:
    assert decided(champion=None) is Outcome.MET
    assert decided(champion=None, accuracy=0.84) is Outcome.UNMET


def test_the_verdicts_on_a_first_model_are_those_that_earlier_releases_sealed() -> None:
    # One verdict less, and no first promotion could be replayed any more.
    checks = [verdict.check for verdict in judge_gates(POLICY, a_comparison(champion=None))]
    assert checks == [
        "min_improvement",
        "paired_evidence",
        "accuracy_floor",
        "no_information_rate",
        "holdout_size",
        "label_maturity",
    ]


def test_exactly_five_percent_is_enough_and_slightly_less_is_not() -> None:
    assert decided(champion=0.9, accuracy=0.945) is Outcome.MET
    assert decided(champion=0.9, accuracy=0.9449) is Outcome.UNMET


def test_an_improvement_that_cannot_be_reached_is_reported_as_such() -> None:
    assert (
        "5.0% above the champion's 0.9600 cannot be reached: it would take an accuracy of 1.0080; set "
        "validation.improvement_basis to error_reduction, which asks for 0.9620, or to non_inferior, or lower "
        "validation.min_improvement"
    ) in reasons(champion=0.96, accuracy=0.99)


@pytest.mark.parametrize(
    ("basis", "minimum", "enough", "short"),
    [
        ("relative", 0.05, 0.945, 0.9449),
        ("absolute", 0.05, 0.95, 0.9499),
        ("error_reduction", 0.05, 0.905, 0.9049),
    ],
)
def test_each_basis_demands_a_different_accuracy_above_ninety_percent(
    basis: str, minimum: float, enough: float, short: float
) -> None:
    policy = a_policy(validation={"improvement_basis": basis, "min_improvement": minimum})
    outcomes = [judge_min_improvement(policy, a_comparison(accuracy, 0.9))[0].outcome for accuracy in (enough, short)]
    assert outcomes == [Outcome.MET, Outcome.UNMET]


@pytest.mark.parametrize(
    ("basis", "minimum", "enough", "short"),
    [("relative", 0.1, 9.0, 9.01), ("absolute", 2, 8.0, 8.01), ("error_reduction", 0.1, 9.0, 9.01)],
)
def test_an_error_must_get_smaller(basis: str, minimum: float, enough: float, short: float) -> None:
    policy = REGRESSION.model_copy(
        update={"validation": ValidationPolicy(improvement_basis=basis, min_improvement=minimum)}
    )
    outcomes = [
        judge_min_improvement(policy, a_comparison(primary="rmse", metrics={"rmse": lower(error, 10.0)}))[0].outcome
        for error in (enough, short)
    ]
    assert outcomes == [Outcome.MET, Outcome.UNMET]


@pytest.mark.parametrize(("share", "asks"), [(1.0, ", which asks for 1.0000,"), (1.5, "")])
def test_no_metric_beyond_perfection_is_suggested(share: float, asks: str) -> None:
    policy = a_policy(validation={"improvement_basis": "absolute", "min_improvement": share})
    (verdict,) = judge_min_improvement(policy, a_comparison(0.95, 0.9))
    assert f"set validation.improvement_basis to error_reduction{asks} or to non_inferior" in verdict.reason


def test_a_challenger_may_be_perfect() -> None:
    (verdict,) = judge_min_improvement(a_policy(), a_comparison(1.0, 0.9))
    assert verdict.outcome is Outcome.MET


def test_an_error_of_any_size_may_miss_what_is_needed_by_the_rounding_of_numbers() -> None:
    policy = REGRESSION.model_copy(update={"validation": ValidationPolicy(min_improvement=0.1)})
    needed = 9e8
    outcomes = [
        judge_min_improvement(policy, a_comparison(primary="rmse", metrics={"rmse": lower(error, 1e9)}))[0].outcome
        for error in (math.nextafter(needed, math.inf), needed + 0.01)
    ]
    assert outcomes == [Outcome.MET, Outcome.UNMET]


def lower(value: float, champion: float, bound: float | None = None) -> MetricResult:
    gain = champion - value
    return MetricResult(value=value, champion=champion, gain=gain, gain_bound=gain if bound is None else bound)


def test_a_gain_that_may_be_due_to_chance_is_inconclusive() -> None:
    assert decided(p_value=0.0501) is Outcome.INCONCLUSIVE
    assert reasons(p_value=0.0501) == ("the challenger's advantage may be due to chance (p = 0.0501, limit 0.05)")
    (just,) = judge_paired_evidence(a_policy(validation={"confidence": 0.5}), a_comparison(p_value=0.5))
    assert just.met
    assert just.reason == "the challenger's advantage is unlikely to be due to chance (p = 0.5, limit 0.5)"
    assert decided({"confidence": 0}, p_value=0.9) is Outcome.MET


def test_without_confidence_no_evidence_is_claimed() -> None:
    policy = a_policy(validation={"confidence": 0})
    (verdict,) = judge_paired_evidence(policy, a_comparison(p_value=1, look=3, compared=2))
    assert verdict.met
    assert verdict.reason == "the policy requires no evidence that the advantage is not due to chance (p = 1)"


def test_a_looser_basis_needs_a_smaller_p_value() -> None:
    loose = a_policy(validation={"improvement_basis": "error_reduction"})
    assert judge_paired_evidence(POLICY, a_comparison(p_value=0.03))[0].met
    assert not judge_paired_evidence(loose, a_comparison(p_value=0.03))[0].met
    assert judge_paired_evidence(loose, a_comparison(p_value=0.009))[0].met


@pytest.mark.parametrize(
    ("shared", "limit", "says"),
    [
        ({"look": 2}, 0.025, "comparison number 2 on these rows"),
        ({"compared": 2}, 0.025, "shared by 2 challengers"),
        ({"look": 2, "compared": 4}, 0.00625, "shared by 4 challengers, comparison number 2 on these rows"),
    ],
)
def test_what_shares_the_error_probability_needs_a_smaller_p_value_and_is_said(
    shared: dict[str, int], limit: float, says: str
) -> None:
    assert judge_paired_evidence(POLICY, a_comparison(p_value=0.03))[0].met
    (verdict,) = judge_paired_evidence(POLICY, a_comparison(p_value=0.03, champion_look=7, **shared))
    assert (verdict.outcome, verdict.limit) == (Outcome.INCONCLUSIVE, pytest.approx(limit))
    assert verdict.reason.endswith(f"may be due to chance (p = 0.03, limit {limit:.3g}, {says})")


def test_a_refresh_only_has_to_be_confidently_not_worse() -> None:
    refresh = {"improvement_basis": "non_inferior", "non_inferiority_margin": 0.02}

    def with_bound(accuracy: float, bound: float) -> dict[str, Any]:
        metric = MetricResult(
            value=accuracy, interval=(0.9, 1), champion=0.95, gain=accuracy - 0.95, gain_bound=bound, p_value=0.5
        )
        return {"metrics": {"accuracy": metric}}

    assert decided(refresh, **with_bound(0.95, -0.01)) is Outcome.MET
    assert decided(refresh, **with_bound(0.95, -0.02)) is Outcome.INCONCLUSIVE
    assert decided(refresh, **with_bound(0.92, -0.04)) is Outcome.UNMET


def test_a_guardrail_stops_a_gain_at_the_expense_of_another_metric() -> None:
    policy = a_policy(validation={"guardrails": {"log_loss": 0.05}})

    def guarded(**metrics: MetricResult) -> list[Verdict]:
        comparison = a_comparison()
        return judge_guardrails(policy, comparison.model_copy(update={"metrics": {**comparison.metrics, **metrics}}))

    assert [verdict.outcome for verdict in guarded(log_loss=lower(0.3, 0.28, -0.04))] == [Outcome.MET]
    assert [verdict.outcome for verdict in guarded(log_loss=lower(0.3, 0.28, -0.06))] == [Outcome.INCONCLUSIVE]
    assert [verdict.outcome for verdict in guarded(log_loss=lower(0.4, 0.28, -0.14))] == [Outcome.UNMET]
    # What is exactly as much as the margin is not less.
    assert [verdict.outcome for verdict in guarded(log_loss=lower(0.05, 0.0, -0.06))] == [Outcome.UNMET]
    assert [verdict.outcome for verdict in guarded(log_loss=lower(0.3, 0.28, -0.05))] == [Outcome.INCONCLUSIVE]
    assert [verdict.outcome for verdict in guarded()] == [Outcome.INCONCLUSIVE]
    assert judge_guardrails(policy, a_comparison(champion=None)) == []


SLICED = a_policy(data={**POLICY.data.model_dump(), "slices": ("plan",)})


def a_slice(p_worse: float, number: int = 0, **fields: Any) -> SliceResult:
    numbers = {"value": f"p{number}", "rows": 200, "challenger": 0.8, "champion": 0.9, "gain": -0.1}
    return SliceResult(column="plan", p_worse=p_worse, **{**numbers, **fields})


def sliced(*p_values: float, **comparison: Any) -> Verdict:
    slices = tuple(a_slice(p, number) for number, p in enumerate(p_values))
    (verdict,) = judge_slices(SLICED, a_comparison(**{"slices": slices, **comparison}))
    return verdict


def test_a_slice_that_got_worse_stops_a_challenger_that_is_better_overall() -> None:
    verdict = sliced(0.5, 0.001)
    assert verdict.outcome is Outcome.UNMET
    assert (
        "accuracy is significantly worse on 1 of 2 slices: plan = p1 (0.8000, champion 0.9000, 200 rows)"
        in verdict.reason
    )


def test_many_slices_share_the_error_probability() -> None:
    assert sliced(0.03).outcome is Outcome.UNMET
    assert sliced(0.03, 0.9, 0.9).outcome is Outcome.MET
    # Holm: once the first is significant, the second shares only with the third.
    assert "on 2 of 3 slices" in sliced(0.016, 0.024, 0.9).reason


def test_a_p_value_of_just_the_error_probability_is_enough_and_the_limit_is_that_of_the_smallest() -> None:
    half = SLICED.model_copy(update={"validation": ValidationPolicy(confidence=0.5)})
    (verdict,) = judge_slices(half, a_comparison(slices=(a_slice(0.25), a_slice(0.9))))
    assert (verdict.outcome, verdict.value, verdict.limit) == (Outcome.UNMET, 0.25, 0.25)
    (verdict,) = judge_slices(half, a_comparison(slices=(a_slice(0.2501), a_slice(0.9))))
    assert verdict.reason == "accuracy is not significantly worse on any of 2 slices"


def test_a_slice_is_not_worse_by_chance_even_where_the_point_estimate_alone_decides() -> None:
    alone = SLICED.model_copy(update={"validation": ValidationPolicy(confidence=0)})
    outcomes = [judge_slices(alone, a_comparison(slices=(a_slice(p),)))[0].outcome for p in (0.0499, 0.0501)]
    assert outcomes == [Outcome.UNMET, Outcome.MET]


def test_at_most_three_slices_are_named_and_long_values_are_cut() -> None:
    long = tuple(a_slice(0.001, value="x" * 50) for _ in range(4))
    reason = sliced(slices=long).reason
    assert "worse on 4 of 4 slices: " in reason
    assert reason.count(f"plan = {'x' * 40} (") == 3


def test_slices_that_are_all_too_small_are_inconclusive() -> None:
    nothing = sliced()
    assert nothing.outcome is Outcome.INCONCLUSIVE
    assert nothing.reason == f"no slice can be judged: none has {POLICY.validation.min_slice_rows} rows"


@pytest.mark.parametrize(
    ("counts", "judged"),
    [
        # No p value of four rows is below 1 / 16, no p value of five below 1 / 32: the error may be 1 / 20.
        ({"rows": 4}, 0),
        ({"rows": 5}, 1),
        ({"entities": 49.5}, 0),
        ({"entities": 50.0}, 1),
    ],
)
def test_a_slice_of_too_few_to_be_refused_is_not_judged_and_counted(counts: dict[str, float], judged: int) -> None:
    entities = {"entities": 90, "effective_entities": 90.0} if "entities" in counts else {}
    verdict = sliced(slices=(a_slice(0.04, **counts),), **entities)
    assert verdict.outcome is (Outcome.UNMET if judged else Outcome.INCONCLUSIVE)
    unit = "entities (50 of equal size needed)" if entities else "rows"
    assert (f"; not judged: 1 with too few {unit}" in verdict.reason) is (judged == 0)


def test_slices_that_nobody_looked_at_are_counted() -> None:
    reason = sliced(0.5, slices_left_out=3).reason
    assert reason.endswith("any of 1 slices; not judged: 3 beyond the largest of a column or without accuracy")


def test_without_slices_in_the_policy_or_without_a_champion_no_slice_is_judged() -> None:
    assert judge_slices(POLICY, a_comparison(slices=(a_slice(0.001),))) == []
    assert judge_slices(SLICED, a_comparison(champion=None, slices=(a_slice(0.001),))) == []


def test_too_few_rows_are_inconclusive() -> None:
    enough = {"rows": 500, "rarest_class_rows": 50, "entities": 50, "effective_entities": 50.0}
    assert decided(**enough) is Outcome.MET
    for what in ("rows", "rarest_class_rows", "effective_entities"):
        assert decided(**{**enough, what: enough[what] - 1}) is Outcome.INCONCLUSIVE


def test_a_challenger_that_only_predicts_the_largest_class_is_refused() -> None:
    assert decided(accuracy=0.98, champion=0.9, largest_class_share=0.98) is Outcome.UNMET
    assert decided(accuracy=1.0, champion=0.9, largest_class_share=0.98) is Outcome.MET
    for accuracy, verb in ((0.98, "does not beat"), (0.981, "beats"), (1.0001, "does not beat")):
        metrics = {"accuracy": MetricResult(value=accuracy)}
        (verdict,) = GATES["no_information_rate"](POLICY, a_comparison(metrics=metrics, largest_class_share=0.98))
        assert verdict.reason == f"accuracy {accuracy:.4f} {verb} always predicting the largest class (0.9800)"
        assert verdict.met is (verb == "beats")
    (unknown,) = GATES["no_information_rate"](POLICY, a_comparison(largest_class_share=None))
    assert (unknown.outcome, unknown.reason) == (Outcome.ERROR, "the share of the largest class is unknown")


def test_a_comparison_without_a_p_value_is_inconclusive() -> None:
    assert decided(p_value=None) is Outcome.INCONCLUSIVE


@pytest.mark.parametrize("basis", ["relative", "non_inferior"])
def test_a_metric_that_a_version_lacks_is_inconclusive(basis: str) -> None:
    policy = a_policy(validation={"primary_metric": "roc_auc", "improvement_basis": basis})
    comparison = a_comparison(primary="roc_auc")
    assert worst(judge_gates(policy, comparison)) is Outcome.INCONCLUSIVE


def test_without_verdicts_the_outcome_is_inconclusive() -> None:
    assert worst([]) is Outcome.INCONCLUSIVE


def test_the_worst_outcome_of_the_gates_counts() -> None:
    def verdict(outcome: Outcome) -> Verdict:
        return Verdict(check="any", outcome=outcome, reason="")

    assert worst(map(verdict, Outcome)) is Outcome.ERROR
    assert worst(map(verdict, [Outcome.MET, Outcome.INCONCLUSIVE, Outcome.UNMET])) is Outcome.UNMET


def with_floor(floor: float, *, strict: bool = False) -> Policy:
    """Built without validation on purpose: the gate must not depend on how the policy was built."""
    return POLICY.model_copy(
        update={"validation": ValidationPolicy.model_construct(accuracy_floor=floor, strict_floor=strict)}
    )


@given(
    st.floats(),
    st.floats(),
    st.booleans(),
    st.sampled_from(ValidationPolicy.model_fields["improvement_basis"].annotation.__args__),
)
def test_no_trick_gets_an_accuracy_below_the_floor_past_the_gate(
    accuracy: float, floor: float, strict: bool, basis: str
) -> None:
    metric = MetricResult.model_construct(value=accuracy, interval=(accuracy, accuracy))
    comparison = a_comparison(champion=None).model_copy(update={"metrics": {"accuracy": metric}})
    policy = with_floor(floor, strict=strict)
    policy = policy.model_copy(update={"validation": policy.validation.model_copy(update={"improvement_basis": basis})})
    try:
        verdict = judge_accuracy_floor(policy, comparison)[0]
    except ValueError:
        return  # a verdict cannot even carry such a number
    assert not verdict.met or 0.85 <= accuracy <= 1


@pytest.mark.parametrize("accuracy", [float("nan"), float("inf"), -0.1, 1.0000001, 1e308])
def test_an_impossible_accuracy_is_rejected_by_the_record_or_by_a_gate(accuracy: float) -> None:
    try:
        comparison = a_comparison(accuracy)
    except ValueError:
        return
    assert worst(judge_gates(POLICY, comparison)) is Outcome.UNMET


def with_accuracy(value: float, lower_bound: float | None = None, *, strict: bool = False) -> tuple[Outcome, str]:
    metric = MetricResult(value=value, interval=None if lower_bound is None else (lower_bound, 1.0))
    (verdict,) = judge_accuracy_floor(with_floor(0.9, strict=strict), a_comparison(metrics={"accuracy": metric}))
    return verdict.outcome, verdict.reason


@pytest.mark.parametrize("accuracy", [0.9, 1.0])
def test_an_accuracy_from_the_floor_on_reaches_it(accuracy: float) -> None:
    assert with_accuracy(accuracy) == (Outcome.MET, f"accuracy {accuracy:.4f} reaches the floor 0.9")


@pytest.mark.parametrize("accuracy", [0.8999, 1.0001])
def test_an_accuracy_below_the_floor_or_beyond_perfection_does_not(accuracy: float) -> None:
    for strict in (False, True):
        outcome, reason = with_accuracy(accuracy, 0.8, strict=strict)
        assert (outcome, reason) == (Outcome.UNMET, f"accuracy {accuracy:.4f} does not reach the floor 0.9")


def test_a_strict_floor_also_applies_to_the_lower_bound() -> None:
    assert with_accuracy(0.95, 0.8999)[0] is Outcome.MET
    assert with_accuracy(0.95, 0.9, strict=True)[0] is Outcome.MET
    unknown = "accuracy 0.9500 reaches the floor 0.9, but how uncertain it is, is unknown"
    assert with_accuracy(0.95, None, strict=True) == (Outcome.INCONCLUSIVE, unknown)
    outcome, reason = with_accuracy(0.95, 0.8999, strict=True)
    assert outcome is Outcome.INCONCLUSIVE
    assert reason == "accuracy 0.9500 reaches the floor 0.9, but its lower bound 0.8999 does not"


@pytest.mark.parametrize("gate", ["accuracy_floor", "no_information_rate"])
def test_a_classifier_of_unknown_accuracy_is_an_error_and_a_regression_needs_none(gate: str) -> None:
    (verdict,) = GATES[gate](POLICY, a_comparison(metrics={}))
    assert (verdict.outcome, verdict.reason) == (Outcome.ERROR, "the accuracy is unknown")
    assert GATES[gate](REGRESSION, a_comparison(task=Task.REGRESSION)) == []


@pytest.mark.parametrize(
    ("r2", "labels", "expected"),
    [
        (0.4, 3, Outcome.MET),
        (1.0, 3, Outcome.MET),
        (0.0, 3, Outcome.UNMET),
        (-3.0, 3, Outcome.UNMET),
        (1.0001, 3, Outcome.UNMET),
        (0.9, 2, Outcome.ERROR),
        (None, 3, Outcome.ERROR),
    ],
)
def test_a_regression_must_beat_the_mean_on_more_than_two_label_values(
    r2: float | None, labels: int, expected: Outcome
) -> None:
    metrics = {} if r2 is None else {"r2": MetricResult(value=r2)}
    comparison = a_comparison(task=Task.REGRESSION, metrics=metrics, distinct_labels=labels)
    assert judge_r2_floor(REGRESSION, comparison)[0].outcome is expected


@pytest.mark.parametrize(
    ("floor", "r2", "labels", "reason"),
    [
        (0, 0.5, 3, "R² 0.5000 is above that of always predicting the mean"),
        (0.5, 0.5, 3, "R² 0.5000 is not above the floor 0.5"),
        (0.5, 0.6, 2, "the labels take 2 values; a regression needs more than 2"),
        (0.5, None, 3, "R² is unknown"),
    ],
)
def test_the_verdict_on_r2_says_what_it_must_exceed_or_what_is_wrong(
    floor: float, r2: float | None, labels: int, reason: str
) -> None:
    policy = a_policy(data=REGRESSION.data.model_dump(), validation={"r2_floor": floor})
    metrics = {} if r2 is None else {"r2": MetricResult(value=r2)}
    comparison = a_comparison(task=Task.REGRESSION, metrics=metrics, distinct_labels=labels)
    assert judge_r2_floor(policy, comparison)[0].reason == reason
    assert judge_r2_floor(policy, a_comparison()) == []


@given(st.floats())
def test_no_trick_gets_an_r2_of_zero_or_less_past_the_gate(r2: float) -> None:
    metrics = {"r2": MetricResult.model_construct(value=r2)}
    try:
        comparison = a_comparison(task=Task.REGRESSION, distinct_labels=3).model_copy(update={"metrics": metrics})
        (verdict,) = judge_r2_floor(REGRESSION, comparison)
    except ValueError:
        return
    assert not verdict.met or (0 < r2 <= 1 and not math.isnan(r2))


@pytest.mark.parametrize(("share", "expected"), [(1.0, Outcome.MET), (0.9, Outcome.MET), (0.899, Outcome.INCONCLUSIVE)])
def test_a_holdout_with_too_few_labels_is_inconclusive(share: float, expected: Outcome) -> None:
    assert decided(label_share=share) is expected


def test_the_policy_sets_the_share_of_labels_that_is_needed() -> None:
    lenient = a_policy(data={**POLICY.data.model_dump(), "min_label_share": 0.5})
    assert worst(judge_gates(lenient, a_comparison(label_share=0.6))) is Outcome.MET
    assert "60.0% of the holdout rows have a label (90.0% needed)" in reasons(label_share=0.6)


def test_a_gate_that_is_only_observed_is_judged_but_decides_nothing() -> None:
    policy = a_policy(validation={"observe_only": ["min_improvement", "paired_evidence"]})
    verdicts = judge_gates(policy, a_comparison(accuracy=0.881, champion=0.88, p_value=0.4))
    observed = [verdict for verdict in verdicts if verdict.observed_only]
    assert [verdict.check for verdict in observed] == ["min_improvement", "paired_evidence"]
    assert not any(verdict.met for verdict in observed)
    assert worst(verdicts) is Outcome.MET


def test_if_every_gate_is_only_observed_the_outcome_is_inconclusive() -> None:
    assert worst(verdict.as_observed() for verdict in judge_gates(POLICY, a_comparison())) is Outcome.INCONCLUSIVE


@pytest.mark.parametrize("floor", ["accuracy_floor", "r2_floor"])
def test_a_floor_always_counts(floor: str) -> None:
    with pytest.raises(ValidationError, match="observe_only"):
        a_policy(validation={"observe_only": [floor]})


def test_every_gate_except_the_floors_can_be_only_observed() -> None:
    assert set(get_args(ObservableGate)) == set(GATES) - {"accuracy_floor", "r2_floor"}


def test_a_gate_is_in_the_file_of_its_name_and_every_file_is_registered() -> None:
    helpers = {"__init__", "margins"}
    assert {path.stem for path in Path(gates.__file__).parent.glob("*.py")} - helpers == set(GATES)


def test_a_few_large_entities_count_as_few() -> None:
    unequal = {"entities": 3000, "effective_entities": 5.234567}
    assert decided(**unequal) is Outcome.INCONCLUSIVE
    assert reasons(**unequal) == (
        "3000 entities among the holdout rows, whose rows are so unequally spread that they count as 5.235 (50 needed)"
    )


@pytest.mark.parametrize(
    ("entities", "says"),
    [
        ({}, ""),
        ({"entities": 60, "effective_entities": 59.7}, "; 60 entities among the holdout rows"),
        (
            {"entities": 60, "effective_entities": 59.1},
            "; 60 entities among the holdout rows, whose rows are so unequally spread that they count as 59.1",
        ),
    ],
)
def test_enough_rows_say_of_how_many_entities_they_are(entities: dict[str, float], says: str) -> None:
    (enough,) = judge_holdout_size(POLICY, a_comparison(**entities))
    assert enough.met
    assert enough.reason == f"2000 holdout rows{says}"


@pytest.mark.parametrize(
    "few", [{"rows": 20}, {"rarest_class_rows": 0}, {"entities": 9, "effective_entities": 9.0}, {"label_share": 0.5}]
)
def test_rows_that_cannot_decide_refuse_nothing_either(few: dict[str, Any]) -> None:
    hopeless = {"accuracy": 0.8, "champion": 0.85, "largest_class_share": 0.9, "p_value": 0.9}
    assert decided(**hopeless) is Outcome.UNMET
    assert decided(**hopeless, **few) is Outcome.INCONCLUSIVE
    verdicts = judge_gates(POLICY, a_comparison(**hopeless, **few))
    assert {verdict.check for verdict in decisive(verdicts)} <= SUPPORT


def test_where_too_few_rows_are_only_observed_the_other_gates_decide() -> None:
    observed = {"observe_only": ["holdout_size"]}
    assert decided(observed, rows=20, accuracy=0.8) is Outcome.UNMET


def test_what_asks_for_enough_rows_is_a_gate() -> None:
    assert set(GATES) >= SUPPORT


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        (lower(2.0, 3.0, 0.5), "rmse 2.0000, champion 3.0000: not worse, and better by at least 0.5"),
        (lower(2.0, 3.0, 0.0), "rmse 2.0000, champion 3.0000: not worse, and better by at least 0"),
        (lower(2.0, 3.0, -2.5), "rmse 2.0000, champion 3.0000: possibly worse by 2.5 (less than 2 allowed)"),
        (lower(6.0, 3.0, -4.0), "rmse 6.0000, champion 3.0000: worse by 3 (less than 2 allowed)"),
        (MetricResult(value=2.0, champion=3.0, gain=1.0), "it is unknown whether rmse got worse"),
        (MetricResult(value=2.0, champion=3.0, gain_bound=1.0), "it is unknown whether rmse got worse"),
        (lower(2.9, 3.0, -0.2), "rmse 2.9000, champion 3.0000: worse by at most 0.2 (less than 2 allowed)"),
        (lower(2e138, 3e138, 1e137), "rmse 2e+138, champion 3e+138: not worse, and better by at least 1e+137"),
    ],
)
def test_a_guardrail_says_in_few_digits_how_much_worse_a_metric_is_or_may_be(
    metric: MetricResult, expected: str
) -> None:
    policy = a_policy(data=REGRESSION.data.model_dump(), validation={"guardrails": {"rmse": 2}})
    (verdict,) = judge_guardrails(policy, a_comparison(primary="rmse", metrics={"rmse": metric}))
    assert (verdict.reason, verdict.limit if verdict.value is not None else -2) == (expected, -2)


def test_a_p_value_that_is_too_small_for_a_float_is_not_called_zero() -> None:
    (verdict,) = judge_paired_evidence(POLICY, a_comparison(p_value=0.0))
    assert "(p < 1e-300, limit 0.05)" in verdict.reason


YEARLY = a_policy(validation={"error_budget": "year"})


@pytest.mark.parametrize(
    ("look", "limit"), [(1, 0.05 * 3 / math.pi**2), (2, 0.05 * 0.75 / math.pi**2), (52, 0.05 / 104)]
)
def test_a_budget_for_the_year_asks_more_of_each_comparison_with_the_same_champion(look: int, limit: float) -> None:
    (verdict,) = judge_paired_evidence(YEARLY, a_comparison(p_value=1e-9, champion_look=look))
    assert verdict.limit == pytest.approx(limit)
    assert f"comparison number {look} with this champion" in verdict.reason
    assert "with this champion" not in judge_paired_evidence(YEARLY, a_comparison())[0].reason
    assert judge_paired_evidence(POLICY, a_comparison(champion_look=look))[0].limit == pytest.approx(0.05)


def test_a_year_of_weekly_comparisons_spends_no_more_than_its_budget_and_no_champion_becomes_unbeatable() -> None:
    shares = [share_of_error("year", 1, 1, look) for look in range(1, 53)]
    assert sum(shares) <= 1
    assert share_of_error("year", 1, 1, 10_000) == 1 / 104
    assert share_of_error("year", 1, 1, None) == 1
    # On rows that were used before, the smaller share counts.
    assert share_of_error("year", 2, 3, 1) == pytest.approx(3 / math.pi**2 / 2)
    assert share_of_error("year", 1, 9, 1) == pytest.approx(1 / 9)
