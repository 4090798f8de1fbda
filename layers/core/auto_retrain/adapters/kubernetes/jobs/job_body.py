"""The body of a Kubernetes Job that carries out orders: limited in time and retries, identified by its labels."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil

from ....domain.cluster import JobOrder
from ....domain.errors import ClusterRefused
from ....domain.names import JobKind
from ....domain.policy.pod_rules import PodRules
from ....domain.policy.pod_template import CONTAINER
from ....domain.policy.refusals import refusals
from ....domain.policy.training import MAX_DEADLINE_MINUTES, TrainingPolicy, is_pinned
from ..access.transport import Json
from .pod import ORDER_VARIABLE, Instruction, container_names, pod_spec
from .workers import service_name, worker_variables

__all__ = [
    "CONTAINER",
    "ORDER_VARIABLE",
    "PERMANENT_FAILURE",
    "PodSettings",
    "build_indexed_job",
    "build_job",
    "stage_labels",
]

MANAGED_BY_LABEL = "app.kubernetes.io/managed-by"
MANAGED_BY = "auto-retrain"
STAGE_LABEL = "auto-retrain/stage"
JOB_ID_LABEL = "auto-retrain/job-id"
KIND_LABEL = "auto-retrain/kind"
MODEL_LABEL = "auto-retrain/model"
QUEUE_LABEL = "kueue.x-k8s.io/queue-name"
OUTPUT_ANNOTATION = "auto-retrain/output"
PRIORITY_ANNOTATION = "auto-retrain/priority"
MEMBERS_ANNOTATION = "auto-retrain/members"
# On Jobs and pods that train one model together: how many there are.
WORKERS_LABEL = "auto-retrain/workers"

# The container's exit code for failures that a retry cannot fix.
PERMANENT_FAILURE = 65
# Long enough for people to inspect a Job that failed in the evening.
TTL_SECONDS = 6 * 3600
PRODUCTION = "prod"


@dataclass(frozen=True)
class PodSettings:
    """A deployment's settings for the pods of its Jobs; AWS credentials come with the service account.

    Scoring has an account of its own: whatever a training leaves behind cannot write where scores are expected.
    """

    image: str
    training_account: str
    scoring_account: str
    rules: PodRules = field(default_factory=PodRules)

    def account_for(self, kind: JobKind, training: TrainingPolicy) -> str:
        """The account of the pods for a kind of order; a policy chooses only the one that trains."""
        if kind == "score":
            return self.scoring_account
        return training.pod_template.spec.serviceAccountName or self.training_account


def stage_labels(stage: str) -> dict[str, str]:
    """Labels that distinguish the Jobs of a deployment from all others, including those of other stages."""
    return {MANAGED_BY_LABEL: MANAGED_BY, STAGE_LABEL: stage}


def build_job(
    name: str, orders: Sequence[JobOrder], training: TrainingPolicy, stage: str, settings: PodSettings
) -> Json:
    """The body of a Job whose pod carries out the orders one after the other.

    Raises ClusterRefused naming an image that production may not run, because a tag can be moved to another image, or
    what the rules of the deployment refuse.
    """
    orders = [_with_image(order, training, stage, settings) for order in orders]
    instructions = [Instruction(order.image or "", order.model_dump_json()) for order in orders]
    return _job(name, orders[-1], instructions, training, stage, settings)


def build_indexed_job(
    name: str,
    stages: Sequence[Sequence[JobOrder]],
    training: TrainingPolicy,
    stage: str,
    settings: PodSettings,
    at_once: int,
) -> Json:
    """The body of a Job with one pod for each order, `at_once` of them at the same time.

    The orders may belong to several jobs, which an annotation names. Every pod gets the whole list of orders, and its
    completion index selects its own. With several lists, a pod carries out its order of each, one after the other. An
    order that fails for good, or uses up its retries, does not affect the others, unless they are for parts of one
    whole. Source: the Job API of Kubernetes
    1.29, backoffLimitPerIndex. Raises ClusterRefused like `build_job`.
    """
    lists = [[_with_image(order, training, stage, settings) for order in orders] for orders in stages]
    instructions = [Instruction(orders[-1].image or "", _document(orders)) for orders in lists]
    orders = lists[-1]
    job = _job(name, orders[-1], instructions, training, stage, settings)
    rounds = ceil(len(orders) / at_once)
    job["spec"] |= {
        "completionMode": "Indexed",
        "completions": len(orders),
        "parallelism": min(at_once, len(orders)),
        "backoffLimitPerIndex": training.retries,
        # All orders share one deadline, so later ones also need the time of those before them.
        "activeDeadlineSeconds": min(training.deadline_minutes * rounds, MAX_DEADLINE_MINUTES) * 60,
        "podFailurePolicy": {"rules": _failure_rules(len(lists), "FailIndex")},
    }
    if orders[-1].part is not None:
        job["spec"]["maxFailedIndexes"] = 0
    # Each order has its own limit instead.
    del job["spec"]["backoffLimit"]
    if len({order.model_name for order in orders}) > 1:
        for metadata in (job["metadata"], job["spec"]["template"]["metadata"]):
            metadata["labels"] = {name: value for name, value in metadata["labels"].items() if name != MODEL_LABEL}
    job["metadata"]["annotations"] = {MEMBERS_ANNOTATION: ",".join(order.job_id for order in orders)}
    return job


def build_workers_job(name: str, order: JobOrder, training: TrainingPolicy, stage: str, settings: PodSettings) -> Json:
    """The body of a Job whose pods train one model together, all at once, and find each other through a Service.

    One that fails ends them all: the others could only wait for it. Source: "Job with Pod-to-Pod Communication" in the
    documentation of Kubernetes. Raises ClusterRefused like `build_job`.
    """
    order = _with_image(order, training, stage, settings)
    job = _job(name, order, [Instruction(order.image or "", order.model_dump_json())], training, stage, settings)
    template = job["spec"]["template"]
    for metadata in (job["metadata"], template["metadata"]):
        metadata["labels"] = metadata["labels"] | {WORKERS_LABEL: str(training.workers)}
    template["spec"]["subdomain"] = service_name(name)
    template["spec"]["containers"][0]["env"] += worker_variables(name, training.workers)
    job["spec"] |= {
        "completionMode": "Indexed",
        "completions": training.workers,
        "parallelism": training.workers,
        "backoffLimit": 0,
    }
    return job


def _document(orders: Sequence[JobOrder]) -> str:
    return f"[{','.join(order.model_dump_json() for order in orders)}]"


def _job(
    name: str,
    last: JobOrder,
    instructions: Sequence[Instruction],
    training: TrainingPolicy,
    stage: str,
    settings: PodSettings,
) -> Json:
    # The one place that no policy can avoid, whoever stored it, and when.
    refused = refusals(training, settings.rules)
    if refused:
        raise ClusterRefused(f"the policy of model '{last.model_name}': {'; '.join(refused)}")
    template = training.pod_template
    # Our values are merged last: policies are not allowed to set them, and could not override them here either.
    labels = template.metadata.labels | {
        **stage_labels(stage),
        JOB_ID_LABEL: last.job_id,
        KIND_LABEL: last.kind,
        MODEL_LABEL: last.model_name,
    }
    annotations = template.metadata.annotations | {
        OUTPUT_ANNOTATION: last.output_uri,
        # Karpenter must not move a training to a cheaper node, because its progress would be lost.
        "karpenter.sh/do-not-disrupt": "true",
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "labels": labels | _queue(training)},
        "spec": {
            "backoffLimit": training.retries,
            "activeDeadlineSeconds": training.deadline_minutes * 60,
            "ttlSecondsAfterFinished": TTL_SECONDS,
            "podFailurePolicy": {"rules": _failure_rules(len(instructions), "FailJob")},
            # Kueue resumes it when its queue has room; it must not have a pod before that.
            "suspend": training.queue is not None,
            "template": {
                "metadata": {"labels": labels, "annotations": annotations},
                "spec": pod_spec(instructions, training, settings.account_for(last.kind, training)),
            },
        },
    }


def suspended(body: Json, priority: int) -> Json:
    """The same Job, suspended until the watcher has room for it; a Job in a queue is left to Kueue."""
    if QUEUE_LABEL in body["metadata"]["labels"]:
        return body
    metadata = body["metadata"]
    annotations = metadata.get("annotations", {}) | {PRIORITY_ANNOTATION: str(priority)}
    return {
        **body,
        "metadata": {**metadata, "annotations": annotations},
        "spec": {**body["spec"], "suspend": True},
    }


def _with_image(order: JobOrder, training: TrainingPolicy, stage: str, settings: PodSettings) -> JobOrder:
    image = order.image or training.image or settings.image
    if stage == PRODUCTION and not is_pinned(image):
        raise ClusterRefused(
            f"image '{image}' of model '{order.model_name}': stage '{PRODUCTION}' runs only images named by their "
            f"digest (repository@sha256:…)"
        )
    return order.changed(image=image)


def _queue(training: TrainingPolicy) -> dict[str, str]:
    return {QUEUE_LABEL: training.queue} if training.queue else {}


def _failure_rules(containers: int, permanent_failure: str) -> list[Json]:
    permanent = [
        {"containerName": name, "operator": "In", "values": [PERMANENT_FAILURE]} for name in container_names(containers)
    ]
    return [
        *({"action": permanent_failure, "onExitCodes": codes} for codes in permanent),
        # A lost node is not the training's fault, so it does not use up a retry.
        {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
    ]
