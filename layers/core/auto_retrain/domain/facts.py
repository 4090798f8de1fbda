"""Facts about models and jobs, in the past tense: each has its fields, an id and one sentence for people.

A fact that is recorded again has the same id, so it can be stored once. People are notified of announced facts.
"""

from abc import abstractmethod
from typing import Annotated, Literal

from pydantic import Field

from .base import Record, UtcTime
from .ending import Ending
from .events import EventKind
from .status import RetrainingStatus
from .trigger_type import TriggerType


class Fact(Record):
    """What all facts have: the model, usually the job, the actor if it was a person, and the time."""

    kind: str
    model_name: str
    job_id: str | None = None
    actor: str | None = None
    at: UtcTime

    @property
    def fact_id(self) -> str:
        """Stays the same when the same fact is recorded again."""
        return f"{self.job_id}-{self.kind.replace('_', '-')}"

    @property
    @abstractmethod
    def sentence(self) -> str:
        """The fact in one sentence for people."""


class AnnouncedFact(Fact):
    """A fact that people are notified of."""

    @property
    @abstractmethod
    def event(self) -> EventKind:
        """The kind of the event that announces it."""

    @property
    def fact_id(self) -> str:
        return f"{self.job_id}-{self.event}"


# --------------------------------------------------------------------------------------------------- whether to retrain


class RetrainingRequested(Fact):
    """A person requested a retraining, and an execution started."""

    kind: Literal["retraining_requested"] = "retraining_requested"
    execution_arn: str
    reason: str

    @property
    def fact_id(self) -> str:
        return f"{self.execution_arn}-requested"

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
    """A decision was made on whether to retrain a model; `key` distinguishes decisions with the same event time."""

    kind: Literal["trigger_judged"] = "trigger_judged"
    trigger_type: TriggerType
    outcome: Literal["started", "suppressed", "not_due"]
    reason: str
    held_by: str | None = None
    event_time: UtcTime
    key: str

    @property
    def fact_id(self) -> str:
        return f"{self.model_name}-judged-{self.event_time.isoformat()}-{self.key}"

    @property
    def sentence(self) -> str:
        held = f" by {self.held_by}" if self.held_by else ""
        return f"Retraining {self.model_name}: {self.outcome.replace('_', ' ')}{held}: {self.reason}"


class QuarantineSet(AnnouncedFact):
    """A model was quarantined because its data are broken."""

    kind: Literal["quarantine_set"] = "quarantine_set"
    since: UtcTime
    reason: str
    owner: str

    @property
    def event(self) -> EventKind:
        return "quarantined"

    @property
    def fact_id(self) -> str:
        return f"{self.model_name}-quarantined-{self.since.isoformat()}"

    @property
    def sentence(self) -> str:
        return (
            f"{self.model_name} is not retrained because its data are broken: {self.reason}; "
            f"{self.owner}, please repair them"
        )


class QuarantineLifted(AnnouncedFact):
    """A quarantine ended: a check at `since` found the data sound again, or a person lifted it."""

    kind: Literal["quarantine_lifted"] = "quarantine_lifted"
    since: UtcTime
    reason: str | None = None

    @property
    def event(self) -> EventKind:
        return "quarantine_lifted"

    @property
    def fact_id(self) -> str:
        by_hand = "quarantine-" if self.actor else ""
        return f"{self.model_name}-{by_hand}lifted-{self.since.isoformat()}"

    @property
    def sentence(self) -> str:
        if self.actor:
            return f"{self.actor} lifted the quarantine of {self.model_name}: {self.reason}"
        return f"The data of {self.model_name} are sound again; it can be retrained"


# ---------------------------------------------------------------------------------------------------- the life of a job


class JobOpened(AnnouncedFact):
    """A retraining started, and its job owns the model."""

    kind: Literal["job_opened"] = "job_opened"
    trigger_type: TriggerType
    reason: str

    @property
    def event(self) -> EventKind:
        return "started"

    @property
    def sentence(self) -> str:
        return f"Retraining {self.model_name}: {self.reason}"


class DataChecked(Fact):
    """The data of a job were frozen and checked before training."""

    kind: Literal["data_checked"] = "data_checked"
    errors: int
    warnings: int
    skipped: str | None = None

    @property
    def sentence(self) -> str:
        findings = f"{self.errors} errors and {self.warnings} warnings"
        return f"The data of {self.model_name} were checked: {self.skipped or findings}"


