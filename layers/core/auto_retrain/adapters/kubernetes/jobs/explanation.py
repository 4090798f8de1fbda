"""Explains to people why a Job failed, from the objects that the cluster still has; pure.

The cluster's messages are only quoted: no decision depends on them.
"""

from collections.abc import Iterable

from ....domain.cluster import Obstacle
from ..access.client import event_time
from ..access.transport import Json

MAX_QUOTE_LENGTH = 300

_STARTING = {"ContainerCreating", "PodInitializing"}
# Permanent until the policy or the cluster changes: the kubelet only repeats the same attempt.
_CONFIGURATION = {"CreateContainerConfigError", "CreateContainerError"}
_PULL_REASONS = {"ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName"}
_FAILURE_EVENTS = {"Failed", "FailedCreate", "FailedMount", "FailedScheduling", "Evicted"}
_KILLED = 137


def explain(job: Json | None, pods: Iterable[Json], events: Iterable[Json]) -> str:
    """The cause as far as it is known; `pods` come newest first, `events` are those of the Job and its pods."""
    if job is None:
        return "the Kubernetes Job is gone: it was deleted, or it expired"
    causes = [cause for cause in map(_pod_cause, pods) if cause] or _event_causes(events)
    ending = _ending(job)
    if ending and ending["reason"] == "DeadlineExceeded":
        # Only half of the story: the other half is what the time was spent on.
        overdue = f"it ran longer than its deadline of {job['spec'].get('activeDeadlineSeconds')} seconds"
        return "; ".join([overdue, *causes[:1]])
    if causes:
        return causes[0]
    return f"{ending['reason']}: {_quote(ending.get('message', ''))}" if ending else "the Kubernetes Job has not failed"


def last_line(text: str) -> str:
    """The last line that is not blank."""
    return next((_quote(line) for line in reversed(text.splitlines()) if line.strip()), "")


def termination_message(pod: Json) -> str:
    """The container's last message, as kept in the pod's status; empty if the container never ran."""
    terminated = _state(pod).get("terminated", {})
    return "" if terminated.get("reason") == "StartError" else str(terminated.get("message", ""))


def obstacle(pod: Json) -> Obstacle | None:
    """What keeps a pod from running, or None if nothing does."""
    cause = _pod_cause(pod)
    if cause is None:
        return None
    waiting = _state(pod).get("waiting", {}).get("reason")
    may_pass = waiting not in _PULL_REASONS | _CONFIGURATION
    return Obstacle(reason=cause, since=_scheduled_at(pod), may_pass=may_pass)


def _scheduled_at(pod: Json) -> str:
    """When a pod got its node, which may have been created for it first; before that, when the pod was created."""
    conditions = pod["status"].get("conditions", [])
    scheduled = (item for item in conditions if item["type"] == "PodScheduled" and item["status"] == "True")
    return str(next((item["lastTransitionTime"] for item in scheduled), pod["metadata"]["creationTimestamp"]))


def failed_creation(event: Json) -> Obstacle:
    """What keeps a Job from getting a pod: a quota or a mistake, which only the message distinguishes."""
    since = event.get("firstTimestamp") or event["metadata"]["creationTimestamp"]
    return Obstacle(reason=f"its pod cannot be created: {_quote(event['message'])}", since=since, may_pass=True)


def relevant_container(pod: Json) -> str:
    """The container whose log matters: the one that failed, else the last one that started."""
    status = _relevant_status(pod)
    return str(status["name"] if status else pod["spec"]["containers"][0]["name"])


def _ending(job: Json) -> Json | None:
    conditions = job["status"].get("conditions", [])
    return next((item for item in conditions if item["type"] == "Failed" and item["status"] == "True"), None)


def _pod_cause(pod: Json) -> str | None:
    state = _state(pod)
    for condition in pod["status"].get("conditions", []):
        if condition["type"] == "DisruptionTarget" and condition["status"] == "True":
            return f"its pod was removed from its node ({condition.get('reason')})"
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            return f"its pod cannot be scheduled: {_quote(condition.get('message', ''))}"
    if state.get("terminated", {}).get("exitCode"):
        return _end(state["terminated"], pod)
    if "waiting" in state and state["waiting"].get("reason") not in _STARTING:
        return _obstacle(state["waiting"], pod)
    return (
        f"{pod['status']['reason']}: {_quote(pod['status'].get('message', ''))}" if "reason" in pod["status"] else None
    )


def _end(terminated: Json, pod: Json) -> str:
    code, reason = terminated["exitCode"], terminated.get("reason")
    if reason == "OOMKilled":
        limit = _container(pod).get("resources", {}).get("limits", {}).get("memory", "of the node")
        return f"the container ran out of memory (limit {limit})"
    if reason == "StartError":
        return f"the container could not be started: {_quote(terminated.get('message', ''))}"
    return f"the container {'was killed' if code == _KILLED else 'ended'} with exit code {code}"


def _obstacle(waiting: Json, pod: Json) -> str:
    details = f"{waiting.get('reason')}: {_quote(waiting.get('message', ''))}"
    if waiting.get("reason") in _PULL_REASONS:
        return f"the image '{_container(pod)['image']}' cannot be pulled ({details})"
    return f"the container cannot start ({details})"


def _container(pod: Json) -> Json:
    name = relevant_container(pod)
    containers = [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]
    return next(container for container in containers if container["name"] == name)


def _event_causes(events: Iterable[Json]) -> list[str]:
    failures = [event for event in events if event["type"] == "Warning" and event["reason"] in _FAILURE_EVENTS]
    failures.sort(key=event_time, reverse=True)
    return [f"{event['reason']}: {_quote(event['message'])}" for event in failures]


def _state(pod: Json) -> Json:
    status = _relevant_status(pod)
    return dict(status["state"]) if status else {}


def _relevant_status(pod: Json) -> Json | None:
    """The status of the first container that has not succeeded: init containers run one by one before the others."""
    statuses = [*pod["status"].get("initContainerStatuses", []), *pod["status"].get("containerStatuses", [])]
    unfinished = (status for status in statuses if status["state"].get("terminated", {}).get("exitCode") != 0)
    return next(unfinished, statuses[-1] if statuses else None)


def _quote(text: str) -> str:
    """One printable line: the output of a container must not break out of a log or a message."""
    line = "".join(letter if letter.isprintable() else " " for letter in text).strip()
    return line if len(line) <= MAX_QUOTE_LENGTH else line[:MAX_QUOTE_LENGTH] + "…"
