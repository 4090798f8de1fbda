"""How a model is trained, and where in the cluster."""

import re
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from ..base import Parameters, StrictRecord
from .pod_template import DnsLabel, LabelValue, PodTemplate
from .proxy import ProxyPolicy, Quantity

EntryPoint = Annotated[str, Field(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")]
# A repository with an optional tag and digest.
Image = Annotated[str, Field(pattern=r"^[a-z0-9][a-zA-Z0-9._:/-]*(@sha256:[0-9a-f]{64})?$", max_length=512)]
# The state that waits for the Job lasts an hour longer.
MAX_DEADLINE_MINUTES = 1440
MAX_WORKERS = 64
_PINNED = re.compile(r".+@sha256:[0-9a-f]{64}")


class Capacity(StrEnum):
    """How a pod's node is paid for, both with Karpenter and with managed node groups."""

    ANY = "any"
    ON_DEMAND = "on_demand"
    SPOT = "spot"
    SPOT_PREFERRED = "spot_preferred"


class TrainingPolicy(StrictRecord):
    """How Kubernetes Jobs train the model."""

    trainer: EntryPoint | None = Field(default=None, description="module:function; none: the default trainer")
    namespace: DnsLabel | None = Field(default=None, description="one of the deployment's namespaces; none: the first")
    image: Image | None = Field(default=None, description="container image; none: the deployment's image")
    parameters: Parameters = Field(default_factory=dict, description="training parameters, passed to the trainer")
    seed: int = Field(default=0, ge=0, lt=2**32, description="random seed, passed to the trainer")
    deadline_minutes: int = Field(
        default=120, ge=1, le=MAX_DEADLINE_MINUTES, description="time after which a Kubernetes Job is stopped"
    )
    retries: int = Field(
        default=2,
        ge=0,
        le=10,
        description="retries if the program fails; a lost node does not count; none where several workers train",
    )
    workers: int = Field(
        default=1, ge=1, le=MAX_WORKERS, description="pods that train one model together, and can reach each other"
    )
    cpu: Quantity = Field(default="1", description="such as 2 or 500m; both request and limit")
    memory: Quantity = Field(default="2Gi", description="such as 4Gi; both request and limit")
    gpus: int = Field(default=0, ge=0, le=16, description="number of NVIDIA GPUs")
    capacity: Capacity = Field(default=Capacity.ANY, description="kind of nodes, by how they are paid for")
    batched: bool = Field(
        default=False, description="share a Kubernetes Job with other models that have the same needs"
    )
    pods_at_once: int = Field(
        default=4, ge=1, le=20, description="parallel pods of one Kubernetes Job, for variants, parts or a batch"
    )
    priority: int = Field(
        default=0, ge=0, le=100, description="higher goes first when Kubernetes Jobs wait for a free slot"
    )
    queue: Annotated[LabelValue, Field(min_length=1)] | None = Field(default=None, description="LocalQueue of Kueue")
    proxy: ProxyPolicy | None = Field(default=None, description="none: no proxy is trained")
    pod_template: PodTemplate = Field(default_factory=PodTemplate.as_default)

    @model_validator(mode="after")
    def _chooses_nodes_in_one_place(self) -> Self:
        if self.capacity is not Capacity.ANY and self.pod_template.spec.affinity is not None:
            raise ValueError("capacity: is itself a node affinity; set either it or pod_template.spec.affinity")
        return self

    @model_validator(mode="after")
    def _workers_start_together(self) -> Self:
        if self.workers > 1 and self.batched:
            raise ValueError(f"workers = {self.workers}: a batch has one pod for each model; set batched: false")
        if self.workers > 1 and self.proxy:
            raise ValueError(f"workers = {self.workers}: a proxy is trained by one pod; leave out training.proxy")
        return self

    @property
    def of_proxy(self) -> Self:
        """The same for the Kubernetes Job of a proxy, which has its own needs and shares no Kubernetes Job."""
        rules = self.proxy or ProxyPolicy()
        return self.changed(
            cpu=rules.cpu or self.cpu,
            memory=rules.memory or self.memory,
            gpus=self.gpus if rules.gpus is None else rules.gpus,
            deadline_minutes=min(rules.deadline_minutes, self.deadline_minutes),
            batched=False,
        )


def is_pinned(image: str) -> bool:
    """Whether an image is named by its digest, and so always the same image."""
    return _PINNED.fullmatch(image) is not None
