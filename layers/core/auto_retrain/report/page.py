"""Puts the page together: what was decided first, then why it was looked at, then the evidence, then the digests."""

from collections.abc import Iterator

from ..domain.curves import Curves
from ..domain.data_check import DataCheck
from ..domain.job import RetrainingJob
from ..domain.validation import ValidationResult
from ..domain.verdict import Verdict
from .charts import chart
from .html import NOT_KNOWN, interval, number, paragraph, section, table, text
from .style import STYLE

NOTHING_FROM_ELSEWHERE = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_NO_CURVES = Curves()


def render_report(
    job: RetrainingJob, result: ValidationResult, challenger: Curves | None, champion: Curves | None
) -> str:
    """The page about a validated job, as HTML; every text in it that comes from outside is escaped."""
    parts = [
        _head(job, result),
        section("Why it was retrained", _trigger(job)),
        section("Metrics", _metrics(result)),
        section("Curves", _curves(challenger or _NO_CURVES, champion or _NO_CURVES, result)),
        section("Which classes were taken for which", _confusion(result)),
        section("Slices", _slices(result)),
        section("Variants", _variants(job, result)),
        section("Gates", _verdicts(result.verdicts)),
        section("Data", _data(job)),
        section("Drift from training to holdout", _drift(job.data_check)),
        section("Evidence", _evidence(result)),
    ]
    title = f"{job.model_name}: {result.decision.value}"
    return (
        "<!doctype html><html lang=en><head><meta charset=utf-8>"
        "<meta name=viewport content='width=device-width, initial-scale=1'>"
        f'<meta http-equiv=Content-Security-Policy content="{NOTHING_FROM_ELSEWHERE}">'
        f"<title>{text(title)}</title><style>{STYLE}</style></head><body>{''.join(parts)}</body></html>"
    )


def _head(job: RetrainingJob, result: ValidationResult) -> str:
    decision = result.decision.value
    versions = f"version {text(result.inputs.challenger_version)}"
    if result.inputs.champion_version:
        versions += f" against champion {text(result.inputs.champion_version)}"
    at = f" on {result.validation_timestamp:%F %R} UTC" if result.validation_timestamp else ""
    return (
        f"<header><h1>{text(job.model_name)} <span class='badge {decision}'>{decision}</span></h1>"
        f"<p class=soft>{text(job.job_id)}: {versions}{at}</p>"
        f"<p class=sentence>{text(_sentence(result))}</p></header>"
    )


def _sentence(result: ValidationResult) -> str:
    """Why it was refused, or for what it is let in: that it passed all else is below."""
    return result.verdicts[0].reason if result.is_valid else result.reason


def _trigger(job: RetrainingJob) -> str:
    said = paragraph(f"{text(job.trigger_type.value)}: {text(job.trigger_reason)}")
    return said + (_verdicts(job.trigger_verdicts) if job.trigger_verdicts else "")


def _metrics(result: ValidationResult) -> str:
    found = list(result.metrics.items())
    primary = frozenset(place for place, (name, _) in enumerate(found) if name == result.primary)
    rows = [
        (
            text(name),
            f"{number(metric.value)}<br><span class=soft>{interval(metric.interval)}</span>",
            f"{number(metric.champion)}<br><span class=soft>{interval(metric.champion_interval)}</span>",
            f"{number(metric.gain)}<br><span class=soft>{interval(metric.gain_interval)}</span>",
            NOT_KNOWN if metric.p_value is None else f"{metric.p_value:.3g}",
            text((metric.method or NOT_KNOWN).replace("_", " ")),
        )
        for name, metric in found
    ]
    belong = f" of {result.entities} entities" if result.entities is not None else ""
    about = f"{result.holdout_rows} holdout rows{belong}; intervals are of 95 %. What decides is marked."
    return paragraph(about) + table(("Metric", "Challenger", "Champion", "Gain", "p", "Test"), rows, primary)


