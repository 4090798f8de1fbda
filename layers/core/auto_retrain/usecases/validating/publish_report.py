"""Stores the page about a validation beside its job, and in MLflow with the run that trained the challenger."""

import logging

from ...comparison.curves import curves_of
from ...comparison.versions import Versions
from ...domain.errors import AutoRetrainError
from ...domain.job import RetrainingJob
from ...domain.validation import ValidationResult
from ...ports import Ports
from ...report import render_report

REPORT = "report.html"

_LOG = logging.getLogger(__name__)


def publish_report(job: RetrainingJob, result: ValidationResult, versions: Versions, ports: Ports) -> str:
    """Store the page and return its URI; a failure of MLflow is logged and stops nothing."""
    champion = None if versions.champion is None else curves_of(versions.champion)
    page = render_report(job, result, curves_of(versions.challenger), champion).encode()
    uri = ports.data.write(f"jobs/{job.job_id}/{REPORT}", page)
    run_id = job.challenger.run_id if job.challenger else None
    if run_id:
        try:
            ports.registry.keep_document(run_id, REPORT, page)
        except AutoRetrainError as error:
            _LOG.warning("the report of job '%s' is not in MLflow: %s", job.job_id, error)
    return uri
