"""Anchors in memory."""

from collections.abc import Iterator
from datetime import timedelta
from threading import RLock

from ...domain.anchors import Anchor, StoredAnchor, anchor_key
from ...domain.errors import AnchorConflict

RETENTION = timedelta(days=7 * 365)


class MemoryAnchorStore:
    """AnchorStore in a dictionary, in the order of anchors."""

    def __init__(self) -> None:
        self._anchors: dict[str, StoredAnchor] = {}
        self._lock = RLock()

    def add(self, anchor: Anchor) -> None:
        key = anchor_key(anchor.sequence)
        with self._lock:
            if key in self._anchors:
                raise AnchorConflict(f"there is an anchor {anchor.sequence} already; somebody else was faster")
            self._anchors[key] = StoredAnchor(key=key, document=anchor.document, locked_until=anchor.at + RETENTION)

    def newest(self) -> StoredAnchor | None:
        return self._anchors[max(self._anchors)] if self._anchors else None

    def history(self) -> Iterator[StoredAnchor]:
        yield from (self._anchors[key] for key in sorted(self._anchors))
