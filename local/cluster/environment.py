"""The environment of a container, as the kubelet composes it."""

import re
from collections.abc import Mapping

from .objects import Json

# What container runtimes set for an image that sets no PATH.
DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

_REFERENCE = re.compile(r"\$(?:\$|\((?P<name>[^)]*)\))")


class ConfigError(Exception):
    """The environment cannot be composed; the kubelet leaves it waiting with CreateContainerConfigError."""


def compose(image: Mapping[str, str], pod: Json, container: Json) -> dict[str, str]:
    """Variables of the image, then those of the container, with `$(NAME)` replaced in the latter."""
    if container.get("envFrom"):
        raise ConfigError("the local cluster has no secrets and no config maps")
    environment = {"PATH": DEFAULT_PATH, "HOSTNAME": pod["metadata"]["name"], **image}
    given: dict[str, str] = {}
    for variable in container.get("env", []):
        if "valueFrom" in variable:
            given[variable["name"]] = _label(variable, pod)
        else:
            given[variable["name"]] = _expand(variable.get("value", ""), given)
    return environment | given


def _label(variable: Json, pod: Json) -> str:
    path = variable["valueFrom"].get("fieldRef", {}).get("fieldPath", "")
    match = re.fullmatch(r"metadata\.labels\['(?P<name>[^']+)'\]", path)
    if match is None:
        raise ConfigError(f"the local cluster cannot resolve valueFrom of {variable['name']}")
    return str(pod["metadata"]["labels"].get(match["name"], ""))


def _expand(text: str, known: Mapping[str, str]) -> str:
    """`$(NAME)` becomes a value defined before it, `$$` one dollar; unknown names stay as they are."""

    def replace(match: re.Match[str]) -> str:
        name = match["name"]
        return "$" if name is None else known.get(name, match[0])

    return _REFERENCE.sub(replace, text)
