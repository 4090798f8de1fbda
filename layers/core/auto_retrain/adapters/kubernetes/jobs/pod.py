"""The pod of a Job: the policy's template, within the limits of the restricted profile."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from ....domain.policy.pod_template import CONTAINER, SCRATCH_PATH, SCRATCH_VOLUME
from ....domain.policy.training import TrainingPolicy
from ..access.transport import Json
from .placement import place

ORDER_VARIABLE = "AUTO_RETRAIN_ORDER"
GPU = "nvidia.com/gpu"

_OURS = re.compile(f"{CONTAINER}(-[0-9]+)?", re.ASCII)


class Instruction(NamedTuple):
    """The image of one container, and the document with its order."""

    image: str
    document: str


def pod_spec(instructions: Sequence[Instruction], training: TrainingPolicy, service_account: str) -> Json:
    """A pod with one container for each instruction; all but the last are init containers, which run one by one."""
    template = training.pod_template.spec
    names = container_names(len(instructions))
    containers = [
        _container(name, instruction, training) for name, instruction in zip(names, instructions, strict=True)
    ]
    init_containers, volumes = containers[:-1], [volume.as_body() for volume in template.volumes]
    spec = {
        **template.as_body("containers", "volumes", "affinity", "tolerations"),
        **place(training),
        "restartPolicy": "Never",
        "serviceAccountName": service_account,
        "automountServiceAccountToken": template.automountServiceAccountToken,
        "terminationGracePeriodSeconds": template.terminationGracePeriodSeconds,
        "enableServiceLinks": False,
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": containers[-1:],
        "volumes": [{"name": SCRATCH_VOLUME, "emptyDir": {}}, *volumes],
    }
    return spec | ({"initContainers": init_containers} if init_containers else {})


def container_names(number: int) -> list[str]:
    """Names of a pod's containers in the order in which they run."""
    return [f"{CONTAINER}-{index}" for index in range(1, number)] + [CONTAINER]


def is_our_container(name: object) -> bool:
    """Whether a container of one of our pods carries out an order; others are injected, such as proxies of a mesh."""
    return isinstance(name, str) and _OURS.fullmatch(name) is not None


def _container(name: str, instruction: Instruction, training: TrainingPolicy) -> Json:
    template = training.pod_template.spec.container
    return {
        "name": name,
        "image": instruction.image,
        "env": [
            {"name": ORDER_VARIABLE, "value": _literal(instruction.document)},
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
        # The last line that a failing container writes is the reason, which ends up in the pod's status.
        "terminationMessagePolicy": "FallbackToLogsOnError",
    }


def _resources(training: TrainingPolicy) -> Json:
    # Limits equal requests: a full node first evicts pods that use more than they requested.
    own = {"cpu": training.cpu, "memory": training.memory}
    gpus = {GPU: str(training.gpus)} if training.gpus else {}
    extra = training.pod_template.spec.container.resources
    return {"requests": own | gpus | extra.requests, "limits": own | gpus | extra.limits}


def _literal(text: str) -> str:
    """Kubernetes expands $(NAME) and $$ in values; doubled dollar signs arrive unchanged."""
    return text.replace("$", "$$")
