"""The parts of a serving record: a challenger on its way into production, and what was done about what serves."""

from datetime import timedelta
from typing import Literal

from pydantic import Field

from .base import Record, UtcTime
from .model_version import ModelVersion
from .policy.deployment import DeploymentPolicy
from .policy.traffic import TrafficTarget
from .traffic import Route

Outcome = Literal["promoted", "rolled_back", "conflict"]


class Intervention(Record):
    """What a person asked for during a rollout."""

    kind: Literal["pause", "promote", "abort"]
    actor: str
    reason: str
    at: UtcTime


class Rollout(Record):
    """A challenger on its way into production; its id is that of its job.

    The deployment section is the one in force when it began: a policy that is edited meanwhile is for the next one.
    `since` is when the present step began, `weighted_at` when the weight last changed. `intervention` is the newest
    that is in force. `paused` is how long pauses lasted that are over; the last one ended at `resumed_at`.
    """

    job_id: str
    challenger: ModelVersion
    deployment: DeploymentPolicy
    policy_version: int
    started_at: UtcTime
    step: int = 0
    weight: int = Field(default=0, ge=0, le=100)
    mirror_share: int = Field(default=0, ge=0, le=100)
    since: UtcTime
    weighted_at: UtcTime | None = None
    intervention: Intervention | None = None
    paused: timedelta = timedelta()
    resumed_at: UtcTime | None = None
    task_token: str | None = Field(default=None, repr=False)

    @property
    def has_answered(self) -> bool:
        """Whether the challenger may have answered requests; one that only sees copies does not."""
        return self.weight > 0 or self.weighted_at is not None


class RolledBack(Record):
    """A version that was taken back; it is not offered again."""

    version: str
    reason: str
    at: UtcTime


class LiveDrill(Record):
    """An earlier champion answers every request, for minutes, to rehearse a rollback.

    Who began it ends it; whoever looks at the record after `until` does so in their place.
    """

    target: ModelVersion
    actor: str
    since: UtcTime
    until: UtcTime


class Applied(Record):
    """What alias and traffic were when they were last read back.

    `sequence` is the newest ledger line that both followed, at this target; what a later line asked for may be there,
    too. `pending` says why they may not follow the record, although nobody else has moved them.
    """

    alias: str | None
    route: Route | None = None
    at: UtcTime
    target: TrafficTarget | None = None
    sequence: int | None = None
    pending: str | None = None


class RolloutEnding(Record):
    """How the last rollout ended, for the job that began it."""

    job_id: str
    outcome: Outcome
    reason: str
    at: UtcTime
