"""Reasons to refuse a challenger, one file each; the registers are here: all are asked, the worst answer counts."""

from collections.abc import Callable

from ..domain.comparison import Comparison
from ..domain.metric_kinds import Task
from ..domain.policy.policy import Policy
from ..domain.verdict import Verdict
from .accuracy_floor import judge_accuracy_floor
from .guardrails import judge_guardrails
from .holdout_size import judge_holdout_size
from .label_maturity import judge_label_maturity
from .min_improvement import judge_min_improvement
from .no_information_rate import judge_no_information_rate
from .paired_evidence import judge_paired_evidence
from .r2_floor import judge_r2_floor
from .slices import judge_slices

Gate = Callable[[Policy, Comparison], Verdict]

IMPROVEMENT_GATES: tuple[Gate, ...] = (judge_min_improvement, judge_paired_evidence)
QUALITY_GATES: dict[Task, tuple[Gate, ...]] = {
    Task.CLASSIFICATION: (judge_accuracy_floor, judge_no_information_rate),
    Task.REGRESSION: (judge_r2_floor,),
}
EVIDENCE_GATES: tuple[Gate, ...] = (judge_holdout_size, judge_label_maturity)


def judge_gates(policy: Policy, comparison: Comparison) -> tuple[Verdict, ...]:
    """The verdict of every gate, in the order of the registers."""
    first = (*IMPROVEMENT_GATES, *QUALITY_GATES[comparison.task])
    return (
        *(gate(policy, comparison) for gate in first),
        *judge_guardrails(policy, comparison),
        *judge_slices(policy, comparison),
        *(gate(policy, comparison) for gate in EVIDENCE_GATES),
    )
