"""Facts about drills of rollbacks."""

from typing import Literal

from .fact import Escalation, Fact


class DrillMoved(Fact):
    """A live drill let another version answer the requests, or brought the champion back; `sequence` is its line."""

    kind: Literal["drill_moved"] = "drill_moved"
    version: str
    sequence: int
    reason: str

    @property
    def fact_id(self) -> str:
        return f"{self.model_name}-drill-moved-{self.sequence}"

    @property
    def sentence(self) -> str:
        return f"Version {self.version} answers the requests to {self.model_name}: {self.reason}"


class DrillPassed(Fact):
    """The rollback of a model was rehearsed, and would work."""

    kind: Literal["drill_passed"] = "drill_passed"
    target: str
    live: bool
    seconds: float

    @property
    def fact_id(self) -> str:
        return f"{self.model_name}-drill-passed-{self.at.isoformat()}"

    @property
    def sentence(self) -> str:
        way = "there and back" if self.live else "without moving anything"
        drilled = f"{self.actor} drilled the rollback of {self.model_name} to version {self.target}"
        return f"{drilled} in {self.seconds:.1f} s, {way}"


class DrillFailed(Escalation):
    """The rollback of a model was rehearsed, and would fail."""

    kind: Literal["drill_failed"] = "drill_failed"
    target: str
    live: bool
    problem: str
    owner: str

    @property
    def fact_id(self) -> str:
        return f"{self.model_name}-drill-failed-{self.at.isoformat()}"

    @property
    def sentence(self) -> str:
        would = (
            f"a rollback of {self.model_name} to version {self.target} would fail, as the drill of {self.actor} shows"
        )
        return f"{would}: {self.problem}; {self.owner}, please repair it"


class DrillLeft(Escalation):
    """Who began a live drill did not end it; the champion answers again."""

    kind: Literal["drill_left"] = "drill_left"
    sequence: int
    champion: str
    target: str
    owner: str

    @property
    def fact_id(self) -> str:
        return f"{self.model_name}-drill-left-{self.sequence}"

    @property
    def sentence(self) -> str:
        left = f"{self.actor} did not end the drill of {self.model_name} with version {self.target}"
        return f"{left}; version {self.champion} is brought back; {self.owner}, please drill it again"


class DrillOverdue(Escalation):
    """A version goes into production although the last drill is older than the policy allows."""

    kind: Literal["drill_overdue"] = "drill_overdue"
    reason: str
    owner: str

    @property
    def fact_id(self) -> str:
        return f"{self.job_id}-drill-overdue"

    @property
    def sentence(self) -> str:
        goes_on = f"{self.model_name} gets a new version, but {self.reason}"
        return f"{goes_on}; {self.owner}, please run 'auto-retrain drill {self.model_name}'"
