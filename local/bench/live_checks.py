"""What one look at a rollout costs, with all its checks and nothing but the analysis."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

from auto_retrain.analysis import analyse
from auto_retrain.domain.live import SCORE_BINS, ArmCounts, LiveCounts
from auto_retrain.domain.model_version import ModelVersion
from auto_retrain.domain.policy.analysis import AnalysisPolicy
from auto_retrain.domain.policy.deployment import CanaryDeployment
from auto_retrain.domain.policy.traffic import RouterTarget
from auto_retrain.domain.rollout import Rollout
from local.bench.figure import Figure

LOOKS = 1_440
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ON = {"enabled": True}
POLICY = AnalysisPolicy.model_validate({"agreement": ON, "business_metric": ON, "prediction_drift": ON})


def measure() -> list[Figure]:
    """A day with a look a minute; the counts are made before the clock starts."""
    rollout = Rollout(
        job_id="bench-1",
        challenger=ModelVersion(number="2"),
        deployment=CanaryDeployment(strategy="canary", traffic=RouterTarget(adapter="router")),
        policy_version=1,
        started_at=NOON,
        since=NOON,
        weight=10,
    )
    looks, evidence = list(counted()), None
    start = time.perf_counter()
    for counts in looks:
        evidence = analyse(POLICY, rollout, evidence, counts, NOON)
    milliseconds = (time.perf_counter() - start) / LOOKS * 1000
    assert evidence is not None
    size = len(evidence.model_dump_json()) / 1000
    return [Figure("a look at a rollout, six checks", milliseconds, "ms", 5, f"{size:.0f} kB of evidence are kept")]


def counted() -> Iterator[LiveCounts]:
    """A hundred requests a minute."""
    for minute in range(1, LOOKS + 1):
        yield LiveCounts(champion=_arm(90 * minute), challenger=_arm(10 * minute), newest_at=NOON)


def _arm(requests: int) -> ArmCounts:
    return ArmCounts(
        requests=requests,
        errors=requests // 100,
        latencies=dict.fromkeys(range(30, 60), requests // 30),
        mature=requests,
        labelled=requests,
        good=requests * 9 // 10,
        scores=(requests // SCORE_BINS,) * SCORE_BINS,
        business=float(requests),
        business_squares=2.0 * requests,
        business_rows=requests,
    )
