"""What several functions are given."""

from pydantic import ConfigDict

from ..base import NearTime, Record
from ..usage import FunctionUse


class JobReference(Record):
    """The job that a state works on."""

    job_id: str


class ScheduledEvent(Record):
    """The part of EventBridge's "Scheduled Event" that we read; without a time (invoked by hand) it means now."""

    model_config = ConfigDict(extra="ignore")

    time: NearTime | None = None


class Measured(Record):
    """The outcome of a function that saves no job, with what it used, so that whoever saves the job next can add it."""

    used: FunctionUse | None = None
