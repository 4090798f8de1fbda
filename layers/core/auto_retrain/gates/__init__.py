"""Gates: reasons to refuse a challenger, one file each. All of them judge, and the worst outcome counts, as long
as the rows can decide.

A gate that does not apply returns no verdict, such as the accuracy floor for a regression. The register is here.
"""

from collections.abc import Callable

from ..domain.comparison import Comparison
from ..domain.policy.policy import Policy
from ..domain.verdict import Verdict
from .accuracy_floor import judge_accuracy_floor
from .champion_quality import judge_champion_quality
from .guardrails import judge_guardrails
from .holdout_size import judge_holdout_size
from .label_maturity import judge_label_maturity
from .min_improvement import judge_min_improvement
from .no_information_rate import judge_no_information_rate
from .paired_evidence import judge_paired_evidence
from .r2_floor import judge_r2_floor
from .slices import judge_slices

Gate = Callable[[Policy, Comparison], list[Verdict]]

# In the order in which people see the verdicts.
GATES: dict[str, Gate] = {
    "min_improvement": judge_min_improvement,
    "paired_evidence": judge_paired_evidence,
    "champion_quality": judge_champion_quality,
    "accuracy_floor": judge_accuracy_floor,
    "no_information_rate": judge_no_information_rate,
    "r2_floor": judge_r2_floor,
    "guardrails": judge_guardrails,
    "slices": judge_slices,
    "holdout_size": judge_holdout_size,
    "label_maturity": judge_label_maturity,
}


def judge_gates(policy: Policy, comparison: Comparison) -> tuple[Verdict, ...]:
    """The verdicts of all gates, in the order of the register; those that the policy only observes are marked."""
    observed = policy.validation.observes
    return tuple(
        verdict.as_observed() if observed(name) else verdict
        for name, judge in GATES.items()
        for verdict in judge(policy, comparison)
    )
