"""Orders a back-test with trainings: one Kubernetes Job that nothing in the deployment waits for, and its result."""

import secrets
from collections.abc import Callable
from itertools import count, takewhile

from ...domain.cluster import ClusterJob, ClusterJobPhase, JobOrder, suspension_of
from ...domain.digest import canonical_json, sha256_of
from ...domain.errors import (
    ArtifactMissing,
    ClusterUnavailable,
    OrdersTooLarge,
    TrainingFailed,
    TransientError,
)
from ...domain.names import output_key, run_key
from ...domain.policy.training import MAX_DEADLINE_MINUTES
from ...domain.trained_back_test import (
    MAX_RESULT_BYTES,
    AskedBackTest,
    BackTestManifest,
    BackTestResult,
    BackTestRun,
    id_of,
)
from ...ports import Ports
from ..container_results import read_result
from ..data.manifest import MAX_MANIFEST_BYTES
from .back_test_request import request_of

POLL_SECONDS = 2.0
# A minute without the cluster or the bucket is no reason to give up.
ATTEMPTS = 30

Tell = Callable[[str], None]


def start_back_test(asked: AskedBackTest, ports: Ports, again: bool = False) -> BackTestRun:
    """Find the newest run of what is asked, or start one if there is none or it has failed; or `again` in any case.

    Several callers at once agree on one run.

    Raises:
        OrdersTooLarge: its data have more objects than a pod would read the list of.
        ClusterRefused: the caller may not start it, or the rules for pod templates refuse it.
    """
    run = _newest_run(id_of(asked), ports)
    if run and not again:
        if _result_in(run, ports):
            return run
        job = _job_of(run, ports)
        if job and job.phase is not ClusterJobPhase.FAILED:
            return run
        # Whoever wrote the run down may have ended before its Job was started.
        again = job is not None
    if run is None or again:
        run = _write_down(asked, run.number + 1 if run else 1, ports)
    _start(run, asked, ports)
    return run


def _newest_run(job_id: str, ports: Ports) -> BackTestRun | None:
    """Runs are numbered from 1; there are few."""
    runs = takewhile(lambda run: run is not None, (_run(job_id, number, ports) for number in count(1)))
    return max((run for run in runs if run), key=lambda run: run.number, default=None)


def _run(job_id: str, number: int, ports: Ports) -> BackTestRun | None:
    try:
        content = ports.data.read(ports.data.uri(run_key(job_id, number)))
    except ArtifactMissing:
        return None
    return BackTestRun.model_validate_json(content)


def _write_down(asked: AskedBackTest, number: int, ports: Ports) -> BackTestRun:
    """Where no pod can read or write it, so that none can forge a result; of several callers, one does."""
    job_id = id_of(asked)
    manifest = canonical_json(BackTestManifest(job_id=job_id, **dict(request_of(asked, ports))))
    if len(manifest) > MAX_MANIFEST_BYTES:
        size = f"{len(manifest) >> 20} MB of objects; at most {MAX_MANIFEST_BYTES >> 20} MB are allowed"
        raise OrdersTooLarge(f"the list of data of {asked.days} has {size}: try fewer days")
    digest = sha256_of(manifest)
    run = BackTestRun(
        job_id=job_id,
        number=number,
        ordered_at=ports.clock.now(),
        manifest_uri=ports.data.write(f"jobs/{job_id}/manifest-{digest[:16]}.json", manifest),
        manifest_sha256=digest,
        output=output_key(job_id, "back_test", secrets.token_hex(16)),
    )
    ports.data.write_once(run_key(job_id, number), run.model_dump_json().encode())
    return _run(job_id, number, ports) or run


def _start(run: BackTestRun, asked: AskedBackTest, ports: Ports) -> None:
    training = asked.policies[0].policy.training
    order = JobOrder(
        kind="back_test",
        job_id=run.job_id,
        model_name=asked.model_name,
        manifest_uri=run.manifest_uri,
        manifest_sha256=run.manifest_sha256,
        output_uri=ports.data.uri(run.output),
        mlflow_tracking_uri=ports.registry.tracking_uri,
        seed=training.seed,
    )
    # It trains many times, and whoever waits for it should hear of a failure at once.
    longest = training.changed(deadline_minutes=MAX_DEADLINE_MINUTES, retries=0, batched=False)
    ports.cluster.start_job(run.kubernetes_job, [order], longest)


def _job_of(run: BackTestRun, ports: Ports) -> ClusterJob | None:
    """Raises ClusterUnavailable rather than find none where not all could be read."""
    listing, name = ports.cluster.list_jobs(), run.kubernetes_job
    found = next((job for job in listing.jobs if job.name == name), None)
    unread = {**listing.unlisted, **{each: why for each, why in listing.unreadable.items() if each == name}}
    if unread and found is None:
        raise ClusterUnavailable("; ".join(f"'{each}' cannot be read: {why}" for each, why in unread.items()))
    return found


def await_result(run: BackTestRun, ports: Ports, tell: Tell, wait: Callable[[float], None]) -> BackTestResult:
    """The result of a run, as soon as it is there; meanwhile tells what its pod is doing. Raises like `result_of`."""
    said = ""
    while isinstance(state := _state(run, ports, tell, wait), str):
        if not said:
            tell(f"the Kubernetes Job {run.kubernetes_job} trains; Ctrl-C ends the waiting, not the Job")
        elif state != said:
            tell(state)
        said = state
        wait(POLL_SECONDS)
    return state


def _state(run: BackTestRun, ports: Ports, tell: Tell, wait: Callable[[float], None]) -> BackTestResult | str:
    """What cannot be asked for a moment is asked again."""
    for _ in range(ATTEMPTS - 1):
        try:
            return result_of(run, ports)
        except TransientError as error:
            tell(f"{error}; asking again")
            wait(POLL_SECONDS)
    return result_of(run, ports)


def result_of(run: BackTestRun, ports: Ports) -> BackTestResult | str:
    """The result, or what its pod is doing.

    Raises:
        TrainingFailed: its Kubernetes Job ended without a result, or never will run; the message has the last line of
            its log, or what keeps it.
        ArtifactInvalid: the result is not about this request.
    """
    # Asked first: a Job may leave its result and be gone in between.
    found = _job_of(run, ports)
    result = _result_in(run, ports)
    if result:
        return result
    name = f"the Kubernetes Job '{run.kubernetes_job}'"
    if found is None:
        raise TrainingFailed(f"{name} is gone and left no result: somebody deleted it; the same command starts another")
    if found.phase is ClusterJobPhase.COMPLETE:
        raise TrainingFailed(f"{name} is complete, but its result is not at '{ports.data.uri(run.output)}'")
    if found.phase is ClusterJobPhase.FAILED:
        raise TrainingFailed(f"{name} has failed: {ports.cluster.explain_failure(found)}")
    obstacle = ports.cluster.obstacles([found]).get(found.name) if not found.ready_pods else None
    if obstacle and obstacle.never_passes:
        ports.cluster.delete_job(found)
        raise TrainingFailed(f"{name} cannot run, so it was deleted: {obstacle.reason}")
    waits = f"waits: {obstacle.reason}" if obstacle else None
    return suspension_of(found) or waits or _last_line(found, ports)


def _last_line(job: ClusterJob, ports: Ports) -> str:
    lines = ports.cluster.log_tail(job, 1).splitlines()
    return lines[-1] if lines else f"the pod of '{job.name}' is starting"


def _result_in(run: BackTestRun, ports: Ports) -> BackTestResult | None:
    try:
        return read_result(run, run.output, BackTestResult, ports, MAX_RESULT_BYTES)
    except ArtifactMissing:
        return None
