"""Checks a job's data before training: whether they are sound, and enough for a decision."""

from ...domain.canonical_json import canonical_json_of
from ...domain.data_check import HoldoutLabels
from ...domain.digest import sha256_of
from ...domain.errors import DataInvalid
from ...domain.facts.training import DataChecked
from ...domain.job import RetrainingJob
from ...domain.manifest import Manifest
from ...domain.messages.data import DataCheckOutcome
from ...domain.messages.references import JobReference
from ...domain.policy.policy import Policy
from ...ports import Ports
from ..audit.record import record
from ..delays import telling_delays
from ..lookup import job_of, policy_of
from .column_fields import naming_fields
from .examine_data import examine_data
from .examined_parts import examination_results, examined_parts
from .kept_profiles import keep_job_profile
from .listing import days_of
from .manifest import freeze_data, read_manifest


@telling_delays
def check_data(reference: JobReference, ports: Ports) -> DataCheckOutcome:
    """Freeze the data, check them and store the findings; repeating it gives the stored findings.

    Data in several parts are examined by pods; once these have ended, the same function merges what they found.

    Raises:
        JobUnknown, ModelUnknown: the job or its policy does not exist.
        DataMissing: the training or the holdout window contains no data.
        DataInvalid: the data are broken or unreadable, so nothing may be trained on them.
        ArtifactMissing, ArtifactInvalid: a pod left nothing about its part, or something else.
    """
    job = job_of(reference.job_id, ports)
    policy = policy_of(job.model_name, ports).policy
    if job.data_check is None:
        job = ports.jobs.save(freeze_data(job, policy, ports, days_of))
        manifest = read_manifest(job, ports)
        parts = manifest.parts
        if parts > 1 and "check" not in job.outputs:
            return DataCheckOutcome(next="examine", reason=f"the data have {parts} parts, which pods examine")
        checked = _checked(job, policy, manifest, ports)
        fact = _fact_of(checked, ports)
        job = ports.jobs.save(checked, fact)
        record(fact, ports)
    check = job.data_check
    assert check is not None
    if check.errors:
        raise DataInvalid("; ".join(f"{finding.check}: {finding.text}" for finding in check.errors))
    if check.skipped:
        return DataCheckOutcome(next="close", reason=check.skipped)
    if check.proxy and check.proxy.share:
        return DataCheckOutcome(next="proxy", reason=check.proxy.reason)
    return DataCheckOutcome(next="train", reason=check.overridden or check.power.reason)


def _fact_of(job: RetrainingJob, ports: Ports) -> DataChecked:
    findings = job.data_check.findings if job.data_check else ()
    errors = sum(finding.severity == "error" for finding in findings)
    return DataChecked(
        model_name=job.model_name,
        job_id=job.job_id,
        at=ports.clock.now(),
        errors=errors,
        warnings=len(findings) - errors,
        skipped=job.skipped,
        overridden=job.data_check.overridden if job.data_check else None,
    )


def _checked(job: RetrainingJob, policy: Policy, manifest: Manifest, ports: Ports) -> RetrainingJob:
    parts = None
    if "check" in job.outputs:
        with naming_fields(policy.data):
            results = examination_results(job, manifest.parts, ports)
        job = job.with_reports("check", [result.use for result in results], ports.clock.now())
        parts = examined_parts(results, ports)
    check, profile, labels = examine_data(job, policy, manifest, ports, parts)
    # If the version of the job is promoted, the profile becomes that of the version.
    keep_job_profile(profile, job.job_id, ports)
    return job.checked(check.changed(holdout_labels=_keep_labels(labels, job.job_id, ports)) if labels else check)


def _keep_labels(labels: list[str], job_id: str, ports: Ports) -> HoldoutLabels:
    """Write the labels of a holdout in parts where each pod reads all, or it names classes after what its part has."""
    content = canonical_json_of(labels)
    digest = sha256_of(content)
    # Pods may read what is named like a manifest; and two concurrent invocations must not collide.
    uri = ports.data.write(f"jobs/{job_id}/manifest-labels-{digest[:16]}.json", content)
    return HoldoutLabels(uri=uri, sha256=digest)
