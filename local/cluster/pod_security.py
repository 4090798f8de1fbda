"""What a namespace that enforces the Pod Security Standard "restricted" refuses in a pod."""

from collections.abc import Iterator

from .objects import Json

_SECCOMP = ("RuntimeDefault", "Localhost")
_VOLUMES = ("configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret")


def violations(pod: Json) -> list[str]:
    """Every rule of the restricted profile that a pod breaks, in the words of the admission controller."""
    problems = [*_pod(pod)]
    for container in pod.get("containers", []) + pod.get("initContainers", []):
        problems.extend(_container(container, pod.get("securityContext", {})))
    return problems


def _pod(pod: Json) -> Iterator[str]:
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.get(field):
            yield f"host namespaces ({field}=true)"
    for volume in pod.get("volumes", []):
        kinds = set(volume) - {"name"}
        if not kinds <= set(_VOLUMES):
            yield f'restricted volume types (volume "{volume.get("name")}")'


def _container(container: Json, pod_context: Json) -> Iterator[str]:
    context = container.get("securityContext", {})
    where = f'container "{container["name"]}"'
    if context.get("privileged"):
        yield f"privileged ({where})"
    if context.get("allowPrivilegeEscalation") is not False:
        yield f"allowPrivilegeEscalation != false ({where})"
    capabilities = context.get("capabilities", {})
    if "ALL" not in capabilities.get("drop", []) or set(capabilities.get("add", [])) - {"NET_BIND_SERVICE"}:
        yield f"unrestricted capabilities ({where})"
    effective = pod_context | context
    if effective.get("runAsNonRoot") is not True:
        yield f"runAsNonRoot != true ({where})"
    if effective.get("runAsUser") == 0:
        yield f"runAsUser=0 ({where})"
    if effective.get("seccompProfile", {}).get("type") not in _SECCOMP:
        yield f"seccompProfile ({where})"
