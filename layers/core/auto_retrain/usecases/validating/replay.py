"""Computes a stored verdict again from the stored evidence, to check that it follows from it."""

from typing import Any

from ...domain.base import Record
from ...domain.errors import ArtifactInvalid
from ...domain.validation import ValidationResult
from ...gates.min_improvement import CHECK as MIN_IMPROVEMENT
from ...ports import Ports
from ..differences import differing_paths
from ..looks import Looks
from ..lookup import job_of, policy_version_of
from ..training.container import read_scores
from .judge_challenger import judge_scores, with_min_improvement


class Replay(Record):
    """A verdict as it was sealed and as it comes out now; `differences` are the paths of the values that differ."""

    job_id: str
    sealed: ValidationResult
    replayed: ValidationResult
    differences: tuple[str, ...]

    @property
    def is_same(self) -> bool:
        """Whether evidence and verdict agree; a later release may put the reasons in other words."""
        return not self.differences

    @property
    def has_other_statistics(self) -> bool:
        """Whether our own statistics have changed since, which alone may give other numbers."""
        return self.replayed.inputs.statistics != self.sealed.inputs.statistics

    @property
    def has_same_words(self) -> bool:
        return self.replayed.validation_hash == self.sealed.validation_hash


def replay_validation(job_id: str, ports: Ports) -> Replay:
    """Judge a job's challenger again, by the policy of that time; nothing is written.

    Raises:
        JobUnknown: there is no such job.
        ModelUnknown: the policy version that it was judged by does not exist any more.
        ArtifactInvalid: it was never validated, or its predictions are missing or were changed.
    """
    job = job_of(job_id, ports)
    if job.validation is None:
        later = "" if job.status.is_terminal else "; it is still open: ask again when it has been judged"
        raise ArtifactInvalid(f"job '{job_id}' was never validated, so there is nothing to replay{later}")
    sealed, inputs = job.validation, job.validation.inputs
    applied = policy_version_of(job.model_name, inputs.policy_version, ports)
    if _counts_min_improvement(sealed):
        applied = with_min_improvement(applied, inputs.min_improvement)
    scores, looks = read_scores(job, ports), Looks(inputs.look, inputs.champion_look)
    replayed = judge_scores(job, scores, applied, ports, looks, inputs.known_of_champion).result
    return Replay(
        job_id=job_id,
        sealed=sealed,
        replayed=replayed.changed(validation_hash=replayed.compute_hash()),
        differences=tuple(_differences(sealed, replayed)),
    )


def _counts_min_improvement(sealed: ValidationResult) -> bool:
    # A person may have asked for a minimum improvement that the policy itself only observes.
    return any(verdict.check == MIN_IMPROVEMENT and not verdict.observed_only for verdict in sealed.verdicts)


def _differences(sealed: ValidationResult, replayed: ValidationResult) -> list[str]:
    changed = [] if sealed.compute_hash() == sealed.validation_hash else ["the record was changed after it was sealed"]
    before, now = (_without_words(result) for result in (sealed, replayed))
    return [*changed, *(path for name in before for path in differing_paths(name, before[name], now[name]))]


def _without_words(result: ValidationResult) -> dict[str, Any]:
    """What a verdict says in numbers and outcomes; its sentences follow from these."""
    apart = {"validation_hash": True, "validation_timestamp": True, "reason": True}
    return result.model_dump(mode="json", exclude={**apart, "verdicts": {"__all__": {"reason"}}})
