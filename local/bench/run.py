"""Runs every measurement."""

import json

from local.bench import (
    demo,
    drift,
    imports,
    live_checks,
    requests,
    rollout_store,
    rollouts,
    serving,
    sweep,
    validation,
    watch,
)
from local.bench.figure import Figure, render
from local.paths import BENCH

PARTS = (
    imports,
    sweep,
    watch,
    rollout_store,
    rollouts,
    drift,
    requests,
    live_checks,
    serving,
    validation,
    demo,
)


def main() -> int:
    """Measure everything; a missed goal is shown, not failed, because machines differ."""
    figures: list[Figure] = []
    for part in PARTS:
        print(f"bench: {part.__doc__.splitlines()[0] if part.__doc__ else part.__name__}", flush=True)
        figures += part.measure()
    BENCH.parent.mkdir(parents=True, exist_ok=True)
    BENCH.write_text(json.dumps([figure.as_json() for figure in figures], indent=2))
    print(render(figures))
    return 0
