"""The Kubernetes Job that carries out an order, with no more rights than it needs."""

from dataclasses import dataclass

from ...domain.cluster import JobOrder
from ...domain.policy import TrainingPolicy
from .transport import Json

CONTAINER = "train-model"
MANAGED_BY_LABEL = "app.kubernetes.io/managed-by"
MANAGED_BY = "auto-retrain"
STAGE_LABEL = "auto-retrain/stage"
JOB_ID_LABEL = "auto-retrain/job-id"
KIND_LABEL = "auto-retrain/kind"
MODEL_LABEL = "auto-retrain/model"
ORDER_VARIABLE = "AUTO_RETRAIN_ORDER"

# The container's word for "trying again will not help".
PERMANENT_FAILURE = 65
BACKOFF_LIMIT = 2
# Long enough for people to look at a Job that went wrong in the evening.
TTL_SECONDS = 6 * 3600


@dataclass(frozen=True)
class PodSettings:
    """What a deployment decides about the pods of its Jobs; AWS credentials come with the service account."""

    image: str
    service_account: str


def stage_labels(stage: str) -> dict[str, str]:
    """What tells the Jobs of a deployment from those of everyone else, another stage of ours included."""
    return {MANAGED_BY_LABEL: MANAGED_BY, STAGE_LABEL: stage}


def build_manifest(name: str, order: JobOrder, training: TrainingPolicy, stage: str, pod: PodSettings) -> Json:
    """The Job as it is sent to the API server."""
    labels = {
        **stage_labels(stage),
        JOB_ID_LABEL: order.job_id,
        KIND_LABEL: order.kind,
        MODEL_LABEL: order.model_name,
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "backoffLimit": BACKOFF_LIMIT,
            "activeDeadlineSeconds": training.deadline_minutes * 60,
            "ttlSecondsAfterFinished": TTL_SECONDS,
            "podFailurePolicy": {"rules": _failure_rules()},
            "template": {
                # Karpenter must not move a training to a cheaper node; what it did would be lost.
                "metadata": {"labels": labels, "annotations": {"karpenter.sh/do-not-disrupt": "true"}},
                "spec": _pod_spec(order, training, pod),
            },
        },
    }


def _failure_rules() -> list[Json]:
    permanent = {"containerName": CONTAINER, "operator": "In", "values": [PERMANENT_FAILURE]}
    return [
        {"action": "FailJob", "onExitCodes": permanent},
        # A node that goes away says nothing about the training, so it does not use up an attempt.
        {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
    ]


def _pod_spec(order: JobOrder, training: TrainingPolicy, pod: PodSettings) -> Json:
    return {
        "restartPolicy": "Never",
        "serviceAccountName": pod.service_account,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [_container(order, training, pod.image)],
        "volumes": [{"name": "tmp", "emptyDir": {}}],
    }


def _container(order: JobOrder, training: TrainingPolicy, image: str) -> Json:
    resources = {"cpu": training.cpu, "memory": training.memory}
    return {
        "name": CONTAINER,
        "image": image,
        "env": [{"name": ORDER_VARIABLE, "value": _literal(order.model_dump_json())}],
        "resources": {"requests": resources, "limits": resources},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
        # The last line that the container writes is its reason, and so ends up in the pod's status.
        "terminationMessagePolicy": "FallbackToLogsOnError",
    }


def _literal(text: str) -> str:
    """Kubernetes reads $(NAME) and $$ in values; doubled dollars arrive as they were."""
    return text.replace("$", "$$")
