"""Says on the record of a job what a step waits for while it is tried again; otherwise nobody would see it."""

from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Protocol, TypeVar

from ..domain.errors import AuditConflict, AutoRetrainError, JobConflict, ServingConflict, TransientError
from ..ports import Ports
from .lookup import job_of

MAX_REASON = 300
# Of records of our own: whoever wins has the newer one, and nothing is waited for.
_CONFLICTS = (JobConflict, ServingConflict, AuditConflict)


class AboutJob(Protocol):
    """A message about a job."""

    @property
    def job_id(self) -> str: ...


Order = TypeVar("Order", bound=AboutJob)
Outcome = TypeVar("Outcome")


def telling_delays(use_case: Callable[[Order, Ports], Outcome]) -> Callable[[Order, Ports], Outcome]:
    """The same use case, which writes on the record why it has to be tried again; its next step takes that back."""

    @wraps(use_case)
    def step(order: Order, ports: Ports) -> Outcome:
        try:
            return use_case(order, ports)
        except TransientError as error:
            if not isinstance(error, _CONFLICTS):
                # The error itself is what counts.
                with suppress(AutoRetrainError):
                    _tell(order.job_id, f"{error}"[:MAX_REASON], ports)
            raise

    return step


def _tell(job_id: str, reason: str, ports: Ports) -> None:
    job = job_of(job_id, ports)
    if job.ending is None and job.waits_for != reason:
        ports.jobs.save(job.held_up_by(reason))
