"""Reads what a training container left behind, and believes none of it unchecked."""

from typing import TypeVar

from pydantic import ValidationError

from ..domain.errors import ArtifactInvalid
from ..domain.explain import explain
from ..domain.job import RetrainingJob
from ..domain.names import JobKind
from ..domain.results import ContainerResult
from ..ports import Ports

Result = TypeVar("Result", bound=ContainerResult)


def output_key(job_id: str, kind: JobKind) -> str:
    """Where, among the artifacts, the container writes; ends with a slash."""
    return f"jobs/{job_id}/{kind}/"


def read_result(job: RetrainingJob, kind: JobKind, model: type[Result], ports: Ports) -> Result:
    """The result document of one step; raises ArtifactInvalid when it is absent, malformed or another job's."""
    uri = ports.data.uri(output_key(job.job_id, kind) + "result.json")
    try:
        result = model.model_validate_json(ports.data.read(uri))
    except ValidationError as error:
        raise ArtifactInvalid(f"result document '{uri}': {explain(error, model)}") from error
    if result.job_id != job.job_id:
        raise ArtifactInvalid(f"result document '{uri}' belongs to job '{result.job_id}'")
    return result
