"""How a model is trained, and where in the cluster."""

import re
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from ..base import Parameters, StrictRecord
from .pod_template import DnsLabel, LabelValue, PodTemplate

EntryPoint = Annotated[str, Field(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")]
Quantity = Annotated[str, Field(pattern=r"^[1-9][0-9]*(m|Mi|Gi)?$")]
# A repository with an optional tag and digest.
Image = Annotated[str, Field(pattern=r"^[a-z0-9][a-zA-Z0-9._:/-]*(@sha256:[0-9a-f]{64})?$", max_length=512)]
# A state of the machine waits an hour longer.
LONGEST_DEADLINE_MINUTES = 1440
_PINNED = re.compile(r".+@sha256:[0-9a-f]{64}")


class Capacity(StrEnum):
    """What a pod's node is paid as, on Karpenter's nodes and on those of managed groups alike."""

    ANY = "any"
    ON_DEMAND = "on_demand"
    SPOT = "spot"
    SPOT_PREFERRED = "spot_preferred"


class TrainingPolicy(StrictRecord):
    """How the Kubernetes Job trains."""

    trainer: EntryPoint | None = Field(default=None, description="module:function; none: the default trainer")
    namespace: DnsLabel | None = Field(default=None, description="one of the deployment's namespaces; none: its first")
    image: Image | None = Field(default=None, description="none: the image of the deployment")
    parameters: Parameters = Field(default_factory=dict, description="training parameters, passed to the trainer")
    seed: int = Field(default=0, ge=0, lt=2**32, description="passed to the trainer, for repeatable results")
    deadline_minutes: int = Field(
        default=120, ge=1, le=LONGEST_DEADLINE_MINUTES, description="time after which a Kubernetes Job is ended"
    )
    retries: int = Field(
        default=2, ge=0, le=10, description="new pods after failures of the program; a lost node does not count"
    )
    cpu: Quantity = Field(default="1", description="such as 2 or 500m; requested, and also the limit")
    memory: Quantity = Field(default="2Gi", description="such as 4Gi; requested, and also the limit")
    gpus: int = Field(default=0, ge=0, le=16, description="NVIDIA GPUs")
    capacity: Capacity = Field(default=Capacity.ANY, description="which nodes, by how they are paid")
    batched: bool = Field(
        default=False, description="share a Kubernetes Job with other models that have the same needs"
    )
    pods_at_once: int = Field(default=4, ge=1, le=20, description="of one Kubernetes Job, for variants or a batch")
    priority: int = Field(
        default=0, ge=0, le=100, description="higher goes first where Kubernetes Jobs wait for a place"
    )
    queue: Annotated[LabelValue, Field(min_length=1)] | None = Field(default=None, description="LocalQueue of Kueue")
    pod_template: PodTemplate = PodTemplate()

    @model_validator(mode="after")
    def _says_once_which_nodes(self) -> Self:
        if self.capacity is not Capacity.ANY and self.pod_template.spec.affinity is not None:
            raise ValueError("capacity: is a node affinity itself; give either it or pod_template.spec.affinity")
        return self


def is_pinned(image: str) -> bool:
    """Whether an image is named by its digest, so that it is the same one for ever."""
    return _PINNED.fullmatch(image) is not None
