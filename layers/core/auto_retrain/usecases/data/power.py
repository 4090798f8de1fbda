"""Predicts how likely a job's comparison is to be conclusive, before anything is spent on it."""

from math import sqrt

from ...domain.comparison import MetricResult
from ...domain.data_check import DataSummary, Power
from ...domain.policy.policy import Policy
from ...domain.validation import ValidationResult
from ...gates.holdout_size import CHECK as HOLDOUT_SIZE
from ...gates.label_maturity import CHECK as LABEL_MATURITY
from ...gates.min_improvement import CHECK as MIN_IMPROVEMENT
from ...gates.min_improvement import needed_value
from ...gates.paired_evidence import CHECK as PAIRED_EVIDENCE
from ...ports import Ports
from ...statistics.power import power_at_error, power_of_paired_shares

# Assumed share of rows that only one of two versions classifies correctly, until a comparison shows it.
EXPECTED_DISCORDANCE = 0.1
# Half the width of a 95 % interval, in standard errors.
HALF_WIDTH = 1.96
MAX_RECENT_JOBS = 20


def predict_power(policy: Policy, summary: DataSummary, ports: Ports) -> Power:
    """The chance that a challenger with just the required improvement is found to be better."""
    short = _too_few_rows(policy, summary)
    if short:
        return Power(chance=0.0, reason=short)
    serving = ports.ledger.current(policy.model)
    if serving is None:
        return Power(chance=None, reason="there is no champion to beat")
    confidence = policy.validation.needed_confidence
    # Only if both gates count is there a gain that a comparison must show.
    if not confidence or any(map(policy.validation.observes, (MIN_IMPROVEMENT, PAIRED_EVIDENCE))):
        return Power(chance=None, reason="the policy requires no evidence of an improvement")
    last = _last_comparison(policy, serving.version.number, ports)
    if last is None:
        return Power(chance=None, reason="no recent comparison includes the champion")
    result, champion = last
    gain = _required_gain(policy, champion)
    return _power(policy, result, gain, summary.holdout.labelled, 1 - confidence)


def _too_few_rows(policy: Policy, summary: DataSummary) -> str | None:
    rules, holdout = policy.validation, summary.holdout
    if not rules.observes(LABEL_MATURITY) and holdout.label_share < policy.data.min_label_share:
        share, needed = holdout.label_share, policy.data.min_label_share
        strays = f" ({holdout.strays.sentence} of these rows)" if holdout.strays else ""
        return f"{share:.1%} of the {holdout.rows} holdout rows have a label, {needed:.1%} are needed{strays}"
    if rules.observes(HOLDOUT_SIZE):
        return None
    if holdout.labelled < rules.min_holdout_rows:
        return f"{holdout.labelled} holdout rows have a label, {rules.min_holdout_rows} are needed"
    if holdout.rarest_class_rows is not None and holdout.rarest_class_rows < rules.min_class_rows:
        return f"{holdout.rarest_class_rows} holdout rows are of the rarest class, {rules.min_class_rows} are needed"
    return None


def _last_comparison(policy: Policy, serving: str, ports: Ports) -> tuple[ValidationResult, float] | None:
    """The newest validation that the champion took part in, on either side, and its metric at that time."""
    for job in ports.jobs.list_recent(policy.model, MAX_RECENT_JOBS):
        metric = job.validation.metrics.get(policy.primary_metric) if job.validation else None
        if job.validation is None or metric is None:
            continue
        if job.validation.inputs.champion_version == serving and metric.champion is not None:
            return job.validation, metric.champion
        if job.validation.inputs.challenger_version == serving:
            return job.validation, metric.value
    return None


def _required_gain(policy: Policy, champion: float) -> float:
    if policy.validation.improvement_basis == "non_inferior":
        return policy.validation.non_inferiority_margin
    kind = policy.kind_of(policy.primary_metric)
    gain: float = kind.gain(needed_value(policy, kind, champion), champion)
    return gain


def _power(policy: Policy, result: ValidationResult, gain: float, rows: int, alpha: float) -> Power:
    metric = policy.primary_metric
    error = _standard_error(result.metrics[metric], result.holdout_rows, rows)
    subject = f"a gain of {gain:.4g} in {metric} would show on {rows} labelled holdout rows"
    if error is not None:
        chance = power_at_error(gain, error, alpha)
        return Power(chance=chance, reason=f"{subject} with a chance of {chance:.0%}, judging by the last comparison")
    if metric != "accuracy":
        return Power(chance=None, reason=f"the variance of {metric} between comparisons is unknown")
    chance = power_of_paired_shares(gain, EXPECTED_DISCORDANCE, rows, alpha)
    assumption = f"assuming that the two versions differ on {EXPECTED_DISCORDANCE:.0%} of the rows"
    return Power(chance=chance, reason=f"{subject} with a chance of {chance:.0%}, {assumption}")


def _standard_error(last: MetricResult, rows_then: int, rows_now: int) -> float | None:
    """The standard error of the gain on `rows_now`, from the interval of the last comparison."""
    if last.gain_interval is None:
        return None
    low, high = last.gain_interval
    return (high - low) / 2 / HALF_WIDTH * sqrt(rows_then / rows_now)
