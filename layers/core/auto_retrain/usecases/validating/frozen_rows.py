"""Predictions of a version on the rows that were frozen for its job before it was trained."""

from ...comparison.canonical_answers import in_canonical_texts
from ...comparison.predictions import Predictions
from ...domain.data_check import HoldoutDigests
from ...domain.errors import ArtifactInvalid
from ...domain.job import RetrainingJob
from ...domain.policy.data import DataPolicy
from ...domain.results import ScoringResult
from ...ports import Ports
from .load_predictions import load_predictions


def load_version(
    version: str, scores: ScoringResult, data: DataPolicy, ports: Ports, is_known: bool = False
) -> Predictions:
    """The predictions of one version; raises ArtifactInvalid if they are absent or not what their digest says."""
    if version not in scores.predictions:
        raise ArtifactInvalid(f"version {version} was not scored, only {', '.join(sorted(scores.predictions))}")
    return load_predictions(scores.predictions[version], data, ports, is_known)


def on_frozen_rows(
    version: str, scored: Predictions, job: RetrainingJob, part: int | None = None
) -> tuple[Predictions, str]:
    """A version's predictions and the digest of their rows and labels, which must be those that were frozen.

    Predictions come from pods that run other people's code, so what they say about rows and labels counts for nothing.
    """
    frozen, digests = _frozen(job, part), scored.digests()
    if frozen not in (None, digests):
        # Perhaps an image of another release spelled the same values.
        scored = in_canonical_texts(scored)
        digests = scored.digests()
    if frozen is not None and frozen != digests:
        differing = "row ids or labels" if digests.rows != frozen.rows else "entities or slices"
        where = "" if part is None else f" in part {part}"
        raise ArtifactInvalid(
            f"version {version} was not scored on the holdout of job '{job.job_id}': the {differing} of its "
            f"{scored.rows} rows{where} are not those that were frozen before training"
        )
    return scored, digests.rows


def _frozen(job: RetrainingJob, part: int | None) -> HoldoutDigests | None:
    frozen = job.data_check.holdout if job.data_check else None
    return frozen if frozen is None or part is None else frozen.parts[part]


def seed_of(job: RetrainingJob) -> int:
    """Of the bootstrap: fixed before anything is compared, and the same whenever it is done."""
    return int((job.manifest_sha256 or "0")[:8], 16)
