"""Decides, by what proxies show on the fresh rows, whether a full training may be worth its money."""

from ...domain.errors import PermanentError
from ...domain.facts.training import ProxyJudged
from ...domain.job import RetrainingJob
from ...domain.messages.references import JobReference
from ...domain.messages.training import ProxyOutcome
from ...domain.proxy import ProxyCheck
from ...domain.usage import ContainerUse
from ...ports import Ports
from ..audit.record import record
from ..delays import telling_delays
from ..foreseeing.skipping import skipped_before
from ..lookup import job_of, policy_of
from ..training.container import read_proxies
from ..training.trace_steps import trace_container
from .proxy_check import check_of

MAX_REASON = 1000


@telling_delays
def judge_proxy(reference: JobReference, ports: Ports) -> ProxyOutcome:
    """Judge a job's proxies and store what they show; a repetition gives the same.

    Whatever goes wrong with a proxy is unknown, and what is unknown refuses nothing: the job trains.

    Raises:
        JobUnknown, ModelUnknown: the job or its policy does not exist.
    """
    job = job_of(reference.job_id, ports)
    check = job.proxy or _judge(job, ports)
    return ProxyOutcome(next="close" if check.refused else "train", reason=check.reason)


def _judge(job: RetrainingJob, ports: Ports) -> ProxyCheck:
    applied, use = policy_of(job.model_name, ports), None
    try:
        result, champion = read_proxies(job, ports)
        use = result.use
        trace_container(job, result.spans, ports)
        check = check_of(job, result, champion, applied, ports)
    except PermanentError as error:
        check = ProxyCheck(reason=f"the proxy shows nothing, so the job trains: {error}"[:MAX_REASON])
    if check.refused:
        check = check.changed(refused_in_a_row=skipped_before(job, ports).jobs + 1)
    _store(job, check.sealed(), use, ports)
    return check


def _store(job: RetrainingJob, check: ProxyCheck, use: ContainerUse | None, ports: Ports) -> None:
    now = ports.clock.now()
    known = "refused" if check.refused else "let_through"
    fact = ProxyJudged(
        model_name=job.model_name,
        job_id=job.job_id,
        at=now,
        outcome=known if check.verdict else "unknown",
        reason=check.reason,
        check_hash=check.check_hash,
    )
    ports.jobs.save(job.with_reports("proxy", [use], now).proxied(check), fact)
    record(fact, ports)
