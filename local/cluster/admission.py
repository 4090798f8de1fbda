"""Why a Job that was accepted gets no pod: pod security forbids it, or this cluster cannot run it."""

from .objects import Json
from .pod_security import violations

_ONE_POD = {"parallelism": 1, "completions": 1}


def pod_refusal(job: Json, restricted: bool) -> str | None:
    """The problem as it appears in a FailedCreate event, or None when a pod may be created."""
    spec = job["spec"]
    name, pod = job["metadata"]["name"], spec["template"]["spec"]
    broken = violations(pod) if restricted else []
    if broken:
        return f'pods "{name}-" is forbidden: violates PodSecurity "restricted:latest": {", ".join(broken)}'
    one_pod = spec["completionMode"] == "Indexed" or all(spec[field] == value for field, value in _ONE_POD.items())
    if not one_pod or pod["restartPolicy"] != "Never":
        return "the local cluster runs one pod for each Job or index, and does not restart its container"
    if len(pod["containers"]) > 1:
        return "the local cluster runs one container of a pod at a time"
    return None
