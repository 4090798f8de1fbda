"""Turns a failed validation into sentences that name the field, the value and what is allowed."""

from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError

_LONGEST_VALUE = 80


def explain(error: ValidationError, model: type[BaseModel]) -> str:
    """All problems of one input, in its order, separated by semicolons."""
    return "; ".join(_explain_one(detail, model) for detail in error.errors(include_url=False))


def _explain_one(detail: Any, model: type[BaseModel]) -> str:
    field = ".".join(str(part) for part in detail["loc"]) or "input"
    if detail["type"] == "extra_forbidden":
        return f"{field}: unknown field; {_allowed_fields(detail['loc'], model)}"
    if detail["type"] == "missing":
        return f"{field}: required but not given"
    return f"{field} = {_short(detail['input'])}: {detail['msg']}"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_VALUE else text[:_LONGEST_VALUE] + "…"


def _allowed_fields(location: tuple[str | int, ...], model: type[BaseModel]) -> str:
    names = _fields_at(location[:-1], model)
    similar = get_close_matches(str(location[-1]), names, n=1)
    return f"did you mean '{similar[0]}'?" if similar else f"allowed are {', '.join(names)}"


def _fields_at(path: tuple[str | int, ...], model: type[BaseModel]) -> list[str]:
    for part in path:
        annotation = model.model_fields[str(part)].annotation if str(part) in model.model_fields else None
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            break
        model = annotation
    return list(model.model_fields)
