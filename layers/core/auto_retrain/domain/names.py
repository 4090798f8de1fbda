"""Names, and how they are derived; all are safe in URLs, labels, S3 keys and ARNs."""

import hashlib
from functools import lru_cache
from typing import Annotated, Literal

from pydantic import StringConstraints

MODEL_NAME_PATTERN = r"^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$"

ModelName = Annotated[str, StringConstraints(pattern=MODEL_NAME_PATTERN, strict=True)]
JobKind = Literal["check", "train", "score", "report", "proxy", "back_test"]
# Those of which no execution knows.
FOR_PEOPLE: frozenset[JobKind] = frozenset({"report", "back_test"})

_OUTPUTS: dict[JobKind, str] = {
    "check": "training",
    "train": "training",
    "score": "scoring",
    "proxy": "training",
    "back_test": "training",
}


def is_of_kubernetes(namespace: str) -> bool:
    """Whether a Kubernetes namespace belongs to Kubernetes itself."""
    return namespace.startswith("kube-")


def _digest(*parts: str, length: int) -> str:
    # The separator cannot occur in a part, so different parts never join to the same text.
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:length]


def execution_name(model_name: str, trigger: str, moment: str) -> str:
    """Name of the execution for one trigger of one model at one moment; at most 80 characters.

    The same three give the same name, so Step Functions refuses a second start.
    """
    return f"{model_name}-{trigger.replace('_', '-')}-{_digest(model_name, trigger, moment, length=12)}"


def waiting_key(trigger: str, execution_arn: str) -> str:
    """Key of a waiting trigger: one for each automatic kind, one for each manual request."""
    return f"manual-{_digest(execution_arn, length=12)}" if trigger == "manual" else trigger


def decision_key(execution_arn: str) -> str:
    """Key of the one decision that an execution makes."""
    return _digest(execution_arn, length=12)


# Every sweep asks for each model's offsets.
@lru_cache(maxsize=50_000)
def spread_offset(model_name: str, purpose: str, span_minutes: int) -> int:
    """A model's fixed offset in minutes, less than the span, that spreads the models of a fleet."""
    return int(_digest(model_name, purpose, length=8), 16) % span_minutes if span_minutes else 0


def job_id(model_name: str, execution_arn: str) -> str:
    """Id of the one job that an execution can open for a model; at most 51 characters."""
    return f"{model_name}-{_digest(model_name, execution_arn, length=10)}"


def decision_name(model_name: str, occasion: str) -> str:
    """What people call a decision: that of an execution has the id of the one job that it can open."""
    return job_id(model_name, occasion)


def model_of_job(job_id: str) -> str:
    """The model that the id of a job or a decision begins with, also a mistyped one."""
    return job_id.rpartition("-")[0]


def kubernetes_job_name(job_id: str, kind: JobKind) -> str:
    """Name of the Kubernetes Job for one step of a job; at most 63 characters, the limit for labels."""
    return f"{job_id}-{kind}-1"


def output_key(job_id: str, kind: JobKind, nonce: str) -> str:
    """Key prefix for a container's output among the artifacts; ends with a slash.

    Pods of different purposes write below different prefixes. Nobody can guess a nonce, and pods may not list objects,
    so a pod cannot write where another one is to leave its results.
    """
    return f"{_OUTPUTS[kind]}/{job_id}/{nonce}/"


def report_key(report_id: str) -> str:
    """Key prefix for the output of a drift report; ends with a slash."""
    return f"jobs/{report_id}/report/"


def variant_part(variant: int) -> str:
    """Key prefix of one variant under the output of training; ends with a slash."""
    return f"{variant}/"


def part_path(part: int) -> str:
    """Key prefix of one part of a holdout under the output of scoring; ends with a slash."""
    return f"part-{part}/"


def log_key(job_id: str, kind: JobKind, variant: int | None) -> str:
    """Key among the artifacts for the end of the log of a step, or of one variant."""
    return f"jobs/{job_id}/{kind}/{'' if variant is None else variant_part(variant)}log.txt"


def note_key(job_id: str, kind: JobKind) -> str:
    """Key among the artifacts for the watcher's note on a step; pods cannot write there."""
    return f"notes/{job_id}/{kind}.txt"


def run_key(job_id: str, number: int) -> str:
    """Key among the artifacts for what is written down of a run of a back-test; pods cannot write there."""
    return f"notes/{job_id}/run-{number}.json"
