"""Computes a stored verdict again from the stored evidence, to see that it follows from it."""

from typing import Any

from ...domain.base import Record
from ...domain.errors import ArtifactInvalid, ModelUnknown
from ...domain.job import RetrainingJob
from ...domain.policy.policy import AppliedPolicy
from ...domain.validation import ValidationResult
from ...ports import Ports
from ..lookup import job_of
from ..training.container import read_scores
from .judge_challenger import judge_scores, with_min_improvement


class Replay(Record):
    """A verdict as it was sealed and as it comes out now; `differences` name what is not the same."""

    job_id: str
    sealed: ValidationResult
    replayed: ValidationResult
    differences: tuple[str, ...]

    @property
    def is_same(self) -> bool:
        return not self.differences


def replay_validation(job_id: str, ports: Ports) -> Replay:
    """Judge again what a job was judged on, by the policy of that time; nothing is written.

    Raises:
        JobUnknown: there is no such job.
        ModelUnknown: the policy version that it was judged by is not there any more.
        ArtifactInvalid: it was never validated, or its predictions are not there or not what they were.
    """
    job = job_of(job_id, ports)
    if job.validation is None:
        raise ArtifactInvalid(f"job '{job_id}' was never validated, so there is nothing to replay")
    sealed, inputs = job.validation, job.validation.inputs
    applied = with_min_improvement(_policy_of(job, inputs.policy_version, ports), inputs.min_improvement)
    replayed = judge_scores(job, read_scores(job, ports), applied, ports, look=inputs.look).result
    return Replay(
        job_id=job_id,
        sealed=sealed,
        replayed=replayed.model_copy(update={"validation_hash": replayed.compute_hash()}),
        differences=tuple(_differences(sealed, replayed)),
    )


def _policy_of(job: RetrainingJob, version: int, ports: Ports) -> AppliedPolicy:
    found = next((old for old in ports.policies.history(job.model_name) if old.version == version), None)
    if found is None:
        raise ModelUnknown(
            f"'{job.model_name}' has no policy version {version}, by which job '{job.job_id}' was judged"
        )
    return found


def _differences(sealed: ValidationResult, replayed: ValidationResult) -> list[str]:
    changed = [] if sealed.compute_hash() == sealed.validation_hash else ["the record was changed after it was sealed"]
    ours, theirs = (result.model_dump(mode="json") for result in (sealed, replayed))
    apart = ("validation_hash", "validation_timestamp")
    return [*changed, *(path for name in ours if name not in apart for path in _paths(name, ours[name], theirs[name]))]


def _paths(path: str, one: Any, other: Any) -> list[str]:
    """Names of the values in two documents that differ."""
    if one == other:
        return []
    if isinstance(one, dict) and isinstance(other, dict):
        names = sorted(one.keys() | other.keys())
        return [found for name in names for found in _paths(f"{path}.{name}", one.get(name), other.get(name))]
    return [path]
