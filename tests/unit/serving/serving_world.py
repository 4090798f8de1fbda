"""Serving records of one model, and a ledger that can be away."""

from collections.abc import Mapping

from auto_retrain.domain.deployment_ledger import LedgerLine
from auto_retrain.domain.errors import StoreUnavailable
from auto_retrain.domain.model_version import ModelVersion
from auto_retrain.domain.rollout import RolledBack, Rollout
from auto_retrain.domain.serving import ServingRecord
from tests.unit.builders import NOON, a_policy


def a_record(
    weight: int | None = None,
    *,
    mirror_share: int = 0,
    job: str = "churn-1",
    bad: tuple[str, ...] = (),
    revision: int = 1,
) -> ServingRecord:
    """Version 1 serves; with a weight, version 2 rolls out."""
    line = LedgerLine(
        model_name="churn",
        sequence=1,
        change="adopted",
        version=ModelVersion(number="1"),
        reason="it served",
        job_id=None,
        windows=None,
        previous_version=None,
        deployed_at=NOON,
    )
    rollout = None
    if weight is not None:
        rollout = Rollout(
            job_id=job,
            challenger=ModelVersion(number="2"),
            deployment=a_policy().deployment,
            policy_version=1,
            started_at=NOON,
            weight=weight,
            mirror_share=mirror_share,
            since=NOON,
        )
    taken_back = tuple(RolledBack(version=version, reason="errors", at=NOON) for version in bad)
    return ServingRecord(
        model_name="churn", revision=revision, sequence=1, champion=line, rollout=rollout, rolled_back=taken_back
    )


class Ledger:
    """The part of the ledger that a Router reads."""

    def __init__(self, record: ServingRecord) -> None:
        self.record = record
        self.error: Exception | None = None
        self.reads = 0

    def serving(self, model_name: str) -> ServingRecord:
        self.reads += 1
        if self.error:
            raise self.error
        return self.record


class Files:
    """PredictionFiles in a dictionary, which can be away."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.about: list[dict[str, str]] = []
        self.failures = 0

    def put(self, key: str, content: bytes, about: Mapping[str, str]) -> None:
        if self.failures:
            self.failures -= 1
            raise StoreUnavailable("S3 is away")
        self.files[key] = content
        self.about.append(dict(about))
