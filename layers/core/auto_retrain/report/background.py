"""What surrounds a comparison: the trigger, the data and their drift, and the digests that pin the verdict."""

from collections.abc import Iterator

from ..domain.data_check import DataCheck
from ..domain.job import RetrainingJob
from ..domain.policy.policy import Policy
from ..domain.validation import ValidationResult
from .histograms import histograms
from .html import NOT_KNOWN, definitions, number, paragraph, table, text
from .verdicts import verdict_table


def trigger_section(job: RetrainingJob) -> str:
    reason = paragraph(f"{text(job.trigger_type.value)}: {text(job.trigger_reason)}")
    return reason + (verdict_table(job.trigger_verdicts) if job.trigger_verdicts else "")


def data_of(job: RetrainingJob) -> str:
    about = [("trained on", text(job.windows.training)), ("validated on", text(job.windows.holdout))]
    if job.parts:
        about.append(("read in", text(job.parts)))
    return definitions(*about) + (_data_check(job.data_check) if job.data_check else "")


def _data_check(check: DataCheck) -> str:
    rows = [
        (
            name,
            str(window.rows),
            str(window.labelled),
            NOT_KNOWN if window.rarest_class_rows is None else str(window.rarest_class_rows),
        )
        for name, window in (("training", check.summary.training), ("holdout", check.summary.holdout))
    ]
    findings = "".join(
        paragraph(
            f"<span class={finding.severity}>{finding.severity}</span>: {text(finding.check)}: {text(finding.text)}"
        )
        for finding in check.findings
    )
    return (
        table(("Window", "Rows", "With a label", "Of the rarest class"), rows)
        + findings
        + paragraph(text(check.overridden or check.power.reason))
    )


def drift_of(check: DataCheck | None, policy: Policy | None) -> str:
    """The features that moved most, and above which PSI the policy takes one for drifted, if that is known."""
    if check is None or not check.psi:
        return ""
    threshold = policy.triggers.drift_threshold if policy else None
    rows = [(text(feature), number(psi), _against(psi, threshold)) for feature, psi in check.psi.items()]
    drawn = histograms(check.bins, check.psi, threshold)
    return drawn + table(("Feature", "PSI (ten bins)", "Drifted above"), rows)


def _against(psi: float, threshold: float | None) -> str:
    if threshold is None:
        return NOT_KNOWN
    return f"{threshold:g} <span class=warning>drifted</span>" if psi > threshold else f"{threshold:g}"


def digests_of(result: ValidationResult) -> str:
    return definitions(*((name, f"<code>{text(value)}</code>") for name, value in _pinned(result))) + paragraph(
        "<span class=soft><code>auto-retrain replay</code> computes this verdict again: with policy version "
        f"{result.inputs.policy_version} and the same libraries, it has the same hash.</span>"
    )


def _pinned(result: ValidationResult) -> Iterator[tuple[str, object]]:
    inputs = result.inputs
    yield "hash of this verdict", result.validation_hash
    yield "manifest", inputs.manifest_sha256
    yield "holdout", inputs.holdout_sha256
    yield "files of the challenger", inputs.artifact_sha256 or "not recorded"
    for version, digest in inputs.predictions_sha256.items():
        yield f"predictions of {version}", digest
    yield "comparison on these rows", f"number {inputs.look}"
    yield "seed", inputs.seed
    yield "libraries", ", ".join(f"{name} {version}" for name, version in inputs.libraries.items())