def _curves(challenger: Curves, champion: Curves, result: ValidationResult) -> str:
    charts = (
        chart("ROC", "false positive rate", "true positive rate", (challenger.roc, champion.roc), diagonal=True),
        chart(
            "Precision and recall",
            "recall",
            "precision",
            (challenger.precision_recall, champion.precision_recall),
            diagonal=False,
        ),
        chart(
            "Calibration",
            "claimed probability",
            "frequency",
            (challenger.calibration, champion.calibration),
            diagonal=True,
            dots=True,
        ),
    )
    if not any(charts):
        return ""
    key = "<span class='key challenger'>━ challenger</span>"
    if result.inputs.champion_version:
        key += " <span class='key champion'>╍ champion</span>"
    return paragraph(key) + f"<div class=row>{''.join(charts)}</div>"


def _confusion(result: ValidationResult) -> str:
    found = result.confusion
    if found is None:
        return ""
    headings = ("actual", *(f"predicted {name}" for name in found.classes))
    both = (("Challenger", found.challenger), ("Champion", found.champion))
    return "".join(
        paragraph(name)
        + table(
            headings,
            [(text(actual), *map(str, row)) for actual, row in zip(found.classes, matrix, strict=True)],
        )
        for name, matrix in both
        if matrix is not None
    )


def _slices(result: ValidationResult) -> str:
    rows = [
        (
            f"{text(found.column)} = {text(found.value)}",
            str(found.rows),
            number(found.challenger),
            number(found.champion),
            number(found.gain),
            f"{found.p_worse:.3g}",
        )
        for found in result.slices
    ]
    return table(("Slice", "Rows", "Challenger", "Champion", "Gain", "p that it got worse"), rows) if rows else ""


def _variants(job: RetrainingJob, result: ValidationResult) -> str:
    scores = {score.version: score for score in result.variants}
    rows = []
    for variant in job.variants:
        score = scores.get(variant.version or "")
        told = text(variant.parameters) + (f"<br>failed: {text(variant.error)}" if variant.error else "")
        value = number(score.value if score else None)
        rows.append((text(variant.version or NOT_KNOWN), value, number(score.improvement if score else None), told))
    return table(("Version", result.primary, "Improvement", "Parameters"), rows) if rows else ""


def _verdicts(verdicts: tuple[Verdict, ...]) -> str:
    rows = [
        (
            f"<span class={found.outcome.value}>{found.outcome.value}</span>",
            text(found.check.replace("_", " ")),
            text(found.reason),
        )
        for found in verdicts
    ]
    return table(("Outcome", "Check", "Reason"), rows)


def _data(job: RetrainingJob) -> str:
    windows = _list(("learned from", text(job.windows.training)), ("judged on", text(job.windows.holdout)))
    return windows + (_data_check(job.data_check) if job.data_check else "")


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
        paragraph(f"<span class={found.severity}>{found.severity}</span>: {text(found.text)}")
        for found in check.findings
    )
    return (
        table(("Window", "Rows", "With a label", "Of the rarest class"), rows)
        + findings
        + paragraph(text(check.power.reason))
    )


def _drift(check: DataCheck | None) -> str:
    rows = [(text(feature), number(psi)) for feature, psi in check.psi.items()] if check else []
    return table(("Feature", "PSI (ten bins)"), rows) if rows else ""


def _evidence(result: ValidationResult) -> str:
    inputs = result.inputs
    return _list(*((name, f"<code>{text(value)}</code>") for name, value in _pinned(result))) + paragraph(
        "<span class=soft>Computed again by <code>auto-retrain replay</code> with policy version "
        f"{inputs.policy_version} and the same libraries, it has the same hash.</span>"
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


def _list(*pairs: tuple[str, str]) -> str:
    return "<dl>" + "".join(f"<dt>{text(name)}</dt><dd>{value}</dd>" for name, value in pairs) + "</dl>"
