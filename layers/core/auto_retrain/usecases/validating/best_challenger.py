"""Which of a job's challengers is the best on the holdout rows, and how each of them did."""

from typing import NamedTuple

from ...comparison.canonical_answers import in_canonical_texts
from ...comparison.compare import compare
from ...comparison.pair_up import pair_up
from ...comparison.predictions import Predictions
from ...comparison.versions import Versions
from ...domain.comparison import Comparison
from ...domain.errors import ArtifactInvalid
from ...domain.job import RetrainingJob
from ...domain.policy.policy import Policy
from ...domain.results import ScoringResult
from ...domain.validation import VariantScore
from ...ports import Ports
from .load_predictions import load_predictions
from .looks import Looks, count_looks


class Candidate(NamedTuple):
    """A challenger beside the champion, if there is one, compared by the primary metric alone."""

    version: str
    versions: Versions
    holdout_sha256: str
    comparison: Comparison

    @property
    def quality(self) -> float:
        """The larger the better, whatever the primary metric."""
        primary = self.comparison.judged
        if primary is None:
            return float("-inf")
        kind = self.versions.terms.policy.kind_of(self.comparison.primary)
        return float(kind.gain(primary.value, 0.0))


class Selection(NamedTuple):
    """The best candidate, and the scores of all that have the primary metric."""

    best: Candidate
    scores: tuple[VariantScore, ...]


def select_best(
    job: RetrainingJob, scores: ScoringResult, policy: Policy, ports: Ports, looks: Looks | None = None
) -> Selection:
    """Compare one challenger after the other, of which only the best is kept: twenty could fill the memory.

    Raises:
        ArtifactInvalid: there is no challenger, or predictions are absent, changed, or not of the same rows.
    """
    champion = _load(job.champion_version, scores, policy, ports) if job.champion_version else None
    best: Candidate | None = None
    compared: dict[str, Comparison] = {}
    for version in job.challengers:
        challenger, holdout = on_frozen_rows(version, _load(version, scores, policy, ports), job)
        if best is not None and holdout != best.holdout_sha256:
            raise ArtifactInvalid(f"version {version} was not scored on the same rows as the others")
        looks = looks or count_looks(job, holdout, ports)
        versions = pair_up(challenger, champion, policy, seed_of(job), len(job.challengers), *looks)
        candidate = Candidate(version, versions, holdout, compare(versions, metrics=()))
        compared[version] = candidate.comparison
        # The first of equals, so that a replay selects the same one.
        if best is None or candidate.quality > best.quality:
            best = candidate
    if best is None:
        raise ArtifactInvalid(f"job '{job.job_id}' has no challenger to validate")
    return Selection(best, _scores_of(compared))


def _load(version: str, scores: ScoringResult, policy: Policy, ports: Ports) -> Predictions:
    if version not in scores.predictions:
        raise ArtifactInvalid(f"version {version} was not scored, only {', '.join(sorted(scores.predictions))}")
    return load_predictions(scores.predictions[version], policy.data, ports)


def on_frozen_rows(version: str, scored: Predictions, job: RetrainingJob) -> tuple[Predictions, str]:
    """A version's predictions and the digest of their rows and labels, which must be those that were frozen.

    Predictions come from pods that run other people's code, so what they say about rows and labels counts for nothing.
    """
    frozen, digests = job.data_check.holdout if job.data_check else None, scored.digests()
    if frozen not in (None, digests):
        # Perhaps an image of another release spelled the same values.
        scored = in_canonical_texts(scored)
        digests = scored.digests()
    if frozen not in (None, digests):
        differing = "row ids or labels" if digests.rows != frozen.rows else "entities or slices"
        raise ArtifactInvalid(
            f"version {version} was not scored on the holdout of job '{job.job_id}': the {differing} of its "
            f"{scored.rows} rows are not those that were frozen before training"
        )
    return scored, digests.rows


def seed_of(job: RetrainingJob) -> int:
    """Of the bootstrap: fixed before anything is compared, and the same whenever it is done."""
    return int((job.manifest_sha256 or "0")[:8], 16)


def _scores_of(compared: dict[str, Comparison]) -> tuple[VariantScore, ...]:
    return tuple(
        VariantScore(version=version, value=primary.value, improvement=comparison.improvement, p_value=primary.p_value)
        for version, comparison in compared.items()
        if (primary := comparison.judged) is not None
    )
