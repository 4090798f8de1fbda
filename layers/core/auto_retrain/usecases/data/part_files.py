"""What a part of the windows shows, as a file: compressed arrays, and a document that says where they belong."""

import io
import json
from collections.abc import Mapping
from datetime import date
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

import numpy as np

from ...comparison.array_files import read_arrays
from ...domain.base import Record
from ...domain.errors import ArtifactInvalid
from .part_records import PartEvidence

_DOCUMENT = "document"
_KINDS = ("float64", "uint64", "int64")

Array = np.ndarray[Any, Any]


def pack(part: PartEvidence) -> bytes:
    """A part as the content of an .npz file, in which nothing is pickled; the same part gives the same bytes."""
    shelf = _Shelf()
    document = json.dumps(_packed(part, shelf), allow_nan=False).encode()
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, **shelf.arrays, **{_DOCUMENT: np.frombuffer(document, np.uint8)})
    return file.getvalue()


def unpack(content: bytes) -> PartEvidence:
    """The part in such a file; raises ArtifactInvalid for anything else."""
    try:
        arrays = read_arrays(content, (_DOCUMENT, *_KINDS))
        document = json.loads(arrays.pop(_DOCUMENT).tobytes())
        part: PartEvidence = _unpacked(PartEvidence, document, arrays)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ArtifactInvalid(f"the evidence of a part cannot be read: {error}") from error
    return part


class _Shelf:
    """Keeps arrays, those of one type behind each other: a file with few arrays is read faster."""

    def __init__(self) -> None:
        self._added: dict[str, list[Array]] = {kind: [np.empty(0, kind)] for kind in _KINDS}

    def put(self, array: Array) -> list[Any]:
        """Keep an array; returns where it is, and its shape."""
        added = self._added[array.dtype.name]
        start = sum(each.size for each in added)
        added.append(array.ravel())
        return [array.dtype.name, start, *array.shape]

    @property
    def arrays(self) -> dict[str, Array]:
        return {kind: np.concatenate(added) for kind, added in self._added.items()}


def _packed(value: Any, shelf: _Shelf) -> Any:
    if isinstance(value, np.ndarray):
        return shelf.put(value)
    if isinstance(value, Record):
        return value.model_dump(mode="json")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return [[_packed(each, shelf) for each in pair] for pair in value.items()]
    return [_packed(each, shelf) for each in value] if isinstance(value, tuple) else value


def _unpacked(kind: Any, value: Any, arrays: Mapping[str, Array]) -> Any:
    """A value of the kind that the fields of records say; raises ValueError or TypeError for any other."""
    origin, inner = get_origin(kind) or kind, get_args(kind)
    if origin is np.ndarray:
        name, start, *shape = value
        size = int(np.prod(shape))
        return arrays[name][start : start + size].reshape(shape)
    if NoneType in inner:
        return None if value is None else _unpacked(inner[0], value, arrays)
    if origin is dict:
        return {_unpacked(inner[0], key, arrays): _unpacked(inner[1], each, arrays) for key, each in value}
    if hasattr(origin, "_fields"):
        kinds = get_type_hints(origin)
        return origin(*(_unpacked(kinds[name], each, arrays) for name, each in zip(origin._fields, value, strict=True)))
    if origin is tuple:
        return tuple(_unpacked(inner[0], each, arrays) for each in value)
    if origin is date:
        return date.fromisoformat(value)
    if issubclass(origin, Record):
        return origin.model_validate(value)
    if not isinstance(value, (int, float) if origin is float else origin):
        raise ValueError(f"{value!r} is no {origin.__name__}")
    return value
