"""Facts about whether to retrain."""

from typing import Literal

from pydantic import Field

from ..base import UtcTime
from ..cost import Forecast
from ..trigger_type import TriggerType
from .fact import AnnouncedFact, Escalation, Fact


class RetrainingRequested(Fact):
    """A person requested a retraining; the decision of its execution follows."""

    kind: Literal["retraining_requested"] = "retraining_requested"
    execution_name: str
    reason: str

    @property
    def fact_id(self) -> str:
        return f"{self.execution_name}-requested"

    @property
    def sentence(self) -> str:
        return f"{self.actor} requested a retraining of {self.model_name}: {self.reason}"


class RetrainingRecorded(Fact):
    """A model was retrained elsewhere; its schedule counts from then on."""

    kind: Literal["retraining_recorded"] = "retraining_recorded"
    retrained_at: UtcTime

    @property
    def fact_id(self) -> str:
        return f"{self.model_name}-retrained-{self.retrained_at.isoformat()}"

    @property
    def sentence(self) -> str:
        return f"{self.model_name} was retrained elsewhere on {self.retrained_at:%F %H:%M} UTC"


class TriggerJudged(Fact):
    """A decision was made on whether to retrain a model; `key` distinguishes decisions with the same event time.

    `decision_hash` is that of its record: another decision on the same occasion is another fact. `evidence_hash` is
    that of what it was judged on.
    """

    kind: Literal["trigger_judged"] = "trigger_judged"
    trigger_type: TriggerType
    outcome: Literal["started", "suppressed", "not_due"]
    reason: str
    held_by: str | None = None
    event_time: UtcTime
    key: str
    decision_hash: str
    evidence_hash: str | None = Field(default=None, exclude_if=lambda digest: digest is None)

    @property
    def fact_id(self) -> str:
        return f"{self.model_name}-judged-{self.event_time.isoformat()}-{self.key}-{self.decision_hash[:12]}"

    @property
    def sentence(self) -> str:
        held = f" by {self.held_by}" if self.held_by else ""
        return f"Retraining {self.model_name}: {self.outcome.replace('_', ' ')}{held}: {self.reason}"


class JobOpened(AnnouncedFact):
    """A retraining started, and its job owns the model."""

    kind: Literal["job_opened"] = "job_opened"
    trigger_type: TriggerType
    reason: str
    forecast: Forecast | None = None

    @property
    def fact_id(self) -> str:
        return f"{self.job_id}-started"

    @property
    def sentence(self) -> str:
        forecast = f" ({self.forecast.text})" if self.forecast else ""
        return f"Retraining {self.model_name}: {self.reason}{forecast}"


class BudgetHoldEnded(AnnouncedFact):
    """What people were told of a budget in a month is over: it has room again, or the month has ended."""

    kind: Literal["budget_hold_ended"] = "budget_hold_ended"
    month: str
    reason: str

    @property
    def fact_id(self) -> str:
        return f"{self.model_name}-budget-{self.month}-ended"

    @property
    def sentence(self) -> str:
        return f"What was told of a budget that held {self.model_name} in {self.month} is over: {self.reason}"


class BudgetHolds(Escalation):
    """A model needs a retraining that its budget or that of the fleet has no money for; told once a month."""

    kind: Literal["budget_holds"] = "budget_holds"
    month: str
    trigger_type: TriggerType
    held_by: str
    need: str
    reason: str
    owner: str

    @property
    def fact_id(self) -> str:
        return f"{self.model_name}-budget-{self.month}"

    @property
    def sentence(self) -> str:
        return (
            f"{self.model_name} is not retrained because {self.reason}. {self.trigger_type.value} asks for it: "
            f"{self.need}; {self.owner}, please raise the budget, or start it with 'auto-retrain retrain "
            f"{self.model_name} --reason TEXT --force'"
        )
