"""What proxies show, computed from prediction files alone, and computed again to check that it follows from them."""

from typing import NamedTuple

from ...comparison.compare import compare
from ...comparison.pair_up import pair_up
from ...comparison.predictions import Predictions
from ...domain.base import Record
from ...domain.comparison import MetricResult
from ...domain.errors import ArtifactInvalid
from ...domain.job import RetrainingJob
from ...domain.policy.policy import AppliedPolicy, Policy
from ...domain.proxy import ProxyCheck, ProxyEvidence, ProxyInputs
from ...domain.results import PredictionFile, ProxyResult
from ...domain.verdict import Outcome
from ...ports import Ports
from ...statistics.libraries import LIBRARIES
from ...statistics.version import STATISTICS
from ..differences import differing_paths
from ..foreseeing.proxy_verdict import judge_proxy
from ..lookup import policy_version_of
from ..training.container import read_proxies
from .frozen_rows import on_frozen_rows, seed_of
from .judge_challenger import by_frozen_columns
from .load_predictions import load_predictions


class _Answers(NamedTuple):
    predictions: Predictions
    holdout_sha256: str


class ProxyReplay(Record):
    """What proxies showed as it was sealed and as it comes out now; `differences` are the paths that differ."""

    sealed: ProxyCheck
    replayed: ProxyCheck
    differences: tuple[str, ...]

    @property
    def is_same(self) -> bool:
        """Whether evidence and verdict agree; a later release may put the reasons in other words."""
        return not self.differences

    @property
    def has_same_words(self) -> bool:
        return self.replayed.check_hash == self.sealed.check_hash

    @property
    def has_other_statistics(self) -> bool:
        """Whether our own statistics have changed since."""
        pair = self.sealed.inputs, self.replayed.inputs
        return None not in pair and len({inputs.statistics for inputs in pair if inputs}) > 1


def check_of(
    job: RetrainingJob, result: ProxyResult, champion: dict[str, PredictionFile], applied: AppliedPolicy, ports: Ports
) -> ProxyCheck:
    """What the two proxies of a job show; raises ArtifactInvalid if the files are not what their digests say."""
    number = job.champion_version
    if number is None or number not in champion:
        raise ArtifactInvalid("there is no champion that it could be compared with")
    policy = by_frozen_columns(job, applied, ports).policy
    files = {"half": result.proxies[0].predictions, "whole": result.proxies[1].predictions}
    half, whole = (_load(f"'{name}'", file, policy, job, ports) for name, file in files.items())
    serving = load_predictions(champion[number], policy.data, ports)
    evidence = ProxyEvidence(
        against_champion=_compare(whole.predictions, serving, policy, job),
        against_half=_compare(whole.predictions, half.predictions, policy, job),
        fresh_rows=whole.predictions.rows,
        rows=result.proxies[1].rows,
        half_rows=result.proxies[0].rows,
        training_rows=job.data_check.summary.training.labelled if job.data_check else 0,
        training_days=len(job.windows.training.days()),
    )
    verdict = judge_proxy(policy, evidence)
    refused = f"not trained: {verdict.reason}" if verdict.outcome is Outcome.UNMET else None
    return ProxyCheck(
        reason=refused or f"trained: {verdict.reason}",
        refused=refused,
        verdict=verdict,
        evidence=evidence,
        inputs=ProxyInputs(
            champion_version=number,
            manifest_sha256=job.manifest_sha256 or "",
            predictions_sha256={name: file.sha256 for name, file in {**files, number: champion[number]}.items()},
            holdout_sha256=whole.holdout_sha256,
            policy_version=applied.version,
            seed=seed_of(job),
            libraries=LIBRARIES,
            statistics=STATISTICS,
        ),
    )


def replay_proxy(job: RetrainingJob, ports: Ports) -> ProxyReplay | None:
    """Judge a job's proxies again, by the policy of that time; None if they showed nothing. Nothing is written.

    Raises:
        ModelUnknown: the policy version that they were judged by does not exist any more.
        ArtifactInvalid: their predictions are missing or were changed.
    """
    sealed = job.proxy
    if sealed is None or sealed.inputs is None:
        return None
    applied = policy_version_of(job.model_name, sealed.inputs.policy_version, ports)
    replayed = check_of(job, *read_proxies(job, ports), applied, ports).sealed()
    return ProxyReplay(sealed=sealed, replayed=replayed, differences=tuple(_differences(sealed, replayed)))


def _differences(sealed: ProxyCheck, replayed: ProxyCheck) -> list[str]:
    changed = [] if sealed.compute_hash() == sealed.check_hash else ["the record was changed after it was sealed"]
    apart = {"check_hash": True, "refused_in_a_row": True, "reason": True, "refused": True}
    before, now = (
        each.model_dump(mode="json", exclude={**apart, "verdict": {"reason"}}) for each in (sealed, replayed)
    )
    return [*changed, *(path for name in before for path in differing_paths(name, before[name], now[name]))]


def _load(name: str, file: PredictionFile, policy: Policy, job: RetrainingJob, ports: Ports) -> _Answers:
    return _Answers(*on_frozen_rows(name, load_predictions(file, policy.data, ports), job))


def _compare(new: Predictions, old: Predictions, policy: Policy, job: RetrainingJob) -> MetricResult | None:
    """By the primary metric alone; intervals are two-sided 95 %."""
    return compare(pair_up(new, old, policy, seed_of(job)), metrics=()).judged
