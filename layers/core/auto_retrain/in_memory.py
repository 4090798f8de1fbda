"""What is outside of a pipeline in memory, played by a notebook: metrics, training, scoring, and the time."""

import json
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from .bootstrap import memory_ports
from .comparison.answer_columns import CHALLENGER, CHAMPION, LABEL, feature_columns, prediction_files_of
from .comparison.prediction_files import parse_predictions
from .domain.data_check import DataCheck, DataSummary, Power, WindowSummary
from .domain.digest import sha256_of
from .domain.errors import JobUnknown
from .domain.files import artifact_digest, file_list
from .domain.job import RetrainingJob
from .domain.layouts import IN_FOLDERS, Layout
from .domain.messages.ending import ClosingRequest
from .domain.messages.promoting import ReviewOrder
from .domain.messages.references import JobReference
from .domain.messages.training import StepOrder
from .domain.messages.triggering import ExecutionStarted
from .domain.metric_reading import MetricReading
from .domain.names import JobKind
from .domain.policy.data import DataPolicy
from .domain.results import PredictionFile
from .domain.validation import ValidationResult
from .ports import Ports
from .usecases.data.listing import objects_of
from .usecases.ending.close_job import close_job
from .usecases.lookup import policy_of
from .usecases.promoting.await_review import await_review
from .usecases.training.start_job import start_job
from .usecases.triggering.check_triggers import check_triggers
from .usecases.triggering.detect_drift import detect_drift
from .usecases.validating.validate_model import validate_model

_NOT_PREDICTED = Power(chance=None, reason="not predicted: training is played in memory")


