"""Turns the bytes of a request into a Job: refuses wrong types, and reports unknown and duplicate fields."""

import json
import re
from typing import Any

from .errors import bad_request, not_decodable
from .objects import JOBS, Json
from .schema import ANY_KEY, JOB, Scalar, Schema

_QUANTITY = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+|[numkKMGTPE]i?)?")
_PYTHON_TYPES: dict[Scalar, type] = {Scalar.STRING: str, Scalar.BOOL: bool, Scalar.INT32: int, Scalar.INT64: int}
_BOUNDS = {Scalar.INT32: 2**31, Scalar.INT64: 2**63}


class _Pairs(list[tuple[str, Any]]):
    """A JSON object before its keys are made unique."""


def decode_job(body: bytes) -> tuple[Json, list[str]]:
    """The Job without unknown fields, and what Strict would refuse."""
    document = _parse(body)
    given = dict(document)
    _check_kind(str(given.get("kind", "")), str(given.get("apiVersion", "")))
    decoder = _Decoder()
    job: Json = decoder.decode(document, JOB, "")
    job.setdefault("metadata", {})
    job.setdefault("spec", {})
    return job, decoder.problems


def unknown_fields(document: Json, schema: Schema) -> list[str]:
    """What Strict would refuse in an object of a kind that an extension defines."""
    decoder = _Decoder()
    decoder.decode(_parse(json.dumps(document).encode()), schema, "")
    return decoder.problems


def _parse(body: bytes) -> _Pairs:
    try:
        document = json.loads(body, object_pairs_hook=_Pairs, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise bad_request(f"the object provided is unrecognized (must be of type Job): {error}") from error
    if not isinstance(document, _Pairs):
        raise bad_request("the object provided is unrecognized (must be of type Job): not an object")
    return document


def _refuse_constant(name: str) -> None:
    raise ValueError(f"invalid character {name[0]!r} looking for beginning of value")


def _check_kind(kind: str, api_version: str) -> None:
    if not kind or not api_version:
        raise bad_request("the object provided is unrecognized (must be of type Job): couldn't get version/kind")
    if (kind, api_version) != (JOBS.kind, JOBS.api_version):
        raise bad_request(f"{kind} in version {api_version} cannot be handled as a Job")


class _Decoder:
    def __init__(self) -> None:
        self.problems: list[str] = []

    def decode(self, value: Any, schema: Schema, path: str) -> Any:
        if isinstance(schema, list):
            return self._list(value, schema[0], path)
        if isinstance(schema, dict):
            return self._object(value, schema, path)
        if schema is Scalar.OPAQUE:
            return _plain(value)
        return _scalar(value, schema, path)

    def _list(self, value: Any, schema: Schema, path: str) -> list[Any]:
        if not isinstance(value, list) or isinstance(value, _Pairs):
            raise _mismatch(value, "list", path)
        return [self.decode(item, schema, f"{path}[{index}]") for index, item in enumerate(value)]

    def _object(self, value: Any, schema: dict[str, Schema], path: str) -> Json:
        if not isinstance(value, _Pairs):
            raise _mismatch(value, "object", path)
        decoded: Json = {}
        for key, item in value:
            where = f"{path}.{key}" if path else key
            field = schema.get(key, schema.get(ANY_KEY))
            if field is None:
                self.problems.append(f'unknown field "{where}"')
                continue
            if key in decoded:
                self.problems.append(f'duplicate field "{where}"')
            # The server reads null as "not given".
            if item is not None:
                decoded[key] = self.decode(item, field, where)
        return decoded


def _scalar(value: Any, schema: Scalar, path: str) -> Any:
    if schema is Scalar.QUANTITY:
        return _quantity(value)
    expected = _PYTHON_TYPES[schema]
    if type(value) is not expected:
        raise _mismatch(value, schema.value, path)
    if isinstance(value, int) and not -_BOUNDS.get(schema, 2) <= value < _BOUNDS.get(schema, 2):
        raise _mismatch(value, schema.value, path)
    return value


def _quantity(value: Any) -> str:
    text = str(value) if type(value) in (int, float) else value
    if not isinstance(text, str) or not _QUANTITY.fullmatch(text):
        raise not_decodable(
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
        )
    return text


def _mismatch(value: Any, expected: str, path: str) -> Exception:
    return not_decodable(
        f"json: cannot unmarshal {type(value).__name__} into Go struct field {path} of type {expected}"
    )


def _plain(value: Any) -> Any:
    if isinstance(value, _Pairs):
        return {key: _plain(item) for key, item in value}
    return [_plain(item) for item in value] if isinstance(value, list) else value
