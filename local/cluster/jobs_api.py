"""The operations on Jobs: create, get, list, patch, delete."""

import json
from collections.abc import Collection

from .admission import pod_refusal
from .controller import JobController
from .decoding import decode_job
from .defaults import complete_job
from .errors import (
    ApiError,
    Cause,
    already_exists,
    bad_request,
    conflict,
    invalid,
    not_decodable,
    not_found,
    unsupported_media_type,
    unsupported_option,
)
from .exchange import Answer, Request
from .lists import answer_list
from .objects import JOBS, NAMESPACES, Json
from .pods import random_name
from .store import Job, Store, bodies
from .validation import validate_job

MEBIBYTE = 1024 * 1024
MAX_REQUEST_BYTES = 3 * MEBIBYTE
# The database stores no more than this; beyond it the server fails with causes that have nothing to do with size.
MAX_STORED_BYTES = 3 * MEBIBYTE // 2

_FIELDS = ("metadata.name", "metadata.namespace", "status.successful")
_PROPAGATIONS = ("Foreground", "Background", "Orphan")
_TOO_LARGE_FIELDS = (
    "spec.template.metadata.labels[controller-uid]",
    "spec.template.metadata.labels[batch.kubernetes.io/controller-uid]",
    "spec.selector",
)
_ORPHANS = (
    "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them "
    "or set propagationPolicy=Orphan to suppress this warning"
)


class JobsApi:
    """What a caller may do with Jobs, exactly as recorded from a real server."""

    def __init__(self, store: Store, controller: JobController, namespaces: Collection[str], restricted: bool) -> None:
        self._store, self._controller = store, controller
        self._namespaces, self._restricted = namespaces, restricted

    def create(self, request: Request) -> Answer:
        dry_run = _dry_run(request)
        sent, warnings = _read_job(request)
        if request.namespace not in self._namespaces:
            raise not_found(NAMESPACES, request.namespace)
        _check(sent, len(request.body))
        name = sent["metadata"]["name"]
        existing = self._store.jobs.get((request.namespace, name))
        if existing:
            raise already_exists(JOBS, name, existing.deleting)
        job = Job(complete_job(sent, request.namespace))
        refusal = pod_refusal(job.body, self._restricted)
        if not dry_run:
            self._controller.job_created(job)
        return Answer(201, job.body, warnings + ([f"would not get a pod: {refusal}"] if refusal else []))

    def get(self, request: Request) -> Answer:
        return Answer(200, self._find(request).body)

    def list(self, request: Request) -> Answer:
        jobs = bodies(self._store.jobs, request.namespace)
        return answer_list(request, JOBS, jobs, _FIELDS, self._store.version)

    def patch(self, request: Request) -> Answer:
        """Let a suspended Job run and annotate it: the only change that we make, and the only one supported here."""
        if request.content_type != "application/merge-patch+json":
            raise unsupported_media_type()
        job, change = self._find(request), _delete_options(request.body)
        metadata = change.pop("metadata", {})
        if change != {"spec": {"suspend": False}} or set(metadata) - {"annotations"}:
            message = "the local cluster lets suspended Jobs run, and changes nothing else"
            raise invalid(JOBS.kind, JOBS.group, request.name, [Cause("FieldValueInvalid", "patch", message)])
        job.body["metadata"].setdefault("annotations", {}).update(metadata.get("annotations", {}))
        self._controller.resume(job)
        return Answer(200, job.body)

    def delete(self, request: Request) -> Answer:
        options = _delete_options(request.body)
        propagation = request.query.get("propagationPolicy") or options.get("propagationPolicy")
        if propagation not in (*_PROPAGATIONS, None):
            raise unsupported_option("DeleteOptions", "propagationPolicy", propagation, (*_PROPAGATIONS, "nil"))
        job = self._find(request)
        uid = job.body["metadata"]["uid"]
        if options.get("preconditions", {}).get("uid", uid) != uid:
            raise conflict(JOBS, request.name, "the UID in the precondition does not match the UID in record")
        self._controller.ending.delete(job, propagation or "Orphan")
        warnings = [] if propagation else [_ORPHANS]
        if propagation == "Background" and not self._store.holds(job):
            details = JOBS.details(request.name) | {"uid": uid}
            body: Json = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}
            return Answer(200, body)
        return Answer(200, job.body, warnings)

    def _find(self, request: Request) -> Job:
        job = self._store.jobs.get((request.namespace, request.name))
        if job is None:
            raise not_found(JOBS, request.name)
        return job


def _delete_options(body: bytes) -> Json:
    try:
        return dict(json.loads(body)) if body else {}
    except (ValueError, TypeError) as error:
        raise bad_request(f"couldn't get version/kind; json parse error: {error}") from error


def _dry_run(request: Request) -> bool:
    dry_run = request.query.get("dryRun")
    if dry_run not in (None, "All"):
        raise unsupported_option("CreateOptions", "dryRun", dry_run, ("All",))
    return dry_run is not None


def _read_job(request: Request) -> tuple[Json, list[str]]:
    mode = request.query.get("fieldValidation", "")
    if mode not in ("", "Ignore", "Strict", "Warn"):
        raise unsupported_option("CreateOptions", "fieldValidation", mode, ("", "Ignore", "Strict", "Warn"))
    if request.content_type != "application/json":
        raise unsupported_media_type()
    if len(request.body) > MAX_REQUEST_BYTES:
        raise ApiError(413, "RequestEntityTooLarge", f"Request entity too large: limit is {MAX_REQUEST_BYTES}")
    sent, problems = decode_job(request.body)
    if mode == "Strict" and problems:
        raise not_decodable(f"strict decoding error: {', '.join(problems)}")
    if sent["metadata"].get("namespace", request.namespace) != request.namespace:
        raise bad_request("the namespace of the provided object does not match the namespace sent on the request")
    return sent, [] if mode == "Ignore" else problems


def _check(sent: Json, size: int) -> None:
    metadata = sent["metadata"]
    if not metadata.get("name") and metadata.get("generateName"):
        metadata["name"] = random_name(metadata["generateName"])
    causes = validate_job(sent)
    if not causes and size > MAX_STORED_BYTES:
        causes = [Cause("FieldValueInvalid", field, "Invalid value") for field in _TOO_LARGE_FIELDS]
    if causes:
        raise invalid(JOBS.kind, JOBS.group, metadata.get("name", ""), causes)
