"""Resumes the execution that waits for a rollout."""

import logging

from ...domain.errors import AutoRetrainError
from ...domain.serving import ServingRecord
from ...ports import Ports

_LOG = logging.getLogger(__name__)


def wake(before: ServingRecord, ports: Ports) -> None:
    """Resume the execution that waits for a rollout that has ended; unreached, it ends for lack of heartbeats."""
    if before.rollout is None or before.rollout.task_token is None:
        return
    try:
        ports.executions.succeed(before.rollout.task_token, {})
    except AutoRetrainError as error:
        _LOG.error("the execution of job %s was not resumed: %s", before.rollout.job_id, error)
