"""Facts about how jobs end."""

from typing import Literal

from ..cost import Forecast, PricedCost, costing
from ..ending import Ending
from ..status import RetrainingStatus
from .fact import AnnouncedFact, Escalation


class JobEnded(AnnouncedFact):
    """A job ended and released its model."""

    kind: Literal["job_ended"] = "job_ended"
    ending: Ending
    status: RetrainingStatus
    version: str | None
    summary: str
    cost: PricedCost | None = None
    forecast: Forecast | None = None

    @property
    def fact_id(self) -> str:
        # As releases before this one named it.
        ending = "deployed" if self.ending is Ending.PROMOTED else self.ending
        return f"{self.job_id}-{ending}"

    @property
    def topic(self) -> str:
        return f"job_{self.ending}"

    @property
    def sentence(self) -> str:
        return f"{self.summary} ({costing(self.cost, self.forecast)})" if self.cost else self.summary


class RejectionsEscalated(Escalation):
    """One challenger after another is not promoted, although triggers ask on, or the gates had let it pass."""

    kind: Literal["rejections_escalated"] = "rejections_escalated"
    in_a_row: int
    owner: str
    last: str

    @property
    def sentence(self) -> str:
        return (
            f"{self.model_name}: {self.in_a_row} challengers in a row were not promoted; {self.owner}, please check "
            f"the data, the trainer, and whether production gets what training had. Last: {self.last}"
        )


class SkipsEscalated(Escalation):
    """Triggers keep calling for a new model, but one job after another trains nothing."""

    kind: Literal["skips_escalated"] = "skips_escalated"
    in_a_row: int
    owner: str
    last: str

    @property
    def fact_id(self) -> str:
        return f"{self.job_id}-skips-escalated"

    @property
    def sentence(self) -> str:
        return (
            f"{self.model_name}: {self.in_a_row} jobs in a row trained nothing although triggers call for a new model; "
            f"{self.owner}, please make the holdout larger or ask for less. Last: {self.last}"
        )
