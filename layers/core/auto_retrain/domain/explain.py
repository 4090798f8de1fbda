"""Turns validation errors into sentences that name the field, the value and what is allowed."""

import re
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, JsonValue, Tag, ValidationError

from .patterns import in_words

_MAX_VALUE_LENGTH = 80
MAX_PROBLEMS = 20
_PLAIN_NAME = re.compile(r"[\w-]{1,80}", re.ASCII)

# Pydantic's tags for the types of a JSON value.
_JSON: dict[str | int, Any] = {"list": list[JsonValue], "dict": dict[str, JsonValue], "float": float, "str": str}

# The field that chooses among the alternatives of a union, by the type of the error that its value is unknown.
_CHOOSERS = {
    "unknown_source": "source",
    "unknown_requests_source": "source",
    "unknown_strategy": "strategy",
    "unknown_adapter": "adapter",
}

# What people who write YAML call the types of JSON.
_PLAIN_WORDS = {
    "must be an object": "must be a mapping of fields, such as 'name: value'",
    "must be a valid dictionary": "must be a mapping of fields, such as 'name: value'",
    "must be a valid array": "must be a list, such as [a, b]",
    "must be a valid list": "must be a list, such as [a, b]",
    "must be a valid tuple": "must be a list, such as [a, b]",
    "must be a valid string": "must be a text",
    "must be a valid boolean": "must be true or false",
    "must be a valid integer": "must be a whole number",
    "must be a valid number": "must be a number",
}

# How pydantic begins what it says of the length of a text, a list or a map.
_LENGTH = re.compile(r"^(String|List|Tuple|Dictionary) should have")

# Errors of numbers whose message names one bound, or none.
_BOUNDS = ("greater_than", "greater_than_equal", "less_than", "less_than_equal")
# What pydantic calls bounds.
_BOUND_WORDS = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
_OF_NUMBERS = (*_BOUNDS, *("int_type", "int_parsing", "int_from_float", "float_type", "float_parsing", "finite_number"))

Location = tuple[str | int, ...]


def explain(error: ValidationError, model: type[BaseModel]) -> str:
    """The problems of one input, in order, separated by semicolons."""
    return "; ".join(problems_in(error, model))


def problems_in(error: ValidationError, model: type[BaseModel]) -> list[str]:
    """The problems of one input, in order; of many, the first ones and how many more there are."""
    details = error.errors(include_url=False)
    more = [f"and {len(details) - MAX_PROBLEMS} more problems"] if len(details) > MAX_PROBLEMS else []
    return [*(_explain_one(detail, model) for detail in details[:MAX_PROBLEMS]), *more]


def shown(value: object) -> str:
    """A value for display: short, and in ASCII so that look-alike letters cannot pass for each other."""
    text = ascii(value)
    return text if len(text) <= _MAX_VALUE_LENGTH else text[:_MAX_VALUE_LENGTH] + "…"


def _explain_one(detail: Any, model: type[BaseModel]) -> str:
    kind, value, problem = detail["type"], detail["input"], _problem_in(detail)
    path = _names_in(detail["loc"], model)
    field = ".".join(path) or "input"
    if kind == "extra_forbidden":
        return f"{field}: {_unknown_field(detail['loc'], model)}"
    if kind == "missing":
        return f"{field}: required but not given"
    if kind in _CHOOSERS and isinstance(value, dict):
        chooser = _CHOOSERS[kind]
        return f"{field}.{chooser} = {shown(value[chooser])}: {problem}"
    if kind in _OF_NUMBERS:
        problem += _allowed(detail, model)
    if kind == "value_error" and isinstance(value, dict):
        # The rule is about several fields and names them itself.
        return f"{field}: {problem}" if path else problem
    return f"{field} = {shown(value)}: {problem}"


def _problem_in(detail: Any) -> str:
    if detail["type"] == "string_pattern_mismatch":
        return in_words(detail["ctx"]["pattern"])
    problem = str(detail["msg"]).removeprefix("Value error, ").replace("Input should be", "must be")
    problem = _LENGTH.sub("must have", problem).replace(" after validation", "")
    return _PLAIN_WORDS.get(problem, problem)


