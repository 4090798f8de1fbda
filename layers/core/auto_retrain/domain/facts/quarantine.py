"""Facts about models whose data are broken."""

from typing import Literal

from ..base import UtcTime
from .fact import AnnouncedFact, Escalation


class QuarantineSet(AnnouncedFact):
    """A model was quarantined because its data are broken."""

    kind: Literal["quarantine_set"] = "quarantine_set"
    since: UtcTime
    reason: str
    owner: str

    @property
    def fact_id(self) -> str:
        return f"{self.model_name}-quarantined-{self.since.isoformat()}"

    @property
    def sentence(self) -> str:
        return (
            f"{self.model_name} is not retrained because its data are broken: {self.reason}; "
            f"{self.owner}, please repair them. The first daily check that finds them sound ends the quarantine"
        )


class QuarantineLasts(Escalation):
    """A model has been in quarantine for some weeks, and nothing was trained."""

    kind: Literal["quarantine_lasts"] = "quarantine_lasts"
    since: UtcTime
    weeks: int
    reason: str
    owner: str

    @property
    def fact_id(self) -> str:
        return f"{self.model_name}-quarantined-{self.since.isoformat()}-week-{self.weeks}"

    @property
    def sentence(self) -> str:
        return (
            f"{self.model_name} has not been retrained since {self.since:%F} because its data are broken: "
            f"{self.reason}; {self.owner}, please repair them, or let the policy ignore or tolerate it "
            "(drift.ignore, data.tolerate)"
        )


class QuarantineLifted(AnnouncedFact):
    """A quarantine ended: a check at `since` found the data sound again, or a person lifted it."""

    kind: Literal["quarantine_lifted"] = "quarantine_lifted"
    since: UtcTime
    reason: str | None = None

    @property
    def fact_id(self) -> str:
        by_hand = "quarantine-" if self.actor else ""
        return f"{self.model_name}-{by_hand}lifted-{self.since.isoformat()}"

    @property
    def sentence(self) -> str:
        if self.actor:
            return f"{self.actor} lifted the quarantine of {self.model_name}: {self.reason}"
        return f"The data of {self.model_name} are sound again; it can be retrained"
