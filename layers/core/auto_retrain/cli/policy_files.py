"""Policies as people write them: one YAML file for each model."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from ..domain.errors import PolicyInvalid
from ..domain.explain import problems_in
from ..domain.policy.policy import Policy

MAX_FILE_BYTES = 64 * 1024

# What plain scalars mean in YAML 1.2. In YAML 1.1, `no` is false, 010 is eight and 12:30 is a number.
_PLAIN_SCALARS = {
    "tag:yaml.org,2002:null": ("~|null|Null|NULL|", ["~", "n", "N", ""]),
    "tag:yaml.org,2002:bool": ("true|True|TRUE|false|False|FALSE", list("tTfF")),
    "tag:yaml.org,2002:int": ("[-+]?(0|[1-9][0-9]*)", list("-+0123456789")),
    "tag:yaml.org,2002:float": (
        r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
}


class _Loader(yaml.SafeLoader):
    """Safe YAML without its surprises: it refuses repeated keys, tags, and anchors, whose aliases can explode."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 (pyyaml copies it before it changes it)

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if event.anchor is not None:
            raise yaml.YAMLError("anchors and aliases are not allowed")
        if getattr(event, "tag", None) is not None:
            raise yaml.YAMLError(f"tags are not allowed, such as '{event.tag}'")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        # A policy becomes JSON, where keys are text, so 1 and "1" are the same.
        keys = [str(self.construct_object(key, deep=True)) for key, _ in node.value]
        repeated = {key for key in keys if keys.count(key) > 1}
        if repeated:
            raise yaml.YAMLError(f"given more than once: {', '.join(sorted(repeated))}")
        return super().construct_mapping(node, deep)


class _Dumper(yaml.SafeDumper):
    """Writes what the loader reads back unchanged."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: _Dumper, text: str) -> yaml.Node:
    # Line breaks of all kinds survive only in quotes, where they are escaped.
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if text.isprintable() else '"')


_Dumper.add_representer(str, _text)
for _reader in (_Loader, _Dumper):
    for _tag, (_pattern, _first) in _PLAIN_SCALARS.items():
        _reader.add_implicit_resolver(_tag, re.compile(f"^(?:{_pattern})$"), _first)


def read_policy_files(paths: Sequence[Path]) -> list[Policy]:
    """The policies in the files; raises PolicyInvalid with everything that is wrong, one line for each problem."""
    policies: dict[str, tuple[Path, Policy]] = {}
    problems = []
    for path in paths:
        try:
            policy = read_policy_file(path)
        except PolicyInvalid as error:
            problems.append(str(error))
            continue
        first, _ = policies.setdefault(policy.model, (path, policy))
        if first is not path:
            problems.append(
                f"{path}: model = '{policy.model}': {first} is about the same model; give one file per model"
            )
    if problems:
        raise PolicyInvalid("\n".join(problems))
    return [policy for _, policy in policies.values()]


def read_policy_file(path: Path) -> Policy:
    """The policy in a file; raises PolicyInvalid with a line for each problem, which names the file."""
    try:
        document = yaml.load(_text_of(path), _Loader)
        if document is None:
            raise PolicyInvalid("is empty; at least model, owner and data are needed")
        return Policy.model_validate_json(json.dumps(document))
    except ValidationError as error:
        raise PolicyInvalid("\n".join(f"{path}: {problem}" for problem in problems_in(error, Policy))) from error
    except OSError as error:
        raise PolicyInvalid(f"{path}: cannot be read: {error.strerror}") from error
    except yaml.MarkedYAMLError as error:
        problem = ", ".join(filter(None, (error.context, error.problem)))
        raise PolicyInvalid(f"{path}: {_line_of(error)}cannot be read as a policy: {problem}") from error
    except (ValueError, yaml.YAMLError, TypeError, RecursionError) as error:
        raise PolicyInvalid(f"{path}: cannot be read as a policy: {error}") from error
    except PolicyInvalid as error:
        raise PolicyInvalid(f"{path}: {error}") from error


def _line_of(error: yaml.MarkedYAMLError) -> str:
    """Where what cannot be read begins; it is often noticed only after it."""
    mark = error.context_mark or error.problem_mark
    return f"line {mark.line + 1}: " if mark else ""


def _text_of(path: Path) -> str:
    with path.open("rb") as file:
        content = file.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        raise PolicyInvalid(f"must not be larger than {MAX_FILE_BYTES} bytes")
    return content.decode("utf-8-sig")


def render_policy(policy: Policy) -> str:
    """A policy as a file that can be applied again, with every default filled in."""
    document = policy.model_dump(mode="json")
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
