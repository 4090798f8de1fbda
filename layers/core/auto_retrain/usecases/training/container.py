"""Writes the orders for the containers of a step, and reads their results, trusting none without a check."""

from collections.abc import Iterable

from ...domain.cluster import JobOrder
from ...domain.errors import ArtifactInvalid
from ...domain.job import RetrainingJob
from ...domain.model_version import ModelVersion
from ...domain.names import JobKind, part_path, variant_part
from ...domain.policy.policy import Policy
from ...domain.results import PredictionFile, ProxyResult, ScoringResult
from ...ports import Ports
from ..container_results import read_result
from ..data.manifest import read_manifest


def runs_elsewhere(job: RetrainingJob) -> bool:
    """Whether the champion was made by another image than the one that the job trains in."""
    return _is_of_another_image(job, job.image)


def is_scored_separately(job: RetrainingJob) -> bool:
    """Whether the champion was made by another image than the challenger; an unknown image counts as the same."""
    # All variants share one image, as their orders do.
    new = next((version.files.image for version in job.challengers.values()), None)
    return _is_of_another_image(job, new)


def _is_of_another_image(job: RetrainingJob, image: str | None) -> bool:
    champions = job.champion.files.image if job.champion else None
    return None not in (champions, image) and champions != image


def read_scores(job: RetrainingJob, ports: Ports) -> tuple[ScoringResult, ...]:
    """All predictions of the job by parts of its holdout, including those of a champion scored in its own image.

    Raises:
        ArtifactMissing: the job was not scored, or not in all parts.
        ArtifactInvalid: the predictions are not those of the versions that were ordered.
    """
    if job.holdout_parts == 1:
        return (_read_part(job, "", ports),)
    parts = tuple(_read_part(job, part_path(part), ports) for part in range(job.holdout_parts))
    named = {", ".join(sorted(part.predictions)) for part in parts if part.predictions}
    if len(named) > 1:
        raise ArtifactInvalid(f"job '{job.job_id}': other versions in other parts: {' / '.join(sorted(named))}")
    return parts


def _read_part(job: RetrainingJob, part: str, ports: Ports) -> ScoringResult:
    champion, challengers = _digests([job.champion] if job.champion else []), _digests(job.challengers.values())
    # A replay also reads what was scored before there were places of their own.
    was_ordered_before, output = "score" not in job.outputs, job.output_of("score")
    if not is_scored_separately(job):
        return _read_scores(job, f"{output}{part}", champion | challengers, was_ordered_before, ports)
    scores = _read_scores(job, f"{output}{part}", challengers, was_ordered_before, ports)
    # Its image may be older than this release. Nobody else can write there, and its rows are compared as well.
    of_champion = _read_scores(job, f"{job.output_of_champion}{part}", champion, True, ports)
    use = scores.use.plus(of_champion.use) if scores.use and of_champion.use else None
    return scores.changed(predictions=of_champion.predictions | scores.predictions, use=use)


def read_proxies(job: RetrainingJob, ports: Ports) -> tuple[ProxyResult, dict[str, PredictionFile]]:
    """What the proxies of a job left, and the predictions of the champion by its number.

    Raises:
        ArtifactMissing: they left no result.
        ArtifactInvalid: the champion is not the one that was ordered.
    """
    champion = _digests([job.champion] if job.champion else [])
    result = read_result(job, job.output_of("proxy"), ProxyResult, ports)
    if not runs_elsewhere(job):
        _check_versions(job, result.versions, champion)
        return result, dict(result.predictions)
    scores = _read_scores(job, _output_of_proxied_champion(job), champion, True, ports)
    return result, dict(scores.predictions)


def _output_of_proxied_champion(job: RetrainingJob) -> str:
    return f"{job.output_of('proxy')}champion/"


def _read_scores(
    job: RetrainingJob, output: str, ordered: dict[str, str | None], by_earlier_release: bool, ports: Ports
) -> ScoringResult:
    scores = read_result(job, output, ScoringResult, ports, by_earlier_release=by_earlier_release)
    if scores.versions or not by_earlier_release:
        _check_versions(job, scores.versions, ordered)
    return scores


