"""Pod objects, and how they look in each state of their life."""

import copy
import random
import string
import uuid

from .objects import JOBS, PODS, Json, timestamp

JOB_TRACKING = "batch.kubernetes.io/job-tracking"
NODE = "localhost"
_SUFFIX_LETTERS = string.ascii_lowercase + string.digits
_MAX_PREFIX_LENGTH = 58


def random_name(prefix: str) -> str:
    """A name as the server generates it: the prefix, cut so that five more letters fit a label."""
    return prefix[:_MAX_PREFIX_LENGTH] + "".join(random.choices(_SUFFIX_LETTERS, k=5))


def new_pod(job: Json, infix: str = "") -> Json:
    """The pod that a Job's template describes, not yet scheduled; the infix is part of its name."""
    template, owner = job["spec"]["template"], job["metadata"]
    prefix = f"{owner['name']}-{infix}"
    metadata: Json = {
        "name": random_name(prefix),
        "generateName": prefix,
        "namespace": owner["namespace"],
        "uid": str(uuid.uuid4()),
        "creationTimestamp": timestamp(),
        "labels": dict(template["metadata"]["labels"]),
        "annotations": dict(template["metadata"].get("annotations", {})),
        "ownerReferences": [_reference(owner)],
        # Keeps the pod until its end has been counted in the Job's status.
        "finalizers": [JOB_TRACKING],
    }
    spec = copy.deepcopy(template["spec"])
    spec.setdefault("serviceAccountName", "default")
    status = {"phase": "Pending", "qosClass": "Burstable"}
    return {"kind": PODS.kind, "apiVersion": PODS.api_version, "metadata": metadata, "spec": spec, "status": status}


def _reference(owner: Json) -> Json:
    reference = {"apiVersion": JOBS.api_version, "kind": JOBS.kind, "name": owner["name"], "uid": owner["uid"]}
    return reference | {"controller": True, "blockOwnerDeletion": True}


def containers_of(pod: Json) -> list[Json]:
    """All containers in the order in which they run."""
    return [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]


def current_container(pod: Json) -> Json:
    """The container whose turn it is: init containers run one by one, each after the one before has succeeded."""
    before = pod["status"].get("initContainerStatuses", [])
    done = {status["name"] for status in before if status["state"].get("terminated", {}).get("exitCode") == 0}
    return next(container for container in containers_of(pod) if container["name"] not in done)


def container_state(pod: Json, name: str) -> Json:
    """The state of a container, empty before it has one."""
    statuses = [*pod["status"].get("initContainerStatuses", []), *pod["status"].get("containerStatuses", [])]
    return next((dict(status["state"]) for status in statuses if status["name"] == name), {})


def show_unschedulable(pod: Json, message: str) -> None:
    pod["status"]["conditions"] = [_condition("PodScheduled", False, "Unschedulable", message)]


def show_waiting(pod: Json, reason: str, message: str = "") -> None:
    pod["spec"]["nodeName"] = NODE
    names = ", ".join(container["name"] for container in pod["spec"]["containers"])
    unready = ("ContainersNotReady", f"containers with unready status: [{names}]")
    waiting = {"reason": reason} | ({"message": message} if message else {})
    pod["status"].setdefault("startTime", timestamp())
    _show(pod, "Pending", {"waiting": waiting}, ready=False, unready=unready)


def show_running(pod: Json) -> None:
    is_last = current_container(pod) is pod["spec"]["containers"][0]
    _show(pod, "Running" if is_last else "Pending", {"running": {"startedAt": timestamp()}}, ready=is_last)


def show_terminated(pod: Json, code: int, reason: str, message: str) -> None:
    container = current_container(pod)
    started = container_state(pod, container["name"]).get("running", {}).get("startedAt", "1970-01-01T00:00:00Z")
    terminated: Json = {"exitCode": code, "reason": reason}
    terminated |= {"message": message} if message else {}
    terminated |= {"startedAt": started, "finishedAt": timestamp()}
    phase, unready = ("Failed", "PodFailed") if code else ("Succeeded", "PodCompleted")
    if not code and container is not pod["spec"]["containers"][0]:
        phase, unready = "Pending", "ContainersNotReady"
    _show(pod, phase, {"terminated": terminated}, ready=False, unready=(unready, ""))


def show_disrupted(pod: Json, reason: str, message: str) -> None:
    """The condition by which a podFailurePolicy distinguishes an eviction from a failure of the program."""
    pod["status"].setdefault("conditions", []).append(_condition("DisruptionTarget", True, reason, message))


def waiting_reason(pod: Json, container: str) -> str | None:
    reason: str | None = container_state(pod, container).get("waiting", {}).get("reason")
    return reason


def _show(pod: Json, phase: str, state: Json, ready: bool, unready: tuple[str, str] = ("", "")) -> None:
    status = pod["status"]
    disruptions = [entry for entry in status.get("conditions", []) if entry["type"] == "DisruptionTarget"]
    status["phase"] = phase
    status["conditions"] = [
        _condition("PodReadyToStartContainers", phase in ("Pending", "Running")),
        _condition("Initialized", True, "PodCompleted" if phase == "Succeeded" else ""),
        _condition("Ready", ready, *unready),
        _condition("ContainersReady", ready, *unready),
        _condition("PodScheduled", True),
        *disruptions,
    ]
    _enter_state(pod, state, ready)


def _enter_state(pod: Json, state: Json, ready: bool) -> None:
    current, last = current_container(pod), pod["spec"]["containers"][0]
    if current is last:
        pod["status"]["containerStatuses"] = [_container_status(last, state, ready)]
        return
    statuses = pod["status"].get("initContainerStatuses", [])
    others = [status for status in statuses if status["name"] != current["name"]]
    pod["status"]["initContainerStatuses"] = [*others, _container_status(current, state, ready)]
    pod["status"]["containerStatuses"] = [_container_status(last, {"waiting": {"reason": "PodInitializing"}}, False)]


def _container_status(container: Json, state: Json, ready: bool) -> Json:
    status: Json = {"name": container["name"], "state": state, "lastState": {}, "ready": ready, "restartCount": 0}
    return status | {"image": container["image"], "imageID": "", "started": ready}


def _condition(kind: str, holds: bool, reason: str = "", message: str = "") -> Json:
    condition: Json = {"type": kind, "status": str(holds), "lastProbeTime": None, "lastTransitionTime": timestamp()}
    return condition | {key: text for key, text in (("reason", reason), ("message", message)) if text}
