"""Reasons to refuse a challenger, one file each; GATES is the register: all are asked, the worst answer counts."""

from collections.abc import Callable

from ..domain.comparison import Comparison
from ..domain.policy import Policy, ValidationPolicy
from ..domain.verdict import Verdict
from .accuracy_floor import judge_accuracy_floor
from .holdout_size import judge_holdout_size
from .label_maturity import judge_label_maturity
from .min_improvement import judge_min_improvement
from .no_information_rate import judge_no_information_rate
from .paired_evidence import judge_paired_evidence

Gate = Callable[[ValidationPolicy, Comparison], Verdict]

GATES: tuple[Gate, ...] = (
    judge_min_improvement,
    judge_paired_evidence,
    judge_accuracy_floor,
    judge_no_information_rate,
    judge_holdout_size,
)


def judge_gates(policy: Policy, comparison: Comparison) -> tuple[Verdict, ...]:
    """The verdict of every gate, in the order of the register; last, whether the labels are mature."""
    verdicts = (gate(policy.validation, comparison) for gate in GATES)
    return (*verdicts, judge_label_maturity(policy.data, comparison))
