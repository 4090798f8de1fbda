"""Examines the data of a retraining: whether they are sound, and enough for a decision. Nothing is written."""

from collections.abc import Iterable
from typing import NamedTuple

from ...data_checks import check_data_of
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
from .merge_parts import digests_of, look_at, merge_parts, with_example
from .part_records import PartEvidence
from .part_summary import summary_of
from .read_part import read_part
from .separations import separations
from .shifts import bins_to_draw, largest_shifts

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
        parts = parts or (read_part(manifest, part, ports.tables) for part in range(manifest.parts))
        merged, columns = merge_parts(parts, manifest), manifest.data
        merged = merged._replace(
            training=with_example(merged.training, manifest.training, columns, ports.tables),
            holdout=with_example(merged.holdout, manifest.holdout, columns, ports.tables),
        )
        summary = summary_of(merged, columns)
        summary = summary.changed(separation=separations(columns, manifest.training, ports))
        evidence, profile = look_at(merged, summary, job, manifest, policy, ports)
    power = predict_power(job, policy, summary, ports)
    skipping = decide_skipping(job, policy, power, ports)
    psi = largest_shifts(evidence.histograms)
    check = DataCheck(
        summary=summary,
        holdout=digests_of(merged),
        psi=psi,
        bins=bins_to_draw(evidence.histograms, psi),
        findings=tuple(check_data_of(policy, evidence)[:MAX_FINDINGS]),
        power=power,
        skipped=skipping.skipped,
        skipped_in_a_row=skipping.in_a_row,
        overridden=skipping.overridden,
        proxy=None if skipping.skipped else plan_proxy(job, policy, summary, ports),
    )
    labels = sorted(merged.holdout.labels.classes) if manifest.parts > 1 else []
    return Examined(check, profile, labels)
