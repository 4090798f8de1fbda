"""Whether a proxy goes before a training: only where a trigger asks for one again and again, and never for long."""

from datetime import timedelta

from ...domain.data_check import DataSummary
from ...domain.job import RetrainingJob
from ...domain.policy.policy import Policy
from ...domain.policy.proxy import ProxyPolicy
from ...domain.proxy import ProxyPlan
from ...ports import Ports
from ...triggers import backs_off
from .skipping import skipped_before

# Two proxies on more than this share of the rows cost about half as much as the training that they may save.
MAX_SHARE = 0.25


def plan_proxy(job: RetrainingJob, policy: Policy, summary: DataSummary, ports: Ports) -> ProxyPlan | None:
    """The sample that a proxy learns from, or why the job trains without one; None if the policy wants no proxies."""
    rules = policy.training.proxy
    if rules is None:
        return None
    needless = _why_none(job, policy, ports) or why_needless(rules, summary) or _why_no_more(job, rules, ports)
    if needless:
        return ProxyPlan(reason=f"no proxy: {needless}")
    return ProxyPlan(share=_share(rules, summary), reason=what_it_learns(rules, summary))


def why_needless(rules: ProxyPolicy, summary: DataSummary) -> str | None:
    """Why a proxy would not be worth its training; None if it is."""
    share = _share(rules, summary)
    if share <= MAX_SHARE:
        return None
    return f"training.proxy.rows are {share:.0%} of the training rows; at most {MAX_SHARE:.0%} save anything"


def what_it_learns(rules: ProxyPolicy, summary: DataSummary) -> str:
    return f"a proxy learns from {rules.rows} of the {summary.training.labelled} training rows first"


def _share(rules: ProxyPolicy, summary: DataSummary) -> float:
    return rules.rows / summary.training.labelled if summary.training.labelled else 1.0


def _why_none(job: RetrainingJob, policy: Policy, ports: Ports) -> str | None:
    if not backs_off(job.trigger_type):
        return f"the trigger '{job.trigger_type.value}' asks for a training only once"
    if job.variants:
        return "the job trains several variants"
    if ports.ledger.serving(policy.model).champion is None:
        return "there is no champion to beat"
    return None


def _why_no_more(job: RetrainingJob, rules: ProxyPolicy, ports: Ports) -> str | None:
    """The way out: a sample may mislead, so it does not hold a training back for ever."""
    jobs, since = skipped_before(job, ports)
    if jobs >= rules.max_refusals:
        return f"{jobs} jobs in a row trained nothing (training.proxy.max_refusals = {rules.max_refusals})"
    if since and job.event_time - since >= timedelta(days=rules.max_days):
        days = (job.event_time - since).days
        return f"nothing was trained since {since:%F}, for {days} days (training.proxy.max_days)"
    return None
