"""The verdict on a job's challenger: compares, judges, and pins what was compared."""

from typing import NamedTuple

from ...comparison.pair import Pair, compare, confusion_of, pair_up
from ...comparison.slices import compare_slices
from ...domain.comparison import Comparison
from ...domain.errors import ArtifactInvalid
from ...domain.job import RetrainingJob
from ...domain.policy.policy import AppliedPolicy, Policy
from ...domain.results import PredictionFile, ScoringResult
from ...domain.validation import Decision, ValidatedInputs, ValidationResult, VariantScore
from ...domain.verdict import Outcome, worst
from ...gates import judge_gates
from ...ports import Ports
from ...statistics.libraries import LIBRARIES
from .load_predictions import load_predictions

# Jobs further back are of other rows: a window moves on every day.
LOOKS_BACK = 50

_DECISIONS = {Outcome.MET: Decision.PROMOTE, Outcome.INCONCLUSIVE: Decision.INCONCLUSIVE}


class Judgement(NamedTuple):
    """A verdict, and the two versions that it is about."""

    result: ValidationResult
    pair: Pair


class _Race(NamedTuple):
    """All challengers compared by the primary metric on the same rows, and the best of them beside the champion."""

    compared: dict[str, Comparison]
    best: str
    pair: Pair
    holdout_sha256: str


def judge_scores(
    job: RetrainingJob, scores: ScoringResult, applied: AppliedPolicy, ports: Ports, look: int | None = None
) -> Judgement:
    """The verdict on the job's challenger, or the best of several, computed from prediction files alone.

    `look` says how often the rows have been used, where that is known already.
    """
    race = _compare_all(job, scores, applied.policy, ports, look)
    pair, label_share = race.pair, _label_share(race.pair, scores)
    comparison = compare(pair).model_copy(update={"slices": compare_slices(pair), "label_share": label_share})
    verdicts = judge_gates(applied.policy, comparison)
    outcome = worst(verdicts)
    result = ValidationResult(
        decision=_DECISIONS.get(outcome, Decision.REJECT),
        reason="; ".join(verdict.reason for verdict in verdicts if verdict.outcome is outcome),
        primary=comparison.primary,
        metrics=comparison.metrics,
        improvement=comparison.improvement,
        interval=comparison.interval,
        holdout_rows=comparison.rows,
        entities=comparison.entities,
        confusion=confusion_of(pair),
        slices=comparison.slices,
        verdicts=verdicts,
        variants=_scores_of(race.compared) if job.variants else (),
        inputs=_inputs(job, race, scores, applied),
    )
    return Judgement(result, pair)


def with_min_improvement(applied: AppliedPolicy, min_improvement: float) -> AppliedPolicy:
    """The policy with another minimum improvement, which has to keep to the bounds of a policy as well."""
    validation = applied.policy.validation
    bounded = type(validation).model_validate({**validation.model_dump(), "min_improvement": min_improvement})
    return applied.model_copy(update={"policy": applied.policy.model_copy(update={"validation": bounded})})


def looks_before(job: RetrainingJob, holdout_sha256: str, ports: Ports) -> int:
    """How many other jobs of the model were compared on the very same rows before."""
    others = ports.jobs.list_recent(job.model_name, LOOKS_BACK)
    return sum(
        other.validation is not None
        and other.validation.inputs.holdout_sha256 == holdout_sha256
        and other.job_id != job.job_id
        and other.created_at <= job.created_at
        for other in others
    )


def _compare_all(job: RetrainingJob, scores: ScoringResult, policy: Policy, ports: Ports, look: int | None) -> _Race:
    """One challenger after the other, of which only the best is kept: twenty could fill the memory."""
    old = job.champion_version
    champion = load_predictions(_file(scores, old), policy.data, ports) if old else None
    compared: dict[str, Comparison] = {}
    best: tuple[float, str, Pair] | None = None
    holdout = ""
    for version in job.challengers:
        predictions = load_predictions(_file(scores, version), policy.data, ports)
        if not holdout:
            holdout = predictions.holdout_sha256()
            look = look or 1 + looks_before(job, holdout, ports)
        elif predictions.holdout_sha256() != holdout:
            raise ArtifactInvalid(f"version {version} was not scored on the same rows as the others")
        pair = pair_up(predictions, champion, policy, _seed(job), len(job.challengers), look or 1)
        compared[version] = compare(pair, metrics=())
        quality = _quality(compared[version], policy)
        # The first of equals: whoever computes it again finds the same.
        if best is None or quality > best[0]:
            best = quality, version, pair
    if best is None:
        raise ArtifactInvalid(f"job '{job.job_id}' has no challenger to validate")
    return _Race(compared, best[1], best[2], holdout)


def _quality(comparison: Comparison, policy: Policy) -> float:
    """The larger the better, whatever the primary metric."""
    found = comparison.judged
    quality: float = policy.kind_of(policy.primary_metric).gain(found.value, 0.0) if found else float("-inf")
    return quality


def _seed(job: RetrainingJob) -> int:
    """Of the bootstrap: fixed before anything is compared, and the same whenever it is done."""
    return int((job.manifest_sha256 or "0")[:8], 16)


def _scores_of(compared: dict[str, Comparison]) -> tuple[VariantScore, ...]:
    return tuple(
        VariantScore(version=version, value=judged.value, improvement=found.improvement, p_value=judged.p_value)
        for version, found in compared.items()
        if (judged := found.judged) is not None
    )


def _label_share(pair: Pair, scores: ScoringResult) -> float:
    labelled = pair.challenger.predictions.rows
    return labelled / (labelled + scores.rows_without_label)


def _file(scores: ScoringResult, version: str) -> PredictionFile:
    if version not in scores.predictions:
        raise ArtifactInvalid(f"version {version} was not scored, only {', '.join(sorted(scores.predictions))}")
    return scores.predictions[version]


def _inputs(job: RetrainingJob, race: _Race, scores: ScoringResult, applied: AppliedPolicy) -> ValidatedInputs:
    return ValidatedInputs(
        model_name=job.model_name,
        challenger_version=race.best,
        champion_version=job.champion_version,
        manifest_sha256=job.manifest_sha256 or "",
        artifact_sha256=job.challengers[race.best].files.artifact_sha256,
        predictions_sha256={version: file.sha256 for version, file in scores.predictions.items()},
        holdout_sha256=race.holdout_sha256,
        policy_version=applied.version,
        min_improvement=applied.policy.validation.min_improvement,
        look=race.pair.look,
        seed=_seed(job),
        libraries=LIBRARIES,
    )
