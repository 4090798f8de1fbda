"""Examines the data of a retraining: whether they are sound, and enough for a decision. Nothing is written."""

from ...data_checks import check_data_of
from ...data_checks.evidence import DataEvidence
from ...domain.data_check import DataCheck
from ...domain.drift import DataProfile
from ...domain.job import RetrainingJob
from ...domain.manifest import Manifest
from ...domain.policy.policy import Policy
from ...ports import Ports
from ..foreseeing.power import predict_power
from ..foreseeing.proxy_plan import plan_proxy
from ..foreseeing.skipping import decide_skipping
from .column_fields import naming_fields
from .feature_bins import watched
from .feature_days import DaySamples, DayWatcher, NameCounts
from .holdout_rows import digest_holdout
from .reference_profile import build_profile, count_live
from .shifts import bins_to_draw, largest_shifts
from .summarize import Summarized, summarize_data

MAX_FINDINGS = 50


def examine_data(job: RetrainingJob, policy: Policy, manifest: Manifest, ports: Ports) -> tuple[DataCheck, DataProfile]:
    """The findings about a job's data, and the profile of what it would train on.

    Raises DataInvalid if an object changed, is unreadable or lacks a column.
    """
    with naming_fields(policy.data):
        summarized = summarize_data(manifest, ports)
        evidence, profile = _gather(job, manifest, policy, summarized, ports)
        holdout = digest_holdout(manifest, ports)
    power = predict_power(job, policy, summarized.summary, ports)
    skipping = decide_skipping(job, policy, power, ports)
    psi = largest_shifts(evidence.histograms)
    check = DataCheck(
        summary=summarized.summary,
        holdout=holdout,
        psi=psi,
        bins=bins_to_draw(evidence.histograms, psi),
        findings=tuple(check_data_of(policy, evidence)[:MAX_FINDINGS]),
        power=power,
        skipped=skipping.skipped,
        skipped_in_a_row=skipping.in_a_row,
        overridden=skipping.overridden,
        proxy=None if skipping.skipped else plan_proxy(job, policy, summarized.summary, ports),
    )
    return check, profile


def _gather(
    job: RetrainingJob, manifest: Manifest, policy: Policy, summarized: Summarized, ports: Ports
) -> tuple[DataEvidence, DataProfile]:
    """Everything that is judged, with the features of both windows, and the profile of the training window."""
    training, holdout, columns = manifest.training.objects, manifest.holdout.objects, manifest.data
    numeric, _ = watched(columns, policy.drift)
    days = len({item.date for item in (*training, *holdout)})
    samples, names = DaySamples(days, len(numeric)), NameCounts()
    watchers: list[DayWatcher] = [samples, names]
    window = job.windows.training
    profile = build_profile(job.model_name, columns, policy.drift, window, training, ports, watchers)
    evidence = DataEvidence(
        summary=summarized.summary,
        histograms=count_live(profile, columns, holdout, ports, watchers),
        values={name: samples.values(name, manifest.holdout.start) for name in numeric},
        labels=summarized.labels,
        categories=names.by_feature(),
    )
    return evidence, profile
