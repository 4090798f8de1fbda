"""The deployment ledger: every change of what serves, numbered, never changed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from .base import Record, UtcTime
from .model_state import Serving
from .model_version import ModelVersion
from .traffic import Route, shares
from .windows import Windows

# What changed: a new champion (promoted, rolled_back, adopted from somebody else), the weight or the copies of a
# challenger, a rollout that ended without a new champion, or a live drill, during which the champion stays what it is.
Change = Literal["promoted", "rolled_back", "adopted", "weight", "mirror", "ended", "drill", "drill_ended"]


class LedgerLine(Record):
    """One change of what serves one model.

    `version` is the champion after it, or what stands in for it during a drill, and `previous_version` the champion
    before it. `job_id`, `windows` are those of the job that trained the champion, if it was one of ours. `actor` is the
    person, or the part of the system, that caused the change. `challenger` and `weight` are those in force after it.
    `serves_since` is when a new champion began to serve, in the time of events; None if that is the time of the clock.
    `watched_until`, in the same time, is until when its promotion is provisional, if nothing happens before.
    """

    model_name: str
    sequence: int
    change: Change = "promoted"
    version: ModelVersion
    previous_version: str | None
    challenger: str | None = None
    weight: int = 0
    mirror_share: int = 0
    job_id: str | None
    actor: str | None = None
    reason: str
    deployed_at: UtcTime
    serves_since: UtcTime | None = None
    watched_until: UtcTime | None = None
    windows: Windows | None

    @property
    def is_new_champion(self) -> bool:
        """Whether it made a version the champion; a drill does not."""
        return self.change in ("promoted", "rolled_back", "adopted")

    @property
    def since(self) -> datetime:
        """When its champion began to serve, in the time of events."""
        return self.serves_since or self.deployed_at

    @property
    def route(self) -> Route:
        """What traffic should be after it."""
        mirrors = {self.challenger: self.mirror_share} if self.challenger and self.mirror_share else {}
        return Route(weights=shares(self.version.number, self.challenger, self.weight), mirrors=mirrors)


class Period(LedgerLine):
    """A line with the time until which it held: `until` is None if it still does.

    A version serves until another one does; a weight and the end of a rollout hold until the next change.
    """

    until: UtcTime | None


def periods_of(lines: Sequence[LedgerLine]) -> list[Period]:
    """The newest lines, newest first, each with its end."""
    periods: list[Period] = []
    replaced_at = changed_at = None
    for line in lines:
        periods.append(Period(**dict(line), until=replaced_at if line.is_new_champion else changed_at))
        changed_at = line.deployed_at
        replaced_at = changed_at if line.is_new_champion else replaced_at
    return periods


def serving_after(line: LedgerLine) -> Serving:
    """What serves after a line that put a champion there."""
    return Serving(version=line.version.number, since=line.since)
