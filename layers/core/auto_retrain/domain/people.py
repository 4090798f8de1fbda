"""Who acts, and why, as people give it; it ends up in logs, messages and records."""

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator, Field, TypeAdapter, ValidationError

from .errors import EventInvalid
from .text import check_one_line

# What the system calls itself where it decides in place of a person.
SYSTEM_ACTOR = "auto-retrain"


def _check_actor(name: str) -> str:
    plain = unicodedata.normalize("NFKC", name).casefold()
    if re.sub(r"[\W_]", "", plain) == SYSTEM_ACTOR.replace("-", ""):
        raise ValueError(f"'{SYSTEM_ACTOR}' is how the system itself is recorded; give your own name")
    return check_one_line(name)


Actor = Annotated[str, Field(min_length=1, max_length=128), AfterValidator(_check_actor)]
Reason = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(check_one_line)]


def check_person(actor: str, reason: str | None = None) -> None:
    """Raise EventInvalid unless a person may be recorded with this name and reason."""
    for field, kind, value in (("actor", Actor, actor), ("reason", Reason, reason)):
        if value is None:
            continue
        try:
            TypeAdapter(kind).validate_python(value)
        except ValidationError as error:
            problem = error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")
            raise EventInvalid(f"{field} = {value[:80]!a}: {problem}") from error
