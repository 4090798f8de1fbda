"""Canonical JSON (RFC 8785): one text for each value, which hashes are of."""

from typing import Any

import rfc8785
from pydantic_core import PydanticSerializationError, to_json

# Beyond these, neighbouring whole numbers are the same number to JavaScript.
_WHOLE = 2**53


class _Unusual(Exception):
    """A value that pydantic's encoder would write in another way, or not refuse."""


def canonical_json_of(value: Any) -> bytes:
    """The canonical JSON of a value of JSON; raises rfc8785.CanonicalizationError if there is none.

    Nearly all values are written in canonical form by pydantic's encoder, once names are in order and whole numbers
    have no fraction, in a small part of the time; all others are left to `rfc8785`.
    """
    try:
        return to_json(_in_order(value))
    except (_Unusual, TypeError, PydanticSerializationError):
        return rfc8785.dumps(value)


def _in_order(value: Any) -> Any:
    kind = type(value)
    if kind is str or value is None or kind is bool:
        return value
    if kind is dict:
        if not "".join(value).isascii():
            raise _Unusual
        # Most members are text, which needs no call of its own.
        return {
            name: each if type(each := value[name]) is str or each is None else _in_order(each)
            for name in sorted(value)
        }
    if kind is list or kind is tuple:
        return [_in_order(each) for each in value]
    if kind is float or kind is int:
        return _number(value)
    raise _Unusual


def _number(value: float) -> float:
    if -_WHOLE < value < _WHOLE:
        if value == (whole := int(value)):
            return whole
        # Only with an exponent do the digits of the encoder and of JavaScript differ.
        if abs(value) >= 1e-4:
            return value
    raise _Unusual
