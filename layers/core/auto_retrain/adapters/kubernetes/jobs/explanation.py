"""Why a Job failed, in words for people; pure, from what the cluster still knows.

Messages of the cluster are quoted here and nowhere else: nothing is decided by them.
"""

from collections.abc import Iterable

from ....domain.cluster import Obstacle
from ..access.client import event_time
from ..access.transport import Json

LONGEST_QUOTE = 300

_STARTING = {"ContainerCreating", "PodInitializing"}
# Nothing but a change of the policy or the cluster ends these: kubelet only tries the same again.
_CONFIGURATION = {"CreateContainerConfigError", "CreateContainerError"}
_PULL_REASONS = {"ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName"}
_TELLING_EVENTS = {"Failed", "FailedCreate", "FailedMount", "FailedScheduling", "Evicted"}
_KILLED = 137


def explain(job: Json | None, pods: Iterable[Json], events: Iterable[Json]) -> str:
    """The cause as far as it can be told; `pods` are the newest first, `events` those of the Job and its pods."""
    if job is None:
        return "the Kubernetes Job is gone: it was deleted, or it expired"
    causes = [cause for cause in map(_pod_cause, pods) if cause] or _event_causes(events)
    ending = _ending(job)
    if ending and ending["reason"] == "DeadlineExceeded":
        # Only half of the story: the other half is what the time was spent on.
        late = f"it ran longer than its deadline of {job['spec'].get('activeDeadlineSeconds')} seconds"
        return "; ".join([late, *causes[:1]])
    if causes:
        return causes[0]
    return f"{ending['reason']}: {_quote(ending.get('message', ''))}" if ending else "the Kubernetes Job has not failed"


def last_line(text: str) -> str:
    """The last line that says something."""
    return next((_quote(line) for line in reversed(text.splitlines()) if line.strip()), "")


def termination_message(pod: Json) -> str:
    """What the container said last, as kept in the pod's status; a container that never ran said nothing."""
    terminated = _state(pod).get("terminated", {})
    return "" if terminated.get("reason") == "StartError" else str(terminated.get("message", ""))


def obstacle(pod: Json) -> Obstacle | None:
    """What keeps a pod from running, or None if it is just about to."""
    cause = _pod_cause(pod)
    if cause is None:
        return None
    waiting = _state(pod).get("waiting", {}).get("reason")
    may_pass = waiting not in _PULL_REASONS | _CONFIGURATION
    return Obstacle(reason=cause, since=_on_its_node_since(pod), may_pass=may_pass)


def _on_its_node_since(pod: Json) -> str:
    """When a pod got its node, which may have had to be made for it first; until then, since it exists."""
    conditions = pod["status"].get("conditions", [])
    scheduled = (found for found in conditions if found["type"] == "PodScheduled" and found["status"] == "True")
    return str(next((found["lastTransitionTime"] for found in scheduled), pod["metadata"]["creationTimestamp"]))


def failed_creation(event: Json) -> Obstacle:
    """What keeps a Job from getting a pod; it may be a quota as well as a mistake, and only its words tell which."""
    since = event.get("firstTimestamp") or event["metadata"]["creationTimestamp"]
    return Obstacle(reason=f"it gets no pod: {_quote(event['message'])}", since=since, may_pass=True)


def telling_container(pod: Json) -> str:
    """The container whose log matters: the one that failed, else the last one that has begun."""
    status = _telling_status(pod)
    return str(status["name"] if status else pod["spec"]["containers"][0]["name"])


def _ending(job: Json) -> Json | None:
    conditions = job["status"].get("conditions", [])
    ends = (found for found in conditions if found["type"] == "Failed" and found["status"] == "True")
    return next(ends, None)


def _pod_cause(pod: Json) -> str | None:
    state = _state(pod)
    for condition in pod["status"].get("conditions", []):
        if condition["type"] == "DisruptionTarget" and condition["status"] == "True":
            return f"its pod was taken off its node ({condition.get('reason')})"
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            return f"no node takes its pod: {_quote(condition.get('message', ''))}"
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
    why = f"{waiting.get('reason')}: {_quote(waiting.get('message', ''))}"
    if waiting.get("reason") in _PULL_REASONS:
        return f"the image '{_container(pod)['image']}' cannot be pulled ({why})"
    return f"the container cannot start ({why})"


def _container(pod: Json) -> Json:
    name = telling_container(pod)
    containers = [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]
    return next(container for container in containers if container["name"] == name)


def _event_causes(events: Iterable[Json]) -> list[str]:
    telling = [event for event in events if event["type"] == "Warning" and event["reason"] in _TELLING_EVENTS]
    telling.sort(key=event_time, reverse=True)
    return [f"{event['reason']}: {_quote(event['message'])}" for event in telling]


def _state(pod: Json) -> Json:
    status = _telling_status(pod)
    return dict(status["state"]) if status else {}


def _telling_status(pod: Json) -> Json | None:
    """The status of the first container that has not ended well: init containers run one by one before the others."""
    statuses = [*pod["status"].get("initContainerStatuses", []), *pod["status"].get("containerStatuses", [])]
    unfinished = (status for status in statuses if status["state"].get("terminated", {}).get("exitCode") != 0)
    return next(unfinished, statuses[-1] if statuses else None)


def _quote(text: str) -> str:
    """One printable line; what containers write must not break out of a log or a message."""
    line = "".join(letter if letter.isprintable() else " " for letter in text).strip()
    return line if len(line) <= LONGEST_QUOTE else line[:LONGEST_QUOTE] + "…"
