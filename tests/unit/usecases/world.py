"""A model with a policy, all ports in memory, and the steps of a retraining as functions."""

import io
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import rfc8785

from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.comparison.holdout import digest_rows
from auto_retrain.domain.data_check import DataCheck, DataSummary, Power, WindowSummary
from auto_retrain.domain.digest import sha256_of
from auto_retrain.domain.files import artifact_digest
from auto_retrain.domain.job import RetrainingJob
from auto_retrain.domain.messages.ending import ClosingOutcome, ClosingRequest
from auto_retrain.domain.messages.promoting import DeploymentOutcome, ValidationOutcome
from auto_retrain.domain.messages.references import JobReference
from auto_retrain.domain.messages.training import StepOrder, StepStarted
from auto_retrain.domain.messages.triggering import ExecutionStarted, TriggerDecision
from auto_retrain.domain.policy.policy import Policy
from auto_retrain.usecases.ending.close_job import close_job
from auto_retrain.usecases.promoting.deploy_model import deploy_model
from auto_retrain.usecases.training.start_job import start_job
from auto_retrain.usecases.triggering.check_triggers import check_triggers
from auto_retrain.usecases.validating.validate_model import validate_model
from tests.unit.builders import NOON, a_policy

EXECUTION = "arn:aws:states:eu-central-1:123456789012:execution:retraining:one"
MANUAL = {"model_name": "churn", "actor": "ada", "reason": "new labels", "event_time": NOON.isoformat()}


class World:
    """Ports in memory, with data for every day of the windows."""

    def __init__(self, policy: Policy | None = None) -> None:
        self.ports = MemoryPorts()
        self.ports.clock.advance(NOON - self.ports.clock.now())
        self.policy = policy or a_policy(triggers={"evaluation_window_days": 5, "training_window_days": 10})
        self.ports.policies.apply(self.policy, "ada", self.ports.clock.now())
        for back in range(1, 31):
            self.ports.data.add_partition("churn", NOON.date() - timedelta(days=back), f"day {back}".encode())

    def check(self, event: dict[str, Any] | None = None, execution: str = EXECUTION) -> TriggerDecision:
        return check_triggers(ExecutionStarted(event=event or MANUAL, execution_arn=execution), self.ports)

    def open(self) -> str:
        decision = self.check()
        assert decision.job_id is not None
        return decision.job_id

    def start(self, job_id: str, kind: Any, token: str = "token") -> StepStarted:
        return start_job(StepOrder(job_id=job_id, kind=kind, task_token=token), self.ports)

    def train(self, job_id: str, version: str = "2", **result: Any) -> None:
        """Do what the container does: register a version and write a result."""
        self.ports.registry.register("churn", version, run_id="run", job_id=job_id)
        self.ports.registry.start_run("run")
        self.leave_result(
            job_id,
            "train",
            model_version=version,
            run_id="run",
            rows=100,
            metrics={"accuracy": 0.99},
            **self.artifacts(version, self.job(job_id).output_of("train")) | result,
        )

    def digest(self, version: str) -> str:
        """The digest of a version's current files."""
        return artifact_digest(self.ports.registry.version_files("churn", version))

    def artifacts(self, version: str, output: str) -> dict[str, str]:
        """What a result records about a version's current files."""
        files = self.ports.registry.version_files("churn", version)
        file_list = rfc8785.dumps({path: file.model_dump() for path, file in files.items()})
        uri = self.ports.data.write(f"{output}files-of-{version}.json", file_list)
        return {"artifacts_uri": uri, "artifact_sha256": artifact_digest(files)}

    def score(self, job_id: str, **correct: Any) -> None:
        """Write predictions; `correct` says for each version which rows it classifies correctly."""
        contents = {version: predictions(np.asarray(right, dtype=bool)) for version, right in correct.items()}
        self.leave_scores(job_id, **contents)

    def leave_scores(self, job_id: str, apart: bool = False, **contents: bytes) -> None:
        """Write prediction files by version, or those of a champion that is scored apart.

        The rows of the first one are those that were frozen, if none are yet.
        """
        if self.job(job_id).data_check is None:
            self.freeze_holdout(job_id, next(iter(contents.values())))
        job = self.job(job_id)
        versions = job.challengers | ({job.champion.number: job.champion} if job.champion else {})
        output = job.output_of_champion if apart else job.output_of("score")
        files, digests = {}, {}
        for name, content in contents.items():
            number = name.removeprefix("v")
            uri = self.ports.data.write(f"{output}{number}.npz", content)
            files[number] = {"uri": uri, "sha256": sha256_of(content), "rows": rows_in(content)}
            digests[number] = versions[number].files.artifact_sha256 if number in versions else None
        self.leave_result(job_id, "score", output, predictions=files, versions=digests)

    def freeze_holdout(self, job_id: str, content: bytes, rows_without_label: int = 0) -> None:
        """Do what the data check does: remember what the rows of the holdout are; those of a prediction file."""
        self.ports.jobs.save(self.job(job_id).checked(a_data_check(content, rows_without_label)))

    def leave_result(self, job_id: str, kind: Any, output: str | None = None, **fields: Any) -> None:
        job = self.job(job_id)
        about = {"schema_version": 1, "kind": kind, "job_id": job_id, "manifest_sha256": job.manifest_sha256}
        self.ports.data.write(f"{output or job.output_of(kind)}result.json", json.dumps(about | fields).encode())

    def validate(self, job_id: str) -> ValidationOutcome:
        return validate_model(JobReference(job_id=job_id), self.ports)

    def deploy(self, job_id: str) -> DeploymentOutcome:
        return deploy_model(JobReference(job_id=job_id), self.ports)

    def close(self, execution: str = EXECUTION, **state: Any) -> ClosingOutcome:
        return close_job(ClosingRequest(execution_arn=execution, state=state), self.ports)

    def job(self, job_id: str) -> RetrainingJob:
        job = self.ports.jobs.get(job_id)
        assert job is not None
        return job

    def give_champion(self, version: str = "1") -> None:
        self.ports.registry.register("churn", version)
        self.ports.registry.set_champion("churn", version)

    def scored_job(self, challenger: Any, champion: Any = None) -> str:
        """A job that is ready to be validated; each version's correct rows are given."""
        if champion is not None:
            self.give_champion()
        job_id = self.open()
        self.start(job_id, "train")
        self.train(job_id)
        self.start(job_id, "score")
        scores = {"v2": challenger} | ({"v1": champion} if champion is not None else {})
        self.score(job_id, **scores)
        return job_id


