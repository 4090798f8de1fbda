"""Orders a back-test with trainings: one Kubernetes Job that nothing in the deployment waits for, and its result."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple

from pydantic import JsonValue, ValidationError

from ...domain.cluster import ClusterJob, ClusterJobPhase, JobOrder, suspension_of
from ...domain.digest import canonical_json, sha256_of
from ...domain.errors import (
    ArtifactInvalid,
    ArtifactMissing,
    ClusterUnavailable,
    EventInvalid,
    ModelUnknown,
    OrdersTooLarge,
    TrainingFailed,
)
from ...domain.explain import explain
from ...domain.job import RetrainingJob
from ...domain.labelled_days import SETTLING
from ...domain.layouts import Layout
from ...domain.manifest import DataObject
from ...domain.names import note_key, output_key
from ...domain.policy.data import LabelPolicy
from ...domain.policy.policy import Policy
from ...domain.policy.training import MAX_DEADLINE_MINUTES
from ...domain.trained_back_test import (
    MAX_RESULT_BYTES,
    AskedRetraining,
    BackTestManifest,
    BackTestRequest,
    BackTestResult,
    Listing,
    NamedPolicy,
    days_read,
    id_of,
    metric_in,
)
from ...domain.trigger_type import TriggerType
from ...domain.windows import Window
from ...ports import Ports
from ..data.manifest import MAX_MANIFEST_BYTES
from ..lookup import champion_lines, policy_version_of

_DAY = timedelta(days=1)


class OrderedBackTest(NamedTuple):
    """A back-test whose Kubernetes Job was started, by this call or an earlier one with the same request."""

    job_id: str
    kubernetes_job: str
    output: str
    manifest_sha256: str


def request_of(
    policies: Mapping[str, Policy], days: Window, ports: Ports, metric: str | None = None
) -> BackTestRequest:
    """What a pod has to know of the past to walk through these days with one policy or two.

    Raises:
        PolicyInvalid: the metric of a policy cannot be worked out from labelled rows.
        EventInvalid: the policies train in different images.
        DataUnavailable: the data cannot be listed.
    """
    first, *_ = policies.values()
    for policy in policies.values():
        metric_in(policy, metric)
    images = {policy.training.image or ports.cluster.default_image for policy in policies.values()}
    if len(images) > 1:
        raise EventInvalid(f"training.image: one pod tries both policies, but they name {', '.join(sorted(images))}")
    start, midnight = datetime.combine(days.start, time(), UTC), datetime.combine(ports.clock.now(), time(), UTC)
    last = max(policy.data.label_delay_days + policy.triggers.evaluation_window_days for policy in policies.values())
    as_of = min(midnight, datetime.combine(days.end + timedelta(days=last + 1), time(), UTC))
    asked = tuple(_asked(first.model, days, ports))
    served = any(line.since < start for line in champion_lines(first.model, ports))
    starts_itself = any(policy.triggers.enables(TriggerType.SCHEDULED) for policy in policies.values())
    return BackTestRequest(
        model_name=first.model,
        days=days,
        as_of=as_of,
        policies=tuple(NamedPolicy(name=name, policy=policy) for name, policy in policies.items()),
        listings=tuple(_listings(list(policies.values()), days, as_of, ports)),
        asked=asked,
        trains_first=served or not (asked or starts_itself),
        costs=ports.states.get(first.model).costs,
        prices=ports.prices.current(),
        metric=metric,
        image=images.pop(),
    )


def _asked(model_name: str, days: Window, ports: Ports) -> Iterator[AskedRetraining]:
    """What people asked for in these days and got, with the parameters that were theirs and not the policy's."""
    start, end = (datetime.combine(day, time(), UTC) for day in (days.start, days.end))
    jobs = ports.jobs.list_of_model(model_name, start)
    for job in sorted(jobs, key=lambda job: job.event_time):
        if job.trigger_type is TriggerType.MANUAL and start <= job.event_time < end:
            yield AskedRetraining(
                at=job.event_time,
                actor=job.actor or "unknown",
                reason=job.request_reason,
                parameters=_own(job.training_parameters, _usual_parameters(job, ports)),
                variants=tuple(_own(each.parameters, job.training_parameters) for each in job.variants),
                review=job.needs_review,
            )


def _usual_parameters(job: RetrainingJob, ports: Ports) -> Mapping[str, JsonValue]:
    try:
        return policy_version_of(job.model_name, job.policy_version, ports).policy.training.parameters
    except ModelUnknown:
        return {}


