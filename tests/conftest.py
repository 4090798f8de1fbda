"""How tests are shared out between processes, and processors between them."""

import gc
import os

import pytest

# Before anything imports numpy: two threads that wait for each other take three times the time of one, or more.
os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With several processes the longest files begin first, so that at the end none waits for another."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: "workflow" not in item.path.parts)


def pytest_collection_finish() -> None:
    """What thousands of tests and their modules are made of stays: the garbage collector need not walk it again."""
    gc.freeze()
