"""Checkpoints, from which a training that lost its node resumes: a folder that is copied to S3 during the fit.

Files are stored under their digests; `checkpoint.json`, written last, lists the files of one checkpoint. So an
interrupted copy leaves the previous checkpoint intact, and a changed file is detected.
"""

import hashlib
import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from .errors import DataInvalid
from .storage import Storage

SECONDS_BETWEEN = 60.0
MAX_BYTES = 10 * 1024**3

Files = dict[str, dict[str, Any]]

# Errors of unreachable storage, and of an index that is damaged in any way.
_STORAGE_ERRORS = (ClientError, BotoCoreError, OSError)
_READ_ERRORS = (*_STORAGE_ERRORS, DataInvalid, ValueError, KeyError, TypeError, AttributeError)


@contextmanager
def checkpoint_folder(uri: str, storage: Storage, seconds: float = SECONDS_BETWEEN) -> Iterator[Path]:
    """A folder with the last checkpoint below `uri`, stored again every `seconds` and when the fit is interrupted.

    Deletes the checkpoint when the fit has succeeded. A checkpoint that cannot be stored or read costs time, but does
    not fail the training.
    """
    with TemporaryDirectory(prefix="checkpoint-") as directory:
        checkpoint = _Checkpoint(uri, storage, Path(directory))
        checkpoint.fetch()
        stop = threading.Event()
        thread = threading.Thread(target=checkpoint.store_every, args=(seconds, stop), daemon=True)
        thread.start()
        try:
            yield Path(directory)
        except KeyboardInterrupt:
            _end(thread, stop)
            checkpoint.store()
            raise
        except BaseException:
            _end(thread, stop)
            raise
        _end(thread, stop)
        checkpoint.remove()


def _end(thread: threading.Thread, stop: threading.Event) -> None:
    stop.set()
    thread.join()


class _Checkpoint:
    """The folder, and its copy in S3."""

    def __init__(self, uri: str, storage: Storage, directory: Path) -> None:
        self._uri, self._storage, self._directory = uri, storage, directory
        self._stored: Files = {}

    def fetch(self) -> None:
        """Download the whole checkpoint into the folder, or nothing."""
        try:
            files = self._read_index()
            for name, entry in files.items():
                self._fetch_file(name, entry)
        except _READ_ERRORS as error:
            _log(f"the checkpoint at {self._uri} cannot be used, training starts over: {error}")
            for path in self._files():
                path.unlink()
            return
        self._stored = files

    def store_every(self, seconds: float, stop: threading.Event) -> None:
        while not stop.wait(seconds):
            self.store()

    def store(self) -> None:
        """Store the current files, unless nothing has changed, they are too large, or one is being written."""
        try:
            files = {path.relative_to(self._directory).as_posix(): _describe(path) for path in self._files()}
            total = sum(entry["size"] for entry in files.values())
            if files == self._stored or not files:
                return
            if total > MAX_BYTES:
                _log(f"the checkpoint has {total} bytes, at most {MAX_BYTES} are stored; the previous one is kept")
                return
            self._write(files)
        except _STORAGE_ERRORS as error:
            _log(f"the checkpoint cannot be stored, the previous one is kept: {error}")

    def remove(self) -> None:
        try:
            if self._stored:
                self._storage.delete(f"{self._uri}checkpoint.json")
                self._delete({entry["sha256"] for entry in self._stored.values()})
        except _STORAGE_ERRORS as error:
            _log(f"the checkpoint at {self._uri} could not be deleted: {error}")

    def _write(self, files: Files) -> None:
        stored = {entry["sha256"] for entry in self._stored.values()}
        for name, entry in files.items():
            path = self._directory / name
            if entry["sha256"] not in stored:
                self._storage.upload(path, self._uri + entry["sha256"])
                if _describe(path) != entry:
                    return  # the trainer is still writing it; try again next time
        self._storage.write(f"{self._uri}checkpoint.json", json.dumps(files, sort_keys=True).encode())
        self._stored = files
        self._delete(stored - {entry["sha256"] for entry in files.values()})

    def _read_index(self) -> Files:
        index = f"{self._uri}checkpoint.json"
        files: Files = json.loads(self._storage.read(index)) if self._storage.exists(index) else {}
        return files

    def _fetch_file(self, name: str, entry: dict[str, Any]) -> None:
        path = (self._directory / name).resolve()
        if not path.is_relative_to(self._directory.resolve()):
            raise ValueError(f"its file {name} is outside the folder")
        path.parent.mkdir(parents=True, exist_ok=True)
        self._storage.download(self._uri + str(entry["sha256"]), path)
        if _describe(path) != entry:
            raise ValueError(f"its file {name} has changed since it was stored")

    def _delete(self, digests: set[str]) -> None:
        for digest in digests:
            self._storage.delete(self._uri + digest)

    def _files(self) -> list[Path]:
        return sorted(path for path in self._directory.rglob("*") if path.is_file() and not path.is_symlink())


def _describe(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return {"sha256": hashlib.file_digest(file, "sha256").hexdigest(), "size": path.stat().st_size}


def _log(message: str) -> None:
    print(message, file=sys.stderr, flush=True)
