"""What to do with CSV files that other programs write otherwise."""

import shlex
from collections.abc import Sequence

_DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "bars"}
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def remedy_for_delimiter(names: Sequence[str]) -> str | None:
    """If the header is one name that another delimiter would divide."""
    if len(names) != 1:
        return None
    delimiter = max(_DELIMITERS, key=names[0].count)
    if delimiter not in names[0]:
        return None
    return (
        f"its columns are divided by {_DELIMITERS[delimiter]}; write it with commas between columns, and points in "
        "numbers"
    )


def remedy_for_encoding(error: Exception, beginning: bytes, uri: str) -> str | None:
    """If bytes are not UTF-8, as an error of reading says."""
    if not isinstance(error, UnicodeDecodeError) and "invalid UTF8" not in str(error):
        return None
    encoding = "UTF-16" if beginning.startswith(_UTF_16) else "WINDOWS-1252"
    path = uri.rpartition("/")[2] if "://" in uri else uri
    command = f"iconv -f {encoding} -t UTF-8 {shlex.quote(path)} > utf-8.csv"
    return f"its text is not UTF-8; convert it, for example: {command}"
