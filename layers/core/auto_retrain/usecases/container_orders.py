"""What the containers of a step are told to do; versions are scored in the images that made them."""

from ..domain.cluster import JobOrder
from ..domain.job import RetrainingJob
from ..domain.names import CHAMPION_PART, JobKind, output_key, variant_part
from ..domain.policy import Policy
from ..ports import Ports
from .container_results import is_scored_apart


def variant_orders(job: RetrainingJob, policy: Policy, ports: Ports) -> list[JobOrder]:
    """One order for the training of each variant."""
    (order,) = container_orders(job, "train", policy, ports)
    return [
        order.model_copy(
            update={
                "variant": number,
                "parameters": variant.parameters,
                "output_uri": f"{order.output_uri}{variant_part(number)}",
            }
        )
        for number, variant in enumerate(job.variants)
    ]


def container_orders(job: RetrainingJob, kind: JobKind, policy: Policy, ports: Ports) -> list[JobOrder]:
    """The orders of one step, to be carried out one after the other."""
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
    champion = {job.champion_version: job.champion_files.artifact_sha256} if job.champion_version else {}
    challengers = {version: files.artifact_sha256 for version, files in job.challengers.items()}
    own = {"image": next(files.image for files in job.challengers.values())}
    if not is_scored_apart(job):
        return [order.model_copy(update={**own, "versions": champion | challengers})]
    apart = {
        "image": job.champion_files.image,
        "versions": champion,
        "output_uri": f"{order.output_uri}{CHAMPION_PART}",
    }
    return [order.model_copy(update=apart), order.model_copy(update={**own, "versions": challengers})]
