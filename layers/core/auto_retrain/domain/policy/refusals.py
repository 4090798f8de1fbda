"""What a training section may not ask for, although its form is right; stored policies that do stay readable."""

import json
import re
from collections.abc import Iterator
from itertools import groupby

from ..base import check_whole_numbers
from ..explain import shown
from ..names import is_of_kubernetes
from .pod_rules import PodRules
from .pod_template import SCRATCH_PATH, PodTemplate, TemplateSpec
from .training import TrainingPolicy

# What a mount there would replace: the kernel's view of the pod, its credentials, or the programs that run in it.
_SYSTEM_PATHS = (
    *(SCRATCH_PATH, "/proc", "/sys", "/dev", "/run", "/var/run"),
    *("/etc", "/usr", "/bin", "/sbin", "/lib", "/lib64", "/opt/venv", "/opt/trainer"),
)
_SHARED_MEMORY = "/dev/shm"

_UNITS = {"": 1.0, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}
_UNITS |= {"Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40}
# Beyond the largest machines that can be rented.
_MAX_CPU, _MAX_MEMORY, _MAX_DISK, _MAX_DEVICES = "1024", "32Ti", "64Ti", "1024"
_MIN_MEMORY, _MIN_DISK = "64Mi", "1Mi"

_SECRET_NAME = re.compile(
    r"PASS(WORD|WD|PHRASE)?(_|$)|PWD|SECRET|TOKEN(?!IZER)|CREDENTIAL|API_?KEY|(ACCESS|PRIVATE|SIGNING|ACCOUNT)_?KEY"
    r"|AUTH(_|$)|BEARER|WEBHOOK|(^|_)DSN(_|$)|CONNECTION_?STRING",
    re.IGNORECASE,
)
_SECRET_VALUE = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY|\b(AKIA|ASIA)[0-9A-Z]{16}\b|\bgh[a-z]_[A-Za-z0-9]{20}|\bgithub_pat_\w{20}"
    r"|\bglpat-[\w-]{16}|\bxox[a-z]-[\w-]{10}|\bhf_[A-Za-z0-9]{20}|\bsk[-_](?=[\w-]*[0-9])(?=[\w-]*[A-Z])[\w-]{20}|\bAIza[\w-]{30}|\bdapi[0-9a-f]{32}"
    r"|\beyJ[\w-]+\.eyJ[\w-]+\.|//[^/\s:@]*:[^/\s@]+@|hooks\.slack\.com/services/"
    # A secret access key: forty characters of base64 with small and capital letters and digits, unlike a hash.
    r"|(?<![\w/+=-])(?=[/+\w]*[a-z])(?=[/+\w]*[A-Z])(?=[/+\w]*[0-9])[A-Za-z0-9/+]{40}(?![\w/+=-])"
)
_BY_REFERENCE = "use valueFrom.secretKeyRef"


def refusals(training: TrainingPolicy, rules: PodRules) -> list[str]:
    """One sentence for each refused field, with what is allowed, and its value unless that may be secret."""
    spec = training.pod_template.spec
    problems = (
        _places(training),
        _numbers(training),
        _names(training.pod_template, rules),
        _paths(spec),
        _sizes(training),
    )
    return [f"training.{problem}" for group in (*problems, _secrets(training)) for problem in group]


def _places(training: TrainingPolicy) -> Iterator[str]:
    if training.namespace and is_of_kubernetes(training.namespace):
        yield f"namespace = '{training.namespace}': belongs to Kubernetes itself"
    priority = training.pod_template.spec.priorityClassName
    if priority and priority.startswith("system-"):
        yield f"pod_template.spec.priorityClassName = '{priority}': belongs to Kubernetes itself"


def _numbers(training: TrainingPolicy) -> Iterator[str]:
    try:
        check_whole_numbers(training.parameters)
    except ValueError as error:
        yield f"parameters: {error}"


def _names(template: PodTemplate, rules: PodRules) -> Iterator[str]:
    refused = ((kind, field, name) for kind, field, name in _names_in(template) if not rules.allow(kind, name))
    for (kind, field), members in groupby(sorted(refused), key=lambda entry: entry[:2]):
        names = ", ".join(dict.fromkeys(shown(name) for *_, name in members))
        allowed = f"allowed are {', '.join(rules.of(kind))}" if rules.of(kind) else "none is allowed"
        more = f"the stack parameter PodTemplateAllows can allow more, as {kind.replace('_', '-')}=NAME"
        yield f"pod_template.{field}: not allowed: {names}; {allowed}; {more}"


