"""Which of a job's challengers is the best on the holdout rows, and how each of them did."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from ...comparison.compare import compare
from ...comparison.pair_up import pair_up
from ...comparison.versions import Versions
from ...domain.comparison import Comparison
from ...domain.errors import ArtifactInvalid
from ...domain.job import RetrainingJob
from ...domain.policy.policy import Policy
from ...domain.results import ScoringResult
from ...domain.validation import VariantScore
from ...ports import Ports
from ..looks import Looks, count_looks
from .frozen_rows import load_version, on_frozen_rows, seed_of
from .in_parts import versions_in_parts


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


class _Paired(NamedTuple):
    versions: Versions
    holdout_sha256: str


# Puts a challenger beside the champion; how often the rows have been used depends on what they are.
_CountLooks = Callable[[str, str], Looks]
_Pairing = Callable[[str, _CountLooks], _Paired]


def select_best(
    job: RetrainingJob, scores: Sequence[ScoringResult], policy: Policy, ports: Ports, looks: Looks | None = None
) -> Selection:
    """Compare one challenger after the other, of which only the best is kept: twenty could fill the memory.

    Raises:
        ArtifactInvalid: there is no challenger, or predictions are absent, changed, or not of the same rows.
    """
    pair = _whole(job, scores[0], policy, ports) if len(scores) == 1 else _parted(job, scores, policy, ports)
    best: Candidate | None = None
    compared: dict[str, Comparison] = {}

    def looks_at(version: str, holdout: str) -> Looks:
        nonlocal looks
        if best is not None and holdout != best.holdout_sha256:
            raise ArtifactInvalid(f"version {version} was not scored on the same rows as the others")
        looks = looks or count_looks(job, holdout, ports)
        return looks

    for version in job.challengers:
        versions, holdout = pair(version, looks_at)
        candidate = Candidate(version, versions, holdout, compare(versions, metrics=()))
        compared[version] = candidate.comparison
        # The first of equals, so that a replay selects the same one.
        if best is None or candidate.quality > best.quality:
            best = candidate
    if best is None:
        raise ArtifactInvalid(f"job '{job.job_id}' has no challenger to validate")
    return Selection(best, _scores_of(compared))


def _whole(job: RetrainingJob, scores: ScoringResult, policy: Policy, ports: Ports) -> _Pairing:
    champion = load_version(job.champion_version, scores, policy.data, ports) if job.champion_version else None

    def pair(version: str, looks_at: _CountLooks) -> _Paired:
        challenger, holdout = on_frozen_rows(version, load_version(version, scores, policy.data, ports), job)
        looks = looks_at(version, holdout)
        versions = pair_up(challenger, champion, policy, seed_of(job), len(job.challengers), *looks)
        return _Paired(versions, holdout)

    return pair


def _parted(job: RetrainingJob, scores: Sequence[ScoringResult], policy: Policy, ports: Ports) -> _Pairing:
    frozen = job.data_check.holdout if job.data_check else None
    holdout = frozen.rows if frozen else ""

    def pair(version: str, looks_at: _CountLooks) -> _Paired:
        looks = looks_at(version, holdout)
        return _Paired(versions_in_parts(version, job, scores, policy, looks, ports), holdout)

    return pair


def _scores_of(compared: dict[str, Comparison]) -> tuple[VariantScore, ...]:
    return tuple(
        VariantScore(version=version, value=primary.value, improvement=comparison.improvement, p_value=primary.p_value)
        for version, comparison in compared.items()
        if (primary := comparison.judged) is not None
    )
