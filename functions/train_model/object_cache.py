"""The objects of a back-test: read once while there is room, because its windows overlap."""

from collections import OrderedDict
from threading import Lock

from .storage import Storage

MAX_BYTES = 256 << 20


class ObjectCache:
    """Reads objects pinned by their ETags; those that were used last stay in memory."""

    def __init__(self, storage: Storage, max_bytes: int = MAX_BYTES) -> None:
        self._storage = storage
        self._left = max_bytes
        self._kept: OrderedDict[tuple[str, str], bytes] = OrderedDict()
        self._lock = Lock()

    def read(self, uri: str, etag: str) -> bytes:
        """The bytes of an object; raises DataInvalid if it does not exist or has another ETag."""
        with self._lock:
            if (uri, etag) in self._kept:
                self._kept.move_to_end((uri, etag))
                return self._kept[uri, etag]
        content = self._storage.read(uri, etag)
        with self._lock:
            self._keep((uri, etag), content)
        return content

    def _keep(self, key: tuple[str, str], content: bytes) -> None:
        if key in self._kept:
            return
        self._kept[key] = content
        self._left -= len(content)
        while self._left < 0:
            _, dropped = self._kept.popitem(last=False)
            self._left += len(dropped)
