"""What a live check is: it keeps the evidence of a test between looks, and judges what one look shows."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, NamedTuple

from ..domain.live import LiveCounts
from ..domain.policy.analysis import AnalysisPolicy
from ..domain.rollout import Rollout
from ..domain.verdict import Outcome, Verdict
from ..statistics.e_process import e_value
from .entities import Counted, newly_counted, shares_of

# Evidence from which on the challenger is worse, or better, and not by chance: it errs with 1 of 20 rollouts.
LIMIT = 20.0


class Sight(NamedTuple):
    """What one look sees: the counts of the step so far, and those since the look before."""

    policy: AnalysisPolicy
    rollout: Rollout
    counts: LiveCounts
    since: LiveCounts

    @property
    def planned(self) -> int:
        """The requests of the challenger that the strategy plans before a promotion."""
        return self.rollout.deployment.min_requests

    @property
    def shares(self) -> Counted:
        """The share of each arm's requests that count as independent."""
        return shares_of(self.counts)

    def counted(self, rows: tuple[int, int], new: tuple[int, int]) -> Counted:
        """How many of the new rows of each arm count, with so many rows in the step."""
        return newly_counted(self.counts, self.since, rows, new)

    @property
    def is_shadow(self) -> bool:
        """Whether the challenger gets copies only, so that both versions answer the same requests."""
        return is_shadow(self.rollout)

    @property
    def has_champion(self) -> bool:
        """Whether some requests go to the champion, so that there is something to compare with."""
        return self.rollout.weight < 100


def is_shadow(rollout: Rollout) -> bool:
    return rollout.weight == 0 and rollout.mirror_share > 0


class Process(NamedTuple):
    """The state of a sequential test after a look, and the logarithms of its bets in both directions."""

    state: Any
    worse: tuple[float, ...]
    better: tuple[float, ...] = (0.0,)

    @property
    def evidence(self) -> float:
        """How strongly the data speak for a worse challenger: 1 says nothing, 20 is enough."""
        return e_value(self.worse)

    @property
    def evidence_of_gain(self) -> float:
        return e_value(self.better)


class LiveCheck(ABC):
    """One check of a rollout. Its name is that of its section in the policy."""

    name: str

    @abstractmethod
    def judge(self, sight: Sight, process: Process | None, is_worse: bool, limit: float) -> Verdict | None:
        """The verdict at this look; none where the check does not apply.

        `is_worse` says that the evidence of its test is beyond chance. `limit` is what that takes by itself.
        """

    def process(self, sight: Sight, state: Any) -> Process | None:
        """The test after this look, from its state after the look before; none if there is nothing to test."""
        return None

    def section(self, policy: AnalysisPolicy) -> Any:
        return getattr(policy, self.name)


def states_of(processes: Mapping[str, Process]) -> dict[str, Any]:
    """What is kept until the next look."""
    return {name: process.state for name, process in processes.items()}


def p_value(evidence: float) -> float:
    """A p value that holds at any look."""
    return min(1.0, 1 / evidence) if evidence > 0 else 1.0


def inconclusive(check: str, reason: str, **more: Any) -> Verdict:
    return Verdict(check=check, outcome=Outcome.INCONCLUSIVE, reason=reason, **more)


def not_by_chance(evidence: float) -> str:
    """Words for evidence beyond its limit."""
    return f"this is not due to chance (evidence {min(evidence, 1e300):.3g}, {LIMIT:g} is enough)"