def _own(given: Mapping[str, JsonValue], usual: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    return {name: value for name, value in given.items() if name not in usual or usual[name] != value}


def _listings(policies: Sequence[Policy], days: Window, as_of: datetime, ports: Ports) -> Iterator[Listing]:
    """Each data set once, over all days that any of the policies may read."""
    windows: dict[tuple[str, Layout], Window] = {}
    for policy in policies:
        read, data = days_read(policy, days, as_of), policy.data
        late = Window(start=read.start, end=read.end + timedelta(days=data.label_delay_days) + SETTLING)
        places: list[tuple[str, str, Window]] = [(data.prefix, data.layout, read)]
        places += [(labels.prefix, labels.layout, late) for labels in _label_place(policy)]
        for prefix, layout, window in places:
            known = windows.setdefault((prefix, Layout(layout)), window)
            spanned = Window(start=min(known.start, window.start), end=max(known.end, window.end))
            windows[prefix, Layout(layout)] = spanned
    for (prefix, layout), window in windows.items():
        yield Listing(prefix=prefix, layout=layout, objects=tuple(_objects(prefix, layout, window, ports)))


def _label_place(policy: Policy) -> list[LabelPolicy]:
    return [policy.data.labels] if policy.data.labels else []


def _objects(prefix: str, layout: Layout, window: Window, ports: Ports) -> list[DataObject]:
    if layout is Layout.COLUMN:
        # Any of them may have rows of any day.
        window = Window(start=window.start, end=window.start + _DAY)
    return ports.data.list_partitions(prefix, window, layout)


def start_back_test(request: BackTestRequest, ports: Ports) -> OrderedBackTest:
    """Start its Kubernetes Job; repeating it finds the same one, and starts another only if that one has failed.

    Raises:
        OrdersTooLarge: its data have more objects than a pod would read the list of.
        ClusterRefused: the caller may not start it, or the rules for pod templates refuse it.
    """
    job_id = id_of(request)
    manifest = canonical_json(BackTestManifest(job_id=job_id, **dict(request)))
    if len(manifest) > MAX_MANIFEST_BYTES:
        size = f"{len(manifest) >> 20} MB of objects; at most {MAX_MANIFEST_BYTES >> 20} MB are allowed"
        raise OrdersTooLarge(f"the list of data of {request.days} has {size}: try fewer days")
    digest, training = sha256_of(manifest), request.policies[0].policy.training
    output = _output_of(job_id, ports)
    ordered = OrderedBackTest(job_id, f"{job_id}-{_attempt(_jobs_of(job_id, ports))}", output, digest)
    if _result_of(ordered, ports):
        return ordered
    order = JobOrder(
        kind="back_test",
        job_id=job_id,
        model_name=request.model_name,
        manifest_uri=ports.data.write(f"jobs/{job_id}/manifest-{digest[:16]}.json", manifest),
        manifest_sha256=digest,
        output_uri=ports.data.uri(output),
        mlflow_tracking_uri=ports.registry.tracking_uri,
        seed=training.seed,
    )
    # It trains many times, and whoever waits for it should hear of a failure at once.
    longest = training.changed(deadline_minutes=MAX_DEADLINE_MINUTES, retries=0, batched=False)
    ports.cluster.start_job(ordered.kubernetes_job, [order], longest)
    return ordered


def _output_of(job_id: str, ports: Ports) -> str:
    """Where it writes; chosen once and noted where no pod can read or write, so that none can forge a result."""
    key = note_key(job_id, "back_test")
    try:
        return ports.data.read(ports.data.uri(key)).decode()
    except ArtifactMissing:
        output = output_key(job_id, "back_test", secrets.token_hex(16))
        ports.data.write(key, output.encode())
        return output


def _attempt(jobs: Sequence[ClusterJob]) -> int:
    """The number of the newest Kubernetes Job, or the next one if that has failed; older ones may have expired."""
    number, phase = max(((int(job.name.rpartition("-")[2]), job.phase) for job in jobs), default=(1, None))
    return number + 1 if phase is ClusterJobPhase.FAILED else number


def _jobs_of(job_id: str, ports: Ports) -> list[ClusterJob]:
    """Raises ClusterUnavailable rather than find none where not all could be read."""
    listing = ports.cluster.list_jobs()
    jobs = [job for job in listing.jobs if job.job_id == job_id]
    unread = {**listing.unlisted, **{name: why for name, why in listing.unreadable.items() if name.startswith(job_id)}}
    if unread and not jobs:
        raise ClusterUnavailable("; ".join(f"'{name}' cannot be read: {why}" for name, why in unread.items()))
    return jobs


def result_of(ordered: OrderedBackTest, ports: Ports) -> BackTestResult | str:
    """The result, or what its pod is doing.

    Raises:
        TrainingFailed: its Kubernetes Job ended without a result, or never will run; the message has the last line of
            its log, or what keeps it.
        ArtifactInvalid: the result is not about this request.
    """
    found = next((job for job in _jobs_of(ordered.job_id, ports) if job.name == ordered.kubernetes_job), None)
    result = _result_of(ordered, ports)
    if result:
        return result
    name = f"the Kubernetes Job '{ordered.kubernetes_job}'"
    if found is None:
        raise TrainingFailed(f"{name} is gone and left no result: somebody deleted it; the same command starts another")
    if found.phase is ClusterJobPhase.COMPLETE:
        raise TrainingFailed(f"{name} is complete, but its result is not at '{ports.data.uri(ordered.output)}'")
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


def _result_of(ordered: OrderedBackTest, ports: Ports) -> BackTestResult | None:
    uri = f"{ports.data.uri(ordered.output)}result.json"
    try:
        result = BackTestResult.model_validate_json(ports.data.read(uri, MAX_RESULT_BYTES))
    except ArtifactMissing:
        return None
    except ValidationError as error:
        raise ArtifactInvalid(f"result document '{uri}': {explain(error, BackTestResult)}") from error
    if (result.job_id, result.manifest_sha256) != (ordered.job_id, ordered.manifest_sha256):
        raise ArtifactInvalid(f"result document '{uri}' is about the job '{result.job_id}', not '{ordered.job_id}'")
    return result
