"""Starts the Kubernetes Job that trains proxies or a challenger, or the one that scores it along with the champion."""

import logging
import secrets
from collections.abc import Sequence
from typing import NamedTuple

from ...domain.batch import ParkedOrder
from ...domain.cluster import JobOrder
from ...domain.errors import ArtifactInvalid, ArtifactMissing, AutoRetrainError, ClusterRefused
from ...domain.facts.fact import Fact
from ...domain.facts.training import ChallengerTrained, StepOrdered
from ...domain.job import PendingStep, RetrainingJob, Variant
from ...domain.messages.training import StepOrder, StepStarted
from ...domain.names import JobKind, kubernetes_job_name, log_key, output_key, variant_part
from ...domain.order_size import check_size
from ...domain.policy.policy import Policy
from ...domain.policy.refusals import refusals
from ...domain.policy.training import TrainingPolicy
from ...domain.results import TrainingResult
from ...domain.status import RetrainingStatus
from ...domain.trigger_type import TriggerType
from ...domain.usage import ContainerUse
from ...ports import Ports
from ..audit.record import record
from ..container_results import read_result
from ..data.manifest import freeze_data
from ..delays import telling_delays
from ..lookup import champion_to_beat, job_of, policy_of
from .check_champion import check_champion
from .container import container_orders, examination_orders, holdout_orders, variant_orders
from .drift_reports import start_report
from .trace_steps import trace_container

MAX_REASON = 300

_LOG = logging.getLogger(__name__)


@telling_delays
def start_job(order: StepOrder, ports: Ports) -> StepStarted:
    """Start one step; repeating it finds the same Kubernetes Job and only renews the task token.

    Raises:
        JobUnknown, ModelUnknown: the job or its policy does not exist.
        DataMissing: the training or the holdout window contains no data.
        ArtifactInvalid: training left no usable result.
        ArtifactMissing: the champion has no files any more.
        ChampionConflict: the ledger has a serving version, but the registry has no champion.
        OrdersTooLarge: no container could start with the orders.
    """
    job = job_of(order.job_id, ports)
    applied = policy_of(job.model_name, ports)
    job = _with_challenger(job, ports) if order.kind == "score" else _with_data(job, applied.policy, ports)
    pending = _start(_with_output(job, order.kind), order, applied.policy, ports)
    if order.kind == "train" and job.trigger_type is TriggerType.DATA_DRIFT:
        _report_drift(job, applied.policy, ports)
    return StepStarted(job_id=job.job_id, kubernetes_job=pending.kubernetes_job)


def _start(job: RetrainingJob, step: StepOrder, policy: Policy, ports: Ports) -> PendingStep:
    """Save what the execution waits for, then start it: at once, or when the watcher has gathered a batch."""
    training = _training_of(step.kind, policy.training)
    name = kubernetes_job_name(job.job_id, step.kind)
    orders, before, has_pods = _orders(job, step.kind, policy, ports)
    # Orders for several pods travel together, those of one pod one by one.
    for together in [before, orders] if has_pods else [[order] for order in orders]:
        check_size(together)
    if step.kind == "train" and job.holdout_parts > 1:
        check_size(_scoring_to_come(orders[0], job))
    # The watcher batches small models; a job that needs two images or several trainings is not small.
    batched = training.batched and len(orders) == 1 and not has_pods
    if batched:
        _check_alone(job, training, ports)
    pending = PendingStep(
        kind=step.kind,
        kubernetes_job=None if batched else name,
        parked=ParkedOrder(order=orders[0], training=training) if batched else None,
        task_token=step.task_token,
        since=ports.clock.now(),
        trace=ports.traces.current(),
    )
    workers = training.workers if step.kind == "train" else 1
    job = job.ordering_pods(step.kind, training, len(orders) if has_pods else workers, policy.data.parts)
    facts = _facts_of(job, pending)
    # The record comes first: the watcher must know the token before the Kubernetes Job can end.
    ports.jobs.save(job.waiting_for(pending), *facts)
    if has_pods:
        ports.cluster.start_indexed_job(name, orders, training, training.pods_at_once, before)
    elif not batched:
        ports.cluster.start_job(name, orders, training)
    for fact in facts:
        record(fact, ports)
    return pending


def _training_of(kind: JobKind, training: TrainingPolicy) -> TrainingPolicy:
    """How a step is run; data are examined in our own image, which has what examines them, and needs no GPU."""
    if kind == "check":
        return training.changed(image=None, gpus=0, batched=False, workers=1)
    return training.of_proxy if kind == "proxy" else training


def _scoring_to_come(training: JobOrder, job: RetrainingJob) -> list[JobOrder]:
    """Orders as long as those for scoring in parts, which would be found too long only after the training."""
    versions = {f"{number:08}": "0" * 64 for number in range(max(len(job.variants), 1) + 1)}
    return holdout_orders(training.changed(kind="score", versions=versions), job)


