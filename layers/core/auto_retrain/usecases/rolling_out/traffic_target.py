"""Which target routes the requests of a model."""

from ...domain.policy.policy import AppliedPolicy
from ...domain.policy.traffic import AliasTarget, TrafficTarget
from ...domain.serving import ServingRecord


def target_of(record: ServingRecord, applied: AppliedPolicy | None) -> TrafficTarget:
    """The target with which the rollout began, or that of the newest policy."""
    if record.rollout:
        return record.rollout.deployment.traffic
    return applied.policy.deployment.traffic if applied else AliasTarget()
