"""Puts the page together: the decision first, then why the model was retrained, the evidence and its digests."""

from collections.abc import Sequence

from ..domain.comparison import SmallSlices
from ..domain.curves import Curves
from ..domain.job import RetrainingJob
from ..domain.policy.policy import Policy
from ..domain.validation import ValidationResult
from .about import about_job
from .background import data_of, digests_of, drift_of, trigger_section
from .html import document, links, paragraph, section, text
from .intervals import intervals_of
from .results import confusion_of, curves_of, metrics_of, slices_of, variants_of
from .verdicts import verdict_table

_NO_CURVES = Curves()
NO_SMALL_SLICES = SmallSlices()


def render_report(
    job: RetrainingJob,
    result: ValidationResult,
    challenger: Curves | None,
    champion: Curves | None,
    policy: Policy | None = None,
    small: SmallSlices = NO_SMALL_SLICES,
    links_to: Sequence[tuple[str, str]] = (),
) -> str:
    """The page about a validated job, as HTML; every text in it that comes from outside is escaped.

    `small` are the slices that could not be compared; `links_to` are words and addresses of other pages.
    """
    sections = [
        section("Gates", verdict_table(result.verdicts)),
        section("Why it was retrained", trigger_section(job)),
        section("Metrics", metrics_of(result), intervals_of(result)),
        section("Curves", curves_of(challenger or _NO_CURVES, champion or _NO_CURVES, result)),
        section("Confusion matrix", confusion_of(result)),
        section("Slices", slices_of(result, small)),
        section("Variants", variants_of(job, result)),
        section("Data", data_of(job)),
        section(
            "Drift from training to holdout",
            drift_of(job.data_check, policy),
        ),
        section("Evidence", digests_of(result)),
    ]
    return document(f"{job.model_name}: {result.decision.value}", _head(job, result, policy, links_to), *sections)


def _head(
    job: RetrainingJob, result: ValidationResult, policy: Policy | None, links_to: Sequence[tuple[str, str]]
) -> str:
    decision = result.decision.value
    versions = f"version {text(result.inputs.challenger_version)}"
    if result.inputs.champion_version:
        versions += f" against champion {text(result.inputs.champion_version)}"
    at = f" on {result.validation_timestamp:%F %R} UTC" if result.validation_timestamp else ""
    return (
        f"<header><h1>{text(job.model_name)} <span class='badge {decision}'>{decision}</span></h1>"
        f"<p class=soft>{text(job.job_id)}: {versions}{at}</p>"
        f"<p class=sentence>{text(result.first_reason)}</p>"
        f"{about_job(job, policy)}{paragraph(links(*links_to)) if links_to else ''}</header>"
    )
