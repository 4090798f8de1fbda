"""Challenger and champion on the holdout rows: metrics, curves, confusion matrices, slices and variants."""

from ..domain.comparison import SmallSlices
from ..domain.curves import Curves
from ..domain.job import RetrainingJob
from ..domain.numbers import shown_p_value
from ..domain.validation import ValidationResult
from .charts import chart
from .html import NOT_KNOWN, interval, number, paragraph, table, text


def metrics_of(result: ValidationResult) -> str:
    rows = [
        (
            text(name),
            f"{number(metric.value)}<br><span class=soft>{interval(metric.interval)}</span>",
            f"{number(metric.champion)}<br><span class=soft>{interval(metric.champion_interval)}</span>",
            f"{number(metric.gain)}<br><span class=soft>{interval(metric.gain_interval)}</span>",
            NOT_KNOWN if metric.p_value is None else text(shown_p_value(metric.p_value)),
            text((metric.method or NOT_KNOWN).replace("_", " ")),
        )
        for name, metric in result.metrics.items()
    ]
    primary = frozenset(place for place, name in enumerate(result.metrics) if name == result.primary)
    entities = f" of {result.entities} entities" if result.entities is not None else ""
    about = f"{result.holdout_rows} holdout rows{entities}; 95 % intervals. The metric that decides is marked."
    return paragraph(about) + table(
        ("Metric", "Challenger", "Champion", "Gain", "p", "Test"), rows, primary, stacked=True
    )


def curves_of(challenger: Curves, champion: Curves, result: ValidationResult) -> str:
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
            "predicted probability",
            "frequency",
            (challenger.calibration, champion.calibration),
            diagonal=True,
            rows=(challenger.calibration_rows, champion.calibration_rows),
        ),
    )
    if not any(charts):
        return ""
    key = "<span class='key challenger'>━ challenger</span>"
    if result.inputs.champion_version:
        key += " <span class='key champion'>╍ champion</span>"
    if challenger.calibration:
        key += " <span class=soft>larger dots of the calibration stand for more rows</span>"
    return paragraph(key) + f"<div class=row>{''.join(charts)}</div>"


def confusion_of(result: ValidationResult) -> str:
    confusion = result.confusion
    if confusion is None:
        return ""
    headings = ("actual", *(f"predicted {name}" for name in confusion.classes))
    return "".join(
        paragraph(version)
        + table(
            headings,
            [(text(actual), *map(str, row)) for actual, row in zip(confusion.classes, matrix, strict=True)],
        )
        for version, matrix in (("Challenger", confusion.challenger), ("Champion", confusion.champion))
        if matrix is not None
    )


def slices_of(result: ValidationResult, small: SmallSlices) -> str:
    """What was compared, then what was not because it has too few rows: nobody should take that for fine."""
    rows = [
        (
            f"{text(part.column)} = {text(part.value)}",
            str(part.rows),
            number(part.challenger),
            number(part.champion),
            number(part.gain),
            text(shown_p_value(part.p_worse)),
        )
        for part in result.slices
    ]
    rows += [
        (f"{text(part.column)} = {text(part.value)}", f"too few rows: {part.rows} of {small.needed}", "", "", "", "")
        for part in small.largest
    ]
    if not rows:
        return ""
    more = paragraph(f"and {small.more:,} more with too few rows") if small.more else ""
    return table(("Slice", "Rows", "Challenger", "Champion", "Gain", "p (got worse)"), rows, stacked=True) + more


def variants_of(job: RetrainingJob, result: ValidationResult) -> str:
    scores = {score.version: score for score in result.variants}
    rows = []
    for variant in job.variants:
        score = scores.get(variant.version or "")
        failure = f"<br>failed: {text(variant.error)}" if variant.error else ""
        rows.append(
            (
                text(variant.version or NOT_KNOWN),
                number(score.value if score else None),
                number(score.improvement if score else None),
                text(variant.parameters) + failure,
            )
        )
    if not rows:
        return ""
    about = paragraph("<span class=soft>The best of them, which is marked, is the challenger.</span>")
    best = frozenset(
        place for place, variant in enumerate(job.variants) if variant.version == result.inputs.challenger_version
    )
    return about + table(("Version", result.primary, "Improvement", "Parameters"), rows, best, stacked=True)
