"""Stores the page about a validation beside its job, and in MLflow with the run that trained the challenger."""

import logging

from ...comparison.curves import curves_of
from ...comparison.slices import small_slices
from ...comparison.versions import Versions
from ...domain.errors import AutoRetrainError, RegistryRefused
from ...domain.job import RetrainingJob
from ...domain.model_version import ModelVersion
from ...domain.pages import REPORT_PAGE, address_of, job_path, row_path
from ...domain.validation import ValidationResult
from ...ports import Ports
from ...report import render_report

_LOG = logging.getLogger(__name__)


def publish_report(job: RetrainingJob, result: ValidationResult, versions: Versions, ports: Ports) -> str:
    """Store the page and return its URI; a failure of MLflow is logged and stops nothing."""
    champion = None if versions.champion is None else curves_of(versions.champion)
    curves, policy = curves_of(versions.challenger), versions.terms.policy
    page = render_report(job, result, curves, champion, policy, small_slices(versions), _links(job, ports)).encode()
    uri = ports.data.write(job_path(job.job_id, REPORT_PAGE), page)
    if job.challenger and job.challenger.run_id:
        try:
            _keep_with_run(job.model_name, job.challenger, page, ports)
        except AutoRetrainError as error:
            _LOG.warning("the report of job '%s' is not in MLflow: %s", job.job_id, error)
    return uri


def _links(job: RetrainingJob, ports: Ports) -> list[tuple[str, str]]:
    """Whole addresses, because a copy of the page lies in MLflow."""
    paths = {"the job, once it has ended": job_path(job.job_id), "all models": row_path(job.model_name)}
    addresses = {words: address_of(ports.pages_url, path) for words, path in paths.items()}
    return [(words, address) for words, address in addresses.items() if address]


def _keep_with_run(model_name: str, challenger: ModelVersion, page: bytes, ports: Ports) -> None:
    """Store the page with the challenger's own run: training could name any other one, and overwrite its report."""
    named, own = challenger.run_id, ports.registry.run_of(model_name, challenger.number)
    if own is None or named != own:
        belongs = f"belongs to run '{own}'" if own else "belongs to no run"
        raise RegistryRefused(
            f"training named run '{named}', but version {challenger.number} of '{model_name}' {belongs}"
        )
    ports.registry.keep_document(own, REPORT_PAGE, page)