def rows_in(content: bytes) -> int:
    with np.load(io.BytesIO(content)) as arrays:
        return int(arrays["row_ids"].size)


def a_data_check(content: bytes, rows_without_label: int = 0) -> DataCheck:
    """What a check of the data would have stored, if the holdout had the rows of a prediction file."""
    with np.load(io.BytesIO(content)) as arrays:
        labels = arrays["classes"][arrays["labels"]] if "classes" in arrays else arrays["labels"]
        slices = {name.removeprefix("slice:"): arrays[name] for name in arrays if name.startswith("slice:")}
        digests = digest_rows(arrays["row_ids"], labels, arrays.get("entities"), slices)
    rows = WindowSummary(
        rows=labels.size + rows_without_label, labelled=labels.size, repeated_ids=0, missing_ids=0, distinct_labels=2
    )
    return DataCheck(
        summary=DataSummary(training=rows, holdout=rows, overlap=0),
        holdout=digests,
        power=Power(chance=None, reason="not predicted"),
    )


def predictions(
    right: np.ndarray,
    row_ids: list[str] | None = None,
    classes: Sequence[str] = ("no", "yes"),
    codes: tuple[int, int] = (0, 1),
) -> bytes:
    """A prediction file with alternating labels of two of the classes, correct in the given rows."""
    labels = np.arange(right.size, dtype=np.int32) % 2
    of_class = np.array(codes, dtype=np.int32)
    file = io.BytesIO()
    np.savez(
        file,
        row_ids=np.array(row_ids or [f"row-{number}" for number in range(right.size)]),
        labels=of_class[labels],
        predictions=of_class[np.where(right, labels, 1 - labels)],
        classes=np.array(classes),
    )
    return file.getvalue()


def rows(n: int, accuracy: float, first_wrong: int = 0) -> np.ndarray:
    """Which of n rows are correct; the wrong ones are consecutive, from `first_wrong` on."""
    right = np.ones(n, dtype=bool)
    wrong = n - round(n * accuracy)
    right[first_wrong : first_wrong + wrong] = False
    return right
