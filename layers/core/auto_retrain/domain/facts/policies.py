"""Facts about what people decide on a model."""

from typing import Literal

from .fact import Fact


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
