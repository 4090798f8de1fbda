"""How often each object was opened."""

from collections import Counter
from typing import Any

import pytest

from auto_retrain.adapters.memory.data import MemoryTableReader


def opened_objects(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """By their addresses, from now on until the end of the test."""
    opened = Counter[str]()
    read = MemoryTableReader.batches

    def counting(self: Any, objects: Any, *columns: Any) -> Any:
        opened.update(item.uri for item in objects)
        return read(self, objects, *columns)

    monkeypatch.setattr(MemoryTableReader, "batches", counting)
    return opened
