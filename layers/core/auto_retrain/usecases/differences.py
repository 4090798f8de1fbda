"""Where two documents differ."""

from typing import Any


def differing_paths(path: str, before: Any, now: Any) -> list[str]:
    """The paths of the values that differ between two documents, both found at `path`."""
    if before == now:
        return []
    if isinstance(before, dict) and isinstance(now, dict):
        names = sorted(before.keys() | now.keys())
        return [
            deeper for name in names for deeper in differing_paths(f"{path}.{name}", before.get(name), now.get(name))
        ]
    return [path]