def _allowed(detail: Any, model: type[BaseModel]) -> str:
    """The bounds of a number, unless the message says all of it."""
    marks = _marks_at(detail["loc"], model)
    bounds = {name: getattr(mark, name) for mark in marks for name in _BOUND_WORDS if hasattr(mark, name)}
    if "ge" in bounds and "le" in bounds:
        return f" (allowed: {bounds['ge']} to {bounds['le']})"
    if len(bounds) < 2 and detail["type"] in _BOUNDS:
        return ""
    allowed = " and ".join(f"{word} {bounds[name]}" for name, word in _BOUND_WORDS.items() if name in bounds)
    return f" (allowed: {allowed})" if allowed else ""


def _marks_at(location: Location, model: type[BaseModel]) -> list[Any]:
    """What is said of a value besides its type, such as its bounds."""
    annotation: Any = model
    marks: tuple[Any, ...] = ()
    for part in location:
        owner = _class_in(annotation)
        field = owner.model_fields.get(str(part)) if owner else None
        annotation, marks = _below(annotation, part), tuple(field.metadata) if field else ()
    for kind in _alternatives(annotation):
        if get_origin(kind) is Annotated:
            marks += tuple(mark for each in get_args(kind)[1:] for mark in getattr(each, "metadata", [each]))
    return list(marks)


def _unknown_field(location: Location, model: type[BaseModel]) -> str:
    owner = _class_at(location[:-1], model)
    names = [name for name, field in owner.model_fields.items() if not field.exclude] if owner else []
    similar = get_close_matches(str(location[-1]), names, n=1) or _sections_with(str(location[-1]), owner)
    problem = getattr(owner, "unknown_field", "unknown field")
    return f"{problem}; " + (f"did you mean '{similar[0]}'?" if similar else f"allowed are {', '.join(names)}")


def _sections_with(name: str, owner: type[BaseModel] | None) -> list[str]:
    """Where a field belongs that was given too far up."""
    sections = {key: _class_in(field.annotation) for key, field in owner.model_fields.items()} if owner else {}
    return [f"{key}.{name}" for key, section in sections.items() if section and name in section.model_fields]


def _names_in(location: Location, model: type[BaseModel]) -> list[str]:
    """The parts of a location that the user wrote, without those that pydantic adds."""
    names: list[str] = []
    annotation: Any = model
    for part in location:
        added = part == "[key]" or part in _tagged(annotation)
        if not added:
            names.append(str(part) if _PLAIN_NAME.fullmatch(str(part)) else shown(part))
        annotation = _below(annotation, part)
    return names


def _class_at(location: Location, model: type[BaseModel]) -> type[BaseModel] | None:
    annotation: Any = model
    for part in location:
        annotation = _below(annotation, part)
    return _class_in(annotation)


def _below(annotation: Any, part: str | int) -> Any:
    """The type that one part of a location leads to; None if unknown."""
    tagged = _tagged(annotation)
    if part in tagged:
        return tagged[part]
    if get_origin(annotation) in (dict, list, tuple):
        return get_args(annotation)[1 if get_origin(annotation) is dict else 0]
    owner = _class_in(annotation)
    return owner.model_fields[str(part)].annotation if owner and str(part) in owner.model_fields else None


def _class_in(annotation: Any) -> type[BaseModel] | None:
    classes = (kind for kind in _alternatives(annotation) if isinstance(kind, type) and issubclass(kind, BaseModel))
    return next(classes, None)


def _tagged(annotation: Any) -> dict[str | int, Any]:
    """The alternatives of a union by their tags."""
    if annotation is JsonValue:
        return _JSON
    parts = [get_args(kind) for kind in _alternatives(annotation) if get_origin(kind) is Annotated]
    return {mark.tag: kind for kind, *marks in parts for mark in marks if isinstance(mark, Tag)}


def _alternatives(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
