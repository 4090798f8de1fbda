"""Stores the page about a rollout beside its job; it is renewed with each change, and a failure stops nothing."""

import logging
from functools import partial

from ...domain.pages import ROLLOUT_PAGE, job_path
from ...domain.rollout import Rollout
from ...domain.serving import ServingRecord
from ...ports import Ports
from ..isolation import attempt

MAX_LINES = 1_000

_LOG = logging.getLogger(__name__)


def publish_page(rollout: Rollout, record: ServingRecord, ports: Ports) -> None:
    """Store the page about a rollout that is under way in the record, or has just ended."""
    problems: list[str] = []
    attempt(partial(_publish, rollout, record, ports), f"page about the rollout of job {rollout.job_id}", problems)
    for problem in problems:
        _LOG.warning("%s", problem)


def _publish(rollout: Rollout, record: ServingRecord, ports: Ports) -> None:
    ports.data.write(job_path(rollout.job_id, ROLLOUT_PAGE), _page(rollout, record, ports).encode())


def _page(rollout: Rollout, record: ServingRecord, ports: Ports) -> str:
    # Imported here: a rollback does not wait for what only its page needs.
    from ...report import render_rollout

    lines = [
        line for line in ports.ledger.lines(record.model_name, MAX_LINES) if line.deployed_at >= rollout.started_at
    ]
    evidence = ports.ledger.evidence(record.model_name)
    ending = record.ending_of_job(rollout.job_id)
    own = evidence if evidence and evidence.rollout_id == rollout.job_id else None
    return render_rollout(record.model_name, rollout, lines[::-1], own, ending)
