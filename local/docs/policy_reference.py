"""Every field of a policy with what is allowed, its default and its meaning, from the models that check policies."""

import json
from collections.abc import Iterator
from typing import Any

from auto_retrain.domain.policy.policy import Policy
from local.docs.markdown import code, paragraph, table

Schema = dict[str, Any]

# Long enough for a section of its own, although it lies in another one.
APART = "training.pod_template"


def render() -> str:
    """A section for each part of a policy."""
    schema = Policy.model_json_schema()
    policy = _expanded(schema, schema["$defs"])
    parts: dict[str, Schema] = policy["properties"]
    plain = {name: part for name, part in parts.items() if not _has_fields(part) and "oneOf" not in part}
    sections = [_section("The model", {**policy, "properties": plain}, "")]
    for name, part in parts.items():
        if "oneOf" in part:
            sections += _of_choices(part, name)
        elif _has_fields(part):
            sections.append(_section(code(name), part, name))
    template = parts["training"]["properties"]["pod_template"]
    return "\n\n".join([*sections, _section(f"Below {code(APART)}", template, "")])


def _of_choices(part: Schema, path: str) -> list[str]:
    """A section for each choice, and for each part within them that has fields of its own, which all of them share."""
    choices = part["oneOf"]
    inner = {name: each for name, each in choices[0]["properties"].items() if "oneOf" in each or _has_fields(each)}
    sections = []
    for choice in choices:
        own = {name: field for name, field in choice["properties"].items() if name not in inner}
        title = f"{code(path)} with {code(_chosen_by(choice))}"
        sections.append(_section(title, {**choice, "properties": own}, path))
    for name, each in inner.items():
        below = f"{path}.{name}"
        sections += _of_choices(each, below) if "oneOf" in each else [_section(code(below), each, below)]
    return sections


def _chosen_by(choice: Schema) -> str:
    """The field that tells a choice from the others, with its value."""
    return next(f"{name}: {field['const']}" for name, field in choice["properties"].items() if "const" in field)


def _section(title: str, part: Schema, path: str) -> str:
    rows = list(_rows(part, path))
    # What is named as in Kubernetes means what it means there.
    columns = 4 if any(meaning for *_, meaning in rows) else 3
    fields = table(("field", "allowed", "default", "meaning")[:columns], [row[:columns] for row in rows])
    return f"## {title}\n\n{paragraph(part['description'])}\n\n{fields}"


def _expanded(part: Any, definitions: Schema) -> Any:
    """A schema with everything in place that it refers to; what may be null is described as what it is otherwise."""
    if isinstance(part, list):
        return [_expanded(one, definitions) for one in part]
    if not isinstance(part, dict):
        return part
    given = [one for one in part.get("anyOf", ()) if one != {"type": "null"}]
    if len(given) == 1:
        part = {**given[0], **{key: value for key, value in part.items() if key != "anyOf"}}
    if "$ref" in part:
        part = {**definitions[part["$ref"].rpartition("/")[2]], **part}
    return {key: _expanded(value, definitions) for key, value in part.items() if key not in ("$ref", "$defs")}


def _rows(owner: Schema, path: str) -> Iterator[tuple[str, str, str, str]]:
    """The fields of an object and of the objects in it, in the order of their declaration."""
    for name, part in owner["properties"].items():
        here = f"{path}.{name}" if path else name
        if here == APART:
            continue
        if _has_fields(part):
            yield from _rows(part, here)
            continue
        yield code(here), _allowed(part), _default(name, part, owner), part.get("description", "")
        if _has_fields(part.get("items", {})):
            yield from _rows(part["items"], f"{here}[]")


def _has_fields(part: Schema) -> bool:
    return "properties" in part


def _default(name: str, part: Schema, owner: Schema) -> str:
    if name in owner.get("required", ()):
        return "required"
    # Defaults that are made anew each time are not in the schema, and all empty.
    default = part.get("default", {})
    return "none" if default is None else code(json.dumps(default))


def _allowed(part: Schema) -> str:
    if "enum" in part or "const" in part:
        return ", ".join(code(value or '""') for value in part.get("enum", [part.get("const")]))
    match part.get("type"):
        case "boolean":
            return "`true`, `false`"
        case "integer":
            return f"whole number, {_bounds(part)}"
        case "number":
            return ", ".join(filter(None, ("number", _bounds(part))))
        case "string":
            return f"text{_limits(part, 'Length', 'characters')}"
        case "array":
            items = "objects" if _has_fields(part["items"]) else _allowed(part["items"])
            return f"list of {items}{_limits(part, 'Items', 'items')}"
        case "object":
            return f"map of names to {_allowed(_values(part))}{_limits(part, 'Properties', 'names')}"
    return "any JSON value"


def _values(part: Schema) -> Schema:
    """What a map holds; names that have to match a pattern are declared together with it."""
    by_pattern: dict[str, Schema] = part.get("patternProperties", {})
    return next(iter(by_pattern.values()), part.get("additionalProperties", {}))


def _bounds(part: Schema) -> str:
    if "minimum" in part and "maximum" in part:
        return f"{part['minimum']:,} to {part['maximum']:,.12g}"
    words = {"minimum": "at least", "exclusiveMinimum": "above", "maximum": "at most", "exclusiveMaximum": "below"}
    return ", ".join(f"{word} {part[key]:,.12g}" for key, word in words.items() if key in part)


def _limits(part: Schema, what: str, unit: str) -> str:
    least, most = part.get(f"min{what}", 0), part.get(f"max{what}")
    if most is None:
        return ""
    return f" ({least} to {most} {unit})" if least else f" (at most {most} {unit})"
