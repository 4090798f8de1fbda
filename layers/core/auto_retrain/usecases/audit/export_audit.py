"""Exports audit chains as JSON Lines, for whoever verifies them elsewhere."""

import json
from collections.abc import Iterator
from typing import NamedTuple

from ...domain.anchors import StoredAnchor
from ...domain.audit_chain import AuditEntry
from ...domain.errors import JobUnknown, ModelUnknown
from ...domain.names import model_of_job
from ...ports import Ports

EXPORT_FORMAT = "auto-retrain/audit-export/v1"


class Export(NamedTuple):
    """The lines of an export, and the newest anchor from before it; None if there is none yet."""

    lines: Iterator[str]
    anchor: StoredAnchor | None


def export_audit(model_name: str | None, job_id: str | None, ports: Ports) -> Export:
    """The whole chain of a model or of all, or a model's chain from the first fact about a job on.

    The first line says what the export is; each further one is an entry. The part of a chain from a job on is proven
    by a later anchor as well as the whole: its last hash covers all before it. Raises ModelUnknown or JobUnknown.
    """
    anchor = ports.anchors.newest()
    if job_id:
        names = [_model_of(job_id, model_name, ports)]
    elif model_name:
        names = [model_name]
    else:
        names = sorted(head.model_name for head in ports.audit.heads())
    if model_name and not ports.audit.head(names[0]).number:
        raise ModelUnknown(f"there is no audit chain of '{model_name}'; see 'auto-retrain models list'")
    return Export(_lines(names, job_id, ports), anchor)


def _lines(names: list[str], job_id: str | None, ports: Ports) -> Iterator[str]:
    yield json.dumps({"format": EXPORT_FORMAT, "job": job_id, "models": names})
    for name in names:
        entries = ports.audit.entries(name)
        for entry in _from_job(entries, job_id) if job_id else entries:
            yield entry.model_dump_json()


def _from_job(entries: Iterator[AuditEntry], job_id: str) -> Iterator[AuditEntry]:
    has_begun = False
    for entry in entries:
        has_begun = has_begun or f'"job_id":"{job_id}"' in entry.text
        if has_begun:
            yield entry
    if not has_begun:
        raise JobUnknown(f"the audit chain says nothing about job '{job_id}'")


def _model_of(job_id: str, model_name: str | None, ports: Ports) -> str:
    job = ports.jobs.get(job_id)
    of_job = job.model_name if job else model_of_job(job_id)
    if model_name not in (None, of_job):
        raise JobUnknown(f"job '{job_id}' is one of '{of_job}', not of '{model_name}'")
    return of_job
