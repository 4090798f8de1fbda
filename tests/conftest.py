"""How tests are shared out between processes, and processors between them."""

import gc
import os

import pytest
from hypothesis import Phase, settings

# Before anything imports numpy: two threads that wait for each other take three times the time of one, or more.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# How long an example takes depends on what else runs; and nothing is kept on disk from one run to the next. A change is
# judged by the same examples each time; `make explore` looks for new ones.
settings.register_profile(
    "same", deadline=None, database=None, derandomize=True, phases=(Phase.explicit, Phase.generate, Phase.shrink)
)
settings.register_profile("explore", settings.get_profile("same"), derandomize=False, max_examples=500, print_blob=True)
settings.load_profile("same")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With several processes the longest files begin first, so that at the end none waits for another."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: "workflow" not in item.path.parts)


def pytest_collection_finish() -> None:
    """What thousands of tests and their modules are made of stays: the garbage collector need not walk it again.

    Most of what is made afterwards goes without it, so it need not look after each 700 objects.
    """
    gc.freeze()
    gc.set_threshold(50_000)
