"""The verdict on a job's challenger: compares, judges, and pins what was compared."""

from collections.abc import Sequence
from typing import NamedTuple

from pydantic import ValidationError

from ...comparison.compare import compare
from ...comparison.confusion import confusion_of
from ...comparison.slices import compare_slices
from ...comparison.versions import Versions
from ...domain.comparison import KnownQuality
from ...domain.digest import sha256_of
from ...domain.errors import ArtifactInvalid
from ...domain.explain import explain
from ...domain.job import RetrainingJob
from ...domain.policy.policy import AppliedPolicy, Policy
from ...domain.results import ScoringResult
from ...domain.validation import Decision, ValidatedInputs, ValidationResult
from ...domain.verdict import Outcome, decisive, worst
from ...gates import judge_gates
from ...gates.min_improvement import CHECK as MIN_IMPROVEMENT
from ...ports import Ports
from ...statistics.libraries import LIBRARIES
from ...statistics.version import STATISTICS
from ..data.manifest import read_manifest
from ..looks import Looks
from .best_challenger import Candidate, select_best
from .known_quality import known_of_champion

_DECISIONS = {Outcome.MET: Decision.PROMOTE, Outcome.INCONCLUSIVE: Decision.INCONCLUSIVE}


class Judgement(NamedTuple):
    """A verdict, and the versions that it is about: the challenger and its champion, or a first model alone."""

    result: ValidationResult
    versions: Versions


def judge_scores(
    job: RetrainingJob,
    scores: Sequence[ScoringResult],
    applied: AppliedPolicy,
    ports: Ports,
    looks: Looks | None = None,
    known: tuple[KnownQuality, ...] | None = None,
) -> Judgement:
    """The verdict on the job's challenger, or the best of several, computed from prediction files alone.

    There are several results where the holdout was scored in parts. `looks` says how often rows and champion have been
    used, and `known` what was known of the champion, where a verdict that was sealed already says so.
    """
    applied = by_frozen_columns(job, applied, ports)
    selection = select_best(job, scores, applied.policy, ports, looks)
    versions = selection.best.versions
    known = known_of_champion(job, applied.policy, ports) if known is None else known
    comparison = compare(
        versions, slices=compare_slices(versions), label_share=_label_share(job, scores, versions)
    ).changed(known_of_champion=known)
    verdicts = judge_gates(applied.policy, comparison)
    outcome = worst(verdicts)
    result = ValidationResult(
        decision=_DECISIONS.get(outcome, Decision.REJECT),
        reason="; ".join(dict.fromkeys(verdict.reason for verdict in decisive(verdicts))),
        primary=comparison.primary,
        metrics=comparison.metrics,
        improvement=comparison.improvement,
        interval=comparison.interval,
        holdout_rows=comparison.rows,
        entities=comparison.entities,
        confusion=confusion_of(versions),
        slices=comparison.slices,
        verdicts=verdicts,
        variants=selection.scores if job.variants else (),
        inputs=_inputs(job, selection.best, scores, applied, known),
    )
    return Judgement(result, versions)


def by_frozen_columns(job: RetrainingJob, applied: AppliedPolicy, ports: Ports) -> AppliedPolicy:
    """The policy with the entity and the slices that the job was frozen with: people may have changed them since.

    Raises:
        ArtifactInvalid: it is about another task now, or does not fit those columns, so the job cannot be judged by it.
    """
    if job.manifest_uri is None:
        return applied
    frozen, data = read_manifest(job, ports).data, applied.policy.data
    if frozen.task is not data.task:
        raise ArtifactInvalid(f"data.task is '{data.task}' now, but job '{job.job_id}' was trained for '{frozen.task}'")
    try:
        data = data.changed(entity=frozen.entity, slices=frozen.slices)
        return applied.changed(policy=applied.policy.changed(data=data))
    except ValidationError as error:
        problems = explain(error, Policy)
        raise ArtifactInvalid(f"the policy does not fit the columns of job '{job.job_id}': {problems}") from error


def with_min_improvement(applied: AppliedPolicy, min_improvement: float) -> AppliedPolicy:
    """The policy with another minimum improvement, which counts even where the policy only observes its own.

    Raises:
        ValidationError: it is outside a policy's bounds.
    """
    rules = applied.policy.validation
    observed = tuple(name for name in rules.observe_only if name != MIN_IMPROVEMENT)
    rules = rules.changed(min_improvement=min_improvement, observe_only=observed)
    return applied.changed(policy=applied.policy.changed(validation=rules))


def _label_share(job: RetrainingJob, scores: Sequence[ScoringResult], versions: Versions) -> float:
    """The share of the holdout rows whose label had arrived, as the data check counted them."""
    if job.data_check is not None and job.data_check.holdout is not None:
        return job.data_check.summary.holdout.label_share
    # An earlier release asked the scoring pod; a replay of what it judged does so too.
    labelled = versions.challenger.rows
    return labelled / (labelled + sum(part.rows_without_label for part in scores))


def _digests(scores: Sequence[ScoringResult]) -> dict[str, str]:
    """The digest of each version's predictions; of several files, the one of their digests in order."""
    if len(scores) == 1:
        return {version: file.sha256 for version, file in scores[0].predictions.items()}
    versions = dict.fromkeys(version for part in scores for version in part.predictions)
    files = {version: [part.predictions[version].sha256 for part in scores if part.predictions] for version in versions}
    return {version: sha256_of("\n".join(digests).encode()) for version, digests in files.items()}


def _inputs(
    job: RetrainingJob,
    best: Candidate,
    scores: Sequence[ScoringResult],
    applied: AppliedPolicy,
    known: tuple[KnownQuality, ...],
) -> ValidatedInputs:
    return ValidatedInputs(
        model_name=job.model_name,
        challenger_version=best.version,
        champion_version=job.champion_version,
        manifest_sha256=job.manifest_sha256 or "",
        artifact_sha256=job.challengers[best.version].files.artifact_sha256,
        predictions_sha256=_digests(scores),
        holdout_sha256=best.holdout_sha256,
        policy_version=applied.version,
        min_improvement=applied.policy.validation.min_improvement,
        look=best.versions.terms.look,
        champion_look=best.versions.terms.champion_look,
        known_of_champion=known,
        seed=best.versions.challenger.sample.seed,
        libraries=LIBRARIES,
        statistics=STATISTICS,
    )
