"""Puts a model's policy in force."""

from ..domain.policy import AppliedPolicy, Policy
from ..ports import Ports


def apply_policy(policy: Policy, actor: str, ports: Ports) -> AppliedPolicy:
    """Store a policy as the next version; the one in force, applied again, makes no new version."""
    return ports.policies.apply(policy, actor, ports.clock.now())
