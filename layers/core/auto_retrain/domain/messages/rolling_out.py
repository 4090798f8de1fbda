"""Messages of the functions that watch rollouts and take versions back."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field, model_validator

from ..alarms import Alarm, is_alarm, parse_alarm
from ..base import Record
from ..names import ModelName
from ..people import Actor, Reason


class RolloutOrder(Record):
    """Let an execution wait for the rollout of its job, and resume it with this token when there is something to do."""

    job_id: str
    task_token: str = Field(repr=False)


class RolloutAwaited(Record):
    """Whether the execution waits; if its rollout has ended already, it was resumed at once."""

    job_id: str
    waits: bool


class RollbackRequest(Record):
    """A person's request to take back what serves a model; `to` names an earlier champion.

    Without `to`, a challenger that is rolling out is taken back, otherwise the champion.
    """

    model_name: ModelName
    to: str | None = Field(default=None, pattern=r"^[0-9]{1,18}$")
    actor: Actor
    reason: Reason


class RollbackAlarm(Record):
    """An alarm that is named after a model so that it takes back what serves this model, in either form of event."""

    alarm: Alarm

    @model_validator(mode="before")
    @classmethod
    def _parses_the_event(cls, event: Any) -> Any:
        return {"alarm": parse_alarm(event)} if is_alarm(event) else event


class RollbackOutcome(Record):
    """What serves a model after a rollback.

    `version` is the champion in the record; `taken_back` are the versions that are not offered again. `alias` and
    `weights` are what was read back last; `pending` says why they may still be otherwise, None if all is in force.
    `unchanged` says why nothing had to be taken back.
    """

    model_name: str
    version: str | None
    taken_back: tuple[str, ...] = ()
    unchanged: str | None = None
    alias: str | None = None
    weights: Mapping[str, int] | None = None
    pending: str | None = None


class RolloutsWatched(Record):
    """What one pass over all rollouts did, as numbers of models; the next pass retries what is listed in `problems`.

    Of many `rollouts`, a pass looks at those whose turn it is. `held` says for some of them why they stay where they
    are. `unreconciled` counts models whose alias or traffic somebody else moved, or that have not followed their record
    for some minutes.
    """

    rollouts: int = 0
    looked_at: int = 0
    woken: int = 0
    weighted: int = 0
    rolled_back: int = 0
    reconciled: int = 0
    unreconciled: int = 0
    held: dict[str, str] = Field(default_factory=dict)
    problems: tuple[str, ...] = ()

    @property
    def metrics(self) -> dict[str, int]:
        """Counts to set alarms on, by metric name."""
        return {"unreconciled_serving": self.unreconciled, "rollout_problems": len(self.problems)}
