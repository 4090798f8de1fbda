"""What is asked of a cluster, and what is seen there."""

from enum import StrEnum

from pydantic import Field, JsonValue

from .base import Record, UtcTime
from .names import JobKind


class JobOrder(Record):
    """The whole order that a training container gets; it holds no secret."""

    schema_version: int = 1
    kind: JobKind
    job_id: str
    model_name: str
    manifest_uri: str
    manifest_sha256: str
    output_uri: str
    mlflow_tracking_uri: str
    seed: int
    parameters: dict[str, JsonValue] = Field(default_factory=dict)
    trainer: str | None = None
    image: str | None = None
    versions: dict[str, str | None] = Field(default_factory=dict, description="to be scored, with their digests")
    min_label_share: float = 0.0


class ClusterJobPhase(StrEnum):
    """Where a Kubernetes Job stands: held back, under way, or ended for good or bad."""

    SUSPENDED = "suspended"
    ACTIVE = "active"
    COMPLETE = "complete"
    FAILED = "failed"


class ClusterJob(Record):
    """One Kubernetes Job of ours, as listed; `reason` is the cluster's word for how it ended."""

    name: str
    namespace: str
    job_id: str
    kind: str
    phase: ClusterJobPhase
    created_at: UtcTime
    started_at: UtcTime | None = Field(default=None, description="not while it is suspended")
    deadline_at: UtcTime | None = None
    deleted_at: UtcTime | None = Field(default=None, description="when somebody asked for its deletion")
    ready_pods: int = 0
    reason: str | None = None


class Obstacle(Record):
    """Why a Kubernetes Job gets no running pod, since when, and whether waiting may help."""

    reason: str
    since: UtcTime
    may_pass: bool
