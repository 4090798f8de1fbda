"""Pages about a job that was really validated, in a world in memory."""

import io
from typing import Any

import numpy as np

from auto_retrain.domain.data_check import DataCheck, DataFinding, FeatureBins, Power
from auto_retrain.domain.messages.triggering import ExecutionStarted
from auto_retrain.domain.names import decision_name
from auto_retrain.usecases.triggering.check_triggers import check_triggers
from tests.unit.builders import a_policy
from tests.unit.usecases.world import MANUAL, World, a_data_check

NASTY = "<img src=x onerror=alert(1)>"
ROWS = 1000


def a_page(*, nasty: bool = False) -> str:
    """The report of a challenger that beats its champion, as it is stored."""
    world, job_id = validated_world(NASTY if nasty else "yes")
    return world.ports.data.read(f"s3://artifacts/jobs/{job_id}/report.html").decode()


def validated_world(
    name: str = "yes", kind: type[World] = World, reason: str = "", **validation: Any
) -> tuple[World, str]:
    """A validated job with probabilities and slices, in which a class, a slice and a reason have some name."""
    data = {"prefix": "churn", "row_id": "id", "label": "left", "numeric": ["age"], "slices": ["plan"]}
    triggers = {"evaluation_window_days": 5, "training_window_days": 10}
    world = kind(a_policy(data={**data, "positive_label": name}, triggers=triggers, validation=validation))
    world.give_champion()
    job_id = world.check({**MANUAL, "reason": reason or f"because {name}"}).job_id
    assert job_id is not None
    world.start(job_id, "train")
    world.train(job_id)
    world.start(job_id, "score")
    random = np.random.default_rng(1)
    champion, challenger = scored(1.4, name, random), scored(2.2, name, random)
    world.ports.jobs.save(world.job(job_id).checked(data_check_of(name, champion)))
    world.leave_scores(job_id, v1=champion, v2=challenger)
    world.validate(job_id)
    return world, job_id


def data_check_of(name: str, content: bytes) -> DataCheck:
    """The data check before training, with a column of some name, of the rows of a prediction file."""
    finding = DataFinding(check="leakage", severity="warning", column=name, text=f"'{name}' gives the label away")
    return a_data_check(content).changed(
        psi={name: 0.1234, "age": 0.01},
        bins={
            name: FeatureBins(training=(90, 80, 10), holdout=(20, 60, 100)),
            "age": FeatureBins(training=(10, 20, 40, 30), holdout=(1, 2, 4, 3)),
        },
        findings=(finding,),
        power=Power(chance=0.9, reason="a gain is detected with a chance of 90%"),
    )


def scored(signal: float, name: str, random: np.random.Generator) -> bytes:
    """Predictions with probabilities of the classes `no` and a named one, sorted as they have to be."""
    classes = np.unique(["no", name])
    positive = int(np.flatnonzero(classes == name)[0])
    of_class = np.arange(ROWS) % 2 == 0
    certain = 1 / (1 + np.exp(-(signal * (2 * of_class - 1) + random.normal(size=ROWS))))
    scores = np.empty((ROWS, 2))
    scores[:, positive], scores[:, 1 - positive] = certain, 1 - certain
    file = io.BytesIO()
    arrays: dict[str, Any] = {
        "row_ids": np.arange(ROWS).astype(str),
        "labels": np.where(of_class, positive, 1 - positive).astype(np.int32),
        "predictions": scores.argmax(axis=1).astype(np.int32),
        "classes": classes,
        "scores": scores,
        "slice:plan": np.where(np.arange(ROWS) % 3 == 0, name, "basic"),
    }
    np.savez(file, **arrays)
    return file.getvalue()


def a_job_page(*, nasty: bool = False, kind: type[World] = World, reason: str = "") -> str:
    """The page about a job whose challenger was promoted, as it is stored."""
    world, job_id = validated_world(NASTY if nasty else "yes", kind, reason)
    world.deploy(job_id)
    world.close(decision={"job_id": job_id})
    return world.ports.data.read(f"s3://artifacts/jobs/{job_id}/job.html").decode()


def a_request_page(reason: str) -> str:
    """The page about a request that waits for a running job, as it is stored."""
    world = World()
    world.check({**MANUAL, "reason": "first"})
    second = {**MANUAL, "reason": reason}
    check_triggers(ExecutionStarted(event=second, execution_arn="arn:second"), world.ports)
    name = decision_name("churn", "arn:second")
    return world.ports.data.read(f"s3://artifacts/requests/churn/{name}.html").decode()
