"""The page about a job, made from its record and the ledger, and stored beside its other documents."""

import logging
from collections.abc import Iterator
from functools import partial

from ...domain.deployment_ledger import LedgerLine
from ...domain.ending import Ending
from ...domain.job import RetrainingJob
from ...domain.names import log_key
from ...domain.pages import REPORT_PAGE, ROLLOUT_PAGE, job_path
from ...ports import Ports
from ..isolation import Losses
from ..lookup import MAX_LINES

_LOG = logging.getLogger(__name__)


def publish_job_page(job: RetrainingJob, ports: Ports) -> bool:
    """Store the page about a job; returns false if it could not be stored, and trying again may help.

    No outcome depends on it: whatever goes wrong is only logged.
    """
    losses = Losses()
    losses.attempt(partial(_publish, job, ports), f"page about job {job.job_id}")
    for problem in [*losses.problems, *losses.transient]:
        _LOG.warning("the page about job '%s' was not stored: %s", job.job_id, problem)
    return not losses.transient


def job_page(job: RetrainingJob, ports: Ports, *, linked: bool) -> str:
    """The page about a job, also about one that has not ended; `linked` if it will lie beside its documents."""
    # Imported here: a job is closed before anything that only its page needs is loaded.
    from ...report import Place, render_job

    lines = _lines(job, ports)
    places = [Place(what, path, ports.data.uri(f"jobs/{job.job_id}/{path}")) for what, path in _documents(job, lines)]
    applied = ports.policies.newest([job.model_name]).get(job.model_name)
    return render_job(job, lines, places, applied.policy if applied else None, linked=linked)


def _publish(job: RetrainingJob, ports: Ports) -> None:
    ports.data.write(job_path(job.job_id), job_page(job, ports, linked=True).encode())


def _lines(job: RetrainingJob, ports: Ports) -> list[LedgerLine]:
    """What changed in production while the job ran, oldest first; nothing of it is a job's that trained nothing."""
    if job.challenger is None:
        return []
    until = job.completed_at or ports.clock.now()
    lines = ports.ledger.lines(job.model_name, MAX_LINES)
    return [line for line in reversed(lines) if job.created_at <= line.deployed_at <= until]


def _documents(job: RetrainingJob, lines: list[LedgerLine]) -> Iterator[tuple[str, str]]:
    if job.report_uri:
        yield "validation, with curves", REPORT_PAGE
    if any(line.change in ("weight", "mirror") for line in lines):
        yield "rollout, with its checks", ROLLOUT_PAGE
    if job.ending is Ending.FAILED and job.last_step:
        yield "end of the log", log_key(job.job_id, job.last_step, None).removeprefix(f"jobs/{job.job_id}/")
