"""What goes in and out of an operation, once the path is taken apart and the caller is known."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from .objects import Json


@dataclass(frozen=True)
class Request:
    """What a caller asks for."""

    namespace: str
    name: str
    query: Mapping[str, str]
    content_type: str
    body: bytes


@dataclass(frozen=True)
class Answer:
    """A status code with an object or with text, and the warnings that go with it."""

    code: int
    body: Json | str
    warnings: list[str] = field(default_factory=list)
