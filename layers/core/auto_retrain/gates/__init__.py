"""Reasons to refuse a challenger, one file each; GATES is the register: all are asked, the worst answer counts."""

from collections.abc import Callable

from ..domain.comparison import Comparison
from ..domain.policy import ValidationPolicy
from ..domain.verdict import Verdict
from .accuracy_floor import judge_accuracy_floor
from .holdout_size import judge_holdout_size
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


def judge_gates(policy: ValidationPolicy, comparison: Comparison) -> tuple[Verdict, ...]:
    """The verdict of every gate, in the order of the register."""
    return tuple(gate(policy, comparison) for gate in GATES)
