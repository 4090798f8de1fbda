"""Reads the text of audit entries, which has to be canonical JSON (RFC 8785)."""

import json
from typing import Any, NoReturn

import rfc8785

# Fewer digits than any number has that JSON readers may disagree about.
MAX_DIGITS = 15


class NotCanonical(ValueError):
    """A text is not the canonical JSON of an object."""


class _Unusual(Exception):
    """Canonical or not, it takes RFC 8785 in full to say so."""


def _unusual(text: str) -> NoReturn:
    raise _Unusual


def _whole(text: str) -> int:
    return int(text) if len(text) <= MAX_DIGITS else _unusual(text)


# Both are C code for texts without fractions, ten times as fast as RFC 8785 in Python.
_decode = json.JSONDecoder(parse_float=_unusual, parse_int=_whole, parse_constant=_unusual).decode
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def canonical_object(text: str) -> dict[str, Any]:
    """The object that a text is the canonical JSON of; raises NotCanonical."""
    try:
        # For ASCII without fractions and large numbers, the two encoders agree.
        value = _decode(text) if text.isascii() else None
    except (_Unusual, ValueError, RecursionError):
        value = None
    if value is None or _encode(value) != text:
        value = _by_the_standard(text)
    if not isinstance(value, dict):
        raise NotCanonical("no JSON object")
    return value


def _number(text: str) -> int | float:
    """Canonical JSON writes large numbers with a fraction as whole ones."""
    return int(text) if len(text) <= MAX_DIGITS else float(text)


def _by_the_standard(text: str) -> Any:
    try:
        value = json.loads(text, parse_int=_number)
        canonical = rfc8785.dumps(value).decode()
    except (ValueError, RecursionError) as error:
        raise NotCanonical("no canonical JSON") from error
    if canonical != text:
        raise NotCanonical("JSON that is not canonical")
    return value
