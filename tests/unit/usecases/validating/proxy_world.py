"""A model whose trigger asks for a training again and again, and proxies that are as good as a test says."""

from datetime import datetime, timedelta
from typing import Any

import numpy as np

from auto_retrain.domain.data_check import DataSummary, WindowSummary
from auto_retrain.domain.digest import sha256_of
from auto_retrain.domain.job import RetrainingJob
from auto_retrain.domain.messages.references import JobReference
from auto_retrain.domain.messages.training import ProxyOutcome
from auto_retrain.domain.metric_reading import MetricReading
from auto_retrain.usecases.foreseeing.proxy_plan import plan_proxy
from auto_retrain.usecases.validating.judge_proxy import judge_proxy
from tests.unit.builders import NOON, a_policy
from tests.unit.usecases.world import World, predictions

ROWS = 3000
TRAINING_ROWS = 40_000
TRIGGERS = {
    "enabled": ["performance_degradation"],
    "evaluation_window_days": 5,
    "training_window_days": 10,
    "cool_down_hours": 24,
    "max_back_off_days": 7,
    "daily_cap": 10,
    "monthly_cap": 200,
}


def answers(accuracy: float, seed: int) -> bytes:
    """Right on the easy rows, whichever version answers, and a few mistakes of its own."""
    random = np.random.default_rng(1)
    hard = random.permutation(ROWS) / ROWS
    own = np.random.default_rng(seed).random(ROWS) < 0.01
    return predictions((hard > 1 - accuracy) ^ own)


class ProxyWorld(World):
    """The metric in production is always beyond its threshold."""

    def __init__(self, proxy: dict[str, Any] | None = None, **policy: Any) -> None:
        training = {"proxy": {"rows": 5000, **(proxy or {})}, **policy.pop("training", {})}
        super().__init__(a_policy(triggers=TRIGGERS, training=training, **policy))
        for day in range(400):
            self.ports.data.add_partition("churn", NOON.date() + timedelta(days=day), f"day {day} later".encode())
        self.jobs: list[RetrainingJob] = []

    def given_champion(self, accuracy: float) -> None:
        """Version 1, promoted by a retraining that a person asked for."""
        job_id = self.open()
        self.start(job_id, "train")
        self.train(job_id, "1")
        self.start(job_id, "score")
        self.leave_scores(job_id, v1=answers(accuracy, 1))
        assert self.validate(job_id).next == "deploy"
        self.deploy(job_id)
        self.close(decision={"job_id": job_id})

    def triggered(self, at: datetime) -> str | None:
        """Let the sweep's check come; the id of the job that it opens, if nothing holds it back."""
        self.ports.clock.advance(at - self.ports.clock.now())
        self.ports.metrics.readings["churn"] = MetricReading(value=0.8, rows=ROWS, points=30, newest_at=at)
        event = {"model_name": "churn", "trigger_type": "performance_degradation", "event_time": at.isoformat()}
        return self.check(event, f"arn:{at}").job_id

    def planned(self, job_id: str, training_rows: int = TRAINING_ROWS) -> RetrainingJob:
        """Do what the data check does: freeze the rows and plan a proxy."""
        self.freeze_holdout(job_id, answers(0.9, 1))
        job = self.job(job_id)
        check = job.data_check
        assert check is not None
        training = WindowSummary(
            rows=training_rows, labelled=training_rows, repeated_ids=0, missing_ids=0, distinct_labels=2
        )
        summary: DataSummary = check.summary.changed(training=training)
        plan = plan_proxy(job, self.policy, summary, self.ports)
        return self.ports.jobs.save(job.checked(check.changed(summary=summary, proxy=plan)))

    def proxied(self, job_id: str, champion: float, half: float, whole: float, **changes: Any) -> ProxyOutcome:
        """Order a proxy, do what its container does, and judge it."""
        self.start(job_id, "proxy")
        self.leave_proxies(job_id, champion, half, whole, **changes)
        return self.judge(job_id)

    def leave_proxies(self, job_id: str, champion: float, half: float, whole: float, **changes: Any) -> None:
        job = self.job(job_id)
        assert job.champion is not None
        proxies = [
            {"rows": 2500 * (number + 1), "predictions": self._file(job, f"proxy-{number}", accuracy, 10 + number)}
            for number, accuracy in enumerate((half, whole))
        ]
        number = job.champion.number
        fields: dict[str, Any] = {
            "proxies": proxies,
            "predictions": {number: self._file(job, number, champion, 1)},
            "versions": {number: job.champion.files.artifact_sha256},
            "use": {"seconds": 12.0, "stored_bytes": 1000},
        }
        self.leave_result(job_id, "proxy", **fields | changes)

    def _file(self, job: RetrainingJob, name: str, accuracy: float, seed: int) -> dict[str, Any]:
        content = answers(accuracy, seed)
        uri = self.ports.data.write(f"{job.output_of('proxy')}{name}.npz", content)
        return {"uri": uri, "sha256": sha256_of(content), "rows": ROWS}

    def judge(self, job_id: str) -> ProxyOutcome:
        return judge_proxy(JobReference(job_id=job_id), self.ports)

    def end(self, job_id: str) -> RetrainingJob:
        self.close(self.job(job_id).execution_arn, decision={"job_id": job_id})
        return self.job(job_id)
