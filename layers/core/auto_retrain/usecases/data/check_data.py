"""Checks a job's data before training: whether they are sound, and enough for a decision."""

from ...data_checks import check_data_of
from ...data_checks.evidence import DataEvidence
from ...domain.data_check import DataCheck
from ...domain.errors import DataInvalid
from ...domain.facts.training import DataChecked
from ...domain.job import RetrainingJob
from ...domain.manifest import Manifest
from ...domain.messages.data import DataCheckOutcome
from ...domain.messages.references import JobReference
from ...domain.policy.policy import Policy
from ...ports import Ports
from ..audit.record import record
from ..foreseeing.power import predict_power
from ..foreseeing.skipping import decide_skipping
from ..lookup import job_of, policy_of
from .feature_bins import watched
from .feature_days import DaySamples, DayWatcher, NameCounts
from .holdout_rows import digest_holdout
from .kept_profiles import keep_job_profile
from .manifest import freeze_data, read_manifest
from .reference_profile import build_profile, count_live
from .shifts import bins_to_draw, largest_shifts
from .summarize import Summarized, summarize_data

MAX_FINDINGS = 50


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
        checked = job.checked(_run_checks(job, policy, ports))
        fact = _fact_of(checked, ports)
        job = ports.jobs.save(checked, fact)
        record(fact, ports)
    check = job.data_check
    assert check is not None
    if check.errors:
        raise DataInvalid("; ".join(f"{finding.check}: {finding.text}" for finding in check.errors))
    if check.skipped:
        return DataCheckOutcome(next="close", reason=check.skipped)
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


def _run_checks(job: RetrainingJob, policy: Policy, ports: Ports) -> DataCheck:
    manifest = read_manifest(job, ports)
    summarized = summarize_data(manifest, ports)
    summary, evidence = summarized.summary, _gather(job, manifest, policy, summarized, ports)
    power = predict_power(job, policy, summary, ports)
    skipping = decide_skipping(job, policy, power, ports)
    psi = largest_shifts(evidence.histograms)
    return DataCheck(
        summary=summary,
        holdout=digest_holdout(manifest, ports),
        psi=psi,
        bins=bins_to_draw(evidence.histograms, psi),
        findings=tuple(check_data_of(policy, evidence)[:MAX_FINDINGS]),
        power=power,
        skipped=skipping.skipped,
        skipped_in_a_row=skipping.in_a_row,
        overridden=skipping.overridden,
    )


def _gather(
    job: RetrainingJob, manifest: Manifest, policy: Policy, summarized: Summarized, ports: Ports
) -> DataEvidence:
    """Everything that is judged, with the features of both windows; the profile of training is kept with the job.

    If its version is promoted, the profile becomes that of the version.
    """
    training, holdout, columns = manifest.training.objects, manifest.holdout.objects, manifest.data
    numeric, _ = watched(columns, policy.drift)
    days = len({item.date for item in (*training, *holdout)})
    samples, names = DaySamples(days, len(numeric)), NameCounts()
    watchers: list[DayWatcher] = [samples, names]
    window = job.windows.training
    profile = build_profile(job.model_name, columns, policy.drift, window, training, ports, watchers)
    keep_job_profile(profile, job.job_id, ports)
    return DataEvidence(
        summary=summarized.summary,
        histograms=count_live(profile, columns, holdout, ports, watchers),
        values={name: samples.values(name, manifest.holdout.start) for name in numeric},
        labels=summarized.labels,
        categories=names.by_feature(),
    )
