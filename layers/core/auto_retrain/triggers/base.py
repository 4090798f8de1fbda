"""The base class of triggers: a trigger says what evidence it needs, and judges it without fetching it."""

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
    """The evidence gathered about one model.

    `readings` answer each trigger's queries, in order; `drift` is set if the data were read.
    """

    state: ModelState
    readings: Mapping[TriggerType, tuple[MetricReading, ...]] = {}
    drift: DriftEvidence | None = None


class Occasion(NamedTuple):
    """When a trigger became due, and a key that is the same whenever the same occasion is seen again."""

    moment: datetime
    key: str


class Trigger(ABC):
    """One reason to retrain.

    A trigger that reads neither metrics nor data is judged in every sweep, any other once a day, at the model's turn.
    With `reads_data`, detect_drift judges it. With `backs_off`, it waits longer after each rejected challenger. With
    `needs_breach_days`, it must be met on as many days as the policy requires.
    """

    kind: ClassVar[TriggerType]
    reads_data: ClassVar[bool] = False
    reads_metrics: ClassVar[bool] = False
    backs_off: ClassVar[bool] = False
    needs_breach_days: ClassVar[bool] = False
    judged_every: ClassVar[timedelta] = _DAY

    def queries(self, policy: Policy, state: ModelState, at: datetime) -> tuple[MetricQuery, ...]:
        """The metrics it needs, as of a moment; none without `reads_metrics`."""
        return ()

    @abstractmethod
    def judge(self, policy: Policy, evidence: Evidence, at: datetime) -> tuple[Verdict, ...]:
        """Judge the evidence as of a moment: the first verdict decides, any others give details."""

    def occasion(self, policy: Policy, state: ModelState, at: datetime, turn: datetime) -> Occasion:
        """The occasion for which a sweep starts an execution; `turn` is the model's turn today."""
        return Occasion(turn, turn.isoformat())

    def next_check(self, policy: Policy, state: ModelState, at: datetime) -> datetime | None:
        """When a sweep will judge it next."""
        return daily_slot(policy.model, at) + _DAY