class StepOrdered(Fact):
    """A step to train or score was given to a Kubernetes Job, or parked for a batch."""

    kind: Literal["step_ordered"] = "step_ordered"
    step: str
    kubernetes_job: str | None

    @property
    def fact_id(self) -> str:
        return f"{self.job_id}-{self.step}-ordered"

    @property
    def sentence(self) -> str:
        where = f"Kubernetes Job '{self.kubernetes_job}'" if self.kubernetes_job else "a batch"
        return f"{self.model_name}: the step '{self.step}' runs in {where}"


class ChallengerValidated(Fact):
    """A challenger was compared with the champion and judged."""

    kind: Literal["challenger_validated"] = "challenger_validated"
    version: str
    decision: str
    reason: str
    validation_hash: str

    @property
    def fact_id(self) -> str:
        return f"{self.job_id}-validated-{self.validation_hash[:12]}"

    @property
    def sentence(self) -> str:
        return f"{self.model_name} version {self.version} was validated ({self.decision}): {self.reason}"


class ReviewRequested(AnnouncedFact):
    """A challenger passed every gate and is waiting for a review."""

    kind: Literal["review_requested"] = "review_requested"
    version: str
    until: UtcTime
    reason: str

    @property
    def event(self) -> EventKind:
        return "review"

    @property
    def sentence(self) -> str:
        waiting = f"{self.model_name} version {self.version} is waiting for a review until {self.until:%F %H:%M} UTC"
        return f"{waiting}: {self.reason}. Approve it with 'auto-retrain approve {self.job_id}', or decline it"


class ReviewGiven(Fact):
    """A challenger was approved or declined, by a person or because nobody reviewed it in time."""

    kind: Literal["review_given"] = "review_given"
    approved: bool
    reason: str | None

    @property
    def sentence(self) -> str:
        verb = "approved" if self.approved else "declined"
        return f"{self.actor} {verb} the challenger of {self.model_name}: {self.reason or 'no reason given'}"


class Promoted(Fact):
    """A challenger became the champion."""

    kind: Literal["promoted"] = "promoted"
    version: str
    previous_version: str | None
    reason: str

    @property
    def sentence(self) -> str:
        return f"{self.model_name} version {self.version} became the champion: {self.reason}"


class ProfileKept(Fact):
    """A profile of the training data was stored beside the new champion."""

    kind: Literal["profile_kept"] = "profile_kept"
    version: str
    rows: int

    @property
    def sentence(self) -> str:
        return f"A profile of {self.rows} rows was stored beside {self.model_name} version {self.version}"


_EVENTS: dict[Ending, EventKind] = {
    Ending.PROMOTED: "deployed",
    Ending.REJECTED: "rejected",
    Ending.INCONCLUSIVE: "inconclusive",
    Ending.DECLINED: "declined",
    Ending.SKIPPED: "skipped",
    Ending.FAILED: "failed",
    Ending.ROLLED_BACK: "failed",
}


class JobEnded(AnnouncedFact):
    """A job ended and released its model."""

    kind: Literal["job_ended"] = "job_ended"
    ending: Ending
    status: RetrainingStatus
    version: str | None
    summary: str

    @property
    def event(self) -> EventKind:
        return _EVENTS[self.ending]

    @property
    def sentence(self) -> str:
        return self.summary


class RejectionsEscalated(AnnouncedFact):
    """Triggers keep calling for a new model, but one challenger after another is rejected."""

    kind: Literal["rejections_escalated"] = "rejections_escalated"
    in_a_row: int
    owner: str
    last: str

    @property
    def event(self) -> EventKind:
        return "escalated"

    @property
    def sentence(self) -> str:
        return (
            f"{self.model_name}: {self.in_a_row} challengers in a row were rejected although triggers call for a new "
            f"model; {self.owner}, please check the data and the trainer. Last: {self.last}"
        )


# --------------------------------------------------------------------------------------------------- what people decide


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


AnyFact = Annotated[
    RetrainingRequested
    | RetrainingRecorded
    | TriggerJudged
    | QuarantineSet
    | QuarantineLifted
    | JobOpened
    | DataChecked
    | StepOrdered
    | ChallengerValidated
    | ReviewRequested
    | ReviewGiven
    | Promoted
    | ProfileKept
    | JobEnded
    | RejectionsEscalated
    | PolicyApplied,
    Field(discriminator="kind"),
]
