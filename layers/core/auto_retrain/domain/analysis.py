"""What the live checks say about a rollout at one look, and the evidence that they keep between looks."""

from collections.abc import Mapping

from pydantic import Field, JsonValue

from .base import Record, UtcTime
from .live import LiveCounts
from .verdict import Verdict


class Analysis(Record):
    """What the checks say together at one look.

    A strategy reads only the four texts, each of which is None or a reason for people. `unhealthy`: the challenger
    must be taken back now. `missing`: there are no data that could tell, so nothing may go on. `unproven`: not enough
    is known for a promotion yet. `superior`: the challenger is better, and that is not due to chance. `rewards` are
    good and judged requests by arm (champion, challenger), for a bandit.
    """

    verdicts: tuple[Verdict, ...] = ()
    unhealthy: str | None = None
    missing: str | None = None
    unproven: str | None = None
    superior: str | None = None
    rewards: tuple[tuple[int, int], tuple[int, int]] = ((0, 0), (0, 0))


class Look(Record):
    """One look, as kept for the page about a rollout: values by check, in the unit of the check.

    `NAME_evidence` is that of the sequential test of check NAME: 1 says nothing, 20 is enough.
    """

    at: UtcTime
    weight: int
    values: Mapping[str, float]


class RolloutEvidence(Record):
    """What a rollout has shown so far; only the watcher writes it.

    `counts` are those of the present step at the last look that could be trusted. `processes` hold the state of each
    sequential test by check; they go on over all steps. `looks` are thinned so that they stay few.
    `kept_alive_at` is when the execution that waits for the rollout was last kept alive, and `reminded_at` when people
    were last told that a person has paused it.
    """

    model_name: str
    rollout_id: str
    step: int
    looked_at: UtcTime
    counts: LiveCounts = Field(default_factory=LiveCounts.as_default)
    processes: Mapping[str, JsonValue] = Field(default_factory=dict)
    analysis: Analysis = Field(default_factory=Analysis.as_default)
    held_since: UtcTime | None = None
    looks: tuple[Look, ...] = ()
    kept_alive_at: UtcTime | None = None
    reminded_at: UtcTime | None = None
