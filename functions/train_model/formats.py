"""Recognises a file of another format than the policy says by its first bytes.

Control plane and training container each have a copy of this file; a test holds the two together.
"""

_PARQUET = b"PAR1"


def remedy_for(beginning: bytes, format: str) -> str | None:
    """What the file is instead and what to do about it; None if it begins as its format does."""
    is_parquet = beginning.startswith(_PARQUET)
    if is_parquet and format != "parquet":
        return "it is a Parquet file: set its format in the policy, data.format: parquet"
    if not is_parquet and format == "parquet":
        return "it does not begin as Parquet files do; if it is CSV, set its format in the policy, data.format: csv"
    return None
