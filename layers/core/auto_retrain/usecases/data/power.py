"""How likely the comparison of a job is to be conclusive, before anything is spent on it."""

from math import sqrt

from ...domain.comparison import MetricResult
from ...domain.data_check import DataSummary, Power
from ...domain.policy.policy import Policy
from ...domain.validation import ValidationResult
from ...gates.min_improvement import needed_value
from ...ports import Ports
from ...statistics.power import power_at_error, power_of_paired_shares

# Share of rows that just one of two versions classifies right, where none have been compared yet.
EXPECTED_DISCORDANCE = 0.1
# Half the width of an interval of 95 %, in standard errors.
HALF_WIDTH = 1.96
LOOKED_BACK = 20


def foresee_power(policy: Policy, summary: DataSummary, ports: Ports) -> Power:
    """The chance that a challenger that is as much better as the policy asks for is found to be better."""
    short = _too_few_rows(policy, summary)
    if short:
        return Power(chance=0.0, reason=short)
    serving = ports.ledger.current(policy.model)
    if serving is None:
        return Power(chance=None, reason="there is no champion that a challenger has to be better than")
    confidence = policy.validation.needed_confidence
    if not confidence:
        return Power(chance=None, reason="the policy asks for no evidence")
    last = _last_comparison(policy, serving.version.number, ports)
    if last is None:
        return Power(chance=None, reason="nothing is known of how the champion compares with others")
    result, champion = last
    gain = _gain_asked_for(policy, champion)
    return _power(policy, result, gain, summary.holdout.labelled, 1 - confidence)


def _too_few_rows(policy: Policy, summary: DataSummary) -> str | None:
    rules, holdout = policy.validation, summary.holdout
    if holdout.label_share < policy.data.min_label_share:
        share, needed = holdout.label_share, policy.data.min_label_share
        return f"{share:.1%} of the {holdout.rows} holdout rows have a label, {needed:.1%} are needed"
    if holdout.labelled < rules.min_holdout_rows:
        return f"{holdout.labelled} holdout rows have a label, {rules.min_holdout_rows} are needed"
    if holdout.rarest_class_rows is not None and holdout.rarest_class_rows < rules.min_class_rows:
        return f"{holdout.rarest_class_rows} holdout rows are of the rarest class, {rules.min_class_rows} are needed"
    return None


def _last_comparison(policy: Policy, serving: str, ports: Ports) -> tuple[ValidationResult, float] | None:
    """The newest validation that the champion took part in, on either side, with its metric then."""
    for job in ports.jobs.list_recent(policy.model, LOOKED_BACK):
        found = job.validation.metrics.get(policy.primary_metric) if job.validation else None
        if job.validation is None or found is None:
            continue
        if job.validation.inputs.champion_version == serving and found.champion is not None:
            return job.validation, found.champion
        if job.validation.inputs.challenger_version == serving:
            return job.validation, found.value
    return None


def _gain_asked_for(policy: Policy, champion: float) -> float:
    if policy.validation.improvement_basis == "non_inferior":
        return policy.validation.non_inferiority_margin
    kind = policy.kind_of(policy.primary_metric)
    gain: float = kind.gain(needed_value(policy, kind, champion), champion)
    return gain


def _power(policy: Policy, result: ValidationResult, gain: float, rows: int, alpha: float) -> Power:
    metric = policy.primary_metric
    error = _standard_error(result.metrics[metric], result.holdout_rows, rows)
    asked = f"that a gain of {gain:.4g} in {metric} shows on {rows} labelled holdout rows"
    if error is not None:
        chance = power_at_error(gain, error, alpha)
        return Power(chance=chance, reason=f"{asked} has a chance of {chance:.0%}, by the last comparison")
    if metric != "accuracy":
        return Power(chance=None, reason=f"how much {metric} varies from comparison to comparison is not known")
    chance = power_of_paired_shares(gain, EXPECTED_DISCORDANCE, rows, alpha)
    expected = f"if two versions differ in {EXPECTED_DISCORDANCE:.0%} of the rows"
    return Power(chance=chance, reason=f"{asked} has a chance of {chance:.0%}, {expected}")


def _standard_error(found: MetricResult, rows_then: int, rows_now: int) -> float | None:
    """Of the gain in a comparison of so many rows, as the last one's interval shows it."""
    if found.gain_interval is None:
        return None
    low, high = found.gain_interval
    return (high - low) / 2 / HALF_WIDTH * sqrt(rows_then / rows_now)
