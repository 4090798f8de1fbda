"""The serving record of a model: the truth about what serves; aliases and traffic follow it.

It changes only by the named steps below. Each gives the next record and the ledger line about the change, which are
written together, so there is never one without the other.
"""

from datetime import datetime
from typing import Any, Literal, NamedTuple, Self

from pydantic import Field

from .base import Record, UtcTime
from .deployment_ledger import Change, LedgerLine
from .errors import ServingConflict
from .job import RetrainingJob
from .model_version import ModelVersion
from .policy.deployment import DeploymentPolicy
from .traffic import DesiredRoute, Route

Outcome = Literal["promoted", "rolled_back", "conflict"]

MAX_ROLLED_BACK = 50


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
    that is in force.
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
    task_token: str | None = Field(default=None, repr=False)


class RolledBack(Record):
    """A version that was taken back; it is not offered again."""

    version: str
    reason: str
    at: UtcTime


class Applied(Record):
    """What alias and traffic were when they were last read back."""

    alias: str | None
    route: Route | None = None
    at: UtcTime


class RolloutEnding(Record):
    """How the last rollout ended, for the job that began it."""

    job_id: str
    outcome: Outcome
    reason: str
    at: UtcTime


class ServingRecord(Record):
    """What serves a model. `sequence` numbers the newest ledger line; `revision` counts every write.

    `champion` and `previous` are the lines that put these versions there. A `conflict` says, in words for people, how
    alias or traffic differ from this record although we did not move them; what somebody else did stays.
    """

    model_name: str
    revision: int = 0
    sequence: int = 0
    champion: LedgerLine | None = None
    previous: LedgerLine | None = None
    rollout: Rollout | None = None
    ended: RolloutEnding | None = None
    rolled_back: tuple[RolledBack, ...] = ()
    applied: Applied | None = None
    conflict: str | None = None

    @property
    def desired(self) -> DesiredRoute | None:
        """What traffic should be; None for a model without a champion."""
        if self.champion is None:
            return None
        rollout = self.rollout
        return DesiredRoute(
            champion=self.champion.version,
            challenger=rollout.challenger if rollout else None,
            weight=rollout.weight if rollout else 0,
            mirror_share=rollout.mirror_share if rollout else 0,
        )

    @property
    def is_open(self) -> bool:
        """Whether somebody must look at it again: it rolls out, or alias or traffic do not follow it yet."""
        return self.rollout is not None or self.conflict is not None or not self.is_applied

    @property
    def is_applied(self) -> bool:
        """Whether alias and traffic were last read back as this record wants them."""
        if self.desired is None:
            return True
        applied = self.applied
        follows = applied is not None and (applied.route is None or applied.route.follows(self.desired))
        return follows and applied is not None and applied.alias == self.desired.champion.number

    def is_rolled_back(self, version: str) -> bool:
        """Whether a version was taken back and is not offered again."""
        return any(each.version == version for each in self.rolled_back)

    def next_revision(self) -> Self:
        """The revision to be saved next."""
        return self.changed(revision=self.revision + 1)

    def adopted(self, version: ModelVersion, reason: str, at: datetime) -> "ServingChange":
        """Somebody else let this version serve, before we knew the model or meanwhile; a rollout ends where it is."""
        ended = self._ended("conflict", reason, at) if self.rollout else self.ended
        kept = tuple(each for each in self.rolled_back if each.version != version.number)
        line = self._line("adopted", version, reason, at)
        return self._change(line, champion=line, previous=self.champion, rollout=None, ended=ended, rolled_back=kept)

    def rolling_out(self, rollout: Rollout, actor: str, reason: str, at: datetime) -> "ServingChange":
        """A rollout begins."""
        change: Change = "mirror" if rollout.mirror_share else "weight"
        return self._with_rollout(rollout, change, actor, reason, at)

    def weighted(self, weight: int, step: int, actor: str, reason: str, at: datetime) -> "ServingChange":
        """The challenger answers another share of the requests; the step may stay the same."""
        rollout = self._rolling()
        since = rollout.since if step == rollout.step else at
        moved = rollout.changed(weight=weight, step=step, since=since, weighted_at=at)
        return self._with_rollout(moved, "weight", actor, reason, at)

    def promoted(
        self, version: ModelVersion, job: RetrainingJob, actor: str, reason: str, at: datetime
    ) -> "ServingChange":
        """A job's challenger is the champion from now on."""
        line = self._line("promoted", version, reason, at, actor=actor, job_id=job.job_id, windows=job.windows)
        ended = RolloutEnding(job_id=job.job_id, outcome="promoted", reason=reason, at=at)
        return self._change(line, champion=line, previous=self.champion, rollout=None, ended=ended)

    def aborted(self, actor: str, reason: str, at: datetime) -> "ServingChange":
        """The challenger is taken back before it became the champion; it is not offered again."""
        rollout = self._rolling()
        line = self._same_champion("ended", actor, reason, at)
        taken_back = RolledBack(version=rollout.challenger.number, reason=reason, at=at)
        return self._change(
            line,
            rollout=None,
            ended=self._ended("rolled_back", reason, at),
            rolled_back=(*self.rolled_back, taken_back)[-MAX_ROLLED_BACK:],
        )

    def rolled_back_to(self, target: LedgerLine, actor: str, reason: str, at: datetime) -> "ServingChange":
        """An earlier champion serves again; the present one, and a challenger beside it, are not offered again."""
        bad = [line.version.number for line in (self.champion,) if line]
        bad += [self.rollout.challenger.number] if self.rollout else []
        taken_back = tuple(RolledBack(version=version, reason=reason, at=at) for version in bad)
        line = self._line(
            "rolled_back", target.version, reason, at, actor=actor, job_id=target.job_id, windows=target.windows
        )
        return self._change(
            line,
            champion=line,
            previous=None,
            rollout=None,
            ended=self._ended("rolled_back", reason, at) if self.rollout else self.ended,
            rolled_back=(*self.rolled_back, *taken_back)[-MAX_ROLLED_BACK:],
        )

    def intervened(self, intervention: Intervention | None) -> Self:
        """What a person asked for; None resumes. Nothing that serves changes, so there is no ledger line."""
        return self.changed(rollout=self._rolling().changed(intervention=intervention))

    def awaited_by(self, task_token: str | None) -> Self:
        """An execution waits for the rollout, or no longer."""
        return self.changed(rollout=self._rolling().changed(task_token=task_token))

    def read_back(self, applied: Applied, conflict: str | None = None) -> Self:
        """Alias and traffic as they are, and how they differ although we did not move them."""
        return self.changed(applied=applied, conflict=conflict)

    def _rolling(self) -> Rollout:
        if self.rollout is None:
            raise ServingConflict(f"'{self.model_name}' has no rollout")
        return self.rollout

    def _ended(self, outcome: Outcome, reason: str, at: datetime) -> RolloutEnding:
        return RolloutEnding(job_id=self._rolling().job_id, outcome=outcome, reason=reason, at=at)

    def _with_rollout(self, rollout: Rollout, change: Change, actor: str, reason: str, at: datetime) -> "ServingChange":
        line = self._same_champion(change, actor, reason, at).changed(
            challenger=rollout.challenger.number, weight=rollout.weight, mirror_share=rollout.mirror_share
        )
        return self._change(line, rollout=rollout)

    def _same_champion(self, change: Change, actor: str, reason: str, at: datetime) -> LedgerLine:
        if self.champion is None:
            raise ServingConflict(f"'{self.model_name}' has no champion, so its challenger has nothing to be beside")
        line, job_id = self.champion, self.champion.job_id
        return self._line(change, line.version, reason, at, actor=actor, job_id=job_id, windows=line.windows)

    def _line(self, change: Change, version: ModelVersion, reason: str, at: datetime, **more: Any) -> LedgerLine:
        fields: dict[str, Any] = {"job_id": None, "windows": None, **more}
        return LedgerLine(
            model_name=self.model_name,
            sequence=self.sequence + 1,
            change=change,
            version=version,
            previous_version=self.champion.version.number if self.champion else None,
            reason=reason,
            deployed_at=at,
            **fields,
        )

    def _change(self, line: LedgerLine, **changes: Any) -> "ServingChange":
        return ServingChange(self.changed(sequence=line.sequence, **changes), line)


class ServingChange(NamedTuple):
    """The next record, and the ledger line about the change."""

    record: ServingRecord
    line: LedgerLine
