"""Validation of holdouts in parts, up to a hundred million rows, next to one piece."""

import io
import json
import os
import subprocess
import time
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from auto_retrain.domain.comparison_size import NUMBERS_OF_A_ROW
from local.bench.figure import Figure
from local.bench.validation import judge, peak_megabytes, write_predictions
from local.paths import CORE, ROOT, env_python

PROBE = "from local.bench.large_holdout import main; main()"
ONE_PIECE = 2_000_000


class Holdout(NamedTuple):
    """So many parts of so many rows."""

    parts: int
    rows: int
    classes: int = 2

    @property
    def name(self) -> str:
        pieces = "1 piece" if self.parts == 1 else f"{self.parts} parts"
        classes = "" if self.classes == 2 else f" of {self.classes} classes"
        return f"validation of {self.parts * self.rows:,} rows{classes} in {pieces}"


# All parts have the content of the first one, because it takes longer to make them than to read them.
HOLDOUTS = (
    Holdout(1, ONE_PIECE),
    Holdout(2, 1_000_000),
    Holdout(10, 1_000_000),
    Holdout(64, 1_562_500),
    Holdout(10, 1_000_000, classes=20),
)
MEGABYTES_OF_FUNCTION = 3008


def measure() -> list[Figure]:
    """CPU seconds and memory for a challenger beside a champion, each holdout in a process of its own."""
    figures = []
    for holdout in HOLDOUTS:
        taken = _probe(holdout)
        millions = holdout.parts * holdout.rows / 1e6
        figures += [
            # As the limit of the function counts, which allows for the transfer from S3 as well.
            Figure(holdout.name, taken["seconds"], "CPU s", (NUMBERS_OF_A_ROW + holdout.classes) * millions),
            Figure(f"{holdout.name}: memory", taken["megabytes"], "MB", MEGABYTES_OF_FUNCTION * 0.8),
        ]
    return figures


def _probe(holdout: Holdout) -> dict[str, float]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (CORE, ROOT))), "HOLDOUT": json.dumps(holdout)}
    command = [str(env_python("dev")), "-c", PROBE]
    process = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    figures: dict[str, float] = json.loads(process.stdout)
    return figures


def main() -> None:
    """Print what one validation takes: reading and checking files, every metric, slices and gates."""
    from auto_retrain.adapters.memory import MemoryPorts
    from auto_retrain.domain.policy.policy import Policy

    holdout = Holdout(*json.loads(os.environ["HOLDOUT"]))
    data = {"prefix": "shop", "row_id": "id", "label": "bought", "numeric": ["age"], "slices": ["plan"]}
    policy = Policy.model_validate({"model": "shop", "owner": "team", "data": data}, strict=False)
    ports, random = MemoryPorts(), np.random.default_rng(1)
    write = partial(_write_classes, holdout.classes) if holdout.classes > 2 else _write_two_classes
    files = [write(name, holdout.rows, signal, random, ports) for name, signal in (("1", 1.5), ("2", 2.5))]
    started = time.process_time()
    if holdout.parts == 1:
        judge(files, policy, ports)
    else:
        _judge_parts(files, holdout.parts, policy, ports)
    print(json.dumps({"seconds": time.process_time() - started, "megabytes": peak_megabytes()}))


_write_two_classes = partial(write_predictions, save=np.savez_compressed)


def _write_classes(classes: int, name: str, rows: int, signal: float, random: np.random.Generator, ports: Any) -> Any:
    """Store a prediction file with as many probabilities, which the image does not compress, and describe it."""
    from auto_retrain.domain.digest import sha256_of
    from auto_retrain.domain.results import PredictionFile

    labels = np.arange(rows) % classes
    scores = random.normal(size=(rows, classes))
    scores[np.arange(rows), labels] += signal
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=1, keepdims=True)
    file = io.BytesIO()
    arrays: dict[str, Any] = {
        "row_ids": np.char.add("row-", np.arange(rows).astype(str)),
        "labels": labels.astype(np.int32),
        "predictions": scores.argmax(axis=1).astype(np.int32),
        "classes": np.array([f"class {number:02}" for number in range(classes)]),
        "scores": scores,
        "slice:plan": np.array(["free", "plus", "pro"])[np.arange(rows) % 3],
    }
    np.savez(file, **arrays)
    uri = ports.data.write(f"{name}.npz", file.getvalue())
    return PredictionFile(uri=uri, sha256=sha256_of(file.getvalue()), rows=rows)


def _judge_parts(files: list[Any], parts: int, policy: Any, ports: Any) -> None:
    from auto_retrain.comparison.compare import compare
    from auto_retrain.comparison.confusion import confusion_of
    from auto_retrain.comparison.slices import compare_slices
    from auto_retrain.domain.results import ScoringResult
    from auto_retrain.gates import judge_gates
    from auto_retrain.usecases.looks import Looks
    from auto_retrain.usecases.validating.in_parts import versions_in_parts

    champion, challenger = files
    job = _job_of(challenger, parts, policy, ports)
    part = ScoringResult(
        schema_version=1, kind="score", job_id=job.job_id, predictions={"1": champion, "2": challenger}
    )
    versions = versions_in_parts("2", job, [part] * parts, policy, Looks(1, 1), ports)
    comparison = compare(versions, slices=compare_slices(versions))
    confusion_of(versions)
    judge_gates(policy, comparison)


def _job_of(challenger: Any, parts: int, policy: Any, ports: Any) -> Any:
    """A job whose parts were frozen with the rows of the file."""
    from auto_retrain.comparison.holdout import merged_digests
    from auto_retrain.domain.data_check import DataCheck, DataSummary, Power, WindowSummary
    from auto_retrain.domain.model_version import ModelVersion
    from auto_retrain.usecases.validating.load_predictions import load_predictions
    from local.bench.report_record import a_job

    rows = parts * challenger.rows
    window = WindowSummary(rows=rows, labelled=rows, repeated_ids=0, missing_ids=0, distinct_labels=2)
    frozen = merged_digests([load_predictions(challenger, policy.data, ports).digests()] * parts)
    check = DataCheck(
        summary=DataSummary(training=window, holdout=window, overlap=0),
        holdout=frozen,
        power=Power(chance=None, reason="not predicted"),
    )
    versions = {"champion": ModelVersion(number="1"), "challenger": ModelVersion(number="2")}
    return a_job().changed(data_check=check, **versions)
