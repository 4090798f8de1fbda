"""Reads arrays from an .npz file that nobody vouches for: its sizes are known before anything is unpacked."""

import io
import struct
import threading
from collections.abc import Iterable
from math import prod
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import numpy as np
from numpy.lib import format as npy

Array = np.ndarray[Any, Any]

# Of all arrays of a file that are wanted, together.
MAX_BYTES = 512 << 20
MAX_TEXT_LENGTH = 1000
# Of the list of contents at the end of a file: some hundred entries.
_MAX_DIRECTORY_BYTES = 64 << 10
_END, _END_SIGNATURE, _ZIP64_SIGNATURE = struct.Struct("<4s4H2LH"), b"PK\5\6", b"PK\6\7"
_ZIP64_BYTES = 20
_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
# Numbers and text. Other kinds hold pickled objects, raw bytes or records.
_KINDS = frozenset("iufU")
# numpy reads the header of an array as Python; where several threads do, CPython confuses them and raises SystemError.
_reading = threading.Lock()


def read_arrays(content: bytes, names: Iterable[str]) -> dict[str, Array]:
    """Those of the named arrays that a file holds; nothing is ever unpickled.

    Raises:
        ValueError: it is not such a file, is damaged, or holds more or something else than it may.
    """
    try:
        with _reading:
            return _read(content, names)
    except Exception as error:
        # Foreign bytes make the readers of zip files and arrays raise about anything.
        raise ValueError(str(error) or type(error).__name__) from error


def _read(content: bytes, names: Iterable[str]) -> dict[str, Array]:
    _check_directory(content)
    with ZipFile(io.BytesIO(content)) as archive:
        entries = archive.infolist()
        by_name = {entry.filename.removesuffix(".npy"): entry for entry in entries}
        if len(by_name) < len(entries):
            raise ValueError("it holds several arrays of one name")
        wanted = {name: by_name[name] for name in names if name in by_name}
        size = sum(entry.file_size for entry in wanted.values())
        if size > MAX_BYTES:
            raise ValueError(f"it unpacks to {size} bytes; at most {MAX_BYTES} are allowed")
        for name, entry in wanted.items():
            _check_array(name, entry, archive)
        return {name: _array(entry, archive) for name, entry in wanted.items()}


def _check_directory(content: bytes) -> None:
    """Without this, a file could hold millions of entries, each of which takes memory when the list is read."""
    if len(content) < _END.size:
        raise ValueError("it is too short for a zip file")
    signature, *_, size, _, comment = _END.unpack(content[-_END.size :])
    has_zip64 = content[-_END.size - _ZIP64_BYTES :].startswith(_ZIP64_SIGNATURE)
    if signature != _END_SIGNATURE or comment or has_zip64 or size > _MAX_DIRECTORY_BYTES:
        raise ValueError("it does not end like a zip file with a short list of arrays")


def _check_array(name: str, entry: ZipInfo, archive: ZipFile) -> None:
    """Check an array by its header; only the first few kilobytes are unpacked."""
    if entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise ValueError(f"'{name}' is compressed in a way that is not allowed")
    with archive.open(entry) as file:
        shape, dtype = _header(file)
        held = entry.file_size - file.tell()
    if dtype.kind not in _KINDS or not dtype.itemsize:
        raise ValueError(f"'{name}' holds {dtype}; only numbers and text are allowed")
    if dtype.kind == "U" and dtype.itemsize > MAX_TEXT_LENGTH * np.dtype("U1").itemsize:
        raise ValueError(f"'{name}' holds texts of more than {MAX_TEXT_LENGTH} characters")
    if min(shape, default=0) < 0 or prod(shape) * dtype.itemsize != held:
        raise ValueError(f"'{name}' does not hold as many bytes as its header says")


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any]]:
    shape, _, dtype = _HEADERS[npy.read_magic(file)](file)
    return shape, dtype


def _array(entry: ZipInfo, archive: ZipFile) -> Array:
    with archive.open(entry) as file:
        array: Array = npy.read_array(file, allow_pickle=False)
        return array
