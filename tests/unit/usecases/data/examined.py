"""What pods do that examine the parts of a job's data, without a cluster."""

from typing import Any

from auto_retrain.domain.cluster import JobOrder
from auto_retrain.domain.digest import sha256_of
from auto_retrain.domain.errors import DataInvalid
from auto_retrain.domain.names import kubernetes_job_name
from auto_retrain.usecases.data.manifest import read_manifest
from auto_retrain.usecases.data.part_files import pack
from auto_retrain.usecases.data.read_part import read_part
from tests.unit.usecases.world import World


def examine(world: World, job_id: str) -> None:
    """Start the step, and leave what the pod of each part would."""
    world.start(job_id, "check")
    for order in world.ports.cluster.orders[kubernetes_job_name(job_id, "check")]:
        output = order.output_uri.removeprefix(world.ports.data.uri(""))
        world.leave_result(job_id, "check", output, **_findings(world, order, output))


def _findings(world: World, order: JobOrder, output: str) -> dict[str, Any]:
    assert order.part is not None
    manifest = read_manifest(world.job(order.job_id), world.ports)
    try:
        content = pack(read_part(manifest, order.part, world.ports.tables))
    except DataInvalid as error:
        return {"broken": {"reason": str(error), "missing": error.missing, "not_numeric": error.not_numeric}}
    uri = world.ports.data.write(f"{output}evidence.npz", content)
    return {"evidence": {"uri": uri, "sha256": sha256_of(content)}}
