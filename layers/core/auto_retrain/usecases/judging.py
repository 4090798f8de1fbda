"""The verdict on a job's challenger: compares, judges, and pins what was compared."""

from typing import NamedTuple

from ..domain.comparison import Comparison, Confusion
from ..domain.errors import ArtifactInvalid
from ..domain.job import RetrainingJob
from ..domain.policy import AppliedPolicy, Policy
from ..domain.results import PredictionFile, ScoringResult
from ..domain.validation import Decision, ValidatedInputs, ValidationResult, VariantScore
from ..domain.verdict import Outcome, Verdict, worst
from ..gates import judge_gates
from ..ports import Ports
from ..statistics.libraries import LIBRARIES
from .comparing import Pair, compare, confusion_of, pair_up
from .predictions import Predictions, load_predictions
from .slicing import compare_slices

# Jobs further back are of other rows: a window moves on every day.
LOOKS_BACK = 50

_DECISIONS = {Outcome.MET: Decision.PROMOTE, Outcome.INCONCLUSIVE: Decision.INCONCLUSIVE}


class Judgement(NamedTuple):
    """A verdict, and the two versions that it is about."""

    result: ValidationResult
    pair: Pair


def judge_scores(
    job: RetrainingJob, scores: ScoringResult, applied: AppliedPolicy, ports: Ports, look: int | None = None
) -> Judgement:
    """The verdict on the job's challenger, or the best of several, computed from prediction files alone.

    `look` says how often the rows have been used, where that is known already.
    """
    files = {
        version: load_predictions(_file(scores, version), applied.policy.data, ports) for version in _versions(job)
    }
    holdout = next(iter(files.values())).holdout_sha256()
    look = look or 1 + looks_before(job, holdout, ports)
    pairs = _pairs(job, files, applied.policy, look)
    compared = {version: compare(pair, metrics=()) for version, pair in pairs.items()}
    best = _best(compared, applied.policy)
    comparison = compare(pairs[best]).model_copy(
        update={
            "slices": compare_slices(pairs[best]),
            "label_share": _label_share(compared[best].rows, scores),
        }
    )
    verdicts = judge_gates(applied.policy, comparison)
    inputs = _inputs(job, best, scores, applied, holdout, look)
    result = _result(comparison, confusion_of(pairs[best]), verdicts, inputs)
    if job.variants:
        result = result.model_copy(update={"variants": _scores_of(compared)})
    return Judgement(result, pairs[best])


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


def _versions(job: RetrainingJob) -> list[str]:
    if not job.challengers:
        raise ArtifactInvalid(f"job '{job.job_id}' has no challenger to validate")
    return [*job.challengers, *([job.champion_version] if job.champion_version else [])]


def _pairs(job: RetrainingJob, files: dict[str, Predictions], policy: Policy, look: int) -> dict[str, Pair]:
    """Each challenger with the champion, on the same rows."""
    champion = files[job.champion_version] if job.champion_version else None
    return {
        version: pair_up(files[version], champion, policy, _seed(job), len(job.challengers), look)
        for version in job.challengers
    }


def _best(compared: dict[str, Comparison], policy: Policy) -> str:
    """The best by the primary metric, the first of equals: whoever computes it again finds the same."""
    kind = policy.kind_of(policy.primary_metric)

    def quality(version: str) -> float:
        found = compared[version].judged
        return kind.gain(found.value, 0.0) if found else float("-inf")

    return max(compared, key=quality)


def _seed(job: RetrainingJob) -> int:
    """Of the bootstrap: fixed before anything is compared, and the same whenever it is done."""
    return int((job.manifest_sha256 or "0")[:8], 16)


def _scores_of(compared: dict[str, Comparison]) -> tuple[VariantScore, ...]:
    return tuple(
        VariantScore(version=version, value=judged.value, improvement=found.improvement, p_value=judged.p_value)
        for version, found in compared.items()
        if (judged := found.judged) is not None
    )


def _label_share(labelled: int, scores: ScoringResult) -> float:
    return labelled / (labelled + scores.rows_without_label)


def _file(scores: ScoringResult, version: str) -> PredictionFile:
    if version not in scores.predictions:
        raise ArtifactInvalid(f"version {version} was not scored, only {', '.join(sorted(scores.predictions))}")
    return scores.predictions[version]


def _inputs(
    job: RetrainingJob, version: str, scores: ScoringResult, applied: AppliedPolicy, holdout_sha256: str, look: int
) -> ValidatedInputs:
    return ValidatedInputs(
        model_name=job.model_name,
        challenger_version=version,
        champion_version=job.champion_version,
        manifest_sha256=job.manifest_sha256 or "",
        artifact_sha256=job.challengers[version].artifact_sha256,
        predictions_sha256={version: file.sha256 for version, file in scores.predictions.items()},
        holdout_sha256=holdout_sha256,
        policy_version=applied.version,
        min_improvement=applied.policy.validation.min_improvement,
        look=look,
        seed=_seed(job),
        libraries=LIBRARIES,
    )


def _result(
    comparison: Comparison, confusion: Confusion | None, verdicts: tuple[Verdict, ...], inputs: ValidatedInputs
) -> ValidationResult:
    outcome = worst(verdicts)
    return ValidationResult(
        decision=_DECISIONS.get(outcome, Decision.REJECT),
        reason="; ".join(verdict.reason for verdict in verdicts if verdict.outcome is outcome),
        primary=comparison.primary,
        metrics=comparison.metrics,
        improvement=comparison.improvement,
        interval=comparison.interval,
        holdout_rows=comparison.rows,
        entities=comparison.entities,
        confusion=confusion,
        slices=comparison.slices,
        verdicts=verdicts,
        inputs=inputs,
    )
