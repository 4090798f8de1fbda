"""Explains to people why a Job failed, from the objects that the cluster still has; pure.

The cluster's messages are only quoted: no decision depends on them.
"""

from collections.abc import Iterable
from datetime import datetime

from ....domain.cluster import Obstacle
from ..access.client import event_time
from ..access.reading import condition_of, object_at, text_at, time_at, value_at
from ..access.transport import Json
from .containers import Container, keepers, logging_container, relevant_container, waits_since

MAX_QUOTE_LENGTH = 300

# Permanent until the policy or the cluster changes: the kubelet only repeats the same attempt.
_CONFIGURATION = {"CreateContainerConfigError", "CreateContainerError"}
_PULL_REASONS = {"ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName"}
# Of these not even the same attempt is repeated with any hope.
_NEVER_PASS = {"ErrImageNeverPull", "InvalidImageName"}
# What keeps a pod from starting on its node, while its containers only show that they are being created.
_NOT_READY = {"FailedMount", "FailedAttachVolume", "FailedMapVolume", "FailedCreatePodSandBox", "NetworkNotReady"}
_FAILURE_EVENTS = {"Failed", "FailedCreate", "FailedScheduling", "Evicted", *_NOT_READY}
_KILLED = 137


def explain(job: Json | None, pods: Iterable[Json], events: Iterable[Json]) -> str:
    """The cause as far as it is known; `pods` come newest first, `events` are those of the Job and its pods."""
    if job is None:
        return "the Kubernetes Job is gone: it was deleted, or it expired"
    causes = [cause for cause in map(_pod_cause, pods) if cause] or _event_causes(events)
    ending = condition_of(job, "Failed")
    if text_at(ending, "reason") == "DeadlineExceeded":
        # Only half of the story: the other half is what the time was spent on.
        overdue = f"it ran longer than its deadline of {value_at(job, 'spec', 'activeDeadlineSeconds')} seconds"
        return "; ".join([overdue, *causes[:1]])
    if causes:
        return causes[0]
    return _quoted(ending, "reason") if ending else "the Kubernetes Job has not failed"


def last_line(text: str) -> str:
    """The last line that is not blank."""
    return next((_quote(line) for line in reversed(text.splitlines()) if line.strip()), "")


def termination_message(pod: Json) -> str:
    """The last message of the container whose log matters, as kept in the pod's status; empty if it never ran."""
    container = logging_container(pod)
    terminated = object_at(container.state, "terminated") if container else {}
    return "" if text_at(terminated, "reason") == "StartError" else text_at(terminated, "message")


def obstacle(pod: Json) -> Obstacle | None:
    """What keeps a pod from running, or from ending; None if nothing does."""
    if names := keepers(pod):
        kept = ", ".join(f"'{_quote(name)}'" for name in names)
        reason = f"it has ended with exit code 0, but its pod is kept by containers that were injected: {kept}"
        return Obstacle(reason=reason, since=None, may_pass=True, work_is_done=True)
    cause = _pod_cause(pod)
    if cause is None:
        return None
    container = relevant_container(pod)
    waits_for = container.waits_for if container else ""
    return Obstacle(
        reason=cause,
        since=waits_since(pod, _scheduled_at(pod)),
        may_pass=waits_for not in _PULL_REASONS | _CONFIGURATION,
        never_passes=waits_for in _NEVER_PASS,
    )


def _scheduled_at(pod: Json) -> datetime | None:
    """When a pod got its node, which may have been created for it first; before that, when the pod was created."""
    scheduled = condition_of(pod, "PodScheduled")
    return time_at(scheduled, "lastTransitionTime") or time_at(pod, "metadata", "creationTimestamp")


def failed_creation(event: Json) -> Obstacle:
    """What keeps a Job from getting a pod: a quota or a mistake, which only the message distinguishes."""
    reason = f"its pod cannot be created: {_quote(text_at(event, 'message'))}"
    return Obstacle(reason=reason, since=_first_seen(event), may_pass=True)


def is_starting(pod: Json) -> bool:
    """Whether a pod has a node, and none of its containers has begun."""
    return text_at(pod, "status", "phase") == "Pending" and condition_of(pod, "PodScheduled", status="True") is not None


def failed_start(event: Json) -> Obstacle | None:
    """What keeps a pod from starting on its node, such as a volume or its network; None for other warnings."""
    if text_at(event, "reason") not in _NOT_READY:
        return None
    reason = f"its pod cannot start on its node ({_quoted(event, 'reason')})"
    return Obstacle(reason=reason, since=_first_seen(event), may_pass=True)


def _first_seen(event: Json) -> datetime | None:
    return time_at(event, "firstTimestamp") or time_at(event, "metadata", "creationTimestamp")


def _pod_cause(pod: Json) -> str | None:
    if text_at(pod, "status", "reason"):
        # The verdict on the whole pod, such as a full disk or a node that shuts down; its containers only show 137.
        return f"the cluster ended its pod ({_quoted(object_at(pod, 'status'), 'reason')})"
    if disruption := condition_of(pod, "DisruptionTarget"):
        return f"its pod was removed from its node ({_quote(text_at(disruption, 'reason'))})"
    if unscheduled := condition_of(pod, "PodScheduled", status="False"):
        return f"its pod cannot be scheduled: {_quote(text_at(unscheduled, 'message'))}"
    container = relevant_container(pod)
    if container is None or not container.has_trouble:
        return None
    return _obstacle(container) if container.exit_code is None else _end(container)


def _end(container: Container) -> str:
    code, reason = container.exit_code, text_at(container.state, "terminated", "reason")
    if reason == "OOMKilled":
        limit = text_at(container.spec, "resources", "limits", "memory") or "of the node"
        return f"{_called(container)} ran out of memory (limit {limit})"
    if reason == "StartError":
        message = text_at(container.state, "terminated", "message")
        return f"{_called(container)} could not be started: {_quote(message)}"
    return f"{_called(container)} {'was killed' if code == _KILLED else 'ended'} with exit code {code}"


def _obstacle(container: Container) -> str:
    details = _quoted(object_at(container.state, "waiting"), "reason")
    if container.waits_for in _PULL_REASONS:
        of = "" if container.is_ours else f" of {_called(container)}"
        return f"the image '{_quote(text_at(container.spec, 'image'))}'{of} cannot be pulled ({details})"
    return f"{_called(container)} cannot start ({details})"


def _called(container: Container) -> str:
    return "the container" if container.is_ours else f"the injected container '{_quote(container.name)}'"


def _event_causes(events: Iterable[Json]) -> list[str]:
    warnings = (event for event in events if event.get("type") == "Warning")
    failures = [event for event in warnings if text_at(event, "reason") in _FAILURE_EVENTS]
    failures.sort(key=event_time, reverse=True)
    return [_quoted(event, "reason") for event in failures]


def _quoted(body: Json, kind: str) -> str:
    """The kind of something, and the message about it, if there is one."""
    return ": ".join(filter(None, (_quote(text_at(body, kind)), _quote(text_at(body, "message")))))


def _quote(text: str) -> str:
    """One printable line: the output of a container must not break out of a log or a message."""
    line = "".join(letter if letter.isprintable() else " " for letter in text).strip()
    return line if len(line) <= MAX_QUOTE_LENGTH else line[:MAX_QUOTE_LENGTH] + "…"