class InMemory:
    """The world of a pipeline in memory. The rules are those of a deployment; only what feeds them is played.

    An execution decides at once whether to retrain. Training and scoring happen where the notebook wants them:
    `score_job` takes the predictions, and `end_job` ends the job.
    """

    def __init__(self, at: Any = None) -> None:
        self._ports = memory_ports(at)
        self._ports.executions.play = self._decide

    @property
    def ports(self) -> Ports:
        return self._ports

    def advance(self, **time: float) -> None:
        """Let time pass, such as `days=1`."""
        self._ports.clock.advance(timedelta(**time))

    def publish_metric(self, model_name: str, value: float, rows: int | None = None, points: int = 30) -> None:
        """Publish a metric of the evaluation window, worked out from so many labelled rows, if it counts rows."""
        reading = MetricReading(value=value, rows=rows, points=points, newest_at=self._ports.clock.now())
        self._ports.metrics.readings[model_name] = reading

    def publish_data(self, model_name: str, day: date, columns: Any) -> None:
        """Publish the rows of a day, as a data frame or a mapping of arrays with the features of the policy.

        Raises ArtifactInvalid naming a feature that is missing.
        """
        data = policy_of(model_name, self._ports).policy.data
        features = {name: list(columns[name]) for name in data.features if name in columns}
        self._add_object(data, day, json.dumps([str(day), features], default=str).encode(), columns)

    def score_job(self, job_id: str, columns: Any, metrics: Mapping[str, float] | None = None) -> ValidationResult:
        """Give the predictions of a job's challenger and of the champion, and validate the challenger by them.

        A job that was started with `review` then waits for one, which `approve` gives.
        `columns` is a data frame or a mapping of arrays: `row_id`, `label`, `challenger` and, once there is a champion,
        `champion`. A column for a champion of which nothing is known makes it known. `metrics` are what training
        logged, for information.

        Raises:
            JobUnknown: there is no such job.
            ArtifactInvalid: a column cannot be used; the message names it.
        """
        job = self._job(job_id)
        data = policy_of(job.model_name, self._ports).policy.data
        champion = self._champion_for(job.model_name, columns)
        number = str(self._versions_of(job.model_name) + 1)
        columns_by_version = {number: CHALLENGER} | ({champion: CHAMPION} if champion else {})
        contents = prediction_files_of(columns, columns_by_version, data)
        rows = len(columns[LABEL])
        self._give_data(job, contents[number], data)
        self._start(job_id, "train")
        self._train(job_id, number, rows, dict(metrics or {}))
        self._start(job_id, "score")
        self._leave_scores(job_id, number, contents, rows, data)
        outcome = validate_model(JobReference(job_id=job_id), self._ports)
        if outcome.next == "review":
            await_review(ReviewOrder(job_id=job_id, task_token=f"{job_id}-review"), self._ports)
        result = self._job(job_id).validation
        assert result is not None
        return result

    def end_job(self, job_id: str, error: str | None = None) -> RetrainingJob:
        """End a job as its execution would: with what became of it, or with an error; ended again, it stays the same.

        Raises JobUnknown if there is no such job.
        """
        job = self._job(job_id)
        state: dict[str, Any] = {"decision": {"job_id": job_id}}
        if error:
            state["error"] = {"Error": "TrainingFailed", "Cause": error}
        close_job(ClosingRequest(execution_arn=job.execution_arn, state=state), self._ports)
        return self._job(job_id)

    def _decide(self, execution_arn: str, event: Mapping[str, Any]) -> None:
        decision = check_triggers(ExecutionStarted(event=dict(event), execution_arn=execution_arn), self._ports)
        if decision.next == "detect_drift":
            detect_drift(decision, self._ports)

    def _job(self, job_id: str) -> RetrainingJob:
        job = self._ports.jobs.get(job_id)
        if job is None:
            raise JobUnknown(f"there is no job '{job_id}'")
        return job

    def _champion_for(self, model_name: str, columns: Any) -> str | None:
        champion = self._ports.registry.champion(model_name)
        if champion is None and CHAMPION in columns:
            champion = "1"
            self._ports.registry.register(model_name, champion)
            self._ports.registry.set_champion(model_name, champion)
        return champion

    def _versions_of(self, model_name: str) -> int:
        number = 0
        while self._ports.registry.version_tags(model_name, str(number + 1)) is not None:
            number += 1
        return number

    def _give_data(self, job: RetrainingJob, rows: bytes, data: DataPolicy) -> None:
        """An object without rows in each window that holds none: a job without any data would not begin."""
        for window in (job.windows.training, job.windows.holdout):
            if not objects_of(data, window, self._ports):
                self._add_object(data, window.start, rows, {name: [] for name in data.features})
        if data.labels:
            start, name = job.windows.holdout.start, f"{job.job_id}.{data.labels.format}"
            self._ports.data.add_partition(data.labels.prefix, start, rows, name, Layout(data.labels.layout))

    def _add_object(self, data: DataPolicy, day: date, content: bytes, columns: Any) -> None:
        name = f"{sha256_of(content)[:16]}.{data.format}"
        layout = data.layout if data.layout in IN_FOLDERS else Layout.DATE
        uri = self._ports.data.add_partition(data.prefix, day, content, name, layout)
        self._ports.tables.by_uri[uri] = feature_columns(columns, data)

    def _start(self, job_id: str, kind: JobKind) -> None:
        start_job(StepOrder(job_id=job_id, kind=kind, task_token=f"{job_id}-{kind}"), self._ports)

    def _train(self, job_id: str, number: str, rows: int, metrics: dict[str, float]) -> None:
        job = self._job(job_id)
        registry, run_id = self._ports.registry, f"run-of-{job_id}"
        registry.start_run(run_id)
        registry.register(job.model_name, number, run_id=run_id, job_id=job_id)
        files = registry.version_files(job.model_name, number)
        uri = self._ports.data.write(f"{job.output_of('train')}files.json", file_list(files))
        about = {"model_version": number, "run_id": run_id, "rows": rows, "metrics": metrics}
        self._leave(job, "train", **about, artifacts_uri=uri, artifact_sha256=artifact_digest(files))

    def _leave_scores(self, job_id: str, number: str, contents: dict[str, bytes], rows: int, data: DataPolicy) -> None:
        job = self._job(job_id)
        files: dict[str, PredictionFile] = {}
        for version, content in contents.items():
            uri = self._ports.data.write(f"{job.output_of('score')}{version}.npz", content)
            files[version] = PredictionFile(uri=uri, sha256=sha256_of(content), rows=rows)
        answers = parse_predictions(contents[number], files[number], data)
        window = WindowSummary(
            rows=answers.rows,
            labelled=answers.rows,
            repeated_ids=0,
            missing_ids=0,
            distinct_labels=min(len(set(answers.labels.tolist())), 3),
        )
        summary = DataSummary(training=window, holdout=window, overlap=0)
        checked = DataCheck(summary=summary, holdout=answers.digests(), power=_NOT_PREDICTED)
        self._ports.jobs.save(job.checked(checked))
        versions = job.challengers | ({job.champion.number: job.champion} if job.champion else {})
        digests = {version: each.files.artifact_sha256 for version, each in versions.items()}
        predictions = {version: file.model_dump() for version, file in files.items()}
        self._leave(job, "score", predictions=predictions, versions=digests)

    def _leave(self, job: RetrainingJob, kind: JobKind, **fields: Any) -> None:
        about = {"schema_version": 1, "kind": kind, "job_id": job.job_id, "manifest_sha256": job.manifest_sha256}
        self._ports.data.write(f"{job.output_of(kind)}result.json", json.dumps(about | fields).encode())
