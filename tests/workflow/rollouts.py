"""A canary through the real state machine: the test sends its requests, and says how much time passes."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from auto_retrain.domain.job import RetrainingJob
from auto_retrain.domain.prediction_log import default_prefix, partition_of
from auto_retrain.domain.rollout import Rollout
from auto_retrain.domain.serving import ServingRecord
from local.serving.passing_time import let_pass
from tests.workflow.world import PATIENCE_SECONDS, Ended, World

CANARY = {
    "strategy": "canary",
    "traffic": {"adapter": "router"},
    "weights": [10, 50],
    "bake_minutes": 30,
    "min_requests": 1000,
}

A_BAKE = timedelta(minutes=31)


class Canary:
    """A model with a champion, and a better version that is rolling out."""

    def __init__(self, world: World, **deployment: Any) -> None:
        self.world = world
        self.model = world.given_model()
        world.given_champion(self.model, accuracy=0.88)
        world.given_model(self.model, deployment={**CANARY, **deployment})
        event = {"model_name": self.model, "actor": "tests", "reason": "a canary", "force": True}
        self.arn = world.start({**event, "event_time": "2026-03-01T12:00:00Z", "parameters": {"accuracy": 0.95}})
        world.wait_for("the first step", lambda: self.rollout is not None)

    @property
    def record(self) -> ServingRecord:
        return self.world.ledger.serving(self.model)

    @property
    def rollout(self) -> Rollout | None:
        return self.record.rollout

    @property
    def champion(self) -> str | None:
        champion = self.record.champion
        return champion.version.number if champion else None

    @property
    def weight(self) -> int | None:
        rollout = self.rollout
        return rollout.weight if rollout else None

    def wait_for_weight(self, weight: int) -> None:
        """Wait until the challenger gets this share, and its execution waits for the next step."""

        def is_there() -> bool:
            rollout = self.rollout
            return rollout is not None and rollout.weight == weight and rollout.task_token is not None

        self.world.wait_for(f"a weight of {weight} %", is_there)

    def wait_for_the_end(self) -> Ended:
        self.world.wait_for("the end of the rollout", lambda: self.rollout is None)
        self.world.stack.wait_until_idle(PATIENCE_SECONDS)
        return self.world.ended(self.arn)

    def bake(self, requests: int) -> None:
        """Let the time of a step pass, in which it has these requests."""
        self.let_pass(A_BAKE)
        self.answer(requests)

    def answer(self, requests: int, errors: dict[str, int] | None = None) -> None:
        """Log requests, divided as the weight says; some of a version's are errors."""
        rollout, at = self.rollout, datetime.now(UTC)
        assert rollout is not None
        challenger = rollout.challenger.number
        shares = {challenger: rollout.weight, self.champion or "": 100 - rollout.weight}
        failed = errors or {}
        rows = [
            self._row(rollout, version, number < failed.get(version, 0), at)
            for version, share in shares.items()
            for number in range(requests * share // 100)
        ]
        self._write(rows, at)

    def wait_for_a_look(self, requests: int) -> None:
        """Wait until so many requests of the champion have been counted; what is seen first sets the usual rates."""

        def was_seen() -> bool:
            evidence = self.world.ledger.evidence(self.model)
            return evidence is not None and evidence.counts.champion.requests >= requests

        self.world.wait_for("a look", was_seen)

    def let_pass(self, time: timedelta) -> None:
        """Let everything about the rollout have happened this much earlier."""
        let_pass(self.world.ledger, self.model, time)

    def _row(self, rollout: Rollout, version: str, is_error: bool, at: datetime) -> dict[str, Any]:
        return {
            "prediction_id": uuid4().hex,
            "predicted_at": at.isoformat(),
            "model": self.model,
            "version": version,
            "served": True,
            "prediction": None if is_error else "1",
            "arm": "challenger" if version == rollout.challenger.number else "champion",
            "rollout_id": rollout.job_id,
            "step": rollout.step,
            "latency_ms": 12.5,
            "error": "out of memory" if is_error else None,
            "schema_version": 1,
        }

    def _write(self, rows: list[dict[str, Any]], at: datetime) -> None:
        content = gzip.compress("".join(f"{json.dumps(row)}\n" for row in rows).encode())
        key = f"{default_prefix(self.model)}/{partition_of(at)}/part-{uuid4().hex}.jsonl.gz"
        self.world.stack.client("s3").put_object(Bucket=self.world.stack.data_bucket, Key=key, Body=content)

    @property
    def job(self) -> RetrainingJob:
        job = self.world.ended(self.arn).job
        assert job is not None
        return job