def _check_versions(job: RetrainingJob, scored: dict[str, str | None], ordered: dict[str, str | None]) -> None:
    if scored != ordered:
        raise ArtifactInvalid(
            f"job '{job.job_id}': versions {_texts(scored)} were scored, but {_texts(ordered)} were ordered"
        )


def _texts(versions: dict[str, str | None]) -> str:
    """Versions for display, with the start of the digest of their files."""
    return ", ".join(f"{number} ({(digest or 'no digest')[:12]})" for number, digest in versions.items()) or "none"


def variant_orders(job: RetrainingJob, policy: Policy, ports: Ports) -> list[JobOrder]:
    """One order for the training of each variant."""
    (order,) = container_orders(job, "train", policy, ports)
    return [
        order.changed(
            variant=number, parameters=variant.parameters, output_uri=f"{order.output_uri}{variant_part(number)}"
        )
        for number, variant in enumerate(job.variants)
    ]


def examination_orders(job: RetrainingJob, policy: Policy, ports: Ports) -> list[JobOrder]:
    """One order for each part of the data, in our own image."""
    (order,) = container_orders(job, "check", policy, ports)
    return part_orders(order.changed(image=None, trainer=None, parameters={}), read_manifest(job, ports).parts)


def part_orders(order: JobOrder, parts: int) -> list[JobOrder]:
    """The same order for each part of the data."""
    return [order.changed(part=part, output_uri=f"{order.output_uri}{part_path(part)}") for part in range(parts)]


def holdout_orders(order: JobOrder, job: RetrainingJob) -> list[JobOrder]:
    """The same order for each part of the holdout, with the labels of all parts."""
    labels = job.data_check.holdout_labels if job.data_check else None
    if labels:
        order = order.changed(labels_uri=labels.uri, labels_sha256=labels.sha256)
    return part_orders(order, job.holdout_parts)


def container_orders(job: RetrainingJob, kind: JobKind, policy: Policy, ports: Ports) -> list[JobOrder]:
    """The orders of one step, carried out one after the other."""
    order = JobOrder(
        kind=kind,
        job_id=job.job_id,
        model_name=job.model_name,
        manifest_uri=job.manifest_uri or "",
        manifest_sha256=job.manifest_sha256 or "",
        output_uri=ports.data.uri(job.output_of(kind)),
        mlflow_tracking_uri=ports.registry.tracking_uri,
        seed=policy.training.seed,
        parameters=job.training_parameters,
        image=job.image,
        trainer=policy.training.trainer,
        row_metric=None if kind == "train" else policy.validation.row_metric,
        min_label_share=policy.data.min_label_share,
    )
    if kind == "proxy":
        return _proxy_orders(order, job, ports)
    return _scoring_orders(order, job, ports) if kind == "score" else [order]


def _proxy_orders(order: JobOrder, job: RetrainingJob, ports: Ports) -> list[JobOrder]:
    """The champion is scored in its own image, as it is later beside a challenger.

    The proxy's container runs after it, and could guess where its predictions are. All that it could gain by another
    answer is that its own training is refused or let through.
    """
    plan = job.data_check.proxy if job.data_check else None
    champion = _digests([job.champion] if job.champion else [])
    order = order.changed(sample_share=plan.share if plan else None)
    if job.champion is None or not runs_elsewhere(job):
        return [order.changed(versions=champion)]
    output_uri = ports.data.uri(_output_of_proxied_champion(job))
    image = job.champion.files.image
    scoring = order.changed(kind="score", image=image, versions=champion, output_uri=output_uri, sample_share=None)
    return [scoring, order]


def _scoring_orders(order: JobOrder, job: RetrainingJob, ports: Ports) -> list[JobOrder]:
    champion, challengers = _digests([job.champion] if job.champion else []), _digests(job.challengers.values())
    image = next(version.files.image for version in job.challengers.values())
    if job.champion is None or not is_scored_separately(job):
        return [order.changed(image=image, versions=champion | challengers)]
    output_uri = ports.data.uri(job.output_of_champion)
    separate = order.changed(image=job.champion.files.image, versions=champion, output_uri=output_uri)
    return [separate, order.changed(image=image, versions=challengers)]


def _digests(versions: Iterable[ModelVersion]) -> dict[str, str | None]:
    return {version.number: version.files.artifact_sha256 for version in versions}
