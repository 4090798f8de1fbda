"""Measures speed and size: prints a table and writes .local/bench.json."""

from local.bench.run import main

__all__ = ["main"]
