"""Predicts how likely a job is to end with a promotion, before anything is spent on it."""

from collections.abc import Iterator
from typing import Literal

from ...domain.data_check import DataSummary, Power, WindowSummary
from ...domain.job import RetrainingJob
from ...domain.policy.policy import Policy
from ...gates.holdout_size import CHECK as HOLDOUT_SIZE
from ...gates.label_maturity import CHECK as LABEL_MATURITY
from ...gates.min_improvement import CHECK as MIN_IMPROVEMENT
from ...gates.min_improvement import needed_value, what_to_set
from ...gates.paired_evidence import CHECK as PAIRED_EVIDENCE
from ...ports import Ports
from ..looks import next_look
from .champion_level import ChampionLevel, champion_level
from .foresight import Foresight, champion_error
from .hoped_gain import hoped_gain, is_out_of_reach
from .past_comparisons import past_comparisons, variance_ratios


def predict_power(job: RetrainingJob, policy: Policy, summary: DataSummary, ports: Ports) -> Power:
    """The chance that a challenger as good as may be hoped for is promoted, by the gates that can be foreseen."""
    short = _too_few_rows(policy, summary)
    if short:
        return Power(chance=0.0, basis="rows", reason=short)
    serving = ports.ledger.serving(policy.model).champion
    if serving is None:
        return Power(chance=None, reason="there is no champion to beat")
    comparisons = past_comparisons(policy, serving, ports)
    level = champion_level(job, policy, serving.version.number, comparisons)
    if level is None:
        return Power(chance=None, reason=f"the champion's {policy.primary_metric} is not known as it is now")
    error = champion_error(policy, level, summary.holdout.labelled)
    beyond = _out_of_reach(policy, level, error or 0.0)
    if beyond:
        return beyond
    if not _requires_evidence(policy):
        return Power(chance=None, reason="the policy requires no evidence of an improvement")
    if not error:
        return Power(chance=None, reason=f"it is not known how much {policy.primary_metric} varies")
    foresight = Foresight(
        policy=policy,
        level=level,
        gain=hoped_gain(policy, level),
        champion_error=error,
        rows=summary.holdout.labelled,
        compared=len(job.variants) or 1,
        champion_look=next_look(job, serving.version.number, ports),
    )
    return foresight.power(variance_ratios(comparisons))


def _requires_evidence(policy: Policy) -> bool:
    """Whether a gain has to show; only if both gates count, one that is too small or uncertain is refused."""
    observed = any(map(policy.validation.observes, (MIN_IMPROVEMENT, PAIRED_EVIDENCE)))
    return bool(policy.validation.needed_confidence) and not observed


def _too_few_rows(policy: Policy, summary: DataSummary) -> str | None:
    rules, holdout, share = policy.validation, summary.holdout, policy.data.min_label_share
    strays = f" ({holdout.strays.sentence} of these rows)" if holdout.strays else ""
    if not holdout.labelled:
        return f"none of the {holdout.rows} holdout rows has a label{strays}"
    short = []
    if not rules.observes(LABEL_MATURITY) and holdout.label_share < share:
        labelled = f"{holdout.label_share:.1%} of the {holdout.rows} holdout rows have a label"
        short.append(f"{labelled}, {share:.1%} are needed (data.min_label_share){strays}")
    if not rules.observes(HOLDOUT_SIZE):
        short.extend(_too_small(policy, holdout))
    return "; ".join(short) or None


def _too_small(policy: Policy, holdout: WindowSummary) -> Iterator[str]:
    rules, rarest = policy.validation, holdout.rarest_class_rows
    if holdout.labelled < rules.min_holdout_rows:
        needed = f"{rules.min_holdout_rows} are needed (validation.min_holdout_rows)"
        yield f"{holdout.labelled} holdout rows have a label, {needed}"
    if rarest is not None and rarest < rules.min_class_rows:
        needed = f"{rules.min_class_rows} are needed (validation.min_class_rows)"
        yield f"{rarest} holdout rows are of the rarest class, {needed}"


def _out_of_reach(policy: Policy, level: ChampionLevel, error: float) -> Power | None:
    """The power if no challenger could be good enough; unknown if that depends on the rows of the holdout."""
    if policy.validation.observes(MIN_IMPROVEMENT) or not is_out_of_reach(policy, level.now):
        return None
    kind, name = policy.kind_of(policy.primary_metric), policy.primary_metric
    needed = needed_value(policy, kind, level.now)
    beyond = (
        f"validation.min_improvement = {policy.validation.min_improvement:g} asks for {name} {needed:.4f}, but "
        f"{kind.best:g} is perfect; the champion is at {level.now:.4f} {level.source}"
    )
    worse = level.now - 2 * error if kind.higher_is_better else level.now + 2 * error
    choices = what_to_set(policy, kind, level.now)
    if not is_out_of_reach(policy, worse):
        return Power(chance=None, reason=f"{beyond}; on the holdout it may be worse; if not, {choices}")
    # Production and holdout may differ by more than chance, so it is certain only if both say so.
    both = level.in_production and is_out_of_reach(policy, level.newest.value)
    basis: Literal["reach", "forecast"] = "reach" if both else "forecast"
    return Power(chance=0.0, basis=basis, reason=f"{beyond}: {choices}")
