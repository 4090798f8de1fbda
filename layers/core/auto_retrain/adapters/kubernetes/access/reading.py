"""Reads objects that others wrote: a value that is absent, null or of another kind counts as not given."""

from datetime import datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ....domain.base import UtcTime
from .transport import Json

_MOMENT: TypeAdapter[UtcTime] = TypeAdapter(UtcTime)


def value_at(body: Any, *path: str) -> Any:
    """The value at a path; None if there is none."""
    for name in path:
        body = body.get(name) if isinstance(body, dict) else None
    return body


def object_at(body: Any, *path: str) -> Json:
    """The object at a path; empty if there is none."""
    value = value_at(body, *path)
    return value if isinstance(value, dict) else {}


def objects_at(body: Any, *path: str) -> list[Json]:
    """The objects in the list at a path; one that is no object counts as empty."""
    value = value_at(body, *path)
    return [item if isinstance(item, dict) else {} for item in value] if isinstance(value, list) else []


def text_at(body: Any, *path: str) -> str:
    """The text at a path; empty if there is none."""
    value = value_at(body, *path)
    return value if isinstance(value, str) else ""


def number_at(body: Any, *path: str) -> int | None:
    """The whole number at a path."""
    value = value_at(body, *path)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def time_at(body: Any, *path: str) -> datetime | None:
    """The time at a path."""
    try:
        return _MOMENT.validate_python(text_at(body, *path))
    except (ValidationError, OverflowError):
        return None


def labels_of(body: Json) -> dict[str, str]:
    """The labels of any object."""
    return _texts(object_at(body, "metadata", "labels"))


def annotations_of(body: Json) -> dict[str, str]:
    """The annotations of any object."""
    return _texts(object_at(body, "metadata", "annotations"))


def condition_of(body: Json, *kinds: str, status: str = "True") -> Json:
    """The first condition of one of these types that has this status; empty if there is none."""
    conditions = objects_at(body, "status", "conditions")
    return next((item for item in conditions if item.get("type") in kinds and item.get("status") == status), {})


def _texts(values: Json) -> dict[str, str]:
    return {name: value for name, value in values.items() if isinstance(value, str)}
