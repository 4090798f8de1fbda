"""The signature in an MLmodel file."""

import json
from typing import Any

from ...domain.errors import RegistryRefused


def input_names(document: bytes) -> tuple[str, ...]:
    """The names of a model's inputs; none if it has no signature, or one without names.

    Raises RegistryRefused for anything that is not an MLmodel file.
    """
    import yaml  # only people ask for it, and functions do not have it

    try:
        signature = _field(yaml.safe_load(document), "signature")
        inputs = json.loads(_field(signature, "inputs") or "[]")
        names = [column["name"] for column in inputs if "name" in column]
    except (yaml.YAMLError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise RegistryRefused(f"the MLmodel file cannot be read: {error}") from error
    return tuple(map(str, names))


def _field(section: Any, name: str) -> Any:
    return section.get(name) if section is not None else None
