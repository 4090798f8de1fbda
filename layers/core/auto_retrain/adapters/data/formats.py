"""Recognises the format of a file by its first bytes, and says what to do if it is another than the policy says."""

from typing import Literal

_PARQUET = b"PAR1"
_PACKED = {b"\x1f\x8b": "gzip", b"PK\x03\x04": "zip", b"BZh": "bzip2", b"\x28\xb5\x2f\xfd": "zstd"}
# As many bytes as are needed to tell.
FIRST_BYTES = 4


def format_of(beginning: bytes) -> Literal["csv", "parquet"]:
    """The format of a file that is not packed; whatever is not Parquet can only be CSV."""
    return "parquet" if beginning.startswith(_PARQUET) else "csv"


def packed_by(beginning: bytes) -> str | None:
    """The program that has packed a file, which neither format is."""
    return next((program for magic, program in _PACKED.items() if beginning.startswith(magic)), None)


def remedy_for(beginning: bytes, format: str) -> str | None:
    """What the file is instead and what to do about it; None if it begins as its format does."""
    packed = packed_by(beginning)
    if packed:
        return f"it is packed by {packed}: unpack it, or write Parquet, which is small as it is"
    if format_of(beginning) == format:
        return None
    if format == "parquet":
        return f"it does not begin as Parquet files do; if it is CSV, {_set('csv')}"
    return f"it is a Parquet file: {_set('parquet')}"


def _set(format: str) -> str:
    return f"set data.format: {format} in the policy, or data.labels.format if it has only labels"