class _Orders(NamedTuple):
    """The orders of a step; with `has_pods`, each has its own pod, which carries out its order of `before` first."""

    orders: list[JobOrder]
    before: Sequence[JobOrder] = ()
    has_pods: bool = False


def _orders(job: RetrainingJob, kind: JobKind, policy: Policy, ports: Ports) -> _Orders:
    if job.variants and kind == "train":
        return _Orders(variant_orders(job, policy, ports), has_pods=True)
    if kind == "check":
        return _Orders(examination_orders(job, policy, ports), has_pods=True)
    orders = container_orders(job, kind, policy, ports)
    if job.holdout_parts == 1 or kind != "score":
        return _Orders(orders)
    *before, own = [holdout_orders(order, job) for order in orders]
    return _Orders(own, [order for each in before for order in each], has_pods=True)


def _facts_of(job: RetrainingJob, pending: PendingStep) -> list[Fact]:
    """What training left, if that was the step before, and what runs next."""
    about = {"model_name": job.model_name, "job_id": job.job_id, "at": pending.since}
    ordered = StepOrdered(**about, step=pending.kind, kubernetes_job=pending.kubernetes_job)
    if pending.kind != "score":
        return [ordered]
    return [ChallengerTrained(**about, versions=tuple(job.challengers)), ordered]


def _check_alone(job: RetrainingJob, training: TrainingPolicy, ports: Ports) -> None:
    """A policy that is refused must not be found out in a batch, where the others would be refused with it."""
    problems = refusals(training, ports.pod_rules)
    if problems:
        raise ClusterRefused(f"the policy of model '{job.model_name}': {'; '.join(problems)}")


def _with_data(job: RetrainingJob, policy: Policy, ports: Ports) -> RetrainingJob:
    """Freeze, once, the objects that this job reads and the champion that it is compared with."""
    if job.status is RetrainingStatus.RUNNING:
        return job
    image = policy.training.image or ports.cluster.default_image
    job = freeze_data(job, policy, ports).compared_with(champion_to_beat(job.model_name, ports)).training_in(image)
    check_champion(job, ports)
    return job


def _with_output(job: RetrainingJob, kind: JobKind) -> RetrainingJob:
    """Choose, once, where the step writes: only now, so that no earlier pod of the job can know it."""
    if kind in job.outputs:
        return job
    own, of_champion = (output_key(job.job_id, kind, secrets.token_hex(16)) for _ in range(2))
    return job.writing_to(kind, own, of_champion)


def _with_challenger(job: RetrainingJob, ports: Ports) -> RetrainingJob:
    if job.variants:
        return _with_trained_variants(job, ports)
    result = _training_result(job, ports)
    # Of pods that train together only the first one leaves a result.
    reports = job.usage.report_of_all("train", result.use)
    return job.with_reports("train", reports, ports.clock.now()).trained(result.version(job.image))


def _with_trained_variants(job: RetrainingJob, ports: Ports) -> RetrainingJob:
    """The variant that becomes the challenger is chosen after all have been scored."""
    results = [_trained(job, number, ports) for number in range(len(job.variants))]
    variants = tuple(variant for variant, _ in results)
    if not any(variant.version for variant in variants):
        raise ArtifactMissing(f"none of the {len(variants)} variants of job '{job.job_id}' left a result")
    return job.with_reports("train", [use for _, use in results], ports.clock.now()).trained_variants(variants)


def _trained(job: RetrainingJob, number: int, ports: Ports) -> tuple[Variant, ContainerUse | None]:
    variant = job.variants[number]
    try:
        result = _training_result(job, ports, variant_part(number))
    except ArtifactMissing:
        return variant.changed(error=_training_error(job, number, ports)), None
    return variant.changed(trained=result.version(job.image)), result.use


def _training_error(job: RetrainingJob, number: int, ports: Ports) -> str:
    """Why the training of a variant failed: the last line of its log."""
    try:
        log = ports.data.read(ports.data.uri(log_key(job.job_id, "train", number)))
    except ArtifactInvalid:
        return "training failed and left no readable log"
    lines = log.decode(errors="replace").split("\n")
    return next((line[:MAX_REASON] for line in reversed(lines) if line.strip()), "training failed and its log is empty")


def _training_result(job: RetrainingJob, ports: Ports, part: str = "") -> TrainingResult:
    """What training left; its image, if it names one, is the one that we ordered."""
    result = read_result(job, f"{job.output_of('train')}{part}", TrainingResult, ports)
    if job.image and result.image not in (None, job.image):
        raise ArtifactInvalid(
            f"version {result.model_version} says that it was trained in '{result.image}', but job '{job.job_id}' "
            f"ordered '{job.image}'"
        )
    trace_container(job, result.spans, ports, part)
    return result


def _report_drift(job: RetrainingJob, policy: Policy, ports: Ports) -> None:
    """Start a drift report for people; the retraining does not depend on it."""
    try:
        start_report(job.job_id, policy, job.event_time, ports)
    except AutoRetrainError as error:
        _LOG.error("the drift report of job %s was not started: %s", job.job_id, error)
