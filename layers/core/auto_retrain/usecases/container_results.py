"""Reads what a training container left behind, and believes none of it unchecked."""

from typing import TypeVar

from pydantic import ValidationError

from ..domain.errors import ArtifactInvalid
from ..domain.explain import explain
from ..domain.job import RetrainingJob
from ..domain.names import CHAMPION_PART, JobKind, output_key
from ..domain.results import ContainerResult, ScoringResult
from ..ports import Ports

Result = TypeVar("Result", bound=ContainerResult)


def is_scored_apart(job: RetrainingJob) -> bool:
    """Whether the champion comes from another image than the challenger; an unknown one is taken for the same."""
    # Variants have one image, that of their common order.
    old, new = job.champion_files.image, next((files.image for files in job.challengers.values()), None)
    return job.champion_version is not None and None not in (old, new) and old != new


def read_result(job: RetrainingJob, kind: JobKind, model: type[Result], ports: Ports, part: str = "") -> Result:
    """The result document of a step, or of a part of it; raises ArtifactInvalid when it is absent or not this job's."""
    uri = ports.data.uri(f"{output_key(job.job_id, kind)}{part}result.json")
    try:
        result = model.model_validate_json(ports.data.read(uri))
    except ValidationError as error:
        raise ArtifactInvalid(f"result document '{uri}': {explain(error, model)}") from error
    if result.job_id != job.job_id:
        raise ArtifactInvalid(f"result document '{uri}' belongs to job '{result.job_id}'")
    return result


def read_scores(job: RetrainingJob, ports: Ports) -> ScoringResult:
    """All predictions of the job, also those of a champion that was scored in an image of its own."""
    scores = read_result(job, "score", ScoringResult, ports)
    if not is_scored_apart(job):
        return scores
    champion = read_result(job, "score", ScoringResult, ports, CHAMPION_PART)
    return scores.model_copy(update={"predictions": champion.predictions | scores.predictions})
