"""The pod of a Job: what the policy's template asks for, inside what the restricted profile allows."""

from collections.abc import Sequence
from typing import NamedTuple

from ....domain.policy.pod_template import CONTAINER, SCRATCH_PATH, SCRATCH_VOLUME
from ....domain.policy.training import TrainingPolicy
from ..access.transport import Json
from .placement import place

ORDER_VARIABLE = "AUTO_RETRAIN_ORDER"
GPU = "nvidia.com/gpu"


class Instruction(NamedTuple):
    """What one container is told: its image, and the document with its order."""

    image: str
    document: str


def pod_spec(instructions: Sequence[Instruction], training: TrainingPolicy, service_account: str) -> Json:
    """A pod with a container for each; all but the last are init containers, which run one by one before it."""
    template = training.pod_template.spec
    names = container_names(len(instructions))
    containers = [_container(name, told, training) for name, told in zip(names, instructions, strict=True)]
    before, volumes = containers[:-1], [volume.as_body() for volume in template.volumes]
    spec = {
        **template.as_body("containers", "volumes", "affinity", "tolerations"),
        **place(training),
        "restartPolicy": "Never",
        "serviceAccountName": template.serviceAccountName or service_account,
        "automountServiceAccountToken": template.automountServiceAccountToken,
        "terminationGracePeriodSeconds": template.terminationGracePeriodSeconds,
        "enableServiceLinks": False,
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": containers[-1:],
        "volumes": [{"name": SCRATCH_VOLUME, "emptyDir": {}}, *volumes],
    }
    return spec | ({"initContainers": before} if before else {})


def container_names(number: int) -> list[str]:
    """Names of a pod's containers in the order in which they run."""
    return [f"{CONTAINER}-{index}" for index in range(1, number)] + [CONTAINER]


def _container(name: str, told: Instruction, training: TrainingPolicy) -> Json:
    template = training.pod_template.spec.container
    return {
        "name": name,
        "image": told.image,
        "env": [
            {"name": ORDER_VARIABLE, "value": _literal(told.document)},
            *(variable.as_body() for variable in template.env),
        ],
        "resources": _resources(training),
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            {"name": SCRATCH_VOLUME, "mountPath": SCRATCH_PATH},
            *(mount.as_body() for mount in template.volumeMounts),
        ],
        # The last line that the container writes is its reason, and so ends up in the pod's status.
        "terminationMessagePolicy": "FallbackToLogsOnError",
    }


def _resources(training: TrainingPolicy) -> Json:
    # As much as asked for and no more: a pod that may use more than it reserved is the first that a full node evicts.
    own = {"cpu": training.cpu, "memory": training.memory}
    gpus = {GPU: str(training.gpus)} if training.gpus else {}
    further = training.pod_template.spec.container.resources
    return {"requests": own | gpus | further.requests, "limits": own | gpus | further.limits}


def _literal(text: str) -> str:
    """Kubernetes reads $(NAME) and $$ in values; doubled dollars arrive as they were."""
    return text.replace("$", "$$")