def _names_in(template: PodTemplate) -> Iterator[tuple[str, str, str]]:
    """Everything with a name that may lend rights: its kind, its field and the name."""
    spec, container = template.spec, template.spec.container
    resources = {**container.resources.limits, **container.resources.requests}
    yield from (("label", "metadata.labels", name) for name in template.metadata.labels)
    yield from (("annotation", "metadata.annotations", name) for name in template.metadata.annotations)
    yield from (("env", "spec.containers.0.env", variable.name) for variable in container.env)
    yield from (("resource", "spec.containers.0.resources", name) for name in resources)
    yield from (("pull_secret", "spec.imagePullSecrets", reference.name) for reference in spec.imagePullSecrets)
    # One without a key tolerates every taint, which only `*` allows.
    yield from (("toleration", "spec.tolerations", toleration.key or "*") for toleration in spec.tolerations)
    if spec.runtimeClassName:
        yield "runtime_class", "spec.runtimeClassName", spec.runtimeClassName
    if spec.serviceAccountName:
        yield "service_account", "spec.serviceAccountName", spec.serviceAccountName
    for variable in container.env:
        if variable.valueFrom and variable.valueFrom.secretKeyRef:
            yield "secret", "spec.containers.0.env", variable.valueFrom.secretKeyRef.name
    for volume in spec.volumes:
        if volume.secret:
            yield "secret", "spec.volumes", volume.secret.secretName
        if volume.persistentVolumeClaim:
            yield "claim", "spec.volumes", volume.persistentVolumeClaim.claimName


def _paths(spec: TemplateSpec) -> Iterator[str]:
    for number, mount in enumerate(spec.container.volumeMounts):
        field = f"pod_template.spec.containers.0.volumeMounts.{number}"
        if _is_system(mount.mountPath):
            places = f"{', '.join(_SYSTEM_PATHS)} (except {_SHARED_MEMORY})"
            yield f"{field}.mountPath = {shown(mount.mountPath)}: must not be in, or contain, {places}"
        if ".." in (mount.subPath or "").split("/"):
            yield f"{field}.subPath = {shown(mount.subPath)}: must not contain '..'"


def _is_system(path: str) -> bool:
    parts = path.split("/")
    # As the kernel reads it: //proc, /proc/ and /./proc are all the same.
    normal = "/" + "/".join(part for part in parts if part not in ("", "."))
    if ".." in parts:
        return True
    if _is_in(normal, _SHARED_MEMORY):
        return False
    return any(_is_in(normal, root) or _is_in(root, normal) for root in _SYSTEM_PATHS)


def _is_in(path: str, root: str) -> bool:
    return path == root or path.startswith(f"{root.rstrip('/')}/")


def _sizes(training: TrainingPolicy) -> Iterator[str]:
    spec = training.pod_template.spec
    yield from _pod_sizes(training.cpu, training.memory, "")
    if training.proxy:
        of_proxy = training.of_proxy
        yield from _pod_sizes(of_proxy.cpu, of_proxy.memory, "proxy.")
    for kind in ("limits", "requests"):
        for name, amount in getattr(spec.container.resources, kind).items():
            bounds = (_MIN_DISK, _MAX_DISK) if name == "ephemeral-storage" else ("1", _MAX_DEVICES)
            yield from _between(f"pod_template.spec.containers.0.resources.{kind}.{name}", amount, *bounds)
    for number, volume in enumerate(spec.volumes):
        if volume.emptyDir and volume.emptyDir.sizeLimit:
            field = f"pod_template.spec.volumes.{number}.emptyDir.sizeLimit"
            yield from _between(field, volume.emptyDir.sizeLimit, _MIN_DISK, _MAX_DISK)


def _between(field: str, amount: str, least: str, most: str) -> Iterator[str]:
    if not _amount(least) <= _amount(amount) <= _amount(most):
        yield f"{field} = {shown(amount)}: must be from {least} to {most}"


def _amount(text: str) -> float:
    number = text.rstrip("mkMGTi")
    return float(number) * _UNITS[text[len(number) :]]


def _pod_sizes(cpu: str, memory: str, path: str) -> Iterator[str]:
    if cpu.endswith("i") or not _amount(cpu) <= _amount(_MAX_CPU):
        yield f"{path}cpu = {shown(cpu)}: must be cores up to {_MAX_CPU}, such as 2 or 500m"
    yield from _between(f"{path}memory", memory, _MIN_MEMORY, _MAX_MEMORY)


def _secrets(training: TrainingPolicy) -> Iterator[str]:
    template = training.pod_template
    for variable in template.spec.container.env:
        field = f"pod_template.spec.containers.0.env: '{variable.name}'"
        if variable.value is not None and _SECRET_NAME.search(variable.name):
            yield f"{field} sounds like a secret; {_BY_REFERENCE}"
        elif _SECRET_VALUE.search(variable.value or ""):
            yield f"{field} has a value that looks like a secret; {_BY_REFERENCE}"
    metadata, parameters = template.metadata.model_dump(), training.parameters
    for field, values in {"pod_template.metadata": metadata, "parameters": parameters}.items():
        if _SECRET_VALUE.search(json.dumps(values)):
            yield f"{field}: a value looks like a secret; {_BY_REFERENCE} of a variable in the pod template"
