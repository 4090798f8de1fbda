"""Checks a job's data before training: whether they are sound, and enough for a decision."""

from collections.abc import Sequence

from ...data_checks import check_data_of
from ...domain.data_check import DataCheck, Power
from ...domain.drift import DataProfile, FeatureHistogram
from ...domain.errors import DataInvalid
from ...domain.facts.training import DataChecked
from ...domain.job import RetrainingJob
from ...domain.manifest import Manifest
from ...domain.messages.data import DataCheckOutcome
from ...domain.messages.references import JobReference
from ...domain.policy.policy import Policy
from ...ports import Ports
from ...triggers.drift_scores import psi_of
from ..audit.record import record
from ..lookup import job_of, policy_of
from .holdout_rows import digest_holdout
from .manifest import freeze_data, read_manifest
from .power import predict_power
from .reference_profile import build_profile, count_live, keep_job_profile
from .summarize import summarize_data

MAX_FINDINGS, MAX_FEATURES = 50, 20


def check_data(reference: JobReference, ports: Ports) -> DataCheckOutcome:
    """Freeze the data, check them and store the findings; repeating it gives the stored findings.

    Raises:
        JobUnknown, ModelUnknown: the job or its policy does not exist.
        DataMissing: the training or the holdout window contains no data.
        DataInvalid: the data are broken or unreadable, so nothing may be trained on them.
    """
    job = job_of(reference.job_id, ports)
    policy = policy_of(job.model_name, ports).policy
    if job.data_check is None:
        job = ports.jobs.save(freeze_data(job, policy, ports))
        job = ports.jobs.save(job.checked(_run_checks(job, policy, ports)))
        record(_fact_of(job, ports))
    check = job.data_check
    assert check is not None
    if check.errors:
        raise DataInvalid("; ".join(finding.text for finding in check.errors))
    if check.skipped:
        return DataCheckOutcome(next="close", reason=check.skipped)
    return DataCheckOutcome(next="train", reason=check.power.reason)


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
    )


def _run_checks(job: RetrainingJob, policy: Policy, ports: Ports) -> DataCheck:
    manifest = read_manifest(job, ports)
    summary = summarize_data(manifest, ports)
    profile = _profile(job, manifest, policy, ports)
    histograms = count_live(profile, manifest.data, manifest.holdout.objects, ports)
    power = predict_power(policy, summary, ports)
    return DataCheck(
        summary=summary,
        holdout=digest_holdout(manifest, ports),
        psi=_psi_of(histograms),
        findings=tuple(check_data_of(policy, summary, histograms)[:MAX_FINDINGS]),
        power=power,
        skipped=_reason_to_skip(policy, power),
    )


def _profile(job: RetrainingJob, manifest: Manifest, policy: Policy, ports: Ports) -> DataProfile:
    """The profile of the training data, kept with the job in case its version is promoted."""
    training, window = manifest.training, job.windows.training
    profile = build_profile(job.model_name, manifest.data, policy.drift, window, training.objects, ports)
    keep_job_profile(profile, job.job_id, ports)
    return profile


def _psi_of(histograms: Sequence[FeatureHistogram]) -> dict[str, float]:
    filled = [histogram for histogram in histograms if sum(histogram.reference) and sum(histogram.live)]
    values = {histogram.feature: round(psi_of(histogram), 6) for histogram in filled}
    return dict(sorted(values.items(), key=lambda pair: -pair[1])[:MAX_FEATURES])


def _reason_to_skip(policy: Policy, power: Power) -> str | None:
    required = policy.validation.min_power
    if power.chance is None or power.chance >= required:
        return None
    return f"not trained: {power.reason}; validation.min_power = {required:g} requires {required:.0%}"
