"""Writes the orders for the containers of a step, and reads their results, trusting none without a check."""

from collections.abc import Iterable
from typing import TypeVar

from pydantic import ValidationError

from ...domain.cluster import JobOrder
from ...domain.errors import ArtifactInvalid
from ...domain.explain import explain
from ...domain.job import RetrainingJob
from ...domain.model_version import ModelVersion
from ...domain.names import CHAMPION_PART, JobKind, output_key, variant_part
from ...domain.policy.policy import Policy
from ...domain.results import ContainerResult, ScoringResult
from ...ports import Ports

Result = TypeVar("Result", bound=ContainerResult)


def is_scored_separately(job: RetrainingJob) -> bool:
    """Whether the champion was made by another image than the challenger; an unknown image counts as the same."""
    # All variants share one image, as their orders do.
    new = next((version.files.image for version in job.challengers.values()), None)
    old = job.champion.files.image if job.champion else None
    return None not in (old, new) and old != new


def read_result(job: RetrainingJob, kind: JobKind, model: type[Result], ports: Ports, part: str = "") -> Result:
    """The result document of a step, or of a part of it; raises ArtifactInvalid if it is absent or not this job's."""
    uri = ports.data.uri(f"{output_key(job.job_id, kind)}{part}result.json")
    try:
        result = model.model_validate_json(ports.data.read(uri))
    except ValidationError as error:
        raise ArtifactInvalid(f"result document '{uri}': {explain(error, model)}") from error
    if result.job_id != job.job_id:
        raise ArtifactInvalid(f"result document '{uri}' belongs to job '{result.job_id}'")
    return result


def read_scores(job: RetrainingJob, ports: Ports) -> ScoringResult:
    """All predictions of the job, including those of a champion that was scored in its own image."""
    scores = read_result(job, "score", ScoringResult, ports)
    if not is_scored_separately(job):
        return scores
    champion = read_result(job, "score", ScoringResult, ports, CHAMPION_PART)
    return scores.changed(predictions=champion.predictions | scores.predictions)


def variant_orders(job: RetrainingJob, policy: Policy, ports: Ports) -> list[JobOrder]:
    """One order for the training of each variant."""
    (order,) = container_orders(job, "train", policy, ports)
    return [
        order.changed(
            variant=number, parameters=variant.parameters, output_uri=f"{order.output_uri}{variant_part(number)}"
        )
        for number, variant in enumerate(job.variants)
    ]


def container_orders(job: RetrainingJob, kind: JobKind, policy: Policy, ports: Ports) -> list[JobOrder]:
    """The orders of one step, carried out one after the other."""
    order = JobOrder(
        kind=kind,
        job_id=job.job_id,
        model_name=job.model_name,
        manifest_uri=job.manifest_uri or "",
        manifest_sha256=job.manifest_sha256 or "",
        output_uri=ports.data.uri(output_key(job.job_id, kind)),
        mlflow_tracking_uri=ports.registry.tracking_uri,
        seed=policy.training.seed,
        parameters=job.training_parameters,
        trainer=policy.training.trainer,
        row_metric=policy.validation.row_metric if kind == "score" else None,
        min_label_share=policy.data.min_label_share,
    )
    return _scoring_orders(order, job) if kind == "score" else [order]


def _scoring_orders(order: JobOrder, job: RetrainingJob) -> list[JobOrder]:
    champion, challengers = _digests([job.champion] if job.champion else []), _digests(job.challengers.values())
    image = next(version.files.image for version in job.challengers.values())
    if job.champion is None or not is_scored_separately(job):
        return [order.changed(image=image, versions=champion | challengers)]
    output_uri = f"{order.output_uri}{CHAMPION_PART}"
    separate = order.changed(image=job.champion.files.image, versions=champion, output_uri=output_uri)
    return [separate, order.changed(image=image, versions=challengers)]


def _digests(versions: Iterable[ModelVersion]) -> dict[str, str | None]:
    return {version.number: version.files.artifact_sha256 for version in versions}
