"""Builders of rollouts and their counts, and drawn requests, for the tests of live checks."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import numpy as np

from auto_retrain.analysis import analyse
from auto_retrain.domain.analysis import RolloutEvidence
from auto_retrain.domain.live import ArmCounts, LiveCounts, PairedCounts
from auto_retrain.domain.model_version import ModelVersion
from auto_retrain.domain.policy.analysis import AnalysisPolicy
from auto_retrain.domain.policy.deployment import CanaryDeployment
from auto_retrain.domain.policy.traffic import RouterTarget
from auto_retrain.domain.rollout import Rollout
from auto_retrain.domain.verdict import Verdict

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DEFAULT = AnalysisPolicy()


def a_rollout(weight: int = 10, **changes: Any) -> Rollout:
    """A canary of version 18 that began at noon."""
    fields: dict[str, Any] = {
        "job_id": "churn-1",
        "challenger": ModelVersion(number="18"),
        "deployment": CanaryDeployment(strategy="canary", traffic=RouterTarget(adapter="router")),
        "policy_version": 1,
        "started_at": NOON,
        "since": NOON,
        "weight": weight,
    }
    return Rollout(**{**fields, **changes})


CANARY, SHADOW = a_rollout(), a_rollout(0, mirror_share=100)


def counts(
    champion: dict[str, Any] | None = None,
    challenger: dict[str, Any] | None = None,
    paired: dict[str, Any] | None = None,
    **more: Any,
) -> LiveCounts:
    """Counts of a step; 9,000 and 1,000 requests unless others are given."""
    return LiveCounts(
        champion=ArmCounts(**{"requests": 9000, "errors": 90, **(champion or {})}),
        challenger=ArmCounts(**{"requests": 1000, "errors": 10, **(challenger or {})}),
        paired=PairedCounts(**(paired or {})),
        newest_at=NOON,
        **more,
    )


def look(
    *seen: LiveCounts, policy: AnalysisPolicy = DEFAULT, rollout: Rollout = CANARY, at: datetime = NOON
) -> RolloutEvidence:
    """The evidence after looks at these counts, one after the other."""
    evidence = None
    for each in seen:
        evidence = analyse(policy, rollout, evidence, each, at)
    assert evidence is not None
    return evidence


def verdict(evidence: RolloutEvidence, check: str) -> Verdict:
    """The verdict of a check, which must have given one."""
    (one,) = [each for each in evidence.analysis.verdicts if each.check == check]
    return one


def drawn(
    random: np.random.Generator, rates: tuple[float, float], looks: int, requests: tuple[int, int]
) -> Iterator[LiveCounts]:
    """Counts at each look, when so many requests come to both arms between looks and fail at these rates."""
    errors = np.cumsum(random.binomial(requests, rates, (looks, 2)), axis=0).tolist()
    for number, (champion, challenger) in enumerate(errors, start=1):
        yield LiveCounts(
            champion=ArmCounts(requests=number * requests[0], errors=champion),
            challenger=ArmCounts(requests=number * requests[1], errors=challenger),
            newest_at=NOON,
        )
