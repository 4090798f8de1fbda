"""Decides whether a challenger may replace the champion, from nothing but predictions on the holdout rows."""

from typing import Literal

from ..domain.comparison import Comparison
from ..domain.errors import ArtifactInvalid
from ..domain.job import RetrainingJob, RetrainingStatus
from ..domain.messages import JobReference, ValidationOutcome
from ..domain.names import CHAMPION_PART
from ..domain.policy import AppliedPolicy
from ..domain.results import PredictionFile, ScoringResult
from ..domain.validation import Decision, ValidatedInputs, ValidationResult, VariantScore
from ..domain.verdict import Outcome, Verdict, worst
from ..gates import judge_gates
from ..ports import Ports
from .comparing import compare, load_predictions
from .container_results import is_scored_apart, read_result
from .records import job_of, policy_of

_DECISIONS = {Outcome.MET: Decision.PROMOTE, Outcome.INCONCLUSIVE: Decision.INCONCLUSIVE}


def validate_model(reference: JobReference, ports: Ports) -> ValidationOutcome:
    """Compare, judge, and store the result on the job; done again, it finds the same.

    Raises:
        JobUnknown, ModelUnknown: the job or its policy is not there.
        ArtifactInvalid: scores are absent, incomplete, changed, or not of the same rows.
    """
    job = job_of(reference.job_id, ports)
    applied = policy_of(job.model_name, ports)
    job = job.moved_to(RetrainingStatus.VALIDATION)
    result = judge_scores(job, _read_scores(job, ports), applied, ports)
    result = result.sealed(ports.clock.now())
    ports.jobs.save(with_result(job, result))
    return ValidationOutcome(
        next=_next_step(job, result),
        decision=result.decision,
        reason=result.reason,
        validation_hash=result.validation_hash,
    )


def _next_step(job: RetrainingJob, result: ValidationResult) -> Literal["deploy", "review", "close"]:
    if not result.is_valid:
        return "close"
    return "review" if job.needs_review else "deploy"


def with_result(job: RetrainingJob, result: ValidationResult) -> RetrainingJob:
    """The job with what was found, which says as well which of several variants is its challenger."""
    version = result.inputs.challenger_version
    chosen = next((variant for variant in job.variants if variant.version == version), None)
    if chosen is None:
        return job.changed(validation=result)
    return job.changed(
        validation=result,
        challenger_version=version,
        challenger_files=chosen.files,
        run_id=chosen.run_id,
        metrics=chosen.metrics,
    )


def _read_scores(job: RetrainingJob, ports: Ports) -> ScoringResult:
    """All predictions of the job, also those of a champion that was scored in an image of its own."""
    scores = read_result(job, "score", ScoringResult, ports)
    if not is_scored_apart(job):
        return scores
    champion = read_result(job, "score", ScoringResult, ports, CHAMPION_PART)
    return scores.model_copy(update={"predictions": champion.predictions | scores.predictions})


def judge_scores(job: RetrainingJob, scores: ScoringResult, applied: AppliedPolicy, ports: Ports) -> ValidationResult:
    """The verdict on the job's challenger, or the most accurate of several, computed from prediction files alone."""
    compared = _compare_all(job, scores, applied, ports)
    # The first of equals: whoever computes it again finds the same.
    best = max(compared, key=lambda version: compared[version].challenger.accuracy)
    comparison = compared[best].model_copy(update={"label_share": _label_share(compared[best].rows, scores)})
    verdicts = judge_gates(applied.policy, comparison)
    result = _result(comparison, verdicts, _inputs(job, best, scores, applied))
    return result.model_copy(update={"variants": _scores_of(compared)}) if job.variants else result


def _compare_all(
    job: RetrainingJob, scores: ScoringResult, applied: AppliedPolicy, ports: Ports
) -> dict[str, Comparison]:
    """Each challenger with the champion, on the same rows."""
    champion = load_predictions(_file(scores, job.champion_version), ports) if job.champion_version else None
    label, challengers = applied.policy.data.positive_label, list(job.challengers)
    if not challengers:
        raise ArtifactInvalid(f"job '{job.job_id}' has no challenger to validate")
    return {
        version: compare(load_predictions(_file(scores, version), ports), champion, label, len(challengers))
        for version in challengers
    }


def _scores_of(compared: dict[str, Comparison]) -> tuple[VariantScore, ...]:
    return tuple(
        VariantScore(
            version=version, accuracy=found.challenger.accuracy, improvement=found.improvement, p_value=found.p_value
        )
        for version, found in compared.items()
    )


def _label_share(labelled: int, scores: ScoringResult) -> float:
    return labelled / (labelled + scores.rows_without_label)


def _file(scores: ScoringResult, version: str) -> PredictionFile:
    if version not in scores.predictions:
        raise ArtifactInvalid(f"version {version} was not scored, only {', '.join(sorted(scores.predictions))}")
    return scores.predictions[version]


def _inputs(job: RetrainingJob, version: str, scores: ScoringResult, applied: AppliedPolicy) -> ValidatedInputs:
    return ValidatedInputs(
        model_name=job.model_name,
        challenger_version=version,
        champion_version=job.champion_version,
        manifest_sha256=job.manifest_sha256 or "",
        artifact_sha256=job.challengers[version].artifact_sha256,
        predictions_sha256={version: file.sha256 for version, file in scores.predictions.items()},
        policy_version=applied.version,
    )


def _result(comparison: Comparison, verdicts: tuple[Verdict, ...], inputs: ValidatedInputs) -> ValidationResult:
    outcome = worst(verdicts)
    return ValidationResult(
        **comparison.challenger.model_dump(),
        decision=_DECISIONS.get(outcome, Decision.REJECT),
        reason="; ".join(verdict.reason for verdict in verdicts if verdict.outcome is outcome),
        champion=comparison.champion,
        improvement=comparison.improvement,
        interval=comparison.interval,
        holdout_rows=comparison.rows,
        verdicts=verdicts,
        inputs=inputs,
    )
