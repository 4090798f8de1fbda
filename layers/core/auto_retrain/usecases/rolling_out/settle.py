"""Lets the job of a champion that was taken back say so, and the trigger that called for it back off."""

import logging
from functools import partial

from ...domain.ending import Ending
from ...domain.errors import AutoRetrainError
from ...domain.facts.after_promotion import JobTakenBack
from ...domain.job import RetrainingJob
from ...domain.model_state import RejectedJob
from ...domain.serving import ServingRecord
from ...domain.watch import Alert
from ...ports import Ports
from ..audit.record import record
from ..reporting.job_page import publish_job_page
from .newest_record import on_newest

_LOG = logging.getLogger(__name__)


def settle_now(serving: ServingRecord, ports: Ports) -> None:
    """Settle what was just taken back, if there is anything; the hourly look at champions tries again if it fails."""
    if serving.alert is None or serving.alert.settled:
        return
    try:
        settle(serving.model_name, serving.alert, ports)
    except AutoRetrainError as error:
        _LOG.error("the job of what was taken back of %s is not marked yet: %s", serving.model_name, error)


def settle(model_name: str, alert: Alert, ports: Ports) -> None:
    """Mark the job and let its trigger back off, then note that this was done; repeating it changes nothing."""
    job = ports.jobs.get(alert.job_id) if alert.job_id else None
    if job is not None and not job.status.is_terminal:
        return  # it is still being closed, which releases the lease of its model
    if job is not None and alert.taken_back:
        _mark(job, alert, ports)
        failed = RejectedJob(job_id=job.job_id, at=alert.at)
        ports.states.record_rejection(model_name, job.trigger_type, failed, ports.ledger.serving(model_name).failures)
    on_newest(model_name, partial(_note, alert, ports), ports)


def _mark(job: RetrainingJob, alert: Alert, ports: Ports) -> None:
    if job.ending is Ending.PROMOTED:
        at = ports.clock.now()
        fact = JobTakenBack(
            model_name=job.model_name, job_id=job.job_id, at=at, version=alert.version, reason=alert.reason
        )
        marked = ports.jobs.save(job.taken_back(alert.reason, at), fact)
        record(fact, ports)
        publish_job_page(marked, ports)


def _note(alert: Alert, ports: Ports, serving: ServingRecord) -> None:
    stored = serving.alert
    if stored and not stored.settled and stored.version == alert.version:
        ports.ledger.note(serving.alerted(stored.changed(settled=True)))
