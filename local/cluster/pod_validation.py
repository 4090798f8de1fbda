"""Which pod templates the server refuses, for their containers, resources, restart or failure policies."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise

from .errors import Cause
from .names import dns_label_problem
from .objects import Json

_STANDARD_RESOURCES = ("cpu", "memory", "ephemeral-storage")
_ACTIONS = ("Count", "FailIndex", "FailJob", "Ignore")
_SUFFIXES = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}


def quantity(text: str) -> Decimal:
    """The number that a Kubernetes quantity stands for."""
    if text.endswith("i"):
        return Decimal(text[:-2]) * Decimal(1024) ** ("KMGTPE".index(text[-2]) + 1)
    if text[-1] in _SUFFIXES:
        return Decimal(text[:-1]).scaleb(_SUFFIXES[text[-1]])
    return Decimal(text)


def validate_pod_spec(pod: Json, job_spec: Json) -> Iterator[Cause]:
    """All causes to refuse a Job for its pod template or its podFailurePolicy."""
    containers = pod.get("containers", [])
    if not containers:
        yield Cause("FieldValueRequired", "spec.template.spec.containers", "Required value")
    volumes = {volume.get("name") for volume in pod.get("volumes", [])}
    for field in ("initContainers", "containers"):
        for index, container in enumerate(pod.get(field, [])):
            yield from _container(container, f"spec.template.spec.{field}[{index}]", volumes)
    yield from _restart_policy(pod.get("restartPolicy"), "podFailurePolicy" in job_spec)
    names = {container.get("name") for container in containers + pod.get("initContainers", [])}
    for index, rule in enumerate(job_spec.get("podFailurePolicy", {}).get("rules", [])):
        yield from _failure_rule(rule, f"spec.podFailurePolicy.rules[{index}]", names)


def _restart_policy(policy: str | None, has_failure_policy: bool) -> Iterator[Cause]:
    field = "spec.template.spec.restartPolicy"
    if policy not in ("OnFailure", "Never"):
        yield Cause("FieldValueRequired", field, 'Required value: valid values: "OnFailure", "Never"')
    elif policy == "OnFailure" and has_failure_policy:
        message = 'Invalid value: "OnFailure": only "Never" is supported when podFailurePolicy is specified'
        yield Cause("FieldValueInvalid", field, message)


def _container(container: Json, path: str, volumes: set[str | None]) -> Iterator[Cause]:
    name = container.get("name", "")
    if problem := dns_label_problem(name):
        yield Cause("FieldValueInvalid", f"{path}.name", problem)
    if not container.get("image"):
        yield Cause("FieldValueRequired", f"{path}.image", "Required value")
    for index, variable in enumerate(container.get("env", [])):
        yield from _variable_name(variable.get("name", ""), f"{path}.env[{index}].name")
    for index, mount in enumerate(container.get("volumeMounts", [])):
        if mount.get("name") not in volumes:
            yield Cause("FieldValueNotFound", f"{path}.volumeMounts[{index}].name", f'Not found: "{mount.get("name")}"')
    yield from _resources(container.get("resources", {}), f"{path}.resources")


def _variable_name(name: str, field: str) -> Iterator[Cause]:
    if not name or "=" in name or not (name.isascii() and name.isprintable()):
        message = f'Invalid value: "{name}": a valid environment variable name has printable ASCII other than "="'
        yield Cause("FieldValueInvalid", field, message)


def _resources(resources: Json, path: str) -> Iterator[Cause]:
    limits, requests = resources.get("limits", {}), resources.get("requests", {})
    for kind, amounts in (("limits", limits), ("requests", requests)):
        for name, amount in amounts.items():
            yield from _resource(name, amount, f"{path}.{kind}[{name}]")
    for name, amount in requests.items():
        if name in limits and quantity(amount) > quantity(limits[name]):
            message = f'Invalid value: "{amount}": must be less than or equal to {name} limit of {limits[name]}'
            yield Cause("FieldValueInvalid", f"{path}.requests", message)
        if name not in limits and "/" in name:
            message = "Required value: Limit must be set for non overcommitable resources"
            yield Cause("FieldValueRequired", f"{path}.limits", message)


def _resource(name: str, amount: str, field: str) -> Iterator[Cause]:
    if "/" not in name and name not in _STANDARD_RESOURCES:
        yield Cause(
            "FieldValueInvalid", field, f'Invalid value: "{name}": must be a standard resource type or fully qualified'
        )
        yield Cause("FieldValueInvalid", field, f'Invalid value: "{name}": must be a standard resource for containers')
    elif "/" in name and quantity(amount) % 1:
        yield Cause("FieldValueInvalid", field, f'Invalid value: "{amount}": must be an integer')
    if quantity(amount) < 0:
        yield Cause("FieldValueInvalid", field, f'Invalid value: "{amount}": must be greater than or equal to 0')


def _failure_rule(rule: Json, path: str, containers: set[str | None]) -> Iterator[Cause]:
    if rule.get("action") not in _ACTIONS:
        choices = ", ".join(f'"{action}"' for action in _ACTIONS)
        message = f'Unsupported value: "{rule.get("action")}": supported values: {choices}'
        yield Cause("FieldValueNotSupported", f"{path}.action", message)
    if ("onExitCodes" in rule) == ("onPodConditions" in rule):
        message = "Invalid value: specifying one of OnExitCodes and OnPodConditions is required"
        yield Cause("FieldValueInvalid", path, message)
    if "onExitCodes" in rule:
        yield from _exit_codes(rule["onExitCodes"], f"{path}.onExitCodes", containers)


def _exit_codes(rule: Json, path: str, containers: set[str | None]) -> Iterator[Cause]:
    name, values = rule.get("containerName"), rule.get("values", [])
    if name is not None and name not in containers:
        message = f'Invalid value: "{name}": must be one of the container or initContainer names in the pod template'
        yield Cause("FieldValueInvalid", f"{path}.containerName", message)
    if rule.get("operator") == "In" and 0 in values:
        message = "Invalid value: 0: must not be 0 for the In operator"
        yield Cause("FieldValueInvalid", f"{path}.values[{values.index(0)}]", message)
    if any(first >= second for first, second in pairwise(values)):
        yield Cause("FieldValueInvalid", f"{path}.values", f"Invalid value: {values}: must be ordered")
