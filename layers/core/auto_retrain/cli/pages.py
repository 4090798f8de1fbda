"""Writes pages for a browser to files."""

from pathlib import Path

from ..domain.errors import EventInvalid


def write_page(path: Path, page: str, option: str) -> None:
    """Write it, whatever was there; raises EventInvalid, which names the option, if that is not possible."""
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise EventInvalid(f"{option} {path}: cannot be written: {error.strerror}") from error
