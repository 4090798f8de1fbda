"""How tests are shared out between processes."""

import pytest


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With several processes the longest files begin first, so that at the end none waits for another."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: "workflow" not in item.path.parts)
