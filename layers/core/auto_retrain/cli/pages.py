"""Files that a command writes: a place that cannot be written is refused before anything is asked or waited for."""

import errno
import os
from pathlib import Path

import typer

from ..domain.errors import EventInvalid


def writable(option: typer.CallbackParam, path: Path | None) -> Path | None:
    """The value of an option; raises EventInvalid, which names the option, if no file can be written there."""
    if path is None:
        return None
    problem = _problem(path)
    if problem:
        raise EventInvalid(f"{option.opts[0]} {path}: cannot be written: {os.strerror(problem)}")
    return path


def _problem(path: Path) -> int | None:
    if path.is_dir():
        return errno.EISDIR
    if not path.parent.is_dir():
        return errno.ENOTDIR if path.parent.exists() else errno.ENOENT
    return None if os.access(path if path.exists() else path.parent, os.W_OK) else errno.EACCES


def write_page(path: Path, page: str, option: str) -> None:
    """Write it, whatever was there; raises EventInvalid, which names the option, if that is not possible."""
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise EventInvalid(f"{option} {path}: cannot be written: {error.strerror}") from error
