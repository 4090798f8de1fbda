"""Policies as people write them: one YAML file for each model."""

import json
from pathlib import Path
from typing import Any

import yaml

from ..domain.errors import PolicyInvalid
from ..domain.policy import Policy

LARGEST_FILE = 64 * 1024


class _Loader(yaml.SafeLoader):
    """Safe YAML that refuses what only surprises: keys given twice, and aliases, which can blow up."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("anchors and aliases are not allowed")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = {str(key) for key in keys if keys.count(key) > 1}
        if twice:
            raise yaml.YAMLError(f"given more than once: {', '.join(sorted(twice))}")
        return super().construct_mapping(node, deep)


def read_policy_file(path: Path) -> Policy:
    """The policy in a file; raises PolicyInvalid naming the file, and what is wrong in it."""
    try:
        text = path.read_text(encoding="utf-8")
        if len(text) > LARGEST_FILE:
            raise PolicyInvalid(f"{path}: larger than {LARGEST_FILE} characters")
        document = yaml.load(text, _Loader)
        return Policy.parse(json.dumps(document))
    except (OSError, ValueError, yaml.YAMLError, TypeError, RecursionError) as error:
        raise PolicyInvalid(f"{path}: cannot be read as a policy: {error}") from error
    except PolicyInvalid as error:
        raise PolicyInvalid(f"{path}: {error}") from error
