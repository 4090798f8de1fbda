"""Examines the data of a retraining: whether they are sound, and enough for a decision. Nothing is written."""

from collections.abc import Iterable
from typing import NamedTuple

from ...data_checks import check_data_of
from ...data_checks.evidence import DataEvidence
from ...domain.data_check import DataCheck, HoldoutDigests
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
from .merge_parts import digests_of, look_at, merge_parts, with_example
from .part_records import PartEvidence
from .part_summary import summary_of
from .read_part import read_part
from .reference_profile import build_profile, count_live
from .separations import separations
from .shifts import bins_to_draw, largest_shifts
from .summarize import summarize_data

MAX_FINDINGS = 50


class Examined(NamedTuple):
    """The findings about a job's data, the profile of what it would train on, and the holdout's classes if in parts."""

    check: DataCheck
    profile: DataProfile
    labels: list[str]


def examine_data(
    job: RetrainingJob, policy: Policy, manifest: Manifest, ports: Ports, parts: Iterable[PartEvidence] | None = None
) -> Examined:
    """What a job's data show, or `parts` of them that others have read.

    Raises DataInvalid if an object changed, is unreadable or lacks a column.
    """
    with naming_fields(policy.data):
        number = manifest.parts
        if number == 1:
            seen = _in_one_piece(job, policy, manifest, ports)
        else:
            parts = parts or (read_part(manifest, part, ports.tables) for part in range(number))
            seen = _in_parts(job, policy, manifest, parts, ports)
    evidence, summary = seen.evidence, seen.evidence.summary
    power = predict_power(job, policy, summary, ports)
    skipping = decide_skipping(job, policy, power, ports)
    psi = largest_shifts(evidence.histograms)
    check = DataCheck(
        summary=summary,
        holdout=seen.holdout,
        psi=psi,
        bins=bins_to_draw(evidence.histograms, psi),
        findings=tuple(check_data_of(policy, evidence)[:MAX_FINDINGS]),
        power=power,
        skipped=skipping.skipped,
        skipped_in_a_row=skipping.in_a_row,
        overridden=skipping.overridden,
        proxy=None if skipping.skipped else plan_proxy(job, policy, summary, ports),
    )
    return Examined(check, seen.profile, seen.labels)


class _Seen(NamedTuple):
    """What is judged, the profile of the training window, what the holdout is, and in parts its labels."""

    evidence: DataEvidence
    profile: DataProfile
    holdout: HoldoutDigests
    labels: list[str]


def _in_one_piece(job: RetrainingJob, policy: Policy, manifest: Manifest, ports: Ports) -> _Seen:
    training, holdout, columns = manifest.training.objects, manifest.holdout.objects, manifest.data
    summarized = summarize_data(manifest, ports)
    numeric, _ = watched(columns, policy.drift)
    samples, names = DaySamples(manifest.days, len(numeric)), NameCounts()
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
    return _Seen(evidence, profile, digest_holdout(manifest, ports.tables), [])


def _in_parts(
    job: RetrainingJob, policy: Policy, manifest: Manifest, parts: Iterable[PartEvidence], ports: Ports
) -> _Seen:
    """One part after the other, so that memory grows with a part and not with a window."""
    merged, columns = merge_parts(parts, manifest), manifest.data
    merged = merged._replace(
        training=with_example(merged.training, manifest.training, columns, ports.tables),
        holdout=with_example(merged.holdout, manifest.holdout, columns, ports.tables),
    )
    summary = summary_of(merged, columns)
    summary = summary.changed(separation=separations(columns, manifest.training, ports))
    evidence, profile = look_at(merged, summary, job, manifest, policy, ports)
    return _Seen(evidence, profile, digests_of(merged), sorted(merged.holdout.labels.classes))
