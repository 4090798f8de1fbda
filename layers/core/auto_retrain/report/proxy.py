"""What a proxy showed before the training, on the page about its job."""

from ..domain.comparison import MetricResult
from ..domain.job import RetrainingJob
from ..domain.numbers import shown_number
from ..domain.proxy import ProxyEvidence
from .html import NOT_KNOWN, paragraph, table, text
from .verdicts import verdict_table


def proxy_of(job: RetrainingJob) -> str:
    """Its verdict and the numbers behind it, or why there was none; nothing if the policy wants no proxies."""
    check, plan = job.proxy, job.data_check.proxy if job.data_check else None
    if check is None:
        return paragraph(text(plan.reason)) if plan else ""
    verdict = verdict_table([check.verdict]) if check.verdict else paragraph(text(check.reason))
    return verdict + (_numbers(check.evidence) if check.evidence else "")


def _numbers(evidence: ProxyEvidence) -> str:
    whole, half = evidence.against_champion, evidence.against_half
    rows = [
        ("over the champion", f"trained on {evidence.rows} rows", *_gain(whole)),
        ("from twice as many rows", f"{evidence.half_rows} to {evidence.rows} rows", *_gain(half)),
    ]
    return table(("Gain", "Of the proxy", "Estimate", "95 % interval"), rows)


def _gain(metric: MetricResult | None) -> tuple[str, str]:
    if metric is None or metric.gain is None or metric.gain_interval is None:
        return NOT_KNOWN, NOT_KNOWN
    low, high = map(shown_number, metric.gain_interval)
    return shown_number(metric.gain), f"{low} to {high}"
