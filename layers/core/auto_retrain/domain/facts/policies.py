"""Facts about what people decide on a model."""

from typing import TYPE_CHECKING, Literal

from ..base import UtcTime
from .fact import Escalation, Fact

if TYPE_CHECKING:
    from ..policy.policy import AppliedPolicy


class PolicyApplied(Fact):
    """A policy was applied, paused, resumed or removed, which made a new version."""

    kind: Literal["policy_applied"] = "policy_applied"
    version: int
    status: str
    note: str = ""

    @property
    def fact_id(self) -> str:
        return f"{self.model_name}-policy-{self.version}"

    @property
    def sentence(self) -> str:
        note = f": {self.note}" if self.note else ""
        return f"{self.actor} applied policy version {self.version} of {self.model_name} ({self.status}){note}"


def applied_fact(applied: "AppliedPolicy") -> PolicyApplied:
    """The fact that this version of a policy was applied."""
    return PolicyApplied(
        model_name=applied.policy.model,
        actor=applied.applied_by,
        at=applied.applied_at,
        version=applied.version,
        status=applied.status.value,
        note=applied.note,
    )


class PauseOfModelLasts(Escalation):
    """A model has been paused for some weeks; `actor` made the policy version that is in force since then."""

    kind: Literal["pause_of_model_lasts"] = "pause_of_model_lasts"
    since: UtcTime
    version: int
    weeks: int
    note: str
    owner: str

    @property
    def fact_id(self) -> str:
        return f"{self.model_name}-paused-{self.version}-week-{self.weeks}"

    @property
    def sentence(self) -> str:
        by = f"policy version {self.version}, by {self.actor} on {self.since:%F}"
        why = f": {self.note}" if self.note else ""
        return (
            f"No trigger has retrained {self.model_name} for {self.weeks} weeks, because it is paused ({by}){why}; "
            f"{self.owner}, please end that with 'auto-retrain models resume {self.model_name}', or remove the model"
        )
