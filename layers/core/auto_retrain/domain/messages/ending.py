"""Messages of the function that closes a job."""

from typing import Any, Literal

from pydantic import ConfigDict, Field

from ..base import Record
from ..ending import Ending, ExecutionEnding
from ..status import RetrainingStatus


class ClosingRequest(Record):
    """An execution that is ending, with the results of its states, or that was ended from outside."""

    execution_arn: str
    state: dict[str, Any] = Field(default_factory=dict)


class ExecutionStatusChange(Record):
    """The part of EventBridge's "Step Functions Execution Status Change" that we read."""

    model_config = ConfigDict(extra="ignore")

    class Detail(Record):
        model_config = ConfigDict(extra="ignore", populate_by_name=True)

        execution_arn: str = Field(alias="executionArn")
        status: Literal["FAILED", "ABORTED", "TIMED_OUT"]
        input: str | None = None

    detail: Detail


class ClosingOutcome(Record):
    """How the execution must end; `error` and `reason` become the error and cause of a failed one.

    `ending` tells a promotion from a "no" and from a job that trained nothing, which all end green.
    """

    next: ExecutionEnding
    status: RetrainingStatus | None
    ending: Ending | None = None
    error: str
    reason: str

    @property
    def metrics(self) -> dict[str, int]:
        """Counts to set alarms on, by metric name."""
        return {"skipped_jobs": 1} if self.ending is Ending.SKIPPED else {}
