"""What a training that lost its node goes on from: a folder of the trainer's, kept in S3 while it fits.

Files are stored under their digests; `checkpoint.json`, written last, names those that belong together. So whatever
is interrupted leaves the checkpoint before, and a file that is not what it was is noticed.
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
LARGEST_BYTES = 10 * 1024**3

Files = dict[str, dict[str, Any]]

# What comes out of storage that is away, and of an index that is damaged in whatever way.
_AWAY = (ClientError, BotoCoreError, OSError)
_UNUSABLE = (*_AWAY, DataInvalid, ValueError, KeyError, TypeError, AttributeError)


@contextmanager
def kept_checkpoints(uri: str, storage: Storage, seconds: float = SECONDS_BETWEEN) -> Iterator[Path]:
    """A folder with the last checkpoint below `uri`, stored again every minute and when the fit is interrupted.

    After a good end nothing is left of it. A checkpoint that cannot be stored or read costs time, not the training.
    """
    with TemporaryDirectory(prefix="checkpoint-") as directory:
        kept = _Checkpoints(uri, storage, Path(directory))
        kept.fetch()
        stop = threading.Event()
        keeper = threading.Thread(target=kept.keep, args=(stop, seconds), daemon=True)
        keeper.start()
        try:
            yield Path(directory)
        except KeyboardInterrupt:
            _end(keeper, stop)
            kept.store()
            raise
        except BaseException:
            _end(keeper, stop)
            raise
        _end(keeper, stop)
        kept.remove()


def _end(keeper: threading.Thread, stop: threading.Event) -> None:
    stop.set()
    keeper.join()


class _Checkpoints:
    """The folder, and what of it is stored."""

    def __init__(self, uri: str, storage: Storage, directory: Path) -> None:
        self._uri, self._storage, self._directory = uri, storage, directory
        self._stored: Files = {}

    def fetch(self) -> None:
        """Fill the folder, with everything or with nothing."""
        try:
            files = self._read_index()
            for name, about in files.items():
                self._fetch_file(name, about)
        except _UNUSABLE as error:
            _say(f"the checkpoint at {self._uri} cannot be used, training starts anew: {error}")
            for path in self._files():
                path.unlink()
            return
        self._stored = files

    def keep(self, stop: threading.Event, seconds: float) -> None:
        while not stop.wait(seconds):
            self.store()

    def store(self) -> None:
        """Store the files as they are now, unless nothing changed or they are too large or in motion."""
        try:
            files = {path.relative_to(self._directory).as_posix(): _describe(path) for path in self._files()}
            total = sum(about["size"] for about in files.values())
            if files == self._stored or not files:
                return
            if total > LARGEST_BYTES:
                _say(f"the checkpoint is {total} bytes, at most {LARGEST_BYTES} are stored; the one before is kept")
                return
            self._write(files)
        except _AWAY as error:
            _say(f"the checkpoint cannot be stored, the one before is kept: {error}")

    def remove(self) -> None:
        try:
            if self._stored:
                self._storage.delete(f"{self._uri}checkpoint.json")
                self._delete({about["sha256"] for about in self._stored.values()})
        except _AWAY as error:
            _say(f"the checkpoint at {self._uri} is left behind: {error}")

    def _write(self, files: Files) -> None:
        known = {about["sha256"] for about in self._stored.values()}
        for name, about in files.items():
            path = self._directory / name
            if about["sha256"] not in known:
                self._storage.upload(path, self._uri + about["sha256"])
                if _describe(path) != about:
                    return  # the trainer is writing it; the next minute will do
        self._storage.write(f"{self._uri}checkpoint.json", json.dumps(files, sort_keys=True).encode())
        self._stored = files
        self._delete(known - {about["sha256"] for about in files.values()})

    def _read_index(self) -> Files:
        index = f"{self._uri}checkpoint.json"
        files: Files = json.loads(self._storage.read(index)) if self._storage.exists(index) else {}
        return files

    def _fetch_file(self, name: str, about: dict[str, Any]) -> None:
        path = (self._directory / name).resolve()
        if not path.is_relative_to(self._directory.resolve()):
            raise ValueError(f"its file {name} lies outside of the folder")
        path.parent.mkdir(parents=True, exist_ok=True)
        self._storage.download(self._uri + str(about["sha256"]), path)
        if _describe(path) != about:
            raise ValueError(f"its file {name} is not what was stored")

    def _delete(self, digests: set[str]) -> None:
        for digest in digests:
            self._storage.delete(self._uri + digest)

    def _files(self) -> list[Path]:
        return sorted(path for path in self._directory.rglob("*") if path.is_file() and not path.is_symlink())


def _describe(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return {"sha256": hashlib.file_digest(file, "sha256").hexdigest(), "size": path.stat().st_size}


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)
