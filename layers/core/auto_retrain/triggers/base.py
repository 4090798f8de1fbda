"""What a trigger is: one reason to retrain, which says what evidence it needs, and judges it without fetching it."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import ClassVar, NamedTuple

from ..domain.drift import DriftEvidence
from ..domain.metric_reading import MetricQuery, MetricReading
from ..domain.model_state import ModelState
from ..domain.policy.policy import Policy
from ..domain.schedule import daily_slot
from ..domain.trigger_type import TriggerType
from ..domain.verdict import Verdict

_DAY = timedelta(days=1)


class Evidence(NamedTuple):
    """What was gathered about one model.

    `readings` answer the queries of each trigger in their order; `drift` is there when the data were read.
    """

    state: ModelState
    readings: Mapping[TriggerType, tuple[MetricReading, ...]] = {}
    drift: DriftEvidence | None = None


class Occasion(NamedTuple):
    """When a trigger became due, and a text that is the same whenever that same occasion is met again."""

    moment: datetime
    key: str


class Trigger(ABC):
    """One reason to retrain.

    A trigger without queries that reads no data is judged in every sweep, any other once a day when it is the model's
    turn. `reads_data` leaves it to the function that reads data. `backs_off` makes it wait longer after each rejected
    challenger. `needs_breach_days` makes it wait until it was met on as many days as the policy asks for.
    """

    kind: ClassVar[TriggerType]
    reads_data: ClassVar[bool] = False
    backs_off: ClassVar[bool] = False
    needs_breach_days: ClassVar[bool] = False

    def queries(self, policy: Policy, at: datetime) -> tuple[MetricQuery, ...]:
        """The metrics that it is judged by, as of a moment."""
        return ()

    @abstractmethod
    def judge(self, policy: Policy, evidence: Evidence, at: datetime) -> tuple[Verdict, ...]:
        """Judge the evidence as of a moment: the first verdict decides, any others give the details."""

    def occasion(self, policy: Policy, at: datetime, turn: datetime) -> Occasion:
        """What a sweep starts an execution for; `turn` is when it was the model's turn today."""
        return Occasion(turn, turn.isoformat())

    def next_look(self, policy: Policy, state: ModelState, at: datetime) -> datetime | None:
        """When the sweep judges it next."""
        return daily_slot(policy.model, at) + _DAY
