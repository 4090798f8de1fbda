"""Several tests share the one error that is allowed to them together."""

from collections.abc import Mapping
from typing import NamedTuple

from ..domain.policy.analysis import AnalysisPolicy
from .base import LIMIT, Process
from .register import CHECKS

# What can show that a challenger is good; the others only hint at it.
PROVING = ("labelled_quality", "error_rate")


class Shared(NamedTuple):
    """The average evidence of the tests that count, which is itself an e-process whatever they have to do with each
    other: it has to reach 20.

    Source: V. Vovk and R. Wang, "E-values: calibration, combination and applications", Annals of Statistics 49 (2021).
    """

    tests: int
    worse: float
    better: float

    @classmethod
    def of(cls, policy: AnalysisPolicy, tests: Mapping[str, Process]) -> "Shared":
        counted = [check.name for check in CHECKS if check.name in tests and check.section(policy).counts]
        proving = [name for name in PROVING if name in counted]
        return cls(
            len(counted),
            sum(tests[name].evidence for name in counted) / max(len(counted), 1),
            sum(tests[name].evidence_of_gain for name in proving) / max(len(proving), 1),
        )

    @property
    def limit(self) -> float:
        """What one test takes if the others say nothing."""
        return LIMIT * max(self.tests, 1)

    def is_worse(self, test: Process, is_observed: bool) -> bool:
        """Whether a test says that the challenger is worse, and the tests together say that something is."""
        return test.evidence >= LIMIT and (is_observed or self.worse >= LIMIT)

    def is_better(self, test: Process) -> bool:
        """Whether a test says that it is better, and those that can prove it together."""
        return test.evidence_of_gain >= LIMIT and self.better >= LIMIT
