"""Compares a challenger and the champion on a holdout in parts, of which one is in memory at a time."""

from collections.abc import Iterator, Sequence

import numpy as np

from ...comparison.holdout import digest_rows
from ...comparison.merge import merge_parts
from ...comparison.pair_up import on_same_rows
from ...comparison.survey import PartOfPair
from ...comparison.versions import Terms, Versions
from ...domain.errors import ArtifactInvalid
from ...domain.job import RetrainingJob
from ...domain.policy.policy import Policy
from ...domain.results import ScoringResult
from ...ports import Ports
from .frozen_rows import load_version, on_frozen_rows, seed_of
from .looks import Looks


def versions_in_parts(
    version: str, job: RetrainingJob, scores: Sequence[ScoringResult], policy: Policy, looks: Looks, ports: Ports
) -> Versions:
    """One challenger beside the champion, if there is one.

    Raises ArtifactInvalid if predictions are absent, changed, or not of the rows that were frozen.
    """
    rows = sum(score.predictions[version].rows for score in scores if version in score.predictions)
    if not rows:
        raise ArtifactInvalid(f"version {version} was not scored in any part of the holdout")

    def read() -> Iterator[PartOfPair]:
        for part, score in enumerate(scores):
            if score.predictions or not _has_no_rows(job, part):
                yield _part(version, job, part, score, policy, ports)

    return merge_parts(read, rows, Terms(policy, len(job.challengers), *looks), seed_of(job))


def _part(
    version: str, job: RetrainingJob, part: int, scores: ScoringResult, policy: Policy, ports: Ports
) -> PartOfPair:
    challenger, _ = on_frozen_rows(version, load_version(version, scores, policy, ports), job, part)
    if job.champion_version is None:
        return PartOfPair(challenger)
    return PartOfPair(challenger, on_same_rows(challenger, load_version(job.champion_version, scores, policy, ports)))


def _has_no_rows(job: RetrainingJob, part: int) -> bool:
    """Whether none of its rows had a label when it was frozen."""
    frozen = job.data_check.holdout if job.data_check else None
    none = np.empty(0, np.str_)
    return frozen is not None and frozen.parts[part].rows == digest_rows(none, none, None, {}).rows
